"""The clients that people use see nothing odd."""

import json

from guarded_case import GuardedCase, promise, pvc
from rig.processes import wait_until


def stateful_set(name: str, claim: dict) -> dict:
    labels = {"app": name}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name}, "spec": {
        "serviceName": name, "replicas": 1, "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "none"}]}},
        "volumeClaimTemplates": [{"metadata": claim["metadata"], "spec": claim["spec"]}]}}


class Clients(GuardedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(cls.plane.controller_manager())

    def setUp(self):
        super().setUp()
        # A set that is left would go on making PVCs for as long as a controller manager runs.
        self.addCleanup(self.plane.kubectl, "-n", self.namespace, "delete", "statefulsets,pods,pvc", "--all",
                        "--wait=false")

    def kubectl(self, *words, document: dict | None = None) -> str:
        done = self.plane.kubectl("-n", self.namespace, *words, *(["-f", "-"] if document else []),
                                  stdin=json.dumps(document) if document else None)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout.strip()

    def settled(self) -> dict:
        """The stored PVC, less what the API server itself changes at a second apply that changes nothing, and what the
        controller of volumes writes when it comes to it."""
        document = self.stored()
        for key in ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"):
            document["metadata"]["annotations"].pop(key, None)
        for field in ("resourceVersion", "managedFields"):
            document["metadata"].pop(field)
        return document

    def test_kubectl_create_restores(self):
        snapshot = self.backup()
        self.kubectl("create", document=pvc())
        self.assert_promises(self.stored(), snapshot)

    def test_kubectl_apply_restores_and_applies_again_cleanly(self):
        snapshot = self.backup()
        self.assertIn("created", self.kubectl("apply", document=pvc()))
        self.assert_promises(self.stored(), snapshot)
        self.assertEqual(self.kubectl("apply", document=pvc()), "persistentvolumeclaim/data unchanged")
        self.assertEqual(self.kubectl("diff", document=pvc()), "")
        self.assert_promises(self.stored(), snapshot)

    def test_server_side_apply_restores_and_applies_again_cleanly(self):
        apply = ("apply", "--server-side", "--field-manager=argocd-controller", "--force-conflicts")
        snapshot = self.backup()
        self.kubectl(*apply, document=pvc())
        first = self.settled()
        self.kubectl(*apply, document=pvc())
        self.assertEqual(self.settled(), first)
        self.assertEqual(self.kubectl("diff", *apply[1:], document=pvc()), "")
        self.assert_promises(self.stored(), snapshot)

    def test_server_side_dry_run_shows_the_restore(self):
        snapshot = self.backup()
        shown = self.kubectl("apply", "--dry-run=server", "-o", "json", document=pvc())
        self.assert_promises(json.loads(shown), snapshot)

    def test_a_pvc_deleted_and_applied_again_comes_back_with_its_backup(self):
        self.kubectl("apply", document=pvc())
        self.assertEqual(set(self.stored()["metadata"]["annotations"]) & set(promise(self.backup())), set())
        self.kubectl("delete", "pvc", "data", "--wait=true")
        self.kubectl("apply", document=pvc())
        self.assertIn("holdfast.dev/restored-snapshot", self.stored()["metadata"]["annotations"])

    def test_a_stateful_set_gets_its_volumes_back(self):
        snapshot = self.backup("data-web-0")
        self.kubectl("apply", document=stateful_set("web", pvc()))
        wait_until(lambda: self.api.get_pvc(self.namespace, "data-web-0").ok, 30, "the controller creates the PVC")
        self.assert_promises(self.stored("data-web-0"), snapshot)

    def test_a_stateful_set_waits_out_an_outage(self):
        snapshot = self.backup("data-db-0")
        waited = self.holdfast.admissions(verdict="wait")
        self.repository.move_away()
        try:
            self.kubectl("apply", document=stateful_set("db", pvc()))
            wait_until(lambda: self.holdfast.admissions(verdict="wait") > waited, 30, "the controller is told to wait")
        finally:
            self.repository.move_back()
        wait_until(lambda: self.api.get_pvc(self.namespace, "data-db-0").ok, 60, "the controller creates the PVC")
        self.assert_promises(self.stored("data-db-0"), snapshot)
