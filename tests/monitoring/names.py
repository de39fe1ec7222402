"""The names of metrics, labels and codes: as documented, and as queries use them."""

import re

from promtool import ROOT

_DOCUMENTED = re.compile(r"`(holdfast_\w+)(?:\{([\w,]+)\})?`")
_CODE = re.compile(r"(?m)^## (\w+)$")
_SELECTOR = re.compile(r"\b(holdfast_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
# What Prometheus makes of a histogram.
SUFFIX = re.compile(r"_(bucket|sum|count)$")
OF_THE_TARGET = {"instance", "pod", "job", "le"}
VERDICTS = {"restore", "fresh", "wait", "refuse", "pass"}
RESULTS = {
    "holdfast_index_proofs_total": {"current", "changed", "unknown"},
    "holdfast_index_refresh_total": {"ok", "error", "timeout"},
    "holdfast_restores_total": {"verified", "unverified", "failed"},
    "holdfast_generator_apply_total": {"created", "changed", "adopted", "image", "failed"},
}


def documented() -> dict[str, set[str]]:
    """Of docs/metrics.md: the labels of each metric."""
    return {name: set(labels.split(",")) if labels else set()
            for name, labels in _DOCUMENTED.findall((ROOT / "docs/metrics.md").read_text())}


def codes() -> set[str]:
    return set(_CODE.findall((ROOT / "docs/codes.md").read_text()))


def family(name: str, known: dict[str, set[str]]) -> str:
    """The metric that a series belongs to."""
    return name if name in known else SUFFIX.sub("", name)


def faults(query: str) -> list[str]:
    """What in a query names something that holdfast does not have."""
    known, found = documented(), []
    for series, matchers in _SELECTOR.findall(query):
        name = family(series, known)
        if name not in known:
            found.append(f"no metric {series}")
            continue
        found += [f"{series} has no label {label}" for label, _, _ in _MATCHER.findall(matchers)
                  if label not in known[name] | OF_THE_TARGET]
        found += [f"{series}: no {label} {value}" for label, _, values in _MATCHER.findall(matchers)
                  for value in values.split("|") if value not in _values(name, label, value)]
    return found


def _values(name: str, label: str, value: str) -> set[str]:
    """Those that a label may have; any, where there is no list."""
    if label == "code":
        return codes()
    if label == "verdict":
        return VERDICTS
    if label == "webhook":
        return {"mutate", "validate", "job"}
    if label == "result":
        return RESULTS[name]
    return {value}
