"""A PVC that has a backup comes back with it."""

import threading

from guarded_case import GuardedCase, our_reference, promise, pvc
from rig.processes import wait_until
from rig.webhooks import MUTATING, OURS


class Restore(GuardedCase):
    def test_a_labelled_pvc_with_a_backup_refers_to_it(self):
        for tier in ("hourly", "daily"):
            with self.subTest(tier):
                snapshot = self.backup(tier)
                self.assert_restored(self.create_patiently(pvc(tier, labels={"backup": tier})), snapshot)
                self.assert_promises(self.stored(tier), snapshot)

    def test_the_newest_of_several_backups_is_promised(self):
        self.backup()
        newest = self.backup()
        self.assert_restored(self.create_patiently(pvc()), newest)

    def test_a_deleted_backup_is_not_promised(self):
        older = self.backup()
        newest = self.backup()
        self.assert_restored(self.create_patiently(pvc(), dry_run=True), newest)
        self.repository.delete(newest)
        self.assert_restored(self.create_patiently(pvc()), older)

    def test_a_backup_of_another_namespace_is_not_ours(self):
        self.repository.snapshot("elsewhere", "data")
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent), sent)

    def test_dry_run_gets_the_same_answer_and_creates_nothing(self):
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc(), dry_run=True), snapshot)
        self.assertEqual(self.api.get_pvc(self.namespace, "data").status, 404)

    def test_a_promise_sent_by_the_client_is_overwritten(self):
        snapshot = self.backup()
        lie = {key: "lie" for key in promise(snapshot)}
        answer = self.create_patiently(pvc(annotations=lie | {"keep": "me"}))
        self.assert_restored(answer, snapshot)
        self.assertEqual(answer.body["metadata"]["annotations"], promise(snapshot) | {"keep": "me"})

    def test_a_reference_carried_in_git_gets_the_promise(self):
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc(dataSourceRef=our_reference("data"))), snapshot)

    def test_an_interrupted_newer_backup_does_not_hide_the_complete_one(self):
        complete = self.backup()
        self.repository.interrupted_snapshot(self.namespace, "data")
        self.assert_restored(self.create_patiently(pvc()), complete)

    def test_a_configuration_that_an_upgrade_has_left_behind_changes_no_answer(self):
        def asked() -> int:
            before = self.holdfast.admissions(webhook="mutate")
            self.create_patiently(pvc("probe"), dry_run=True)
            return self.holdfast.admissions(webhook="mutate") - before
        snapshot = self.backup()
        once = asked()
        old = self.api.request("GET", OURS[MUTATING]).body
        old["metadata"] = {"name": "holdfast"}
        self.addCleanup(self.api.delete, MUTATING, "holdfast")
        self.api.put(MUTATING, old)
        wait_until(lambda: asked() > once, 20, "the API server asks by both names")
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        self.assert_promises(self.stored("data"), snapshot)

    def test_the_audit_log_of_the_api_server_tells_verdict_code_and_snapshot(self):
        snapshot = self.backup()
        self.create(pvc())
        annotations = self.plane.audit_events(self.namespace)[-1]["annotations"]
        said = {key.rpartition("/")[2]: value for key, value in annotations.items() if "holdfast.dev" in key}
        self.assertEqual(said, said | {"verdict": "restore", "code": "BackupFound", "snapshot": snapshot.id})


class FinishedBackups(GuardedCase):
    ROUNDS = 50

    def test_a_backup_finished_just_before_a_creation_is_seen_by_it(self):
        for number in range(self.ROUNDS):
            snapshot = self.backup(f"data-{number}")
            self.assert_restored(self.create_patiently(pvc(f"data-{number}")), snapshot)

    def test_a_backup_is_seen_while_others_are_created(self):
        stop = threading.Event()
        refused = []

        def create_others():
            number = 0
            while not stop.is_set():
                answer = self.create(pvc(f"other-{number}"))
                number += 1
                if not answer.ok and answer.status != 503:
                    refused.append(str(answer))

        thread = threading.Thread(target=create_others)
        thread.start()
        try:
            for number in range(5):
                snapshot = self.backup(f"data-{number}")
                self.assert_restored(self.create_patiently(pvc(f"data-{number}")), snapshot)
        finally:
            stop.set()
            thread.join()
        self.assertEqual(refused, [])


class FinishedBackupsInAnOldRepository(FinishedBackups):
    guarded_options = {"format_version": 1}

    def test_a_compacted_index_still_holds_every_backup(self):
        snapshots = [self.backup(f"data-{number}") for number in range(3)]
        self.assert_restored(self.create_patiently(pvc("data-0")), snapshots[0])
        listings = self.kopia.listings()
        self.repository.compact()
        self.assert_restored(self.create_patiently(pvc("data-1")), snapshots[1])
        self.assertGreater(self.kopia.listings(), listings)
