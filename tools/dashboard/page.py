"""The dashboard as one page: every panel at its place in Grafana's grid of 24 columns."""

import datetime
from xml.sax.saxutils import escape

import values
import theme
from answers import Curve, Span
from board import Board, Panel
from graph import Graph

WIDTH = 1600
_MARGIN, _HEAD = 16, 56
_GAP, _CELL = 8, 30  # pixels between panels, and of a cell of the grid without that
_TITLE, _PADDING = 32, 8

_STYLE = f"""
body {{ margin: 0; background: {theme.PAGE}; color: {theme.TEXT}; font-family: {theme.FONT}; }}
header, h2, section {{ position: absolute; box-sizing: border-box; white-space: nowrap; }}
header {{ left: {_MARGIN}px; right: {_MARGIN}px; height: {_HEAD}px; line-height: {_HEAD}px; font-size: 18px; }}
header span {{ font-size: 13px; margin-left: 18px; color: {theme.FAINT}; }}
header b {{ font-weight: normal; color: {theme.TEXT}; }}
h2 {{ margin: 0; font-size: 16px; font-weight: 500; line-height: {_CELL}px; }}
h2::before {{ content: "⌄"; margin-right: 8px; color: {theme.FAINT}; }}
section {{ background: {theme.PANEL}; border: 1px solid {theme.EDGE}; border-radius: 3px; overflow: hidden; }}
h3 {{ margin: 0 {_PADDING}px; font-size: 14px; font-weight: 500; line-height: {_TITLE}px; }}
svg {{ display: block; margin: 0 {_PADDING}px; }}
.empty {{ text-align: center; color: {theme.FAINT}; font-size: 15px; padding-top: 6%; }}
"""


class Page:
    """`text` is HTML that is XML as well. `faults`: what a reader of the page would miss."""

    def __init__(self, board: Board, span: Span, curves: dict[str, list[Curve]]):
        self._curves, self._span = curves, span
        self.faults: list[str] = []
        self.height = _HEAD + board.rows * (_CELL + _GAP) + _MARGIN
        parts = "\n".join(self._part(panel) for panel in board.panels)
        self.text = ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>'
                     f"<title>{escape(board.title)}</title><style>{_STYLE}</style></head>\n"
                     f"<body>\n{_header(board, span)}\n{parts}\n</body></html>\n")

    def _part(self, panel: Panel) -> str:
        place = _place(panel)
        if panel.kind == "row":
            return f'<h2 style="{place}">{escape(panel.title)}</h2>'
        return f'<section style="{place}"><h3>{escape(panel.title)}</h3>{self._body(panel)}</section>'

    def _body(self, panel: Panel) -> str:
        curves = self._curves[panel.key]
        if not curves:
            self.faults.append(f"{panel.title}: no data")
            return '<div class="empty">No data</div>'
        width, height = _size(panel)
        width, height = width - 2 * _PADDING - 2, height - _TITLE - _PADDING
        return f'<svg width="{width:.0f}" height="{height:.0f}">{self._drawing(panel, curves, width, height)}</svg>'

    def _drawing(self, panel: Panel, curves: list[Curve], width: float, height: float) -> str:
        if panel.kind == "stat":
            return values.stat(panel, curves, width, height)
        if panel.kind == "bargauge":
            return values.bar_gauge(panel, curves, width, height)
        graph = Graph(panel, curves, self._span, width, height)
        if graph.legend.cut_off:
            self.faults.append(f"{panel.title}: the legend is longer than its place")
        return graph.svg()


def _header(board: Board, span: Span) -> str:
    chosen = "".join(f"<span>{escape(label)} <b>{escape(value)}</b></span>" for label, value in board.selections())
    begin, end = (datetime.datetime.fromtimestamp(time, datetime.timezone.utc) for time in (span.start, span.end))
    return (f"<header>{escape(board.title)}{chosen}<span>from <b>{begin:%Y-%m-%d %H:%M}</b> to <b>{end:%H:%M}</b> UTC"
            "</span></header>")


def _size(panel: Panel) -> tuple[float, float]:
    column = (WIDTH - 2 * _MARGIN + _GAP) / 24
    return panel.width * column - _GAP, panel.height * (_CELL + _GAP) - _GAP


def _place(panel: Panel) -> str:
    column = (WIDTH - 2 * _MARGIN + _GAP) / 24
    width, height = _size(panel)
    return (f"left:{_MARGIN + panel.x * column:.1f}px;top:{_HEAD + panel.y * (_CELL + _GAP)}px;"
            f"width:{width:.1f}px;height:{height}px")
