"""Values as Grafana writes them, and the values at which an axis has its lines."""

import math

_SECONDS = ((60, 1, " s"), (3600, 60, " mins"), (86400, 3600, " hours"), (604800, 86400, " days"),
            (31536000, 604800, " weeks"), (math.inf, 31557600, " years"))
_BELOW_A_SECOND = ((1e-6, 1e-9, " ns"), (1e-3, 1e-6, " µs"), (1, 1e-3, " ms"))
_COUNTS = ("", "K", "M", "B", "T")
_SHORT = ("", " K", " Mil", " Bil", " Tri")
_BYTES = (" B", " KiB", " MiB", " GiB", " TiB")
# Round steps of an axis of seconds, from a minute on.
_TIMES = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 1209600, 2419200,
          7862400, 15724800, 31449600)


def write(value: float, unit: str, decimals: int | None = None) -> str:
    """KeyError for a unit that is not known."""
    return _WRITERS[unit](value, decimals)


def known(unit: str) -> bool:
    return unit in _WRITERS


def ticks(low: float, high: float, unit: str, about: int, *, whole: bool = False) -> list[float]:
    """About that many round values between the two."""
    step = _round_step((high - low) / max(about, 1) or 1, unit)
    step = max(1.0, step) if whole else step
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def powers(low: float, high: float) -> list[float]:
    """The powers of ten between those that enclose the two, which are greater than 0."""
    return [10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _round_step(least: float, unit: str) -> float:
    if unit == "s" and least >= 30:
        return next((step for step in _TIMES if step >= least), least)
    if unit == "bytes" and least >= 1:
        scale = 1024 ** int(math.log(least, 1024))
        return _round_step(least / scale, "short") * scale
    magnitude = 10.0 ** math.floor(math.log10(least))
    return next(factor for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= least * 0.999) * magnitude


def _number(value: float, decimals: int | None) -> str:
    """With three digits that mean something, unless it is said how many follow the point."""
    if decimals is None:
        whole = abs(value - round(value)) < 1e-9
        decimals = 0 if whole or value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
        text = f"{value:.{decimals}f}"
        return text.rstrip("0").rstrip(".") if decimals > 2 else text
    return f"{value:.{decimals}f}"


def _scaled(value: float, decimals: int | None, factor: int, names: tuple[str, ...]) -> str:
    power = 0
    while abs(value) >= factor and power + 1 < len(names):
        value, power = value / factor, power + 1
    return _number(value, decimals) + names[power]


def _seconds(value: float, decimals: int | None) -> str:
    size = abs(value)
    if size == 0:
        return "0 s"
    scales = _BELOW_A_SECOND if size < 1 else _SECONDS
    _, divisor, name = next(scale for scale in scales if size < scale[0])
    return _number(value / divisor, decimals) + name


def _per_second(what: str):
    return lambda value, decimals: f"{_scaled(value, decimals, 1000, _COUNTS)} {what}/s"


_WRITERS = {
    "short": lambda value, decimals: _scaled(value, decimals, 1000, _SHORT),
    "none": _number,
    "s": _seconds,
    "bytes": lambda value, decimals: _scaled(value, decimals, 1024, _BYTES),
    "reqps": _per_second("req"),
    "ops": _per_second("ops"),
}
