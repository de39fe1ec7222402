"""A node with everything that holdfast works with: storage, VolSync's fork, a kopia repository, holdfast's own image."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import tempfile

from . import node_storage
from .components import ROOT
from .kopia_repo import KopiaRepository
from .node import Node
from .processes import run
from .volsync_fork import VolsyncFork

USER = 65532  # of the pods of holdfast and of movers: kopia's files are readable by their owner only
EXPORT = ("192.168.10.133", "/mnt/tank/kopia")  # as manifests/overlays/nfs has it


class NodeCluster(contextlib.ExitStack):
    """For a `with` block. Raises Unavailable where this machine cannot do it, or a component is missing."""

    def __init__(self, components: pathlib.Path, holdfast: pathlib.Path):
        super().__init__()
        self._components = components
        self._holdfast = holdfast
        self.node: Node
        self.volsync: VolsyncFork
        self.repository: KopiaRepository
        self.image: str  # holdfast's

    def __enter__(self):
        super().__enter__()
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def _start(self) -> None:
        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-node-")))
        self.repository = KopiaRepository(self._components / "kopia", self.folder)
        self.folder.chmod(0o755)
        self.give_repository_to_movers()
        self.node = self.enter_context(Node(self._components))
        self.node.export(*EXPORT, self.repository.path)
        self.volsync = VolsyncFork(self.node, self._components)
        node_storage.install(self.node, self._components)
        self.image = self.node.image(f"holdfast:{_version()}", self._lay_out(), entrypoint=["/usr/local/bin/holdfast"],
                                     command=["serve"], user=f"{USER}:{USER}")
        self.volsync.wait_until_ready()

    @property
    def programs(self) -> pathlib.Path:
        """kubectl, helm and the rest."""
        return self._components

    def kill_holdfast(self) -> list[int]:
        """SIGKILL to every replica; the kubelet starts them again. The process ids that they had."""
        found = [pid for pid in self.node.enclosure.contained() if _is_holdfast(pid)]
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        return found

    def give_repository_to_movers(self, user: int = USER) -> None:
        """What was written by hand, as root, is theirs afterwards."""
        run("chown", "-R", f"{user}:{user}", self.repository.path)

    def _lay_out(self) -> pathlib.Path:
        root = self.folder / "image"
        shutil.rmtree(root, ignore_errors=True)
        run(ROOT / "tools/image/rootfs", "--holdfast", self._holdfast, "--kopia", self._components / "kopia",
            "--version", _version(), "--out", root)
        return root


def _version() -> str:
    """Of this checkout, which overlays and chart name as the image's tag."""
    [version] = re.findall(r"project\(holdfast VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    return version


def _is_holdfast(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"/usr/local/bin/holdfast\0serve\0")
    except OSError:
        return False
