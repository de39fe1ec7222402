"""A panel of type timeseries, as SVG."""

import datetime
import itertools
import math

import theme
import units
from answers import Curve, Span
from board import Panel
from legend import Legend

_LETTER = 11
_BELOW, _ABOVE, _RIGHT = 20, 8, 10
_TIME_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)

Shape = list[tuple[float, float, float]]  # time, lower edge, value


class Graph:
    def __init__(self, panel: Panel, curves: list[Curve], span: Span, width: float, height: float):
        self._panel, self._span = panel, span
        self._colors = [_color(panel, curve, number) for number, curve in enumerate(curves)]
        self._shapes = _stacked(curves) if panel.stacked else [_plain(curve) for curve in curves]
        names = [(curve.name, color) for curve, color in zip(curves, self._colors)] if panel.shows_legend else []
        self.legend = Legend(names, width, height)
        self._low, self._ticks, self._high = self._scale()
        self._left = 14 + max(theme.text_width(self._write(tick), _LETTER) for tick in self._ticks)
        self._right, self._bottom = width - _RIGHT, self.legend.height - _BELOW

    def svg(self) -> str:
        return self._grid() + "".join(map(self._curve, self._shapes, self._colors)) + self._limits() + self.legend.svg()

    def _scale(self) -> tuple[float, list[float], float]:
        """The lowest value, the lines, the highest value."""
        if self._panel.logarithmic:
            values = [point[2] for shape in self._shapes for point in shape if point[2] > 0] or [1.0]
            ticks = units.powers(min(values), max(values))
            return ticks[0], ticks, max(ticks[-1], ticks[0] * 10)
        values = [edge for shape in self._shapes for point in shape for edge in point[1:]] or [0.0]
        lowest, highest = self._panel.bounds
        low = min(values) if lowest is None else lowest
        high = max(values) if highest is None else highest
        high = max(high, self._panel.soft_max or high)
        if high <= low:
            high = low + 1
        ticks = units.ticks(low, high, self._panel.unit, max(2, int(self.legend.height / 40)),
                            whole=self._panel.decimals == 0)
        return low, ticks, high + (high - low) * 0.05

    def _write(self, value: float) -> str:
        return units.write(value, self._panel.unit, self._panel.decimals)

    def _x(self, time: float) -> float:
        share = (time - self._span.start) / (self._span.end - self._span.start)
        return self._left + share * (self._right - self._left)

    def _y(self, value: float) -> float:
        low, value, high = (map(math.log10, (self._low, max(value, self._low), self._high))
                            if self._panel.logarithmic else (self._low, value, self._high))
        return self._bottom - (value - low) / (high - low) * (self._bottom - _ABOVE)

    def _grid(self) -> str:
        lines = [_rule(self._left, self._y(tick), self._right, self._y(tick)) +
                 _text(self._left - 6, self._y(tick) + 4, "end", self._write(tick)) for tick in self._ticks]
        lines += [_rule(self._x(time), _ABOVE, self._x(time), self._bottom) +
                  _text(self._x(time), self._bottom + 15, "middle", _clock(time, step))
                  for step in [self._time_step()] for time in _multiples(step, self._span)]
        return "".join(lines)

    def _time_step(self) -> int:
        """So that the texts do not touch."""
        room = (self._right - self._left) / 90
        least = (self._span.end - self._span.start) / max(room, 1)
        return next((step for step in _TIME_STEPS_S if step >= least), _TIME_STEPS_S[-1])

    def _curve(self, shape: Shape, color: str) -> str:
        return "".join(self._piece(piece, color) for piece in _pieces(shape))

    def _piece(self, piece: Shape, color: str) -> str:
        if len(piece) == 1 and self._panel.shows_lonely_points:
            [(time, _, value)] = piece
            return f'<circle cx="{self._x(time):.1f}" cy="{self._y(value):.1f}" r="2" fill="{color}"/>'
        over = " ".join(f"{self._x(time):.1f},{self._y(value):.1f}" for time, _, value in piece)
        under = " ".join(f"{self._x(time):.1f},{self._y(floor):.1f}" for time, floor, _ in reversed(piece))
        return (f'<polygon points="{over} {under}" fill="{color}" fill-opacity="{self._panel.fill}"/>'
                f'<polyline points="{over}" fill="none" stroke="{color}" '
                f'stroke-width="{self._panel.line_width * 1.4}"/>')

    def _limits(self) -> str:
        return "".join(
            f'<line x1="{self._left:.1f}" y1="{self._y(value):.1f}" x2="{self._right:.1f}" y2="{self._y(value):.1f}" '
            f'stroke="{theme.color(color)}" stroke-width="1.2" stroke-dasharray="8 5"/>'
            for value, color in self._panel.threshold_lines if self._low <= value <= self._high)


def _color(panel: Panel, curve: Curve, number: int) -> str:
    fixed = panel.color_by_name(curve.name)
    return theme.color(fixed) if fixed else theme.color_in_turn(number)


def _plain(curve: Curve) -> Shape:
    return [(time, 0.0, value) for time, value in curve.points if value is not None]


def _stacked(curves: list[Curve]) -> list[Shape]:
    """Each on top of those before it; a curve without a value at some time has no height there."""
    times = sorted({time for curve in curves for time, _ in curve.points})
    floors, shapes = dict.fromkeys(times, 0.0), []
    for curve in curves:
        values = dict(curve.points)
        shapes.append([(time, floors[time], floors[time] + (values.get(time) or 0.0)) for time in times])
        floors = {time: value for time, _, value in shapes[-1]}
    return shapes


def _pieces(shape: Shape) -> list[Shape]:
    """Where points are missing, the line is broken."""
    steps = [after[0] - before[0] for before, after in itertools.pairwise(shape)]
    usual = min(steps, default=0)
    breaks = [number + 1 for number, step in enumerate(steps) if step > 1.5 * usual]
    return [shape[begin:end] for begin, end in itertools.pairwise([0, *breaks, len(shape)])]


def _multiples(step: int, span: Span) -> range:
    return range(-int(-span.start // step) * step, int(span.end) + 1, step)


def _clock(time: float, step: int) -> str:
    at = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    return at.strftime("%H:%M:%S" if step < 60 else "%H:%M" if step < 86400 else "%m/%d")


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{theme.LINE}"/>'


def _text(x: float, y: float, anchor: str, text: str) -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{_LETTER}" fill="{theme.FAINT}">'
            f"{text}</text>")
