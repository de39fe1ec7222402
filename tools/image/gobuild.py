"""The modules that a Go program was built from, read from the program itself.

The linker leaves them behind a magic word; since Go 1.18: 16 bytes of head, padding to 32, then two strings, each with
its length before it as a varint, the second framed by 16 bytes on either side (debug/buildinfo in Go's library)."""

from pathlib import Path
from typing import NamedTuple

MAGIC = b"\xff Go buildinf:"
STRINGS_INLINE = 2
HEAD = 32
FRAME = 16


class Module(NamedTuple):
    path: str
    version: str


class Build(NamedTuple):
    toolchain: str          # "go1.26.0"
    modules: list[Module]   # the main one first


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[at:at + length], at + length


def read(program: Path) -> Build:
    data = program.read_bytes()
    start = data.find(MAGIC)
    while start >= 0 and (start % 16 or not data[start + 15] & STRINGS_INLINE):
        start = data.find(MAGIC, start + 1)
    if start < 0:
        raise ValueError(f"{program} is no Go program of version 1.18 or later")
    toolchain, at = _text(data, start + HEAD)
    framed, _ = _text(data, at)
    lines = [line.split("\t") for line in framed[FRAME:-FRAME].decode().splitlines()]
    modules: list[Module] = []
    for fields in lines:
        if fields[0] in ("mod", "dep"):
            modules.append(Module(fields[1], fields[2]))
        elif fields[0] == "=>":
            modules[-1] = Module(fields[1], fields[2])
    return Build(toolchain.decode(), modules)
