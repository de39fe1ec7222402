"""The real VolSync operator does what holdfast relies on: it fills a volume from a published image, and not before."""

import itertools
import unittest

from real_operator import real_operator
from rig.objects import PV, PVC, REPLICATION_DESTINATION, Objects
from rig.processes import wait_until
from rig.volsync_part import VolSyncPart
from suite import Stage

DESTINATION = "data-backup"
_numbers = itertools.count(1)


class Operator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        operator = real_operator()
        cls.plane = Stage.plane
        cls.objects = Objects(cls.plane.api)
        cls.part = VolSyncPart(cls.plane.api)
        cls.operator = cls.enterClassContext(operator)

    def setUp(self):
        self.namespace = f"volsync-operator-{next(_numbers)}"
        self.plane.api.create_namespace(self.namespace)
        self.objects.create(REPLICATION_DESTINATION, self.namespace, {
            "metadata": {"name": DESTINATION}, "spec": {"paused": True, "trigger": {"manual": "idle"}, "kopia": {
                "repository": "volsync-data", "copyMethod": "Snapshot", "capacity": "1Gi",
                "accessModes": ["ReadWriteOnce"]}}})
        self.part.idle_destination(self.namespace, DESTINATION)
        self.claim = self.objects.create(PVC, self.namespace, {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                     "resources": {"requests": {"storage": "1Gi"}},
                     "dataSourceRef": {"apiGroup": "volsync.backube", "kind": "ReplicationDestination",
                                       "name": DESTINATION}}})
        self.prime = f"vs-prime-{self.claim['metadata']['uid']}"

    def publish(self) -> str:
        image = self.part.image(self.namespace, "restored")
        self.objects.set_status(REPLICATION_DESTINATION, self.namespace, DESTINATION,
                                {"latestImage": self.part.reference(image)})
        return image

    def take_back(self) -> None:
        """And waits until the operator, whose cache lags, knows: what it says of the destination stands again."""
        self.objects.set_status(REPLICATION_DESTINATION, self.namespace, DESTINATION, {"latestImage": None, "conditions": []})
        wait_until(lambda: self.objects.get(REPLICATION_DESTINATION, self.namespace, DESTINATION)["status"]["conditions"], 20,
                   "the operator has seen the destination without an image")

    def primed(self) -> dict | None:
        return self.objects.get(PVC, self.namespace, self.prime)

    def waits_for_an_image(self) -> bool:
        return any("waiting for replicationdestination to have latestImage" in event["message"]
                   for event in self.objects.events_about(self.namespace, "data"))

    def test_a_pvc_whose_destination_holds_no_image_is_not_populated(self):
        wait_until(self.waits_for_an_image, 20, "the operator says that it waits for an image")
        self.assertIsNone(self.primed())
        self.assertEqual(len(self.objects.items(PVC, self.namespace)), 1)

    def test_a_published_image_populates_the_pvc(self):
        wait_until(self.waits_for_an_image, 20, "the operator says that it waits for an image")
        image = self.publish()
        prime = wait_until(self.primed, 20, "the operator creates the temporary PVC")
        self.assertEqual(prime["spec"]["dataSourceRef"], VolSyncPart.reference(image))

    def test_an_image_taken_back_is_not_used_for_the_next_pvc(self):
        self.publish()
        wait_until(self.primed, 20, "the operator creates the temporary PVC")
        self.take_back()
        self.objects.create(PVC, self.namespace, {"metadata": {"name": "second"}, "spec": self.claim["spec"]})
        wait_until(lambda: any("latestImage" in event["message"]
                               for event in self.objects.events_about(self.namespace, "second")), 20,
                   "the operator says that the second PVC waits")
        self.assertEqual({pvc["metadata"]["name"] for pvc in self.objects.items(PVC, self.namespace)},
                         {"data", "second", self.prime})

    def test_the_populated_volume_ends_at_the_pvc(self):
        with self.plane.controller_manager():
            self.publish()
            wait_until(self.primed, 20, "the operator creates the temporary PVC")
            volume = self.part.bind(self.namespace, self.prime)
            wait_until(self.bound, 60, "the PVC is bound", every=0.2)
            self.assertEqual(self.objects.get(PVC, self.namespace, "data")["spec"]["volumeName"], volume)
            self.assertEqual(self.objects.get(PV, None, volume)["spec"]["claimRef"]["name"], "data")

    def bound(self) -> bool:
        return self.objects.get(PVC, self.namespace, "data")["status"].get("phase") == "Bound"
