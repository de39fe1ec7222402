"""Backups are found under every name that may be the PVC's, and nobody gets another's."""

import datetime
import json
import re

from generator_case import GeneratorCase
from guarded_case import pvc
from rig.kopia_repo import Snapshot
from rig.kube_api import Answer
from rig.objects import CONFIG_MAP
from rig.objects import REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import PATIENCE


class IdentityCase(GeneratorCase):
    def backup_as(self, user: str, path: str = "/data", host: str | None = None) -> Snapshot:
        return self.repository.snapshot(self.namespace, "data", source=f"{user}@{host or self.namespace}:{path}")

    def make_source(self, name: str, of: str, user: str | None = None) -> None:
        """As somebody's Git has it."""
        kopia = {"repository": "volsync-data", "copyMethod": "Snapshot"} | ({"username": user} if user else {})
        self.objects.create(RS, self.namespace, {"metadata": {"name": name}, "spec": {
            "sourcePVC": of, "trigger": {"schedule": "0 0 1 1 *"}, "kopia": kopia}})

    def answer(self, **annotations: str) -> Answer:
        keys = {f"holdfast.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
        return self.create_patiently(pvc(annotations=keys), dry_run=True)

    def exists(self) -> dict:
        return json.loads(self.holdfast.get(f"/exists/{self.namespace}/data")[1])

    def assert_unknown(self, code: str):
        page = self.exists()
        self.assertEqual((page["decision"], page["authoritative"], page["error"]), ("unknown", False, code))


class Identities(IdentityCase):
    flags = ("--generator=off",)

    def test_a_backup_under_the_other_naming_is_restored(self):
        snapshot = self.backup_as("data")
        self.assert_restored(self.answer(), snapshot)
        self.assertEqual((self.exists()["decision"], self.exists()["source"]),
                         ("restore", f"data@{self.namespace}:/data"))

    def test_backups_under_both_namings_are_settled_by_the_annotation_of_the_message(self):
        self.backup_as("data")
        newest = self.backup_as("data-backup")
        answer = self.answer()
        self.assert_refused(answer, "IdentityAmbiguous")
        self.assertIn('`index: {identities: ["{pvc}-backup@{namespace}:/data", "{pvc}@{namespace}:/data"]}`',
                      answer.message)
        self.assert_unknown("IdentityAmbiguous")
        line = re.search(r"`holdfast\.dev/restore-identity: ([^`]+)`", answer.message)
        self.assert_restored(self.answer(restore_identity=line[1]), newest)

    def test_a_source_that_says_so_settles_them_as_well(self):
        self.backup_as("data")
        newest = self.backup_as("data-backup")
        self.make_source("data-backup", of="data")
        self.assert_restored(self.answer(), newest)

    def test_what_a_source_by_hand_has_backed_up_is_restored(self):
        snapshot = self.backup_as("nightly")
        self.make_source("by-hand", of="data", user="nightly")
        self.assert_restored(self.answer(), snapshot)

    def test_what_a_source_says_to_be_another_pvc_s_is_not_taken(self):
        self.backup_as("data")
        self.make_source("data", of="other")
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent, dry_run=True), sent)
        self.assertEqual(self.exists()["decision"], "fresh")
        self.assert_refused(self.answer(restore_identity=f"data@{self.namespace}:/data"), "RestoreIdentityNotAllowed")

    def test_a_backup_in_another_path_is_refused_and_the_line_of_the_message_restores_it(self):
        snapshot = self.backup_as("data", path="/config")
        answer = self.answer()
        self.assert_refused(answer, "BackupUnderOtherName")
        self.assert_unknown("BackupUnderOtherName")
        line = re.search(r"`holdfast\.dev/restore-identity: ([^`]+)`", answer.message)
        self.assert_restored(self.answer(restore_identity=line[1]), snapshot)

    def test_the_backups_of_another_namespace_are_not_to_be_had_by_name(self):
        self.backup_as("data-backup", host="elsewhere")
        self.assert_refused(self.answer(restore_identity="data-backup@elsewhere:/data"), "RestoreIdentityNotAllowed")


class Remembered(IdentityCase):
    """The replica watches the cluster, and keeps the memory of seen backups."""

    flags = ("--generator=on", "--min-age", "0s", "--sweep", "10s")

    def remembered(self) -> str:
        name = f"holdfast-seen-{self.guarded.repository_id[:16]}"
        found = self.objects.get(CONFIG_MAP, self.account.namespace, name)
        return found["data"].get("pvcs", "") if found else ""

    def remember(self, user: str) -> None:
        """That a source by hand has backed `data` up as `user`, and is gone."""
        self.make_source("by-hand", of="data", user=user)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.objects.set_status(RS, self.namespace, "by-hand", {"lastSyncTime": now})
        line = f"{self.namespace}/data {user}@{self.namespace}:/data\n"
        wait_until(lambda: line in self.remembered(), PATIENCE, "the memory says whose backups they are")
        self.objects.delete(RS, self.namespace, "by-hand")

    def decides(self, code: str, document: dict | None = None) -> Answer:
        """What is watched arrives a moment after it is there."""
        def decided() -> Answer | None:
            answer = self.create_patiently(document or pvc(), dry_run=True)
            return answer if answer.ok == (code == "ok") and code in ("ok", answer.reason) else None
        return wait_until(decided, PATIENCE, code)

    def test_what_a_source_has_backed_up_that_is_gone_is_restored(self):
        snapshot = self.backup_as("nightly")
        self.remember("nightly")
        self.assert_restored(self.decides("ok"), snapshot)
        self.repository.delete(snapshot)
        self.assertIn(f"nightly@{self.namespace}:/data", self.decides("BackupsVanished").message)

    def test_what_a_source_has_backed_up_that_is_gone_is_nobody_elses(self):
        self.backup_as("other-backup")
        self.remember("other-backup")
        other = pvc("other")
        self.assert_unchanged(self.decides("ok", other), other)

    def test_a_source_under_any_name_says_whose_backups_they_are(self):
        self.backup_as("data-backup")
        self.make_source("any-name", of="other", user="data-backup")
        sent = pvc()
        wait_until(lambda: self.create_patiently(sent, dry_run=True).body["spec"].get("dataSourceRef") is None, PATIENCE,
                   "the backup is known to be another PVC's")
        self.assert_unchanged(self.create_patiently(sent, dry_run=True), sent)

    def test_a_spelling_that_may_be_a_neighbour_s_is_ambiguous_and_the_annotation_settles_it(self):
        snapshot = self.backup_as("myappdata-backup")
        self.assert_restored(self.create_patiently(pvc("myappdata"), dry_run=True), snapshot)
        self.api.create_pvc(self.namespace, pvc("my.app.data", labels={}))
        answer = self.decides("IdentityAmbiguous", pvc("myappdata"))
        line = re.search(r"`holdfast\.dev/restore-identity: ([^`]+)`", answer.message)
        keys = {"holdfast.dev/restore-identity": line[1]}
        self.assert_restored(self.create_patiently(pvc("myappdata", annotations=keys), dry_run=True), snapshot)


del IdentityCase  # the base is no test itself
