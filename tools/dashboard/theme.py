"""Colours and letters, near those of Grafana's dark theme."""

PAGE, PANEL, EDGE, LINE = "#111217", "#181b1f", "#2a2d33", "#2c2f36"
TEXT, FAINT, TRACK = "#ccccdc", "#8e8e9a", "#24272d"
FONT = "Inter, 'DejaVu Sans', Verdana, Arial, sans-serif"

# By the names that a dashboard may use.
COLORS = {"green": "#73bf69", "yellow": "#fade2a", "blue": "#5794f2", "orange": "#ff9830", "red": "#f2495c",
          "purple": "#b877d9", "text": TEXT}
# Of curves whose colour is not fixed, in turn.
_PALETTE = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d",
            "#b7dbab", "#f4d598", "#70dbed", "#f9ba8f", "#82b5d8", "#e5a8e2", "#aea2e0", "#fade2a", "#447ebc",
            "#c15c17", "#f29191")


def color(name: str) -> str:
    """KeyError for a name that is not known."""
    return COLORS[name]


def color_in_turn(number: int) -> str:
    return _PALETTE[number % len(_PALETTE)]


def all_colors() -> list[bytes]:
    """Red, green and blue of each."""
    names = (PAGE, PANEL, EDGE, LINE, TEXT, FAINT, TRACK, *COLORS.values(), *_PALETTE)
    return [bytes.fromhex(name.removeprefix("#")) for name in dict.fromkeys(names)]


def text_width(text: str, size: float) -> float:
    """About, in pixels."""
    return len(text) * size * 0.59
