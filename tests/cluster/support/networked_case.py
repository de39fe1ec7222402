"""The base of the tests of whole installations: a cluster of one's own in which the Deployment's pods really run."""

import pathlib
import subprocess
import tempfile
import unittest

from admission_load import EXEMPT
from guarded_case import pvc
from installation import NAMESPACE
from kubelet import Kubelet
from rig import crds
from rig.cluster_network import ClusterNetwork, NetworkedPlane
from rig.kopia_repo import KopiaRepository
from rig.objects import NAMESPACE as NAMESPACES, Objects
from rig.processes import wait_until
from suite import Stage

PATIENCE_S = 90


class NetworkedCase(unittest.TestCase):
    """The controllers make pods of the Deployment, `kubelet` runs them, the API server asks them by their Service."""

    maxDiff = None
    programs: dict[str, pathlib.Path] = {}  # by an image's tag, where that is not the one under test

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-installed-")))
        cls.network = cls.enterClassContext(ClusterNetwork())
        cls.plane = cls.enterClassContext(NetworkedPlane(Stage.components, cls.network))
        cls.enterClassContext(cls.plane.controller_manager())
        cls.api = cls.plane.api
        cls.objects = Objects(cls.api)
        crds.install(cls.api)
        cls.repository = KopiaRepository(Stage.components / "kopia", cls.folder)
        cls.kubelet = cls.enterClassContext(Kubelet(cls.plane, cls.network, cls.folder, cls.repository.path,
                                                    cls.programs))
        cls.api.create_namespace("media")

    @classmethod
    def run_as_a_user(cls, command: str) -> str:
        """What it printed."""
        done = subprocess.run(["bash", "-ec", command], cwd=cls.folder, env=cls.kubelet.shell_environment(),
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    @classmethod
    def probe(cls) -> str:
        """A claim through the API server, which asks both webhooks; what went wrong, or an empty text."""
        answer = cls.api.create_pvc("media", pvc("probe", **EXEMPT), dry_run=True)
        return "" if answer.ok else str(answer)

    @classmethod
    def wait_for_rollout(cls) -> None:
        cls.run_as_a_user(f"kubectl -n {NAMESPACE} rollout status deployment/holdfast --timeout={PATIENCE_S}s")

    @classmethod
    def wait_until_asked(cls) -> None:
        wait_until(lambda: cls.kubelet.served and not cls.probe(), PATIENCE_S, "the API server asks holdfast")

    @classmethod
    def wait_for_service(cls) -> None:
        """Until the network leads to the pods of this moment and to no others."""
        enough = cls.kubelet.looks + 3
        wait_until(lambda: cls.kubelet.looks >= enough, PATIENCE_S, "the Service knows the pods")

    @classmethod
    def wait_until_gone(cls) -> None:
        wait_until(lambda: cls.objects.get(NAMESPACES, None, NAMESPACE) is None, PATIENCE_S, "our namespace is gone")
