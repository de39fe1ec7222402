"""A backup under way is waited for by what VolSync works with, and not by what VolSync says of it."""

import zlib

from generator_case import GeneratorCase
from guarded_case import pvc
from real_operator import real_operator
from rig.audit import AuditLog
from rig.kube_api import Answer
from rig.objects import JOB, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS, VOLUME_SNAPSHOT
from rig.processes import wait_until
from suite import Stage

PATIENCE = 60  # seconds; what is waited for takes a few
SPEC = {"sourcePVC": "data", "trigger": {"schedule": "0 0 1 1 *"},
        "kopia": {"repository": "volsync-data", "copyMethod": "Snapshot"}}


def mover_job(source: str) -> str:
    """As VolSync's GetJobName has it."""
    whole = f"volsync-src-{source}"
    return whole if len(whole) <= 63 else f"volsync-src-{zlib.crc32(source.encode()):08x}"


class InFlight(GeneratorCase):
    flags = ("--generator=off",)

    def make_source(self, name: str = "by-hand") -> None:
        """As somebody's Git has it."""
        self.objects.create(RS, self.namespace, {"metadata": {"name": name}, "spec": SPEC})

    def delete_source(self, name: str = "by-hand") -> None:
        self.objects.delete(RS, self.namespace, name)

    def answer(self) -> Answer:
        """To the creation of the PVC, by a holdfast that knows the backups."""
        def known():
            answer = self.create(pvc(), dry_run=True)
            return None if answer.reason in ("IndexUnavailable", "IndexRefreshing") else answer
        return wait_until(known, PATIENCE, "holdfast knows the backups")

    def assert_starts_empty(self):
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent, dry_run=True), sent)


class PlayedOperator(InFlight):
    def test_a_running_mover_job_is_waited_for_whatever_the_name_of_its_source(self):
        for name in ("data-backup", "by-hand", "n" * 60):
            with self.subTest(name):
                self.make_source(name)
                job = mover_job(name)
                self.part.start_mover_job(self.namespace, job)
                answer = self.answer()
                self.assert_waits(answer, "BackupInFlight")
                self.assertIn(f"Job {job}", answer.message)
                self.part.end_mover_job(self.namespace, job)
                wait_until(lambda: self.objects.get(JOB, self.namespace, job) is None, PATIENCE, "the Job is gone")
                self.assert_starts_empty()
                self.delete_source(name)

    def test_a_backup_that_has_failed_is_refused_with_the_object_to_delete_and_that_settles_it(self):
        self.make_source("data-backup")
        self.part.start_backup(self.namespace, "data-backup")
        self.part.fail_backup(self.namespace, "data-backup")
        answer = self.answer()
        self.assert_refused(answer, "BackupInFlight")
        self.assertIn(f"delete ReplicationSource data-backup in the namespace {self.namespace}", answer.message)
        self.delete_source("data-backup")
        wait_until(lambda: self.objects.get(JOB, self.namespace, "volsync-src-data-backup") is None, PATIENCE,
                   "its Job goes with it")
        self.assert_starts_empty()

    def test_of_the_api_server_nothing_is_listed_that_takes_it_long(self):
        since = AuditLog.now()
        self.assert_starts_empty()
        for resource in ("replicationsources", "jobs"):
            asked = wait_until(lambda r=resource: self.asked(since).of(r, "list"), 20, "the audit log has it")
            for request in asked:
                self.assertIn("resourceVersion=0", request.query)


class BesideTheFork(InFlight):
    """The operator with the kopia mover gives what it works with the names that holdfast asks for."""

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        operator = real_operator(fork=True)
        super().setUpClass()
        cls.enterClassContext(operator)

    def temporary(self) -> dict | None:
        return self.objects.get(VOLUME_SNAPSHOT, self.namespace, "volsync-by-hand-src")

    def synchronizes(self) -> bool:
        source = self.objects.get(RS, self.namespace, "by-hand")
        return "lastSyncStartTime" in source.get("status", {})

    def test_a_source_whose_pvc_is_missing_does_not_block_the_creation_of_that_pvc(self):
        self.make_source()
        wait_until(self.synchronizes, PATIENCE, "the operator says that it synchronises")
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent), sent)

    def test_a_temporary_snapshot_of_the_pvc_before_is_waited_for_and_goes_with_its_source(self):
        self.objects.create(PVC, self.namespace, pvc(labels={}))
        self.part.bind(self.namespace, "data")
        self.make_source()
        wait_until(self.temporary, PATIENCE, "the operator makes a temporary snapshot")
        self.objects.delete(PVC, self.namespace, "data")
        wait_until(lambda: self.objects.get(PVC, self.namespace, "data") is None, PATIENCE, "the PVC is gone")
        answer = self.answer()
        self.assert_waits(answer, "BackupInFlight")
        self.assertIn("VolumeSnapshot volsync-by-hand-src", answer.message)
        self.delete_source()
        wait_until(lambda: self.temporary() is None, PATIENCE, "the snapshot goes with its source")
        self.assert_starts_empty()

    def test_a_destination_under_way_is_no_backup(self):
        self.objects.create(RD, self.namespace, {"metadata": {"name": "elsewhere"}, "spec": {
            "trigger": {"manual": "once"}, "kopia": {"repository": "volsync-data", "copyMethod": "Snapshot",
                                                     "capacity": "1Gi", "accessModes": ["ReadWriteOnce"]}}})
        self.assert_starts_empty()
