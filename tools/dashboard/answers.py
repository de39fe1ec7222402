"""What Prometheus has to each panel, asked as Grafana asks it."""

import dataclasses
import math
import re
import typing

from board import Board, Panel, substitute

_WIDTH_OF_ALL = 1500  # pixels, of 24 columns
_STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_LABEL = re.compile(r"{{\s*(\w+)\s*}}")


class Prometheus(typing.Protocol):
    def query(self, promql: str) -> list[dict]: ...
    def query_range(self, promql: str, start: float, end: float, step_s: int) -> list[dict]: ...


@dataclasses.dataclass(frozen=True)
class Span:
    """Of time, in seconds of Unix time, and how often Prometheus scrapes."""
    start: float
    end: float
    scrape_s: int


@dataclasses.dataclass(frozen=True)
class Curve:
    name: str
    points: list[tuple[float, float | None]]  # time and value; None where there is none

    @property
    def last(self) -> float | None:
        return next((value for _, value in reversed(self.points) if value is not None), None)


def ask_all(prometheus: Prometheus, board: Board, span: Span) -> dict[str, list[Curve]]:
    """The curves of each panel, by its key."""
    return {panel.key: ask(prometheus, panel, board.chosen(), span) for panel in board.panels}


def ask(prometheus: Prometheus, panel: Panel, chosen: dict[str, str], span: Span) -> list[Curve]:
    interval = interval_s(panel, span)
    values = chosen | built_in(interval, span)
    curves = []
    for target in panel.targets:
        query = substitute(target["expr"], values)
        if target.get("instant"):
            found = prometheus.query(query)
        else:
            found = prometheus.query_range(query, span.start, span.end, interval)
        curves += [_curve(target, series) for series in found]
    return [curve for curve in curves if curve.last is not None]


def interval_s(panel: Panel, span: Span) -> int:
    """$__interval: from point to point, one point for each pixel at most, and none between two scrapes."""
    least = (span.end - span.start) / (_WIDTH_OF_ALL * panel.width / 24)
    return max(span.scrape_s, next((step for step in _STEPS_S if step >= least), _STEPS_S[-1]))


def built_in(interval: int, span: Span) -> dict[str, str]:
    """The variables that every dashboard has."""
    return {"__interval": f"{interval}s", "__range": f"{span.end - span.start:.0f}s",
            "__rate_interval": f"{max(interval + span.scrape_s, 4 * span.scrape_s)}s"}


def _curve(target: dict, series: dict) -> Curve:
    labels = series["metric"]
    name = _LABEL.sub(lambda found: labels.get(found.group(1), ""), target["legendFormat"]).strip()
    samples = series["values"] if "values" in series else [series["value"]]
    return Curve(name, [(time, _finite(float(value))) for time, value in samples])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
