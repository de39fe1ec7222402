"""tools/dashboard, which draws the dashboard for the docs, shows it as it is or says that it cannot."""

import copy
import json
import pathlib
import struct
import sys
import tempfile
import unittest
import zlib
from xml.etree import ElementTree

from promtool import MONITORING, ROOT

sys.path.insert(0, str(ROOT / "tools/dashboard"))

import palette  # noqa: E402  (needs the path above)
import theme  # noqa: E402
import units  # noqa: E402
import values  # noqa: E402
from answers import Curve, Span, ask, built_in, interval_s  # noqa: E402
from board import Board, Panel, Unsupported, substitute  # noqa: E402
from graph import Graph  # noqa: E402
from page import Page  # noqa: E402

DASHBOARD = MONITORING / "dashboard.json"
SPAN = Span(1_800_000_000, 1_800_000_300, 2)


def panel(kind: str = "timeseries", *, targets: tuple[dict, ...] = (), options: dict | None = None, **field) -> Panel:
    return Panel({"id": 1, "type": kind, "title": "A panel", "targets": list(targets), "options": options or {},
                  "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "fieldConfig": {"defaults": field, "overrides": []}})


def curve(name: str, *values: float) -> Curve:
    return Curve(name, [(SPAN.start + 2 * number, value) for number, value in enumerate(values)])


class Told:
    """In place of Prometheus: the same answer to everything; `asked` is what it was asked."""

    def __init__(self, *series: dict):
        self._series = list(series)
        self.asked: list[tuple] = []

    def query(self, *words) -> list[dict]:
        self.asked.append(words)
        return self._series

    query_range = query


class TheDashboard(unittest.TestCase):
    def test_has_nothing_that_cannot_be_drawn(self):
        for each in Board(DASHBOARD).panels:
            self.assertTrue(units.known(each.unit), f"{each.title}: {each.unit}")
        for name in self.colors(json.loads(DASHBOARD.read_text())):
            self.assertTrue(theme.color(name))

    def test_is_drawn_with_every_panel(self):
        board = Board(DASHBOARD)
        curves = {each.key: [curve("a", 1, 2, 950), curve("b", 3, 5e6, 1100)] for each in board.panels}
        page = Page(board, SPAN, curves)
        self.assertEqual(page.faults, [])
        shown = [element.text for element in ElementTree.fromstring(page.text).iter() if element.tag in ("h2", "h3")]
        self.assertEqual(shown, [each.title for each in board.panels])

    def test_is_not_drawn_as_if_all_were_there_when_it_is_not(self):
        board = Board(DASHBOARD)
        page = Page(board, SPAN, {each.key: [] for each in board.panels})
        self.assertEqual(page.faults, [f"{each.title}: no data" for each in board.panels if each.kind != "row"])

    def colors(self, part):
        """Every value of "color" or "fixedColor" that is a name."""
        for key, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
            if key in ("color", "fixedColor") and isinstance(value, str):
                yield value
            yield from self.colors(value)


class WhatCannotBeDrawn(unittest.TestCase):
    def test_is_said_by_its_name(self):
        for wanted, name in ((lambda: panel("heatmap"), "heatmap"),
                             (lambda: panel(noValue="none"), "noValue"),
                             (lambda: panel(custom={"drawStyle": "bars"}), "drawStyle"),
                             (lambda: panel(custom={"stacking": {"mode": "percent"}}), "stacking percent"),
                             (lambda: panel(options={"legend": {"displayMode": "table"}}), "legend"),
                             (lambda: panel(options={"textMode": "name"}), "textMode"),
                             (lambda: panel(targets=({"expr": "up", "format": "table"},)), "format"),
                             (lambda: panel("stat", options={"reduceOptions": {"calcs": ["mean"]}}), "last value")):
            with self.assertRaisesRegex(Unsupported, f"'A panel'.*{name}"):
                wanted()

    def test_may_be_an_override(self):
        document = copy.deepcopy(json.loads(DASHBOARD.read_text())["panels"][1])
        document["fieldConfig"]["overrides"] = [{"matcher": {"id": "byRegexp", "options": ".*"}, "properties": []}]
        with self.assertRaisesRegex(Unsupported, "override"):
            Panel(document)

    def test_a_unit_that_is_not_known_is_an_error(self):
        with self.assertRaises(KeyError):
            units.write(1, "furlongs")

    def test_a_legend_that_is_too_long_for_its_place_is_told(self):
        names = [curve(f"a name of some length {number}", 1) for number in range(40)]
        legend = {"legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}}
        self.assertTrue(Graph(panel(options=legend), names, SPAN, 700, 250).legend.cut_off)
        self.assertFalse(Graph(panel(options=legend), names[:4], SPAN, 700, 250).legend.cut_off)


class Queries(unittest.TestCase):
    def test_have_their_variables_replaced(self):
        values = {"n": ".*", "__rate_interval": "8s"}
        self.assertEqual(substitute('rate(a{n=~"$n"}[$__rate_interval]) or b{n="${n}"}', values),
                         'rate(a{n=~".*"}[8s]) or b{n=".*"}')

    def test_with_a_variable_that_is_not_there_are_not_asked(self):
        with self.assertRaisesRegex(KeyError, "cluster"):
            substitute('a{c="$cluster"}', {"namespace": ".*"})

    def test_everything_is_chosen(self):
        self.assertEqual(Board(DASHBOARD).chosen(), {"namespace": ".*"})

    def test_go_as_far_back_as_in_grafana(self):
        day = Span(SPAN.start, SPAN.start + 86400, 15)
        self.assertEqual(interval_s(panel(), day), 120)
        self.assertEqual(built_in(120, day)["__rate_interval"], "135s")
        self.assertEqual(interval_s(panel(), SPAN), 2)
        self.assertEqual(built_in(2, SPAN)["__rate_interval"], "8s")

    def test_are_asked_for_the_span_or_for_its_end(self):
        prometheus = Told()
        targets = ({"expr": "a[$__rate_interval]"}, {"expr": "b", "instant": True})
        ask(prometheus, panel(targets=tuple({"legendFormat": ""} | target for target in targets)), {}, SPAN)
        self.assertEqual(prometheus.asked, [("a[8s]", SPAN.start, SPAN.end, 2), ("b",)])

    def test_become_curves_with_the_names_of_the_legend(self):
        prometheus = Told({"metric": {"namespace": "media", "pvc": "photos"}, "values": [[1, "2.5"], [3, "NaN"]]},
                          {"metric": {}, "values": [[1, "NaN"]]})
        target = {"expr": "a", "legendFormat": "{{namespace}}/{{ pvc }}"}
        self.assertEqual(ask(prometheus, panel(targets=(target,)), {}, SPAN),
                         [Curve("media/photos", [(1, 2.5), (3, None)])])


class Values(unittest.TestCase):
    def test_are_written_as_in_grafana(self):
        for value, unit, text in ((0, "s", "0 s"), (0.0000005, "s", "500 ns"), (0.00025, "s", "250 µs"),
                                  (0.0128, "s", "12.8 ms"), (1, "s", "1 s"), (90, "s", "1.50 mins"),
                                  (5400, "s", "1.50 hours"), (113480, "s", "1.31 days"), (31535911, "s", "52.1 weeks"),
                                  (16777216, "bytes", "16 MiB"), (1000, "short", "1 K"),
                                  (2_500_000, "short", "2.50 Mil"),
                                  (0.5, "short", "0.5"), (0.0049, "short", "0.0049"), (20, "short", "20"),
                                  (1.3333333, "reqps", "1.33 req/s"), (1500, "ops", "1.50K ops/s"), (7, "none", "7")):
            self.assertEqual(units.write(value, unit), text)
        self.assertEqual(units.write(9.04, "short", 0), "9")

    def test_axes_have_round_numbers(self):
        self.assertEqual(units.ticks(0, 4.4, "short", 4), [0, 2, 4])
        self.assertEqual(units.ticks(0, 113480, "s", 4), [0, 43200, 86400])
        self.assertEqual(units.ticks(0, 20 << 20, "bytes", 4), [0, 5 << 20, 10 << 20, 15 << 20, 20 << 20])
        self.assertEqual(units.ticks(0, 1, "short", 4, whole=True), [0, 1])
        self.assertEqual(units.powers(0.002, 3), [0.001, 0.01, 0.1, 1, 10])

    def test_have_the_colours_and_words_that_the_dashboard_gives_them(self):
        steps = [{"color": "green", "value": None}, {"color": "orange", "value": 900}, {"color": "red", "value": 1000}]
        colored = panel(thresholds={"mode": "absolute", "steps": steps})
        self.assertEqual([colored.color_by_value(value) for value in (-1, 899, 900, 1000)],
                         ["green", "green", "orange", "red"])
        words = panel("stat", mappings=[{"type": "value", "options": {"0": {"text": "no"}, "1": {"text": "yes"}}}])
        drawn = [values.stat(words, [curve("", value)], 300, 100) for value in (0.0, 1.0, 2.0)]
        self.assertEqual([ElementTree.fromstring(text).text for text in drawn], ["no", "yes", "2"])
        verdicts = next(each for each in Board(DASHBOARD).panels if each.title == "Verdicts")
        self.assertEqual((verdicts.color_by_name("refuse"), verdicts.color_by_name("other")), ("red", None))


class Curves(unittest.TestCase):
    def test_are_broken_where_points_are_missing(self):
        whole, broken = curve("a", 1, 2, 3, 4, 5, 6), curve("a", 1, 2, 3, None, 5, 6)
        self.assertEqual([self.lines(one).count("<polyline") for one in (whole, broken)], [1, 2])

    def test_are_stacked_on_those_before_them(self):
        stacked = {"custom": {"stacking": {"mode": "normal"}}, "min": 0}
        [[first, second], alone] = [self.heights(panel(**stacked), *some)
                                    for some in ([curve("a", 1, 1), curve("b", 1, 1)], [curve("a", 2, 2)])]
        self.assertEqual(second, alone[0])
        self.assertGreater(first, second)  # counted from above

    def test_of_very_different_heights_can_be_seen_on_one_axis(self):
        by_ten = panel(custom={"scaleDistribution": {"type": "log", "log": 10}})
        low, middle, high = self.heights(by_ten, *(curve(str(value), value, value) for value in (0.001, 0.1, 10)))
        self.assertAlmostEqual(low - middle, middle - high, delta=0.2)

    def test_a_point_without_neighbours_is_seen_unless_the_dashboard_hides_it(self):
        lonely = curve("a", 1, 1, None, 1, None, 1, 1)
        self.assertEqual([Graph(panel(custom={"showPoints": mode}), [lonely], SPAN, 700, 250).svg().count("<circle")
                          for mode in ("auto", "never")], [1, 0])

    def test_a_limit_is_within_the_picture_where_the_axis_is_to_reach_it(self):
        steps = {"mode": "absolute", "steps": [{"color": "green", "value": None}, {"color": "red", "value": 1000}]}
        near = {"thresholdsStyle": {"mode": "line"}}
        drawn = [Graph(panel(custom=near | more, thresholds=steps, min=0), [curve("a", 20, 20)], SPAN, 700, 250).svg()
                 for more in ({}, {"axisSoftMax": 1000})]
        self.assertEqual([text.count("stroke-dasharray") for text in drawn], [0, 1])

    def lines(self, one: Curve) -> str:
        return Graph(panel(), [one], SPAN, 700, 250).svg()

    def heights(self, on: Panel, *curves: Curve) -> list[float]:
        """Of the first point of each, in pixels from above."""
        root = ElementTree.fromstring(f"<svg>{Graph(on, list(curves), SPAN, 700, 250).svg()}</svg>")
        return [float(line.get("points").split()[0].split(",")[1]) for line in root.iter("polyline")]


class SmallPictures(unittest.TestCase):
    def test_have_the_colours_of_large_ones_whatever_the_filter(self):
        rows = [bytes((37 * row * row + 91 * at * (at + row)) % 256 for at in range(9)) for row in range(5)]
        with tempfile.TemporaryDirectory(prefix="holdfast-picture-") as folder:
            path = pathlib.Path(folder) / "picture.png"
            path.write_bytes(self.picture(rows))
            palette.reduce(path)
            self.assertEqual(self.colors(path.read_bytes()), rows)

    def test_keep_the_colours_that_they_are_asked_to(self):
        many = [bytes((number % 256, row, 200)) * 2 + bytes(3) for row in range(2) for number in range(256)]
        with tempfile.TemporaryDirectory(prefix="holdfast-picture-") as folder:
            path = pathlib.Path(folder) / "picture.png"
            path.write_bytes(self.picture([*many, bytes((77, 77, 77)) + bytes(6)], filters=1))
            palette.reduce(path, [bytes((77, 77, 77))])
            self.assertEqual(self.colors(path.read_bytes())[-1], bytes((77, 77, 77)) + bytes(6))

    def picture(self, rows: list[bytes], filters: int = 5) -> bytes:
        """Three pixels wide, with another filter in each row, by the formulas of the PNG specification."""
        lines, above = b"", bytes(9)
        for number, row in enumerate(rows):
            method = number % filters
            left, corner = bytes(3) + row[:-3], bytes(3) + above[:-3]
            guesses = {0: bytes(9), 1: left, 2: above, 3: bytes((a + b) // 2 for a, b in zip(left, above)),
                       4: bytes(map(self.paeth, left, above, corner))}[method]
            lines += bytes([method]) + bytes((value - guess) % 256 for value, guess in zip(row, guesses))
            above = row
        chunks = ((b"IHDR", struct.pack(">IIBBBBB", 3, len(rows), 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(lines)),
                  (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in chunks)

    @staticmethod
    def paeth(left: int, above: int, corner: int) -> int:
        distance = {value: abs(left + above - corner - value) for value in (corner, above, left)}
        nearest = min(distance.values())
        return next(value for value in (left, above, corner) if distance[value] == nearest)

    def colors(self, data: bytes) -> list[bytes]:
        """Of a PNG with a palette and without filters."""
        at, chunks = 8, {}
        while at < len(data):
            length, name = struct.unpack(">I4s", data[at:at + 8])
            chunks[name] = data[at + 8:at + 8 + length]
            at += length + 12
        lines, colors = zlib.decompress(chunks[b"IDAT"]), chunks[b"PLTE"]
        return [b"".join(colors[3 * number:3 * number + 3] for number in lines[row + 1:row + 4])
                for row in range(0, len(lines), 4)]
