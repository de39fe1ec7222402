"""What an earlier restore has left under the name of the next one's volume does not get into it."""

import uuid

from fault_case import FaultCase
from guarded_case import pvc
from rig.objects import PVC
from rig.processes import wait_until
from restore_case import PATIENCE, RUN

VOLUME = f"volsync-{RUN}-dest"
HELD = "rig.holdfast.dev/held"


class LeftVolumes(FaultCase):
    def leave_volume(self, **metadata) -> None:
        document = pvc(VOLUME, labels={})
        document["metadata"] |= metadata
        self.assertTrue(self.create(document).ok)

    def assert_restore_waits(self) -> None:
        self.create_with_backup()
        wait_until(lambda: "RunVolumeLeft" in self.waits_for(), PATIENCE, "the restore waits for the volume")
        self.assertIsNone(self.rd(RUN))

    def test_a_restore_begins_when_the_volume_of_an_earlier_run_has_been_collected(self):
        earlier = {"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination", "name": RUN,
                   "uid": str(uuid.uuid4()), "controller": True}
        self.leave_volume(ownerReferences=[earlier], finalizers=[HELD])
        self.assert_restore_waits()
        self.assertNotIn("RunVolumeLeft", self.reasons())
        self.objects.merge(PVC, self.namespace, VOLUME, {"metadata": {"finalizers": None}})
        self.wait_for_run()

    def test_a_volume_that_nobody_owns_is_told_and_the_restore_begins_when_somebody_has_removed_it(self):
        self.leave_volume()
        self.assert_restore_waits()
        wait_until(lambda: "RunVolumeLeft" in self.reasons(), PATIENCE, "a person is told")
        self.delete_pvc(VOLUME)
        self.wait_for_run()
