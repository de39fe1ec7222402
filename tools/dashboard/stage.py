"""A small cluster to look at: a control plane, a kopia repository, two holdfasts that generate, a Prometheus."""

import contextlib
import pathlib
import tempfile

from kubelet import Kubelet
from rig import components, crds
from rig.accounts import ServiceAccount
from rig.control_plane import ControlPlane
from rig.guarded import Guarded
from rig.objects import Objects
from rig.processes import wait_until
from rig.prometheus import Prometheus
from rig.volsync import install_storage_crds
from rig.volsync_part import VolSyncPart

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRAPE_S = 2
_PERMISSIONS = ("base/namespace.yaml", "base/service-account.yaml", "base/rbac.yaml",
                "components/external-secrets/rbac.yaml")
_SETTINGS = """
generator:
  secret: {mode: external-secret, store: 1password, key: rustfs, property: kopia_password}
  repository: {kind: nfs, server: 192.0.2.10, path: /tank/kopia}
  backup: {volumeSnapshotClassName: longhorn-snapclass}
"""
_PODS = ("holdfast-7d9c6b5f4-4kxzp", "holdfast-7d9c6b5f4-w8r2m")


class Stage(contextlib.ExitStack):
    """For a `with` block. The movers and the storage are played by `part`."""

    def __init__(self, holdfast: pathlib.Path):
        super().__init__()
        self._binary = holdfast

    def __enter__(self):
        super().__enter__()
        with contextlib.ExitStack() as undo:  # should a part of it not come up
            undo.push(self)
            self._raise()
            undo.pop_all()
        return self

    def _raise(self) -> None:
        folder = components.find()
        self.plane = self.enter_context(ControlPlane(folder))
        self.api = self.plane.api
        self.objects, self.part = Objects(self.api), VolSyncPart(self.api)
        self._furnish(folder)
        own = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-dashboard-")))
        self.guarded = self._guard(folder, own)
        self.repository = self.guarded.repository
        self._watch(own)

    def _furnish(self, folder: pathlib.Path) -> None:
        self.plane.start_controller_manager()
        crds.install(self.api)
        install_storage_crds(self.plane, folder)
        for name in _PERMISSIONS:
            done = self.plane.kubectl("apply", "-f", ROOT / "manifests" / name)
            if done.returncode != 0:
                raise RuntimeError(f"{name}: {done.stderr}")

    def _guard(self, folder: pathlib.Path, own: pathlib.Path) -> Guarded:
        account = ServiceAccount(self.plane, own / "account", None)
        (own / "settings.yaml").write_text(_SETTINGS)
        flags = ("--config", str(own / "settings.yaml"), "--kubeconfig", str(account.kubeconfig()),
                 "--generator=on", "--min-age", "0s")
        return self.enter_context(Guarded(self.plane, folder, self._binary, flags=flags,
                                          environment={"POD_NAMESPACE": account.namespace}))

    def _watch(self, own: pathlib.Path) -> None:
        """The second replica follows once the first leads, and Prometheus looks at both."""
        first = self.guarded.holdfast
        wait_until(lambda: first.metric("holdfast_generator_leader"), 60, "holdfast leads")
        replicas = dict(zip(_PODS, (first, self.guarded.start_instance("second"))))
        kubelet = self.enter_context(Kubelet({pod: each.process.pid for pod, each in replicas.items()}))
        self.prometheus = Prometheus(own, [*(each.ops_port for each in replicas.values()), kubelet.port], "groups: []",
                                     labels={each.ops_port: {"pod": pod} for pod, each in replicas.items()},
                                     scrape_s=SCRAPE_S)
        self.callback(self.prometheus.stop)
        wait_until(lambda: len(self.prometheus.query("holdfast_build_info")) == 2, 60, "both replicas are scraped")
