"""Panels that show values of one moment, as SVG: stat and bargauge."""

from xml.sax.saxutils import escape

import theme
import units
from answers import Curve
from board import Panel


def stat(panel: Panel, curves: list[Curve], width: float, height: float) -> str:
    """One large number in the middle."""
    value = curves[0].last
    text = panel.words_for(value) or units.write(value, panel.unit, panel.decimals)
    size = min(height * 0.6, 56.0, width * 0.9 / max(theme.text_width(text, 1), 1))
    return _text(width / 2, height / 2 + size * 0.35, "middle", size, theme.color(panel.color_by_value(value)), text)


def bar_gauge(panel: Panel, curves: list[Curve], width: float, height: float) -> str:
    """A bar for each curve, its name at the left and its value at the right."""
    texts = [units.write(curve.last, panel.unit, panel.decimals) for curve in curves]
    step = min(height / len(curves), panel.thickest_bar / 0.8)
    size = max(9.0, min(14.0, step * 0.75))
    left = min(width * 0.45, 14 + max(theme.text_width(curve.name, size) for curve in curves))
    right = width - 14 - max(theme.text_width(text, size) for text in texts)
    low, highest = panel.bounds[0] or 0.0, panel.bounds[1]
    high = highest or max(curve.last for curve in curves) or 1.0
    rows = []
    for number, (curve, text) in enumerate(zip(curves, texts)):
        color = theme.color(panel.color_by_name(curve.name) or panel.color_by_value(curve.last))
        share = min(1.0, max(0.0, (curve.last - low) / (high - low)))
        top, thick = number * step + step * 0.1, step * 0.8
        middle = top + thick / 2 + size * 0.35
        rows.append(_bar(left, top, right - left, thick, theme.TRACK) +
                    _bar(left, top, (right - left) * share, thick, color) +
                    _text(left - 8, middle, "end", size, theme.TEXT, curve.name) +
                    _text(right + 8, middle, "start", size, color, text))
    return "".join(rows)


def _bar(x: float, y: float, width: float, height: float, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" fill="{color}"/>'


def _text(x: float, y: float, anchor: str, size: float, color: str, text: str) -> str:
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size:.1f}" fill="{color}">'
            f"{escape(text)}</text>")
