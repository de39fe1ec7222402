"""/metrics is what Prometheus reads, has the names that are documented, and alerts go by no others."""

import re
import unittest

import names
import promtool
from promtool import ROOT
from served import Served

# Series that begin with the first object that is written, removed or backed up: only in a cluster.
IN_A_CLUSTER = {"holdfast_generator_apply_total", "holdfast_generator_delete_total",
                "holdfast_pvc_last_backup_timestamp_seconds", "holdfast_pvc_last_drill_timestamp_seconds",
                "holdfast_pvc_gap", "holdfast_memory_left_out",
                "holdfast_maintenance_last_success_timestamp_seconds", "holdfast_maintenance_problem"}
REVIEW = '{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {}}'
_SAMPLE = re.compile(r"(?m)^(holdfast_\w+)(?:\{([^}]*)\})? \S+$")


class Page(unittest.TestCase):
    """Of a holdfast that reads a catalog and has answered a review."""

    @classmethod
    def setUpClass(cls):
        with Served() as served:
            served.review(REVIEW)
            cls.page = served.metrics()

    def test_is_to_promtool_s_liking(self):
        done = promtool.run("check", "metrics", stdin=self.page)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_has_every_metric_that_is_documented_and_no_other(self):
        self.assertEqual(set(self.labels_by_metric()) | IN_A_CLUSTER, set(names.documented()))

    def test_has_the_labels_that_are_documented(self):
        for name, labels in self.labels_by_metric().items():
            self.assertEqual(labels, names.documented()[name], name)

    def test_series_that_come_later_are_made_by_the_program(self):
        source = (ROOT / "src/ops/metrics.cpp").read_text()
        self.assertEqual(set(re.findall(r'"(holdfast_\w+)"', source)), set(names.documented()))

    def labels_by_metric(self) -> dict[str, set[str]]:
        known, found = names.documented(), {}
        for name, labels in _SAMPLE.findall(self.page):
            of = found.setdefault(names.family(name, known), set())
            of |= set(re.findall(r'(\w+)="', labels)) - {"le"}
        return found


class Queries(unittest.TestCase):
    def test_of_alerts_name_what_there_is(self):
        for name, text in promtool.alerts().items():
            query = promtool.expression(text)
            self.assertEqual(names.faults(query), [], f"{name}: {query}")
            self.assertIn("holdfast_", query)

    def test_with_a_wrong_name_are_found(self):
        self.assertEqual(len(names.faults('rate(holdfast_admissions_total[5m])')), 1)
        self.assertEqual(len(names.faults('holdfast_admission_total{verdicts="wait"}')), 1)
        self.assertEqual(len(names.faults('holdfast_admission_total{code=~"BackupFound|Backup"}')), 1)
        self.assertEqual(len(names.faults('holdfast_index_refresh_total{result="failed"}')), 1)
