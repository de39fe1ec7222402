"""VolSync's fork with the kopia mover, as a Deployment of a node, with the image of its mover."""

import pathlib

from . import crds
from .node import Node, expect
from .objects import CLUSTER_ROLE_BINDING, SERVICE_ACCOUNT, Kind, Objects
from .processes import wait_until

NAMESPACE = "volsync-system"
NEEDED = ("volsync-fork", "fork-crds", "fork-mover", "mover-root", "kopia")

_DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")


class VolsyncFork:
    """The constructor installs it and returns at once. Its mover's image has a shell and serves tests as well."""

    def __init__(self, node: Node, components: pathlib.Path, *, mover_log_debug: bool = False):
        expect(components, NEEDED)
        self._objects = Objects(node.api)
        self.mover_image = node.image(
            "volsync-mover:1", components / "mover-root", entrypoint=["/bin/bash"],
            more={components / "fork-mover/entry.sh": "mover-kopia/entry.sh",
                  components / "kopia": "usr/local/bin/kopia"})
        empty = node.folder / "volsync-root"
        empty.mkdir()
        self._image = node.image("volsync:1", empty, entrypoint=["/manager"],
                                 more={components / "volsync-fork": "manager"})
        crds.install_folder(node.api, components / "fork-crds")
        node.api.create_namespace(NAMESPACE)
        self._let_it_do_everything()
        self.set_mover_log_debug(mover_log_debug)

    def set_mover_log_debug(self, on: bool) -> None:
        """Whether the operator keeps whole mover logs; replaces its pod."""
        environment = {"POD_NAMESPACE": NAMESPACE, "RELATED_IMAGE_KOPIA_CONTAINER": self.mover_image}
        if on:
            environment["MOVER_LOG_DEBUG"] = "true"
        labels = {"app.kubernetes.io/name": "volsync"}
        container = {
            "name": "manager", "image": self._image,
            "args": ["--metrics-bind-address=0", "--health-probe-bind-address=:8081"],
            "env": [{"name": name, "value": value} for name, value in environment.items()],
            "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8081}, "periodSeconds": 1}}
        self._objects.apply(_DEPLOYMENT, NAMESPACE, {"metadata": {"name": "volsync"}, "spec": {
            "replicas": 1, "strategy": {"type": "Recreate"}, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"serviceAccountName": "volsync", "terminationGracePeriodSeconds": 2,
                         "containers": [container]}}}}, force=True)

    def wait_until_ready(self, seconds: float = 90) -> None:
        wait_until(self._ready, seconds, "the VolSync operator is ready", every=0.2)

    def _ready(self) -> bool:
        found = self._objects.get(_DEPLOYMENT, NAMESPACE, "volsync")
        status = found.get("status", {})
        return (status.get("observedGeneration") == found["metadata"]["generation"] and
                status.get("readyReplicas") == status.get("updatedReplicas") == status.get("replicas") == 1)

    def _let_it_do_everything(self) -> None:
        self._objects.apply(SERVICE_ACCOUNT, NAMESPACE, {"metadata": {"name": "volsync"}})
        self._objects.apply(CLUSTER_ROLE_BINDING, None, {
            "metadata": {"name": "volsync"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "volsync", "namespace": NAMESPACE}]})
