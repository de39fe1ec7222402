"""The real VolSync operator, run against the control plane: that of upstream, or of the fork.

That of upstream has the volume populator and the state machines, but no kopia mover: of an object with `spec.kopia` it
only says that no mover was found. See volsync_part for what stands in. The fork's makes movers' Jobs, whose pods nobody
runs here.
"""

import pathlib
import urllib.error
import urllib.request

from . import crds
from .control_plane import ControlPlane
from .objects import KOPIA_MAINTENANCE, STORAGE_CLASS, Objects
from .processes import Child, free_ports, plain_environment, wait_until

_CONTROLLERS = ("replicationdestination", "replicationsource", "volsync-volume-populator")


class Unavailable(Exception):
    """Something that the operator needs is not there; the text says what."""


class Volsync:
    """For a `with` block. Its resource definitions stay installed afterwards."""

    def __init__(self, plane: ControlPlane, components: pathlib.Path, *, fork: bool = False):
        self._plane = plane
        self._program = components / ("volsync-fork" if fork else "volsync")
        self._crds = components / "crds"
        self._own_crds = components / "fork-crds" if fork else None
        for needed in filter(None, (self._program, self._crds, self._own_crds)):
            if not needed.exists():
                raise Unavailable(f"{needed} is not there: tools/components/build makes it")
        self.process: Child

    def __enter__(self):
        if self._own_crds:
            crds.install_folder(self._plane.api, self._own_crds)
        else:
            crds.install(self._plane.api, "replicationsources", "replicationdestinations", "kopiamaintenances")
        install_storage_crds(self._plane, self._crds.parent)
        [self._port] = free_ports(1)
        self.process = Child(
            [self._program, "--metrics-bind-address=0", f"--health-probe-bind-address=127.0.0.1:{self._port}"],
            self._plane.folder / "volsync.log",
            env=plain_environment(self._plane.folder, KUBECONFIG=str(self._plane.kubeconfig), POD_NAMESPACE="default"))
        try:
            wait_until(self._works, 60, "the VolSync operator works", every=0.2)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.end()
        if self._own_crds:
            self._let_go()

    def _let_go(self) -> None:
        """Of what has the fork's finalizer: nobody else takes it off, and namespace and definition would never go."""
        objects = Objects(self._plane.api)
        for item in objects.items(KOPIA_MAINTENANCE):
            objects.merge(KOPIA_MAINTENANCE, item["metadata"]["namespace"], item["metadata"]["name"],
                          {"metadata": {"finalizers": None}})

    def _works(self) -> bool:
        if not self.process.alive():
            raise ChildProcessError(f"the VolSync operator ended: {self.process.last_words()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=5):
                pass
        except OSError:
            return False
        working = [line for line in self.process.said().splitlines() if "Starting workers" in line]
        return all(any(f'"controller": "{name}"' in line for line in working) for name in _CONTROLLERS)


def install_storage_crds(plane: ControlPlane, components: pathlib.Path) -> None:
    """VolumeSnapshot, VolumePopulator, and a storage class `standard` that nobody provisions."""
    crds.install_folder(plane.api, components / "crds", "snapshot.")
    crds.install_folder(plane.api, components / "crds", "populator.")
    Objects(plane.api).apply(STORAGE_CLASS, None, {
        "metadata": {"name": "standard"}, "provisioner": "rig.example.org/none", "reclaimPolicy": "Retain"}, force=True)
