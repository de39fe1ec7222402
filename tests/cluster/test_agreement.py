"""Of one PVC `audit`, `/audit`, the metrics, `why`, `plan` and `decide` say the same, each in its words."""

import json
import pathlib
import tempfile

from generator_case import GeneratorCase
from guarded_case import pvc
from rig.objects import PVC, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import PATIENCE, PLAIN, SOURCE, RestoreCase


class Agreement(RestoreCase):
    expected_seconds = 90
    settings = PLAIN
    flags = (*GeneratorCase.flags, "--sweep", "10s")  # the repository is looked at then

    def grown(self, labels: dict, annotations: dict | None = None, **spec) -> pathlib.Path:
        """A PVC that was there before it asked for anything, as a file has it now."""
        self.assertTrue(self.create(pvc(labels={})).ok)
        self.part.bind(self.namespace, "data")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": labels, "annotations": annotations or {}}})
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="holdfast-agreement-")))
        document = pvc(labels=labels, annotations=annotations, **spec)
        document["metadata"]["namespace"] = self.namespace
        (folder / "pvc.yaml").write_text(json.dumps(document))
        return folder / "pvc.yaml"

    def ask(self, verb: str, *words) -> tuple[int, dict]:
        done = self.command(verb, *words, "-o", "json")
        return done.returncode, json.loads(done.stdout)

    def reasons_in(self, item: dict) -> set[str]:
        return {line.partition(":")[0] for line in item.get("gaps", [])}

    def assert_gaps(self, reasons: set[str]) -> None:
        """Of what stands in the cluster."""
        wait_until(lambda: self.reasons_in(self.audit()) == reasons, PATIENCE, f"/audit says {reasons}")
        wait_until(lambda: self.gap_series() == reasons, PATIENCE, f"the metrics say {reasons}")
        status, told = self.ask("audit", "-n", self.namespace)
        self.assertEqual((status, self.reasons_in(told["items"][0])), (1 if reasons else 0, reasons))
        done = self.command("why", f"{self.namespace}/data")
        self.assertEqual(done.returncode, status, done.stderr)
        for reason in reasons:
            self.assertIn(reason, done.stdout)

    def assert_foretold(self, file: pathlib.Path, verdict: str, code: str, outcome: str, reasons: set[str]) -> None:
        """Of the file, were the cluster built anew from it."""
        status = 1 if reasons else 0
        found, told = self.ask("plan", "-f", file)
        [item] = told["items"]
        self.assertEqual((found, item["outcome"], item["code"]), (status, outcome, code))
        found, told = self.ask("audit", "-f", file)
        self.assertEqual((found, self.reasons_in(told["items"][0])), (status, reasons))
        found, [decision] = self.ask("decide", "-f", file)
        self.assertEqual((found, decision["verdict"], decision["code"]), (1 if verdict == "refuse" else 0, verdict, code))
        self.assertEqual(self.audit()["code"], code)

    def test_on_a_pvc_with_backups_and_without_a_label(self):
        self.backup()
        file = self.grown({"app": "x"})
        self.assert_gaps({"BackupsIgnored"})
        self.assert_foretold(file, "pass", "NotOptedIn", "empty", {"BackupsIgnored"})

    def test_on_a_pvc_with_backups_whose_tier_is_unknown(self):
        self.backup()
        file = self.grown({"backup": "weekly"})
        self.assert_gaps({"BackupsIgnored", "UnknownTier"})
        self.assert_foretold(file, "pass", "NotOptedIn", "empty", {"BackupsIgnored", "UnknownTier"})

    def test_on_a_pvc_whose_backups_are_ignored_for_a_reason(self):
        self.backup()
        file = self.grown({"backup-exempt": "true"}, {"volsync.backup/backup-exempt-reason": "a cache"})
        self.assert_gaps(set())
        self.assert_foretold(file, "pass", "Exempt", "ignored", set())
        self.assertEqual(self.ask("plan", "-f", file)[1]["totals"]["ignored"], 1)
        self.assertEqual(self.ask("audit", "-f", file)[1]["totals"]["ignored"], 1)

    def test_on_a_pvc_that_would_be_refused(self):
        for user in ("data", "data-backup"):
            self.repository.snapshot(self.namespace, "data", source=f"{user}@{self.namespace}:/data")
        file = self.grown({"backup": "daily"})
        self.assert_gaps({"IdentityAmbiguous", "BackupsNotRestored"})
        self.assert_foretold(file, "refuse", "IdentityAmbiguous", "refused", {"IdentityAmbiguous"})

    def test_on_a_pvc_with_an_annotation_that_cannot_be_read(self):
        file = self.grown({"backup": "daily"}, {"holdfast.dev/restore-as-of": "yesterday"})
        self.assert_gaps({"RestoreAsOfInvalid"})
        self.assert_foretold(file, "refuse", "RestoreAsOfInvalid", "refused", {"RestoreAsOfInvalid"})

    def test_on_a_pvc_into_which_its_backups_were_never_restored(self):
        self.backup()
        file = self.grown({"backup": "daily"})
        self.assert_gaps({"BackupsNotRestored"})
        self.assert_foretold(file, "restore", "BackupFound", "restored", set())

    def test_on_a_pvc_that_is_half_somebody_elses(self):
        self.objects.create(RS, self.namespace, {"metadata": {"name": SOURCE}, "spec": {
            "sourcePVC": "data", "trigger": {"schedule": "0 0 1 1 *"},
            "kopia": {"repository": "theirs", "username": SOURCE, "hostname": self.namespace, "copyMethod": "Clone"}}})
        file = self.grown({"backup": "daily"})
        self.assert_gaps({"ForeignObject"})
        self.assert_foretold(file, "fresh", "NoBackup", "new", set())

    def test_on_a_pvc_that_is_not_there(self):
        self.repository.snapshot(self.namespace, "data", source=f"nightly@{self.namespace}:/data")
        self.objects.create(RS, self.namespace, {"metadata": {"name": "by-hand"}, "spec": {
            "sourcePVC": "data", "trigger": {"schedule": "0 0 1 1 *"},
            "kopia": {"repository": "theirs", "username": "nightly", "copyMethod": "Clone"}}})
        answer = self.create_patiently(pvc(), dry_run=True)
        self.assertTrue(answer.ok, str(answer))
        done = self.command("why", f"{self.namespace}/data")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"nightly@{self.namespace}:/data", done.stdout)
        self.assertIn("BackupFound", done.stdout)
