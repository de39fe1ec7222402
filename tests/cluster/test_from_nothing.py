"""From nothing to a protected PVC by the commands that README gives: three of them with kustomize, three with Helm."""

import base64
import json
import re
import shutil

from installation import MANIFESTS, NAMESPACE
from networked_case import PATIENCE_S, NetworkedCase
from readme import commands, photos
from rig.components import ROOT
from rig.objects import PVC, REPLICATION_DESTINATION, SECRET
from rig.processes import wait_until
from steady_load import SteadyLoad


class FromNothing(NetworkedCase):
    """`heading`: of the commands. holdfast makes its own certificate."""

    heading: str

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shutil.copytree(MANIFESTS, cls.folder / "manifests")
        (cls.folder / "photos.yaml").write_text(photos())

    def test_three_commands_lead_to_a_protected_claim(self):
        found = commands(self.heading)
        self.assertLessEqual(len(found), 3)
        for command in found:
            self.run_as_a_user(command)
            self.wait_for_service()
        destination = wait_until(lambda: self.objects.get(REPLICATION_DESTINATION, "media", "photos-backup"), PATIENCE_S,
                          "the claim is looked after")
        self.assertEqual(destination["metadata"]["ownerReferences"][0]["name"], "photos")
        self.assert_movers_have_the_password()
        self.assert_fresh_was_proven()
        self.assert_restores()
        self.assert_upgrades()
        self.assert_held_back_while_nobody_answers()

    def assert_movers_have_the_password(self):
        """Nobody was asked for it a second time."""
        password = self.repository.password_file.read_text().strip()
        for namespace, name in (("media", "volsync-photos"), (NAMESPACE, "volsync-holdfast-maintenance")):
            secret = wait_until(lambda: self.objects.get(SECRET, namespace, name), PATIENCE_S, f"{name} is there")
            self.assertEqual(base64.b64decode(secret["data"]["KOPIA_PASSWORD"]).decode(), password)

        self.assert_the_account_writes_no_other_secret()

    def assert_the_account_writes_no_other_secret(self):
        """Though RBAC lets it."""
        account = f"--as=system:serviceaccount:{NAMESPACE}:holdfast"
        self.objects.create(SECRET, "media", {"metadata": {"name": "other"}, "stringData": {"key": "value"}})
        token = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
                 "metadata": {"name": "token", "namespace": "media", "labels": {"app.kubernetes.io/managed-by": "holdfast"},
                              "annotations": {"kubernetes.io/service-account.name": "default"}}}
        claimed = '{"metadata": {"labels": {"app.kubernetes.io/managed-by": "holdfast"}}}'
        for words, document in ((("create", "-f", "-"), json.dumps(token)),
                                (("-n", "media", "patch", "secret", "other", "--type=merge", "-p", claimed), None),
                                (("-n", "media", "delete", "secret", "other"), None)):
            done = self.plane.kubectl(account, *words, stdin=document)
            self.assertIn("holdfast-secret-copy", done.stderr)
        self.assertEqual(set(self.objects.get(SECRET, "media", "other")["metadata"]) & {"labels"}, set())

    def assert_fresh_was_proven(self):
        codes = [pod.holdfast.admissions(webhook="validate", code="NoBackup") for pod in self.kubelet.pods]
        self.assertGreaterEqual(sum(codes), 1)

    def assert_restores(self):
        self.repository.snapshot("media", "music")
        self.plane.kubectl("apply", "-f", "-", stdin=photos().replace("photos", "music"))
        claim = self.objects.get(PVC, "media", "music")
        self.assertEqual(claim["spec"]["dataSourceRef"]["name"], "music-backup")

    def assert_upgrades(self):
        """And no creation fails meanwhile."""

    def assert_held_back_while_nobody_answers(self):
        self.kubelet.kill_all()
        wait_until(lambda: not self.kubelet.served, PATIENCE_S, "the Service has nobody")
        done = self.plane.kubectl("apply", "-f", "-", stdin=photos().replace("photos", "videos"))
        self.assertIn("failed calling webhook", done.stderr)


class WithKustomize(FromNothing):
    heading = "With kustomize"
    expected_seconds = 50

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.overlay = cls.folder / "manifests/overlays/nfs"
        shutil.copy(cls.folder / "password", cls.overlay / "password")

    def test_the_overlay_is_of_this_version_and_names_one_export(self):
        kustomization, settings = ((MANIFESTS / "overlays/nfs" / name).read_text()
                                   for name in ("kustomization.yaml", "holdfast.yaml"))
        [version] = re.findall(r"project\(holdfast VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
        self.assertIn(f"newTag: {version}}}", kustomization)
        [export] = re.findall(r"value: {(server: .*)}}", kustomization)
        self.assertIn(f"{{kind: nfs, {export}}}", settings)

    def assert_upgrades(self):
        pinned = (self.overlay / "holdfast.yaml").read_text()
        self.run_as_a_user("manifests/pin manifests/overlays/nfs")
        self.assertEqual((self.overlay / "holdfast.yaml").read_text(), pinned, "what is pinned stays so")
        other = re.sub(r"repositoryId: \S+", "repositoryId: abcd", pinned)
        (self.overlay / "holdfast.yaml").write_text(other)
        with self.assertRaisesRegex(AssertionError, "pinned to abcd, but the pods see"):
            self.run_as_a_user("manifests/pin manifests/overlays/nfs")
        self.assertEqual((self.overlay / "holdfast.yaml").read_text(), other, "another identity is never overwritten")


class WithHelm(FromNothing):
    heading = "With Helm"
    expected_seconds = 60

    def assert_upgrades(self):
        with SteadyLoad(self.probe, self.probe) as load:
            self.run_as_a_user("helm upgrade holdfast manifests/chart --namespace holdfast-system --wait "
                               "--reset-then-reuse-values --set podAnnotations.restarted=now")
        print(f"     {load.done} creations while Helm upgrades, {len(load.failures)} failed")
        self.assertEqual(load.failures, [])


del FromNothing  # the base is no test itself
