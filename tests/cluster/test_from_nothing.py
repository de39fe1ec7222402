"""From nothing to a protected PVC by the commands that the docs give, with Helm: three of them."""

import pathlib
import re
import subprocess
import tempfile
import unittest

from guarded_case import pvc
from installation import MANIFESTS
from kubelet import Kubelet
from rig import crds
from rig.cluster_network import ClusterNetwork, NetworkedPlane
from rig.components import ROOT
from rig.kopia_repo import KopiaRepository
from rig.objects import PVC, REPLICATION_DESTINATION, Objects
from rig.processes import wait_until
from suite import Stage

PATIENCE_S = 60


def commands() -> list[str]:
    """Of the section on Helm in docs/install.md."""
    section = (ROOT / "docs/install.md").read_text().split("\n## With Helm\n")[1].split("\n## ")[0]
    [block] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return block.replace("\\\n", " ").strip().splitlines()


def photos() -> str:
    """The PVC that README shows."""
    [block] = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return block


class WithHelm(unittest.TestCase):
    """The API server asks the Service, as the chart has it, and holdfast makes its own certificate."""

    expected_seconds = 60

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-nothing-")))
        cls.network = cls.enterClassContext(ClusterNetwork())
        cls.plane = cls.enterClassContext(NetworkedPlane(Stage.components, cls.network))
        crds.install(cls.plane.api)
        cls.objects = Objects(cls.plane.api)
        cls.repository = KopiaRepository(Stage.components / "kopia", cls.folder)
        cls.kubelet = Kubelet(cls.plane, cls.folder, cls.repository.path)
        cls.addClassCleanup(cls.kubelet.stop)
        (cls.folder / "manifests").symlink_to(MANIFESTS)
        (cls.folder / "photos.yaml").write_text(photos())
        cls.plane.api.create_namespace("media")

    def test_three_commands_lead_to_a_protected_claim(self):
        install, pin, create = commands()
        self.run_as_a_user(install)
        self.start_pod()
        self.run_as_a_user(pin)
        self.start_pod()
        wait_until(lambda: "\ntombstones: ok" in self.kubelet.pod.get("/readyz")[1], PATIENCE_S,
                   "holdfast remembers backups: before, nothing starts empty")
        self.run_as_a_user(create)
        door = wait_until(lambda: self.objects.get(REPLICATION_DESTINATION, "media", "photos-backup"), PATIENCE_S,
                          "the claim is looked after")
        self.assertEqual(door["metadata"]["ownerReferences"][0]["name"], "photos")
        self.assertGreaterEqual(self.kubelet.pod.admissions(webhook="validate", code="NoBackup"), 1)
        self.assert_restores()
        self.assert_held_back_while_nobody_answers()

    def run_as_a_user(self, command: str) -> None:
        done = subprocess.run(["bash", "-ec", command], cwd=self.folder, env=self.kubelet.shell_environment(),
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")

    def start_pod(self) -> None:
        """As the Deployment of this moment has it; returns when the API server asks it."""
        pod = self.kubelet.start()
        self.network.port = pod.webhook_port
        wait_until(self.asked, PATIENCE_S, "the pod is asked, with a certificate that is trusted")

    def asked(self) -> bool:
        probe = pvc("probe", labels={"backup-exempt": "true"},
                    annotations={"volsync.backup/backup-exempt-reason": "probe of the test"})
        answer = self.plane.api.create_pvc("media", probe, dry_run=True)
        return answer.ok and self.kubelet.pod.admissions(webhook="validate", code="Exempt") > 0

    def assert_restores(self):
        self.repository.snapshot("media", "music")
        self.plane.kubectl("apply", "-f", "-", stdin=photos().replace("photos", "music"))
        claim = self.objects.get(PVC, "media", "music")
        self.assertEqual(claim["spec"]["dataSourceRef"]["name"], "music-backup")

    def assert_held_back_while_nobody_answers(self):
        self.kubelet.stop()
        self.network.port = 0
        done = self.plane.kubectl("apply", "-f", "-", stdin=photos().replace("photos", "videos"))
        self.assertIn("failed calling webhook", done.stderr)

