"""A folder as a user of holdfast has it, with the manifests and the password in it, and a shell there."""

import shlex
import shutil
import subprocess

from .components import ROOT
from .node_cluster import NodeCluster
from .processes import plain_environment

OVERLAY = "manifests/overlays/nfs"


class Installation:
    """Not for several threads at once. Commands that fail raise AssertionError with what they said."""

    def __init__(self, cluster: NodeCluster, name: str):
        self._cluster = cluster
        self.folder = cluster.folder / name
        self.folder.mkdir()
        shutil.copytree(ROOT / "manifests", self.folder / "manifests")
        shutil.copy(cluster.repository.password_file, self.folder / "password")

    def prepare_overlay(self, **generator: str) -> None:
        """The overlay `nfs` with the password, the image's place, and these keys under `generator:`."""
        shutil.copy(self.folder / "password", self.folder / OVERLAY / "password")
        self.edit(f"{OVERLAY}/kustomization.yaml", "newName: holdfast",
                  f"newName: {self._cluster.image.rpartition(':')[0]}")
        self._set(generator)

    def change(self, **generator: str) -> None:
        """More keys under `generator:`, rolled out."""
        self._set(generator)
        self.shell(f"kubectl apply -k {OVERLAY} && "
                   "kubectl -n holdfast-system rollout status deployment/holdfast --timeout=2m")

    def shell(self, command: str, expect: int = 0) -> str:
        """Runs it with kubectl and helm at hand; what it printed. `expect`: its exit code."""
        environment = plain_environment(self.folder, KUBECONFIG=str(self._cluster.node.kubeconfig))
        environment["PATH"] = f"{self._cluster.programs}:{environment['PATH']}"
        done = subprocess.run(["bash", "-ec", command], cwd=self.folder, env=environment, capture_output=True,
                              text=True, check=False)
        if done.returncode != expect:
            raise AssertionError(f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def holdfast(self, *words: str, expect: int = 0) -> str:
        """Runs one of its commands in a pod of the Deployment."""
        return self.shell(f"kubectl --namespace holdfast-system exec deploy/holdfast -- holdfast {shlex.join(words)}",
                          expect)

    def edit(self, place: str, old: str, new: str) -> None:
        path = self.folder / place
        text = path.read_text()
        if old not in text:
            raise AssertionError(f"{place} has no {old!r}")
        path.write_text(text.replace(old, new))

    def _set(self, generator: dict[str, str]) -> None:
        for key, value in generator.items():
            self.edit(f"{OVERLAY}/holdfast.yaml", "generator:\n", f"generator:\n  {key}: {value}\n")
