"""What a person has to settle is refused, with the fix in the message."""

import contextlib
import json
import re
import shutil

from guarded_case import GuardedCase, our_reference, pvc
from other_mutators import labeller, reference_dropper
from rig.holdfast import repository_id
from rig.kopia_repo import Snapshot
from rig.kube_api import Answer
from rig.processes import run, wait_until
from suite import Stage


class Repository(GuardedCase):
    @contextlib.contextmanager
    def something_else_in_its_place(self):
        """Afterwards the repository is back, and restored from."""
        snapshot = self.backup()
        self.repository.move_away()
        try:
            yield self.repository.path
        finally:
            self.repository.move_back()
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def assert_pauses(self, *words: str):
        for name in ("data", "without"):
            answer = self.create(pvc(name))
            self.assert_waits(answer, "IndexUnavailable")
            for word in words:
                self.assertIn(word, answer.message)

    def assert_refuses_until_moved_back(self):
        try:
            self.assert_refused(self.create(pvc()), "RepositoryChanged")
            self.assert_refused(self.create(pvc("without")), "RepositoryChanged")
        finally:
            self.repository.move_back()

    def verdict_with_pin(self, pin: str) -> str:
        claim = self.guarded.folder / "claim.json"
        claim.write_text(json.dumps(pvc("without") | {"metadata": pvc("without")["metadata"] | {"namespace": "media"}}))
        return json.loads(run(Stage.holdfast, "decide", "-f", claim, "-o", "json", "--index-backend", "kopia-fs",
                              "--index-path", self.repository.path, "--kopia-password-file",
                              self.repository.password_file, "--kopia-binary", Stage.components / "kopia",
                              "--repository-id", pin))[0]["verdict"]

    def test_an_empty_folder_in_its_place_is_a_pause_that_speaks_of_mounts(self):
        with self.something_else_in_its_place():
            self.assert_pauses("holds no kopia repository", "a path that is not mounted looks the same")

    def test_a_copy_that_has_only_begun_is_a_pause_and_not_an_empty_repository(self):
        with self.something_else_in_its_place() as place:
            for name in ("kopia.repository.f", "kopia.blobcfg.f"):
                shutil.copy(place.with_name("repository-away") / name, place)
            self.assert_pauses("none of its index blobs", "is it still being copied?")

    def test_a_format_file_that_is_cut_short_is_a_pause_and_named(self):
        with self.something_else_in_its_place() as place:
            whole = (place.with_name("repository-away") / "kopia.repository.f").read_bytes()
            (place / "kopia.repository.f").write_bytes(whole[:len(whole) // 2])
            self.assert_pauses("kopia.repository.f: no uniqueID in it")

    def test_a_wanted_change_is_accepted_by_the_command_in_the_message(self):
        self.repository.replace_with_new()
        try:
            answer = self.create(pvc())
            self.assert_refused(answer, "RepositoryChanged")
            self.assertIn("set index.repositoryId (--repository-id) to what `holdfast repository-id` prints",
                          answer.message)
            pin = repository_id(Stage.holdfast, "--index-backend", "kopia-fs", "--index-path", self.repository.path)
            self.assertNotIn(pin, answer.message)
            self.assertEqual(self.verdict_with_pin(pin), "fresh")
        finally:
            self.repository.move_back()

    def test_where_the_repository_lies_and_whose_it_is_stands_in_the_log_alone(self):
        with self.something_else_in_its_place():
            answer = self.create(pvc())
        self.assert_waits(answer, "IndexUnavailable")
        self.assertIn("checked the mounted repository at ", answer.message)
        self.assertNotIn(str(self.repository.path), answer.message)
        logged = [line for line in self.holdfast.process.said().splitlines()
                  if f"namespace={self.namespace} " in line and "code=IndexUnavailable" in line]
        self.assertIn(str(self.repository.path), logged[0])

    def test_a_new_empty_repository_in_its_place_is_refused(self):
        snapshot = self.backup()
        self.repository.replace_with_new()
        self.assert_refuses_until_moved_back()
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_another_repository_in_its_place_is_refused_although_it_has_a_backup(self):
        snapshot = self.backup()
        self.repository.replace_with_new(backups=((self.namespace, "data"),))
        self.assert_refuses_until_moved_back()
        self.assert_restored(self.create_patiently(pvc()), snapshot)


class Shrunk(GuardedCase):
    """A volume that lost its files is backed up like any other."""

    LINE = re.compile(r'`holdfast\.dev/restore-as-of: "([^"]+)"`')

    def two_backups(self, files: int) -> tuple[Snapshot, Snapshot]:
        full = self.repository.snapshot(self.namespace, "data", files=20)
        return full, self.repository.snapshot(self.namespace, "data", files=files)

    def assert_lines_restore(self, text: str, *snapshots: Snapshot):
        """The lines in the text are for these snapshots, in this order."""
        lines = self.LINE.findall(text)
        self.assertEqual(lines, [snapshot.start_time for snapshot in snapshots])
        for as_of, snapshot in zip(lines, snapshots):
            answer = self.create_patiently(pvc(annotations={"holdfast.dev/restore-as-of": as_of}), dry_run=True)
            self.assert_restored(answer, snapshot)
            self.assertEqual(answer.warnings, [])

    def test_an_emptied_volume_s_backup_is_refused_and_either_line_of_the_message_restores(self):
        full, hollow = self.two_backups(files=0)
        answer = self.create_patiently(pvc())
        self.assert_refused(answer, "BackupShrunk")
        for snapshot in (full, hollow):
            self.assertIn(f"snapshot {snapshot.id} of {snapshot.start_time}", answer.message)
        self.assert_lines_restore(answer.message, full, hollow)
        self.assertEqual(self.api.get_pvc(self.namespace, "data").status, 404)
        as_of = {"holdfast.dev/restore-as-of": self.LINE.findall(answer.message)[0]}
        self.assert_restored(self.create_patiently(pvc(annotations=as_of)), full)

    def test_a_backup_with_much_fewer_files_is_restored_with_a_warning_that_has_both_lines(self):
        full, few = self.two_backups(files=1)
        answer = self.create_patiently(pvc(), dry_run=True)
        self.assert_restored(answer, few)
        self.assert_warned(answer, "BackupShrunk")
        self.assert_lines_restore(answer.warnings[0], full, few)

    def test_a_volume_that_never_held_a_file_is_restored_as_it_was(self):
        self.repository.snapshot(self.namespace, "data", files=0)
        newest = self.repository.snapshot(self.namespace, "data", files=0)
        self.assert_restored(self.create_patiently(pvc()), newest)


class Objects(GuardedCase):
    def test_an_exemption_without_a_reason_is_refused(self):
        for annotations in ({}, {"volsync.backup/backup-exempt-reason": ""}):
            answer = self.create(pvc(labels={"backup-exempt": "true"}, annotations=annotations))
            self.assert_refused(answer, "ExemptReasonMissing")

    def test_skip_restore_without_a_reason_is_refused(self):
        self.backup()
        answer = self.create(pvc(annotations={"volsync.backup/skip-restore": "true"}))
        self.assert_refused(answer, "SkipRestoreReasonMissing")

    def test_a_block_volume_is_refused(self):
        self.assert_refused(self.create(pvc(volumeMode="Block")), "UnsupportedVolumeMode")

    def test_a_data_source_that_the_api_server_would_drop_is_refused(self):
        source = {"apiGroup": "example.org", "kind": "Seed", "name": "seed"}
        self.assert_refused(self.create(pvc(dataSource=source)), "DataSourceIgnored")

    def test_a_reference_into_another_namespace_that_the_api_server_would_drop_is_refused(self):
        self.backup()
        for reference in ({"apiGroup": "example.org", "kind": "Seed", "name": "seed"}, our_reference("data")):
            elsewhere = reference | {"namespace": "elsewhere"}
            unguarded = self.create(pvc(labels={}, dataSourceRef=elsewhere), dry_run=True)
            self.assertNotIn("dataSourceRef", unguarded.body["spec"])
            self.assert_refused(self.create(pvc(dataSourceRef=elsewhere)), "DataSourceIgnored")

    def test_a_reference_carried_in_git_without_a_backup_is_refused(self):
        self.assert_refused(self.create(pvc(dataSourceRef=our_reference("data"))), "ReferenceWithoutBackup")

    def test_a_malformed_time_to_restore_is_refused(self):
        answer = self.create(pvc(annotations={"holdfast.dev/restore-as-of": "yesterday"}))
        self.assert_refused(answer, "RestoreAsOfInvalid")

    def test_a_time_before_the_first_backup_is_refused(self):
        self.backup()
        answer = self.create(pvc(annotations={"holdfast.dev/restore-as-of": "2001-01-01T00:00:00Z"}))
        self.assert_refused(answer, "NoBackupAsOf")

    def test_dry_run_is_refused_alike(self):
        self.assert_refused(self.create(pvc(volumeMode="Block"), dry_run=True), "UnsupportedVolumeMode")


class AMutatorAfterUs(GuardedCase):
    def create_when_dropping(self, labels: dict) -> Answer:
        """The answer once the API server knows the other webhook."""
        probe = pvc("probe", labels=labels, dataSourceRef={"apiGroup": "example.org", "kind": "Seed", "name": "seed"})
        wait_until(lambda: "dataSourceRef" not in self.create(probe, dry_run=True).body["spec"], 20,
                   "the API server asks the other webhook")
        return self.create(pvc(labels=labels | {"backup": "daily"}))

    def test_that_insists_on_dropping_our_reference_is_not_let_through(self):
        self.backup()
        with reference_dropper(self.api, self.guarded.certificates, "IfNeeded") as labels:
            self.assert_waits(self.create_when_dropping(labels), "RestoreReferenceMissing")
        self.assertEqual(self.api.get_pvc(self.namespace, "data").status, 404)

    def test_that_drops_our_reference_once_is_made_good(self):
        snapshot = self.backup()
        with reference_dropper(self.api, self.guarded.certificates, "Never") as labels:
            self.assert_restored(self.create_when_dropping(labels), snapshot)

    def test_that_adds_the_label_before_holdfast_is_asked_gets_the_backup_restored(self):
        snapshot = self.backup()
        with self.labelling(later=False) as labels:
            self.assert_restored(self.create_patiently(pvc(labels=labels)), snapshot)

    def test_that_adds_the_label_later_is_named_as_the_cause_where_the_pvc_is_held_back(self):
        self.backup()
        with self.labelling(later=True) as labels:
            answer = self.create(pvc(labels=labels))
        self.assert_waits(answer, "RestoreReferenceMissing")
        self.assertIn("another mutating webhook adds the backup label", answer.message)
        self.assertEqual(self.api.get_pvc(self.namespace, "data").status, 404)

    @contextlib.contextmanager
    def labelling(self, later: bool):
        with labeller(self.api, self.guarded.certificates, later) as labels:
            probe = pvc("without", labels=labels)
            wait_until(lambda: "backup" in self.create(probe, dry_run=True).body["metadata"].get("labels", {}), 20,
                       "the API server asks the other webhook")
            yield labels

    def test_that_meets_a_pvc_without_a_backup_does_no_harm(self):
        with reference_dropper(self.api, self.guarded.certificates, "IfNeeded") as labels:
            answer = self.create_when_dropping(labels)
        self.assertTrue(answer.ok, str(answer))
