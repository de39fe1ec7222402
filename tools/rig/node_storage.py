"""Volumes and their snapshots on a node: the hostpath CSI driver with its sidecars, and classes for it."""

from . import crds
from .node import NAME, Node, expect
from .objects import STORAGE_CLASS, VOLUME_SNAPSHOT_CLASS, Kind, Objects
from .processes import wait_until

CLASS, LATE_CLASS = "hostpath", "hostpath-late"  # the second waits for its first consumer
NEEDED = ("hostpathplugin", "csi-registrar", "csi-provisioner", "csi-snapshotter", "snapshot-controller", "crds")

_DRIVER = "hostpath.csi.k8s.io"
_CSI_DRIVER = Kind("storage.k8s.io", "v1", "CSIDriver", "csidrivers", namespaced=False)
_CSI_NODE = Kind("storage.k8s.io", "v1", "CSINode", "csinodes", namespaced=False)


def install(node: Node, components) -> None:
    """Returns when the node can provision, mount and snapshot volumes. Raises Unavailable where a part is missing."""
    expect(components, NEEDED)
    crds.install_folder(node.api, components / "crds", "snapshot.")
    crds.install_folder(node.api, components / "crds", "groupsnapshot.")
    crds.install_folder(node.api, components / "crds", "populator.")
    _start_driver(node, components)
    _make_classes(Objects(node.api))
    wait_until(lambda: _registered(node), 60, "the CSI driver is known on the node")


def _start_driver(node: Node, components) -> None:
    plugins = node.kubelet_folder / "plugins" / _DRIVER
    plugins.mkdir(parents=True)
    registry = node.kubelet_folder / "plugins_registry"
    socket = plugins / "csi.sock"
    node.start_inside("hostpathplugin", components / "hostpathplugin", f"--drivername={_DRIVER}",
                      f"--endpoint=unix://{socket}", f"--nodeid={NAME}", f"--statedir={node.folder}/volumes")
    wait_until(socket.exists, 20, "the CSI driver listens")
    node.start_inside("csi-registrar", components / "csi-registrar", _DRIVER, socket, registry)
    client = (f"--csi-address={socket}", f"--kubeconfig={node.kubeconfig}", "--kube-api-qps=100",
              "--kube-api-burst=200")
    node.start_inside("csi-provisioner", components / "csi-provisioner", *client, "--feature-gates=Topology=true",
                      "--extra-create-metadata")
    node.start_inside("csi-snapshotter", components / "csi-snapshotter", *client)
    node.start_inside("snapshot-controller", components / "snapshot-controller", f"--kubeconfig={node.kubeconfig}")


def _make_classes(objects: Objects) -> None:
    def default(kind: str) -> dict:
        return {f"{kind}.kubernetes.io/is-default-class": "true"}
    objects.apply(_CSI_DRIVER, None, {"metadata": {"name": _DRIVER}, "spec": {
        "volumeLifecycleModes": ["Persistent"], "attachRequired": False, "podInfoOnMount": True,
        "fsGroupPolicy": "File"}})
    for name, binding, marks in ((CLASS, "Immediate", default("storageclass")),
                                 (LATE_CLASS, "WaitForFirstConsumer", {})):
        objects.apply(STORAGE_CLASS, None, {"metadata": {"name": name, "annotations": marks}, "provisioner": _DRIVER,
                                            "reclaimPolicy": "Delete", "volumeBindingMode": binding})
    objects.apply(VOLUME_SNAPSHOT_CLASS, None, {
        "metadata": {"name": CLASS, "annotations": default("snapshot.storage")}, "driver": _DRIVER,
        "deletionPolicy": "Delete"})


def _registered(node: Node) -> bool:
    found = Objects(node.api).get(_CSI_NODE, None, NAME)
    return bool(found) and any(each["name"] == _DRIVER for each in found["spec"].get("drivers") or [])
