"""holdfast and the real VolSync operator: a volume is populated from what holdfast has verified, and from nothing else.

The operator of upstream has no kopia mover: that part is played.
"""

from installation import page_lines
from real_operator import real_operator
from rig.objects import KOPIA_MAINTENANCE, PV, PVC
from rig.processes import run, wait_until
from rig.volsync_part import NOTHING_RESTORED
from restore_case import PATIENCE, RUN, RestoreCase
from suite import Stage


class BesideTheOperator(RestoreCase):
    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        operator = real_operator()
        super().setUpClass()
        cls.enterClassContext(operator)

    def prime(self) -> dict | None:
        """The temporary PVC that the operator populates."""
        return self.objects.get(PVC, self.namespace, f"vs-prime-{self.claim()['metadata']['uid']}")

    def wait_until_the_operator_waits(self) -> None:
        uid = self.claim()["metadata"]["uid"]
        wait_until(lambda: any("waiting for replicationdestination to have latestImage" in event["message"]
                               for event in self.objects.events_about(self.namespace, "data")
                               if event["involvedObject"]["uid"] == uid),
                   PATIENCE, "the operator says that it waits for an image")

    def populate(self) -> str:
        """By the storage; the volume's name."""
        prime = wait_until(self.prime, PATIENCE, "the operator creates the temporary PVC")
        volume = self.part.bind(self.namespace, prime["metadata"]["name"])
        wait_until(lambda: self.claim()["status"].get("phase") == "Bound", PATIENCE, "the PVC is bound", every=0.2)
        return volume

    def test_a_protected_pvc_is_populated_from_what_was_verified_and_from_nothing_else(self):
        self.create_with_backup()
        self.wait_for_destination()
        self.wait_until_the_operator_waits()
        self.wait_for_run()
        self.part.finish_restore(self.namespace, RUN, logs=NOTHING_RESTORED)
        wait_until(lambda: "RestoreNotVerified" in self.reasons(), PATIENCE, "the attempt is not verified")
        self.stays(lambda: self.prime() is None, "nothing is populated from an image that was not verified")
        image = self.part.finish_restore(self.namespace, RUN)
        prime = wait_until(self.prime, PATIENCE, "the operator creates the temporary PVC")
        self.assertEqual(prime["spec"]["dataSourceRef"], self.part.reference(image))
        volume = self.populate()
        self.assertEqual(self.claim()["spec"]["volumeName"], volume)
        self.assertEqual(self.objects.get(PV, None, volume)["spec"]["claimRef"]["name"], "data")
        self.wait_for_the_end_of_the_restore()
        wait_until(self.rs, PATIENCE, "backups begin")

    def test_the_successor_of_a_restored_pvc_is_not_populated_from_its_predecessor_s_image(self):
        self.create_with_backup()
        self.wait_for_run()
        self.part.finish_restore(self.namespace, RUN)
        self.populate()
        self.wait_for_the_end_of_the_restore()
        self.delete_claim()
        wait_until(self.nothing_of_ours, PATIENCE, "our objects go with the PVC")
        self.create_with_backup()
        self.wait_until_the_operator_waits()
        self.wait_for_run()
        self.stays(lambda: self.prime() is None and self.image_on_destination() is None, "nothing is populated")


class BeforeItsMaintenance(RestoreCase):
    """The fork's operator is removed while holdfast's KopiaMaintenance is still there."""

    def maintenance(self) -> dict | None:
        found = self.objects.items(KOPIA_MAINTENANCE, self.account.namespace)
        return found[0] if found else None

    def test_a_maintenance_without_an_operator_goes_by_the_line_of_the_page(self):
        operator = self.enterContext(real_operator(fork=True))
        wait_until(lambda: (self.maintenance() or {"metadata": {}})["metadata"].get("finalizers"), PATIENCE,
                   "the operator keeps it from going")
        operator.process.end()
        self.holdfast.stop()  # or it would make another
        self.objects.delete_all(KOPIA_MAINTENANCE, self.account.namespace)
        self.stays(self.maintenance, "nobody takes the finalizer off")
        [line] = [line for line in page_lines("docs/install.md") if "finalizers" in line]
        environment = self.plane.kubectl_environment()
        environment["PATH"] = f"{Stage.components}:{environment['PATH']}"
        run("bash", "-ec", line, env=environment)
        self.assertIsNone(self.maintenance())

    def _holdfast_is_alive(self):
        """Not any more."""
