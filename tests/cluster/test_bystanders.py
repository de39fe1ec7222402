"""What did not opt in, or has a source of its own, is left alone."""

from guarded_case import GuardedCase, pvc
from rig.kube_api import PVCS
from rig.webhooks import EXCLUDED_NAMESPACES

EXEMPT_REASON = {"volsync.backup/backup-exempt-reason": "scratch space"}
SKIP = {"volsync.backup/skip-restore": "true", "volsync.backup/skip-restore-reason": "starting over"}


class NeverAsked(GuardedCase):
    """Counted by holdfast itself: these requests do not reach it."""

    def setUp(self):
        super().setUp()
        self.asked = self.holdfast.admissions()

    def assert_not_asked(self):
        self.assertEqual(self.holdfast.admissions(), self.asked)

    def test_about_a_pvc_without_a_label(self):
        sent = pvc(labels={"app": "bystander"})
        self.assert_unchanged(self.create_patiently(sent), sent)
        self.assert_not_asked()

    def test_about_an_excluded_namespace(self):
        for namespace in EXCLUDED_NAMESPACES:
            self.api.create_namespace(namespace)
            sent = pvc(self.namespace)
            self.assert_unchanged(self.api.create_pvc(namespace, sent), sent)
        self.assert_not_asked()

    def test_about_another_kind_with_our_label(self):
        document = {"metadata": {"name": "settings", "labels": {"backup": "daily"}}}
        for kind in ("configmaps", "secrets", "serviceaccounts"):
            answer = self.api.request("POST", f"/api/v1/namespaces/{self.namespace}/{kind}", document)
            self.assertTrue(answer.ok, str(answer))
        self.assert_not_asked()

    def test_about_a_change_or_a_deletion(self):
        self.create(pvc(labels={"app": "bystander"}))
        path = f"{PVCS.format(self.namespace)}/data"
        labelled = {"metadata": {"labels": {"backup": "daily"}}}
        patched = self.api.request("PATCH", path, labelled, "application/merge-patch+json")
        self.assertTrue(patched.ok, str(patched))
        self.assertTrue(self.api.request("DELETE", path).ok)
        self.assert_not_asked()


class LeftAlone(GuardedCase):
    def assert_left_alone(self, sent: dict, warning: str | None = None):
        self.backup(sent["metadata"]["name"])
        answer = self.create(sent)
        self.assert_unchanged(answer, sent)
        if warning:
            self.assert_warned(answer, warning)

    def test_an_exemption_with_a_reason(self):
        self.assert_left_alone(pvc(labels={"backup-exempt": "true"}, annotations=EXEMPT_REASON))

    def test_an_exemption_beside_a_backup_label(self):
        self.assert_left_alone(pvc(labels={"backup": "daily", "backup-exempt": "true"}, annotations=EXEMPT_REASON))

    def test_skip_restore_with_a_reason(self):
        self.assert_left_alone(pvc(annotations=SKIP), warning="SkipRestore")

    def test_a_foreign_reference(self):
        source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "other"}
        self.assert_left_alone(pvc(dataSource=source, dataSourceRef=source))

    def test_a_clone(self):
        source = {"apiGroup": None, "kind": "PersistentVolumeClaim", "name": "other"}
        self.assert_left_alone(pvc(dataSource=source, dataSourceRef=source))

    def test_a_volume_bound_by_hand(self):
        self.assert_left_alone(pvc("by-name", volumeName="pv-1"), warning="StaticVolume")
        self.assert_left_alone(pvc("by-class", storageClassName=""), warning="StaticVolume")
        selector = {"matchLabels": {"disk": "old"}}
        self.assert_left_alone(pvc("by-selector", selector=selector), warning="StaticVolume")


class WithoutHoldfast(GuardedCase):
    def test_bystanders_live_on_and_protected_pvcs_do_not_slip_through(self):
        self.holdfast.stop()
        sent = pvc("bystander", labels={})
        self.assertTrue(self.create(sent).ok)
        answer = self.create(pvc())
        self.assertFalse(answer.ok)
        self.assertIn("failed calling webhook", answer.message)

    def _holdfast_is_alive(self):
        """Not expected here."""
