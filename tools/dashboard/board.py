"""A Grafana dashboard as data: its panels, what they ask, and how they want to be shown.

What a dashboard sets and this does not know is an error: a picture that leaves it out would show another dashboard.
"""

import json
import pathlib
import re

KINDS = {"row", "timeseries", "stat", "bargauge"}
_VARIABLE = re.compile(r"\$(?:{(\w+)}|(\w+))")
_KNOWN = {
    "panel": {"id", "type", "title", "description", "datasource", "gridPos", "targets", "fieldConfig", "options",
              "collapsed", "panels"},
    "target": {"refId", "datasource", "expr", "legendFormat", "instant"},
    "defaults": {"unit", "decimals", "min", "max", "thresholds", "mappings", "custom"},
    "custom": {"fillOpacity", "lineWidth", "stacking", "showPoints", "scaleDistribution", "thresholdsStyle",
               "axisSoftMax"},
    "options": {"legend", "tooltip", "reduceOptions", "orientation", "displayMode", "sizing",
                "minVizHeight", "maxVizHeight", "colorMode", "graphMode"},
}
_MODES = {"stacking": ("mode", {"none", "normal"}), "thresholdsStyle": ("mode", {"line"}),
          "scaleDistribution": ("type", {"linear", "log"})}
_OPTIONS = {"orientation": {"horizontal"}, "displayMode": {"basic"}, "sizing": {"manual"}, "colorMode": {"value"},
            "graphMode": {"none"}}
_LEGEND = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}


class Unsupported(Exception):
    """The dashboard wants something that cannot be drawn; the text names the panel and the setting."""


class Panel:
    """One of the dashboard's "panels"."""

    def __init__(self, document: dict):
        self._document = document
        self._field = document.get("fieldConfig", {}).get("defaults", {})
        self._custom = self._field.get("custom", {})
        self._options = document.get("options", {})
        self.kind: str = document["type"]
        self.title: str = document["title"]
        self.key = str(document["id"])
        self.targets: list[dict] = document.get("targets", [])
        place = document["gridPos"]
        self.x, self.y, self.width, self.height = (place[side] for side in "xywh")
        self._check()
        self._colors = dict(_fixed_color(self.title, override)
                            for override in document.get("fieldConfig", {}).get("overrides", []))

    @property
    def unit(self) -> str:
        return self._field.get("unit", "short")

    @property
    def decimals(self) -> int | None:
        """None: as many as the value deserves."""
        return self._field.get("decimals")

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        return self._field.get("min"), self._field.get("max")

    @property
    def soft_max(self) -> float | None:
        """An axis reaches so far, or farther where there are higher values."""
        return self._custom.get("axisSoftMax")

    @property
    def logarithmic(self) -> bool:
        return self._custom.get("scaleDistribution", {}).get("type") == "log"

    @property
    def shows_lonely_points(self) -> bool:
        """Where no line leads to a point, it is drawn as one."""
        return self._custom.get("showPoints") != "never"

    @property
    def thickest_bar(self) -> float:
        """In pixels."""
        return self._options.get("maxVizHeight", 300)

    @property
    def stacked(self) -> bool:
        return self._custom.get("stacking", {}).get("mode") == "normal"

    @property
    def fill(self) -> float:
        """Opacity under a curve, 0 to 1."""
        return self._custom.get("fillOpacity", 0) / 100

    @property
    def line_width(self) -> float:
        return self._custom.get("lineWidth", 1)

    @property
    def shows_legend(self) -> bool:
        return self._options.get("legend", {}).get("showLegend", False)

    @property
    def threshold_lines(self) -> list[tuple[float, str]]:
        """What is drawn across a graph: values and their colours."""
        return self._steps()[1:] if "thresholdsStyle" in self._custom else []

    def words_for(self, value: float) -> str | None:
        """What is shown in place of a value."""
        words = {float(key): item["text"] for mapping in self._field.get("mappings", ())
                 for key, item in mapping["options"].items()}
        return words.get(value)

    def color_by_name(self, curve: str) -> str | None:
        """The colour that the dashboard fixes for a curve."""
        return self._colors.get(curve)

    def color_by_value(self, value: float) -> str:
        """By the thresholds."""
        return [color for floor, color in self._steps() if value >= floor][-1]

    def _steps(self) -> list[tuple[float, str]]:
        steps = self._field.get("thresholds", {}).get("steps", [{"color": "green", "value": None}])
        return [(float("-inf") if step["value"] is None else step["value"], step["color"]) for step in steps]

    def _check(self) -> None:
        if self.kind not in KINDS:
            self._fail(f"the type {self.kind}")
        parts = {"panel": [self._document], "target": self.targets, "defaults": [self._field],
                 "custom": [self._custom], "options": [self._options]}
        for part, documents in parts.items():
            for unknown in {key for document in documents for key in document} - _KNOWN[part]:
                self._fail(f"{unknown} in its {part}")
        for setting, (key, modes) in _MODES.items():
            if setting in self._custom and self._custom[setting][key] not in modes:
                self._fail(f"{setting} {self._custom[setting][key]}")
        self._check_options()

    def _check_options(self) -> None:
        for setting, values in _OPTIONS.items():
            if setting in self._options and self._options[setting] not in values:
                self._fail(f"{setting} {self._options[setting]}")
        legend = self._options.get("legend", _LEGEND)
        if legend | {"showLegend": True} != _LEGEND:
            self._fail(f"a legend other than {_LEGEND}")
        if self._options.get("reduceOptions", {"calcs": ["lastNotNull"]}) != {"calcs": ["lastNotNull"]}:
            self._fail("a reduction other than to the last value")

    def _fail(self, what: str) -> None:
        raise Unsupported(f"panel {self.title!r} wants {what}")


class Board:
    def __init__(self, path: pathlib.Path):
        self._document = json.loads(path.read_text())
        self.title: str = self._document["title"]
        self.panels = [Panel(panel) for panel in self._document["panels"]]

    @property
    def rows(self) -> int:
        """The height, in cells of Grafana's grid."""
        return max(panel.y + panel.height for panel in self.panels)

    def selections(self) -> list[tuple[str, str]]:
        """The label of each variable with what is chosen when the dashboard is opened."""
        return [(item["label"], item.get("current", {}).get("text", "default")) for item in self._variables()]

    def chosen(self) -> dict[str, str]:
        """The values of the variables that queries may name, with everything chosen."""
        return {item["name"]: item["allValue"] for item in self._variables() if item.get("includeAll")}

    def _variables(self) -> list[dict]:
        return self._document["templating"]["list"]


def substitute(text: str, values: dict[str, str]) -> str:
    """With `$name` and `${name}` replaced; KeyError names one that has no value."""
    return _VARIABLE.sub(lambda found: values[found.group(1) or found.group(2)], text)


def _fixed_color(panel: str, override: dict) -> tuple[str, str]:
    """Of an override that gives the curve of one name one colour: the name and the colour."""
    matcher, properties = override["matcher"], override["properties"]
    if matcher["id"] != "byName" or [each["id"] for each in properties] != ["color"] or (
            properties[0]["value"]["mode"] != "fixed"):
        raise Unsupported(f"panel {panel!r} has an override other than a fixed colour for a name")
    return matcher["options"], properties[0]["value"]["fixedColor"]
