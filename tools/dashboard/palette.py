"""Makes a PNG small: 256 colours instead of 16 million. A drawing has few, but for the edges of its letters."""

import collections
import pathlib
import struct
import typing
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # by colour type: without and with opacity, which is dropped
_MOST = 256

Color = bytes  # red, green, blue


def reduce(path: pathlib.Path, kept: typing.Iterable[Color] = ()) -> None:
    """Replaces the file, which must have eight bits a channel and not be interlaced.

    `kept`: colours that stay as they are, however thin the lines of that colour.
    """
    chunks = _chunks(path.read_bytes())
    width, height, depth, kind, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if depth != 8 or kind not in _CHANNELS or any(rest):
        raise ValueError(f"{path} is a PNG of a form that is not known here")
    channels = _CHANNELS[kind]
    rows = [[bytes(row[at:at + 3]) for at in range(0, len(row), channels)]
            for row in _rows(zlib.decompress(chunks[b"IDAT"]), width * channels, channels)]
    counts = collections.Counter(color for row in rows for color in row)
    frequent = (color for color, _ in counts.most_common(_MOST))
    colors = list(dict.fromkeys((*kept, *frequent)))[:_MOST]
    numbers = {color: _nearest(color, colors) for color in counts}
    lines = b"".join(b"\0" + bytes(map(numbers.__getitem__, row)) for row in rows)
    path.write_bytes(b"".join((
        _SIGNATURE, _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", b"".join(colors)), _chunk(b"IDAT", zlib.compress(lines, 9)), _chunk(b"IEND", b""))))


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """By their names; what several of one name hold is joined."""
    found, at = collections.defaultdict(bytes), len(_SIGNATURE)
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        found[name] += data[at + 8:at + 8 + length]
        at += length + 12
    return found


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _rows(data: bytes, length: int, channels: int):
    """Each row's bytes, with the filter that it was written with undone."""
    before = bytearray(length)
    for at in range(0, len(data), length + 1):
        row = bytearray(data[at + 1:at + 1 + length])
        _undo(data[at], row, before, channels)
        yield row
        before = row


def _undo(method: int, row: bytearray, above: bytearray, channels: int) -> None:
    """As the PNG specification says: 0 none, 1 left, 2 above, 3 the mean of both, 4 Paeth's."""
    if method == 2:
        row[:] = bytes((value + up) & 255 for value, up in zip(row, above))
    elif method:
        for at, up in enumerate(above):
            left, corner = (row[at - channels], above[at - channels]) if at >= channels else (0, 0)
            guess = left if method == 1 else (left + up) // 2 if method == 3 else _paeth(left, up, corner)
            row[at] = (row[at] + guess) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def _nearest(color: Color, colors: list[Color]) -> int:
    return min(range(len(colors)), key=lambda number: sum((a - b) ** 2 for a, b in zip(color, colors[number])))
