"""Backups and restores that do not get on: what VolSync is told is corrected, never while its mover works, and what
keeps them is told in the words of whoever knows.
"""

import datetime
import re

from guarded_case import pvc
from real_operator import real_operator
from rig.objects import EVENT, JOB, NAMESPACE, PVC, SECRET
from rig.processes import wait_until
from restore_case import PATIENCE, PLAIN, RUN, SOURCE, RestoreCase
from suite import Stage

BACKUP_JOB, RESTORE_JOB = f"volsync-src-{SOURCE}", f"volsync-dst-{RUN}"
FIRST, SECOND, THIRD = 568, 1000, 2000  # users of movers
# A minute passes before what VolSync or a Job says is believed.
LONG_PATIENCE = 150


def user_of(document: dict) -> int:
    """Of a ReplicationSource or ReplicationDestination, or of a mover's Job."""
    spec = document["spec"]
    if "template" in spec:
        return spec["template"]["spec"]["securityContext"]["runAsUser"]
    return spec["kopia"]["moverSecurityContext"]["runAsUser"]


class Stuck(RestoreCase):
    settings = PLAIN

    def say_whom_movers_run_as(self, user: int) -> None:
        self.annotate(run_as=f"{user}:{user}")

    def waits_for(self, code: str) -> bool:
        return any(line.startswith(f"{code}: ") for line in self.audit().get("waitsFor", ()))

    def job(self, name: str) -> dict | None:
        return self.objects.get(JOB, self.namespace, name)

    def told(self, reason: str, words: str, seconds: float = PATIENCE) -> str:
        def found():
            return next((text for text in self.messages(reason) if re.search(words, text)), None)
        return wait_until(found, seconds, f"{reason}: {words}", every=0.5)

    def begin(self, **annotations: str) -> None:
        """A PVC that is backed up."""
        named = {f"holdfast.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
        self.create_patiently(pvc(annotations=named))
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "the source")


class Corrected(Stuck):
    expected_seconds = 60

    def test_a_backup_at_work_is_left_alone_and_gets_its_correction_between_two_tries(self):
        self.begin()
        self.part.start_backup(self.namespace, SOURCE)
        self.part.run_mover_pod(self.namespace, BACKUP_JOB)
        self.say_whom_movers_run_as(SECOND)
        wait_until(lambda: self.waits_for("Synchronizing"), PATIENCE, "the change waits")
        self.assertEqual(user_of(self.rs()), FIRST)
        self.part.fail_mover_pod(self.namespace, BACKUP_JOB)
        wait_until(lambda: user_of(self.rs()) == SECOND, PATIENCE, "the change arrives")
        self.assertIn("lastSyncStartTime", self.rs()["status"])

    def test_a_restore_that_fails_begins_again_with_its_correction_and_one_at_work_does_not(self):
        self.create_with_backup()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        self.part.start_mover_job(self.namespace, RESTORE_JOB)
        self.part.run_mover_pod(self.namespace, RESTORE_JOB)
        self.say_whom_movers_run_as(SECOND)
        self.stays(lambda: user_of(self.rd(RUN)) == FIRST, "a restore at work is left alone")
        self.part.fail_mover_pod(self.namespace, RESTORE_JOB)
        self.assertEqual(user_of(self.wait_for_run(attempt=2)), SECOND)
        self.wait_for_image(self.part.finish_restore(self.namespace, RUN))


class Overdue(Stuck):
    expected_seconds = 60

    def ago(self, **long) -> datetime.datetime:
        return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**long)

    def assert_gap(self) -> None:
        wait_until(lambda: any(gap.startswith("RestoreOverdue") for gap in self.audit().get("gaps", ())), PATIENCE,
                   "it is a gap")
        series = f'holdfast_pvc_gap{{namespace="{self.namespace}",pvc="data",reason="RestoreOverdue"}} 1'
        wait_until(lambda: series in self.holdfast.get("/metrics")[1], PATIENCE, "it is in the metrics")

    def test_a_restore_that_runs_for_ever_is_told(self):
        self.create_with_backup()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        self.part.start_mover_job(self.namespace, RESTORE_JOB)
        self.part.restore_began(self.namespace, RUN, self.ago(hours=7))
        self.told("RestoreOverdue", r"its restore runs since .* \(attempt 1\)")
        self.assert_gap()

    def test_a_volume_that_no_driver_makes_is_told_in_the_driver_s_words_once_something_wants_it(self):
        self.create_with_backup()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        image = self.part.finish_restore(self.namespace, RUN)
        self.wait_for_image(image)
        uid = self.claim()["metadata"]["uid"]
        prime = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": self.namespace,
                 "name": f"vs-prime-{uid}"}
        self.objects.create(EVENT, self.namespace, {
            "metadata": {"name": "refused"}, "involvedObject": prime, "type": "Warning", "reason": "ProvisioningFailed",
            "message": "requested volume size 1 is less than the size 2 for the source snapshot",
            "source": {"component": "csi.example.org"}, "lastTimestamp": self.ago().strftime("%Y-%m-%dT%H:%M:%SZ")})
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"annotations": {
            "volume.kubernetes.io/selected-node": "node-1"}}})
        self.part.end_of_restore_was(self.namespace, RUN, self.ago(hours=2))
        self.told("RestoreOverdue", "its last warning: ProvisioningFailed: requested volume size 1 is less than")
        self.assert_gap()
        self.part.bind(self.namespace, "data")
        wait_until(lambda: not self.audit()["gap"], PATIENCE, "all is well when it is bound")


class BesideTheFork(Stuck):
    """VolSync's real operator with the kopia mover, and Kubernetes' own Job controller; no pod ever runs by itself."""

    expected_seconds = 240
    at_once = {"copy_method": "Direct"}  # nobody makes snapshots here

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        operator = real_operator(fork=True)
        super().setUpClass()
        cls.enterClassContext(operator)

    def create_secret(self) -> None:
        self.objects.create(SECRET, self.namespace, {"metadata": {"name": "volsync-data"}, "stringData": {
            "KOPIA_REPOSITORY": "filesystem:///mnt/repository", "KOPIA_PASSWORD": "of the rig"}})

    def test_a_backup_without_its_secret_is_told_in_volsync_s_words_and_takes_changes(self):
        self.begin(**self.at_once)
        self.told("VolSyncError", r"VolSync says of ReplicationSource data-backup: .*volsync-data", LONG_PATIENCE)
        self.say_whom_movers_run_as(SECOND)
        wait_until(lambda: user_of(self.rs()) == SECOND, PATIENCE, "the change arrives")
        self.assertIn("lastSyncStartTime", self.rs()["status"])  # VolSync is in the middle of it all the time
        self.create_secret()
        self.say_whom_movers_run_as(THIRD)  # by which VolSync looks again at once
        wait_until(lambda: self.job(BACKUP_JOB), PATIENCE, "the backup goes on")
        wait_until(lambda: not self.waits_for("VolSyncError"), PATIENCE, "VolSync has nothing to say any more")

    def test_a_mover_at_work_keeps_its_job_and_one_that_fails_gets_another(self):
        self.create_secret()
        self.begin(**self.at_once)
        job = wait_until(lambda: self.job(BACKUP_JOB), PATIENCE, "VolSync makes the Job")
        self.assertEqual(user_of(job), FIRST)
        self.part.run_mover_pod(self.namespace, BACKUP_JOB)
        self.say_whom_movers_run_as(SECOND)
        wait_until(lambda: self.waits_for("Synchronizing"), PATIENCE, "the change waits")
        self.assertEqual(self.job(BACKUP_JOB)["metadata"]["uid"], job["metadata"]["uid"])
        self.part.fail_mover_pod(self.namespace, BACKUP_JOB)
        wait_until(lambda: user_of(self.job(BACKUP_JOB) or job) == SECOND, PATIENCE, "VolSync makes another Job")

    def test_a_job_whose_pods_are_refused_is_told_in_kubernetes_words(self):
        self.objects.merge(NAMESPACE, None, self.namespace, {"metadata": {"labels": {
            "pod-security.kubernetes.io/enforce": "restricted"}}})
        self.create_secret()
        self.begin(**self.at_once)
        self.told("MoverNotStarted", "its last warning: FailedCreate: .*violates PodSecurity", LONG_PATIENCE)
        self.wait_for_audit(gap=True)

    def test_a_restore_that_fails_gets_another_job_with_its_correction(self):
        self.create_secret()
        self.create_with_backup()
        self.wait_for_run()
        job = wait_until(lambda: self.job(RESTORE_JOB), PATIENCE, "VolSync makes the Job")
        self.part.run_mover_pod(self.namespace, RESTORE_JOB)
        self.say_whom_movers_run_as(SECOND)
        self.stays(lambda: user_of(self.rd(RUN)) == FIRST, "a restore at work is left alone")
        self.part.fail_mover_pod(self.namespace, RESTORE_JOB)
        self.assertEqual(user_of(self.wait_for_run(attempt=2)), SECOND)
        wait_until(lambda: user_of(self.job(RESTORE_JOB) or job) == SECOND, PATIENCE, "VolSync makes another Job")
