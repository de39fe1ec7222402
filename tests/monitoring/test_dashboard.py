"""The dashboard can be read, and asks for what there is."""

import json
import pathlib
import re
import tempfile
import unittest

import names
import promtool

ROWS = ["Promise", "Index", "Generator", "Restores", "Backups", "Certificates", "Process"]
# Of the kubelet, not of holdfast.
OF_OTHERS = {"container_memory_working_set_bytes", "container_cpu_usage_seconds_total"}
# What Grafana fills in.
VARIABLES = {"$__rate_interval": "5m", "$namespace": "media|db"}


class Dashboard(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.board = json.loads((promtool.MONITORING / "dashboard.json").read_text())
        cls.panels = [panel for panel in cls.board["panels"] if panel["type"] != "row"]

    def test_has_a_row_for_each_subject(self):
        self.assertEqual([panel["title"] for panel in self.board["panels"] if panel["type"] == "row"], ROWS)

    def test_panels_have_a_name_a_word_of_help_and_a_place_of_their_own(self):
        taken = set()
        for panel in self.board["panels"]:
            self.assertTrue(panel["title"])
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
        self.assertTrue(all(panel["description"] for panel in self.panels))
        self.assertEqual(len({panel["id"] for panel in self.board["panels"]}), len(self.board["panels"]))

    def test_every_query_can_be_read(self):
        rules = "".join(f"  - record: query:{number}\n    expr: {json.dumps(query)}\n"
                        for number, query in enumerate(self.queries()))
        done = promtool.check_rules(f"groups:\n- name: queries\n  rules:\n{rules}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreaterEqual(len(self.queries()), 25)

    def test_every_query_names_what_there_is(self):
        for query in self.queries():
            self.assertEqual(names.faults(query), [], query)
            self.assertTrue("holdfast_" in query or any(name in query for name in OF_OTHERS), query)

    def test_every_metric_is_shown(self):
        shown = {names.family(name, names.documented()) for query in self.queries()
                 for name in re.findall(r"\bholdfast_\w+", query)}
        self.assertEqual(set(names.documented()) - shown, set())

    def test_legends_name_labels_that_the_query_keeps(self):
        for panel in self.panels:
            for target in panel["targets"]:
                kept = {label for words in re.findall(r"by \(([^)]*)\)", target["expr"])
                        for label in words.replace(" ", "").split(",")}
                self.assertLessEqual(set(re.findall(r"{{(\w+)}}", target["legendFormat"])), kept, target["expr"])

    def test_asks_the_prometheus_that_is_chosen(self):
        [variable] = [item for item in self.board["templating"]["list"] if item["type"] == "datasource"]
        self.assertEqual((variable["name"], variable["query"]), ("datasource", "prometheus"))
        asking = [item for item in self.board["templating"]["list"] if item["type"] == "query"]
        for asked in [*asking, *self.panels, *(target for panel in self.panels for target in panel["targets"])]:
            self.assertEqual(asked["datasource"], {"type": "prometheus", "uid": "${datasource}"})

    def test_can_be_found_again_by_its_uid_and_read_without_a_migration(self):
        """From 37 on every legend says whether it is shown."""
        self.assertRegex(self.board["uid"], r"^[\w-]{1,40}$")
        self.assertGreaterEqual(self.board["schemaVersion"], 37)
        legends = [panel["options"]["legend"] for panel in self.panels if panel["type"] == "timeseries"]
        self.assertTrue(all(legend["showLegend"] for legend in legends))

    def test_curves_go_by_the_interval_of_the_picture_and_numbers_by_one_of_their_own(self):
        for panel in self.panels:
            for target in panel["targets"]:
                windows = re.findall(r"(?:rate|increase)\([^[]*\[([^]]+)\]", target["expr"])
                for window in windows:
                    self.assertEqual(window == "$__rate_interval", panel["type"] == "timeseries", target["expr"])

    def test_curves_of_one_panel_have_names_that_differ(self):
        for panel in self.panels:
            legends = [target["legendFormat"] for target in panel["targets"]]
            self.assertEqual(len(legends), len(set(legends)), panel["title"])
            if panel["type"] == "timeseries":
                self.assertTrue(all(legends), panel["title"])

    def test_areas_on_each_other_have_no_line_where_they_have_no_height(self):
        for panel in self.panels:
            custom = panel["fieldConfig"]["defaults"].get("custom", {})
            if custom.get("stacking", {}).get("mode") == "normal":
                self.assertEqual(custom["lineWidth"], 0, panel["title"])

    def queries(self) -> list[str]:
        found = [target["expr"] for panel in self.panels for target in panel["targets"]]
        for variable, value in VARIABLES.items():
            found = [query.replace(variable, value) for query in found]
        self.assertFalse([query for query in found if "$" in query])
        return found


class FirstEvents(unittest.TestCase):
    """A counter with labels begins when it is first counted, at 1, which increase() alone does not see."""

    COUNTERS = ("holdfast_admission_total", "holdfast_generator_apply_total", "holdfast_generator_delete_total")
    LABELS = 'verdict="refuse",code="Code",kind="Kind",result="result",reason="reason"'

    @classmethod
    def setUpClass(cls):
        board = json.loads((promtool.MONITORING / "dashboard.json").read_text())
        found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
        cls.queries = [query for query in found
                       if "increase(" in query and any(counter in query for counter in cls.COUNTERS)]

    def test_are_shown(self):
        self.assertEqual(len(self.queries), 4)
        self.assert_shown(self.queries, "_x10 1x30", {"11m": 1, "13m": 1})

    def test_are_not_seen_in_a_counter_that_was_not_scraped_for_a_while(self):
        self.assert_shown([query for query in self.queries if "[1d]" not in query], "500x10 _x20 500x30", {"33m": 0})

    def assert_shown(self, queries: list[str], history: str, sums: dict[str, float]):
        """`sums`: of all curves, by the time."""
        tests = []
        for query in queries:
            [counter] = [name for name in self.COUNTERS if name in query]
            promql = f"sum({query.replace('$__rate_interval', '5m')})"
            expected = [{"expr": promql, "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}]}
                        for at, value in sums.items()]
            tests.append({"interval": "1m", "promql_expr_test": expected,
                          "input_series": [{"series": f"{counter}{{{self.LABELS}}}", "values": history}]})
        with tempfile.TemporaryDirectory(prefix="holdfast-queries-") as folder:
            path = pathlib.Path(folder) / "histories.yaml"
            path.write_text(json.dumps({"tests": tests}))
            done = promtool.run("test", "rules", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
