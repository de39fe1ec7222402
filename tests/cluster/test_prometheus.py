"""A real Prometheus reads holdfast's metrics, takes the alerts of the manifests, and lets them fire."""

import json
import pathlib
import re
import tempfile
import unittest

from guarded_case import pvc
from installation import MANIFESTS
from rig import prometheus
from rig.objects import JOB, KOPIA_MAINTENANCE, REPLICATION_DESTINATION
from rig.prometheus import Prometheus
from rig.processes import wait_until
from restore_case import DESTINATION, RestoreCase

MONITORING = MANIFESTS / "components/monitoring"
PATIENCE_S = 60
VARIABLES = {"$__rate_interval": "30s", "$namespace": ".*"}
# Panels that are empty while all is well or nothing was removed, or that show what a kubelet counts.
MAY_BE_EMPTY = re.compile(r"container_|verdict=~\"wait\|refuse\"|generator_delete_total|> 30 \* 3600")


def rules() -> str:
    """What the PrometheusRule has under `spec`, as a file of rules."""
    _, spec = (MONITORING / "alerts.yaml").read_text().split("\nspec:\n")
    return re.sub(r"(?m)^  ", "", spec)


def queries() -> list[str]:
    """Of the dashboard."""
    board = json.loads((MONITORING / "dashboard.json").read_text())
    found = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    for variable, value in VARIABLES.items():
        found = [query.replace(variable, value) for query in found]
    return found


@unittest.skipUnless(prometheus.program(), "no prometheus here (Debian package prometheus)")
class Scraped(RestoreCase):
    """A holdfast that has restored, started fresh, written and refused."""

    expected_seconds = 60
    flags = (*RestoreCase.flags, "--sweep", "10s")  # what becomes of the maintenance is looked at then

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-prometheus-")))
        cls.prometheus = Prometheus(folder, [cls.holdfast.ops_port], rules())
        cls.addClassCleanup(cls.prometheus.stop)
        wait_until(lambda: cls.prometheus.query("holdfast_build_info"), PATIENCE_S, "holdfast is scraped")

    def test_alerts_and_panels_have_what_they_ask_for(self):
        loaded = wait_until(self.evaluated, PATIENCE_S, "every alert was evaluated")
        self.assertEqual(set(loaded), set(re.findall(r"- alert: (\w+)", rules())))
        self.assertEqual({name: rule.get("lastError") for name, rule in loaded.items() if rule["health"] != "ok"}, {})
        self.create_with_backup()
        self.wait_for_destination()
        self.objects.merge(REPLICATION_DESTINATION, self.namespace, DESTINATION, {"metadata": {"annotations": {
            "holdfast.dev/drill-verified": "2026-11-20T08:00:00Z"}}})  # as after a drill
        self.maintain()
        for query in queries():
            if MAY_BE_EMPTY.search(query):
                self.prometheus.query(query)  # raises where it cannot be read
            else:
                wait_until(lambda query=query: self.prometheus.query(query), PATIENCE_S, f"there is data for {query}")

    def maintain(self) -> None:
        namespace = self.account.namespace
        [found] = wait_until(lambda: self.objects.items(KOPIA_MAINTENANCE, namespace), PATIENCE_S, "the maintenance")
        self.part.end_maintenance(namespace, found["metadata"]["name"], "maintenance", failed=False)
        self.addCleanup(self.objects.delete, JOB, namespace, "maintenance")

    def evaluated(self) -> dict | None:
        loaded = self.prometheus.rules()
        return loaded if all(rule["health"] != "unknown" for rule in loaded.values()) else None

    def test_a_refusal_fires_at_once_and_says_which(self):
        self.assert_refused(self.create(pvc(labels={"backup-exempt": "true"})), "ExemptReasonMissing")
        [alert] = wait_until(lambda: self.firing("HoldfastRefuses"), PATIENCE_S, "the alert fires")
        self.assertEqual(alert["labels"]["code"], "ExemptReasonMissing")
        self.assertIn("refused with ExemptReasonMissing", alert["annotations"]["summary"])

    def test_one_replica_alone_is_noticed(self):
        wait_until(lambda: self.prometheus.rules()["HoldfastOneReplica"]["state"] == "pending", PATIENCE_S,
                   "the alert has begun to wait")
        self.assertEqual(self.prometheus.rules()["HoldfastDown"]["state"], "inactive")

    def firing(self, name: str) -> list[dict]:
        return [alert for alert in self.prometheus.rules()[name]["alerts"] if alert["state"] == "firing"]
