"""The names of curves, below a graph."""

from xml.sax.saxutils import escape

import theme

_SIZE, _ROW = 12, 19
_SWATCH, _GAP = 20, 14
_SHARE = 0.35  # of a panel's body, at most; in Grafana the rest is behind a scroll bar

Entry = tuple[str, str]  # name and colour


class Legend:
    """At the foot of a panel's body; `height` says what is left above it."""

    def __init__(self, entries: list[Entry], width: float, height: float):
        lines = _lines(entries, width)
        most = int(max(height * _SHARE, _ROW) // _ROW)
        self.cut_off = len(lines) > most
        self._lines = lines[:most]
        self.height = height - _ROW * len(self._lines)

    def svg(self) -> str:
        return "".join(_draw(line, self.height + 4 + number * _ROW) for number, line in enumerate(self._lines))


def _lines(entries: list[Entry], width: float) -> list[list[Entry]]:
    lines, used = [], width
    for entry in entries:
        needed = _needs(entry[0])
        if used + needed > width:
            lines.append([])
            used = 0
        lines[-1].append(entry)
        used += needed
    return lines


def _needs(name: str) -> float:
    return _SWATCH + theme.text_width(name, _SIZE) + _GAP


def _draw(entries: list[Entry], y: float) -> str:
    parts, x = [], 4
    for name, color in entries:
        parts.append(f'<rect x="{x:.0f}" y="{y + 7:.0f}" width="14" height="4" rx="2" fill="{color}"/>'
                     f'<text x="{x + _SWATCH:.0f}" y="{y + 13:.0f}" font-size="{_SIZE}" fill="{theme.TEXT}">'
                     f"{escape(name)}</text>")
        x += _needs(name)
    return "".join(parts)
