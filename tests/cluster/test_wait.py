"""What cannot be proven now has to wait, and a short outage is a pause."""

import json
import subprocess
import threading
import time

from fault_table import fault
from guarded_case import GuardedCase, pvc
from rig.kopia_repo import Snapshot
from rig.kube_api import Answer
from rig.processes import process_exists, wait_until

AREA = "Kopia and its repository"
EXEMPT = {"labels": {"backup-exempt": "true"}, "annotations": {"volsync.backup/backup-exempt-reason": "scratch"}}


class Outage(GuardedCase):
    def start_apply(self, document: dict) -> subprocess.Popen:
        """`kubectl apply` in the background."""
        manifest = self.guarded.folder / f"{self.namespace}.json"
        manifest.write_text(json.dumps(document))
        return subprocess.Popen(
            self.plane.kubectl_command("apply", "-n", self.namespace, "-f", manifest),
            env=self.plane.kubectl_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @fault(AREA, "the repository is away",
           sent="an empty folder in its place while kubectl applies a PVC, then it is back",
           expected="kubectl waits, tries again by itself and succeeds")
    def test_kubectl_apply_waits_and_succeeds_when_the_repository_is_back(self):
        snapshot = self.backup()
        waited = self.holdfast.admissions(verdict="wait")
        self.repository.move_away()
        try:
            apply = self.start_apply(pvc())
            wait_until(lambda: self.holdfast.admissions(verdict="wait") >= waited + 2, 15, "kubectl tries again")
            self.assertIsNone(apply.poll())
        finally:
            self.repository.move_back()
        began = time.monotonic()
        said, complaint = apply.communicate(timeout=60)
        self.observed("at least 2 Waits; kubectl ended with status 0 and no complaint", time.monotonic() - began)
        self.assertEqual((apply.returncode, complaint), (0, ""))
        self.assertIn("created", said)
        self.assert_promises(self.stored(), snapshot)

    def test_kubectl_apply_fails_readably_when_the_repository_stays_away(self):
        self.backup()
        self.repository.move_away()
        try:
            apply = self.start_apply(pvc())
            _, complaint = apply.communicate(timeout=90)
        finally:
            self.repository.move_back()
        self.assertNotEqual(apply.returncode, 0)
        self.assertIn("holdfast: IndexUnavailable: ", complaint)
        self.assertIn("the mounted repository holds no kopia repository", complaint)
        self.assertEqual(self.api.get_pvc(self.namespace, "data").status, 404)

    def test_ready_stays_and_healthy_does_not(self):
        self.create(pvc("before"))
        self.assertEqual(self.holdfast.get("/healthz")[0], 200)
        self.repository.move_away()
        try:
            self.assert_waits(self.create(pvc()), "IndexUnavailable")
            self.assertEqual(self.holdfast.get("/readyz")[0], 200)
            self.assertNotEqual(self.holdfast.get("/healthz")[0], 200)
            status, page = self.holdfast.get(f"/exists/{self.namespace}/data")
            self.assertEqual(status, 503, page)
        finally:
            self.repository.move_back()


class Kopia(GuardedCase):
    """Every test makes a new listing necessary, by a new backup, and lets kopia fail at it."""

    def assert_failure_is_a_pause(self, behaviour: str, *codes: str):
        snapshot = self.backup()
        with self.kopia.behaves(behaviour):
            answer = self.create(pvc())
            self.assert_waits(answer, *codes)
        self.assert_recovers(answer, snapshot)

    def assert_recovers(self, answer: Answer, snapshot: Snapshot):
        """`answer`: that of the fault, which is over now."""
        began = time.monotonic()
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        self.observed(f"Wait {answer.reason}; then Restore", time.monotonic() - began)

    def test_a_kopia_that_dies_is_a_pause(self):
        self.assert_failure_is_a_pause("die", "IndexUnavailable")

    @fault(AREA, "kopia fails", sent="kopia ends with status 1 at every listing",
           expected="Wait, until a listing is whole")
    def test_a_kopia_that_fails_is_a_pause(self):
        self.assert_failure_is_a_pause("fail", "IndexUnavailable")

    @fault(AREA, "kopia prints garbage", sent="a listing that is no JSON, status 0",
           expected="Wait, until a listing is whole")
    def test_a_kopia_that_prints_garbage_is_a_pause(self):
        self.assert_failure_is_a_pause("garbage", "IndexUnavailable")

    @fault(AREA, "kopia prints nothing", sent="an empty listing, status 0",
           expected="Wait, until a listing is whole")
    def test_a_kopia_that_prints_nothing_is_a_pause(self):
        self.assert_failure_is_a_pause("silence", "IndexUnavailable")

    @fault(AREA, "kopia prints half of the list", sent="the first half of the real listing, status 0",
           expected="Wait, until a listing is whole")
    def test_a_kopia_that_prints_half_an_array_is_a_pause(self):
        self.assert_failure_is_a_pause("half", "IndexUnavailable")

    @fault(AREA, "kopia skips what it cannot read", sent="the whole listing and an error on stderr, status 0",
           expected="Wait, until a listing is whole")
    def test_a_kopia_that_complains_on_stderr_is_a_pause(self):
        self.assert_failure_is_a_pause("complaint", "IndexUnavailable")

    def test_a_kopia_that_notices_many_index_blobs_is_believed(self):
        snapshot = self.backup()
        with self.kopia.behaves("notice"):
            self.assert_restored(self.create_patiently(pvc()), snapshot)

    @fault(AREA, "kopia hangs", sent="kopia that never ends, with a child of its own",
           expected="Wait; both are ended")
    def test_a_kopia_that_hangs_is_a_pause_and_is_ended(self):
        self.assert_failure_is_a_pause("hang", "IndexUnavailable", "IndexRefreshing")
        hung = self.kopia.hung_process()
        wait_until(lambda: not process_exists(hung), 15, "the hung kopia and its children are ended")

    def test_other_requests_do_not_notice_a_kopia_that_hangs(self):
        self.backup()
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.create(pvc())))
        with self.kopia.behaves("hang"):
            waiting.start()
            for number in range(20):
                sent = pvc(f"exempt-{number}", **EXEMPT)
                self.assert_unchanged(self.create(sent), sent)
            waiting.join()
        self.assert_waits(answers[0], "IndexUnavailable", "IndexRefreshing")

    @fault(AREA, "a wrong password", sent="the password file holds another password, then the right one",
           expected="Wait that says so, without the password")
    def test_a_wrong_password_is_a_pause_and_is_named(self):
        snapshot = self.backup()
        self.repository.spoil_password()
        try:
            answer = self.create(pvc())
        finally:
            self.repository.restore_password()
        self.assert_waits(answer, "IndexUnavailable")
        self.assertIn("password", answer.message)
        self.assertNotIn("not the password", answer.message)
        self.assert_recovers(answer, snapshot)

    @fault(AREA, "the repository's password is changed",
           sent="kopia repository change-password; the password file follows later",
           expected="Wait until it follows; no restart")
    def test_a_changed_password_is_a_pause_until_the_secret_follows(self):
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc(), dry_run=True), snapshot)
        self.repository.change_password("a new password")
        answer = self.create(pvc())
        self.assert_waits(answer, "IndexUnavailable")
        self.repository.restore_password()
        self.assert_recovers(answer, snapshot)

    @fault(AREA, "the password file is missing", sent="the file is removed, then there again",
           expected="Wait until it is there; no restart")
    def test_a_missing_password_file_is_a_pause(self):
        snapshot = self.backup()
        self.repository.password_file.unlink()
        try:
            answer = self.create(pvc())
        finally:
            self.repository.restore_password()
        self.assert_waits(answer, "IndexUnavailable")
        self.assert_recovers(answer, snapshot)
