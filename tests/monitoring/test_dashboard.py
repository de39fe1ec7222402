"""The dashboard can be read, and asks for what there is."""

import json
import re
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

    def queries(self) -> list[str]:
        found = [target["expr"] for panel in self.panels for target in panel["targets"]]
        for variable, value in VARIABLES.items():
            found = [query.replace(variable, value) for query in found]
        self.assertFalse([query for query in found if "$" in query])
        return found
