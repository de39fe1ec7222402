"""`holdfast adopt`: all objects of a PVC change hands when somebody asks for it, keep what they did, and go back."""

import shlex
import time

from guarded_case import our_reference, pvc
from owned_parts import MANAGER, PARTS, OwnedParts, gist
from rig.objects import CONFIG_MAP, EXTERNAL_SECRET, NAMESPACE, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS, Kind
from rig.processes import wait_until
from restore_case import HOME_NFS, PATIENCE, PLAIN, SECRET

KYVERNO = {"generate.kyverno.io/policy-name": "volsync-pvc-backup-restore",
           "generate.kyverno.io/trigger-name": "data"}


class Switching(OwnedParts):
    settings = HOME_NFS

    def test_what_kyverno_made_is_taken_over_and_given_back(self):
        before = self.plant_with_owners("kyverno", **KYVERNO)
        self.protect_beside(before)
        self.assert_untouched(before)
        adopted = self.adopt("--apply", f"{self.namespace}/data", says="adopted")
        self.assert_ours(before)
        self.assertIn("3 objects taken over", adopted)
        wait_until(lambda: not self.kyvernos_labels(), PATIENCE, "no label by which kyverno would delete them")
        self.assertEqual(self.adopt("--apply", self.namespace, code=3), "")  # nothing is left to take over
        self.assertIn("given back", self.adopt("--undo", f"{self.namespace}/data"))
        self.assert_as_before(before)
        self.stays(lambda: self.is_as_before(before), "holdfast leaves them as they are")

    def test_a_pvc_that_was_restored_before_holdfast_came_goes_on_being_backed_up_once_it_was_since(self):
        self.backup()
        planted = self.plant_all("kyverno")
        self.assertTrue(self.create(pvc(labels={"app": "films"}, dataSourceRef=our_reference("data"))).ok)
        self.part.bind(self.namespace, "data")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": "hourly"}}})
        self.wait_for_foreign("destination", "source")
        said = self.adopt("--plan", self.namespace, code=1, says="BackupsNotRestored")
        self.assertIn(f"kubectl annotate namespace {self.namespace} holdfast.dev/accept-older-backups=", said)
        time.sleep(1.1)  # Kubernetes tells the creation of a PVC by the second
        self.backup()
        self.adopt("--apply", self.namespace, says="adopted")
        self.assert_ours(planted)

    def test_older_backups_of_a_namespace_are_accepted_at_once(self):
        self.backup()
        planted = self.plant_all("kyverno")
        self.protect_beside(planted)
        said = self.adopt("--plan", self.namespace, code=1, says="BackupsNotRestored")
        [line] = [line for line in said.splitlines() if "kubectl annotate" in line]
        words = shlex.split(line.lstrip("# ").replace("<reason>", "compared"))
        self.objects.merge(NAMESPACE, None, self.namespace, {"metadata": {"annotations": dict([words[-1].split("=", 1)])}})
        time.sleep(1.1)
        self.adopt("--apply", self.namespace, says="adopted")
        self.assert_ours(planted)

    def test_what_is_made_by_hand_is_taken_over_too_where_somebody_asks_for_it(self):
        before = self.plant_all()
        self.protect_beside(before)
        self.assertIn("of nobody who says so", self.command("adopt", "--plan", self.namespace).stdout)
        self.adopt("--apply", self.namespace, says="adopted")
        self.assert_ours(before)
        self.adopt("--undo", self.namespace, says="given back")
        self.assert_as_before(before)

    def test_what_argo_cd_keeps_is_refused_and_nothing_of_the_pvc_is_asked_for(self):
        before = self.plant_all()
        before[RS] = self.change(RS, {"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": "apps:x"}}})
        self.protect_beside(before)
        said = self.adopt("--apply", f"{self.namespace}/data", code=1, says="refused")
        self.assertIn("take it out of Argo CD without deleting it", said)
        self.assert_untouched(before)

    def test_a_source_that_is_backing_up_is_taken_over_when_that_is_done_and_not_before(self):
        before = self.plant_all("kyverno")
        self.part.start_backup(self.namespace, "data-backup")
        self.protect_beside(before)
        said = self.adopt("--apply", self.namespace, "--timeout", "3s", code=3)
        self.assertIn("no more time to wait", said)
        for kind in PARTS.values():
            self.assertEqual(self.part_of(kind)["spec"], before[kind]["spec"])
        self.part.finish_backup(self.namespace, "data-backup")
        self.wait_for_ours()

    def plant_with_owners(self, manager: str, **labels: str) -> dict[Kind, dict]:
        owner = self.objects.create(CONFIG_MAP, self.namespace, {"metadata": {"name": "app"}})["metadata"]
        reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["name"], "uid": owner["uid"]}
        planted = {kind: self.plant(kind, manager, **labels) for kind in PARTS.values()}
        return {kind: self.change(kind, {"metadata": {"ownerReferences": [reference], "annotations": {"team": "films"}}})
                for kind in planted}

    def protect_beside(self, planted: dict[Kind, dict]) -> None:
        """The PVC `data`, bound; its objects are all there already."""
        self.assertTrue(self.create(pvc(labels={"app": "films"})).ok)
        self.part.bind(self.namespace, "data")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": "hourly"}}})
        self.wait_for_foreign("destination", "source")
        self.assertEqual(len(planted), 3)

    def adopt(self, *words: str, code: int = 0, says: str = "") -> str:
        done = self.command("adopt", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn(says, done.stdout)
        return done.stdout

    def assert_ours(self, before: dict[Kind, dict]) -> None:
        ours = self.all_ours()
        self.assertIsNotNone(ours)
        for kind, planted in before.items():
            self.assertEqual(ours[kind]["metadata"]["uid"], planted["metadata"]["uid"])
        self.assertEqual(ours[RS]["spec"]["trigger"], before[RS]["spec"]["trigger"])
        self.assertEqual(ours[RS]["spec"]["kopia"]["repository"], SECRET)
        self.assertEqual(ours[EXTERNAL_SECRET]["spec"]["secretStoreRef"]["name"], "1password")
        self.assertTrue(ours[RD]["spec"]["paused"])

    def kyvernos_labels(self) -> list[str]:
        return [label for kind in PARTS.values() for label in self.part_of(kind)["metadata"]["labels"]
                if label.startswith("generate.kyverno.io/")]

    def is_as_before(self, before: dict[Kind, dict]) -> bool:
        return all(gist(self.part_of(kind)) == gist(planted) for kind, planted in before.items())

    def assert_as_before(self, before: dict[Kind, dict]) -> None:
        for kind, planted in before.items():
            self.assertEqual(gist(self.part_of(kind)), gist(planted), kind.name)
        self.assertNotEqual(self.part_of(RS)["metadata"].get("labels", {}).get(MANAGER), "holdfast")


class WithASecretByHand(OwnedParts):
    settings = PLAIN

    def test_a_source_whose_secret_leads_elsewhere_is_left_to_those_who_mount_the_repository_there(self):
        planted = {kind: self.plant(kind, "kyverno") for kind in (RD, RS)}
        self.assertTrue(self.create(pvc(labels={"app": "films"})).ok)
        self.part.bind(self.namespace, "data")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": "hourly"}}})
        self.wait_for_foreign("destination", "source")
        done = self.command("adopt", "--apply", self.namespace)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("SecretElsewhere", done.stdout)
        self.assert_untouched(planted)
