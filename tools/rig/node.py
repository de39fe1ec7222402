"""A real single-node Kubernetes on this machine: the control plane, kubelet, containerd, pod network and Services.

It runs in an enclosure, so that what it mounts, routes and groups is gone with it. There is no registry: images are
given with import_image(). The kernel may have no NFS client: in the enclosure `mount -t nfs` binds a folder of the
machine instead, see export().
"""

import pathlib
import shlex

from . import container_image
from .control_plane import ControlPlane
from .enclosure import Enclosure, Unavailable
from .processes import Child, free_ports, plain_environment, wait_until

NAME = "node"
REGISTRY = "rig.example.org"
PODS = "10.88.0.0/16"
NEEDED = ("kubelet", "kube-scheduler", "kube-proxy", "pause", "containerd-root")

_CONTAINERD = """\
version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
oom_score = 0
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{registry}/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true   # runc may not lower what it was given
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{root}/usr/lib/cni"
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "{root}/usr/sbin/runc"
        SystemdCgroup = false
"""
_NETWORK = """\
{{"cniVersion": "0.4.0", "name": "pods", "plugins": [{{
  "type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
  "ipam": {{"type": "host-local", "dataDir": "{folder}/addresses", "ranges": [[{{"subnet": "{pods}"}}]],
           "routes": [{{"dst": "0.0.0.0/0"}}]}}}}]}}
"""
_KUBELET = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /{cgroup}
authentication: {{anonymous: {{enabled: false}}, webhook: {{enabled: false}}, x509: {{clientCAFile: {folder}/ca.crt}}}}
authorization: {{mode: AlwaysAllow}}
containerRuntimeEndpoint: unix://{folder}/containerd.sock
address: {address}
healthzPort: 0
tlsCertFile: {folder}/node.crt
tlsPrivateKeyFile: {folder}/node.key
volumePluginDir: {folder}/volume-plugins
podLogsDir: {folder}/pod-logs
resolvConf: ""
failSwapOn: false
imageGCHighThresholdPercent: 100
evictionHard: {{memory.available: 100Mi, nodefs.available: 1%}}
"""
_PROXY = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: {pods}
hostnameOverride: {node}
clientConnection: {{kubeconfig: {folder}/kubeconfig}}
healthzBindAddress: ""
metricsBindAddress: ""
# These belong to the machine, not to a network namespace.
conntrack: {{maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}}
"""
_MOUNT_NFS = """\
#!/bin/sh
# mount.nfs SERVER:/PATH FOLDER [OPTIONS]: a folder of the machine in the place of an export.
export={exports}/$(printf %s "$1" | tr / '!')
target=$(readlink -e "$export") || {{ echo "mount.nfs: nobody exports $1" >&2; exit 32; }}
user=$(cat "$export.all_squash" 2>/dev/null) || exec mount --bind "$target" "$2"
exec bindfs --create-for-user="$user" --create-for-group="$user" --chown-ignore --chgrp-ignore --perms=a+rwX \
  -o attr_timeout=0,entry_timeout=0 "$target" "$2"
"""


def expect(components: pathlib.Path, names: tuple[str, ...]) -> None:
    """Raises Unavailable with those that are missing."""
    missing = [name for name in names if not (components / name).exists()]
    if missing:
        raise Unavailable(f"{components} lacks {', '.join(missing)}: tools/components/build says why")


class Node(ControlPlane):
    """For a `with` block; needs root. Raises Unavailable where this machine cannot do it or a component is missing."""

    authorization = "Node,RBAC"

    def __init__(self, components: pathlib.Path):
        super().__init__(components)
        expect(components, NEEDED)
        self.enclosure: Enclosure

    def __exit__(self, *_):
        # Everything inside ends at once, with whatever it mounted; there is nothing to end in order.
        if hasattr(self, "enclosure"):
            self.enclosure.__exit__()
        super().__exit__()

    def import_image(self, archive: pathlib.Path) -> None:
        """An archive of container_image, or of `docker save`."""
        self.enclosure.run(self._components / "containerd-root/usr/bin/ctr", "--address",
                           self.folder / "containerd.sock", "--namespace", "k8s.io", "images", "import", archive)

    def image(self, name: str, root: pathlib.Path, **how) -> str:
        """Makes an image of a folder and imports it; its whole name, for pods."""
        whole = f"{REGISTRY}/{name}"
        archive = self.folder / f"{name.replace('/', '-').replace(':', '-')}.tar"
        self.import_image(container_image.archive(whole, root, archive, **how))
        archive.unlink()
        return whole

    def export(self, server: str, path: str, folder: pathlib.Path, *, all_squash: int | None = None) -> None:
        """From now on `server`:`path` is this folder to whoever mounts it by NFS; again: another folder.

        `all_squash`: whoever writes there does it as this user, and may read and write all; needs Debian's bindfs.
        """
        place = self.folder / "exports" / f"{server}:{path}".replace("/", "!")
        squash = place.with_name(f"{place.name}.all_squash")
        for before in (place, squash):
            before.unlink(missing_ok=True)
        if all_squash is not None:
            squash.write_text(str(all_squash))
        place.symlink_to(folder)

    def start_inside(self, name: str, *words, env: dict | None = None) -> Child:
        """A program that ends with the node."""
        child = self.enclosure.start(self.folder / f"{name}.log", *words,
                                     env=env or self._environment())
        self._children.append(child)
        return child

    def _start(self, attempts: int = 1) -> None:
        super()._start(attempts)  # nobody else takes a port inside

    def _start_etcd_and_api_server(self) -> None:
        self._start_containerd()
        super()._start_etcd_and_api_server()
        self.start_controller_manager()
        self._run("kube-scheduler", f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
                  "--bind-address=127.0.0.1", f"--secure-port={free_ports(1)[0]}")
        self._import_pause()
        self._start_kubelet()
        self._start_proxy()
        wait_until(self._node_ready, 120, "the node is ready", every=0.2)

    def _issue_certificates(self) -> None:
        self.enclosure = Enclosure(self.folder, (self._components / "pause").resolve()).__enter__()
        self.host = self.enclosure.address
        super()._issue_certificates()
        self._issue("node", f"/O=system:nodes/CN=system:node:{NAME}", f"DNS:{NAME},IP:{self.host}")

    def _flags_of_api_server(self, port: int) -> list[str]:
        return [*super()._flags_of_api_server(port),
                f"--kubelet-client-certificate={self.folder}/admin.crt",
                f"--kubelet-client-key={self.folder}/admin.key", "--kubelet-preferred-address-types=InternalIP"]

    def _launch(self, log: pathlib.Path, *words) -> Child:
        return self.enclosure.start(log, *words, env=self._environment())

    def _environment(self) -> dict:
        plain = plain_environment(self.folder)
        root = self._components / "containerd-root"
        return plain | {"PATH": f"{root}/usr/sbin:{root}/usr/bin:{plain['PATH']}"}

    def _start_containerd(self) -> None:
        root = (self._components / "containerd-root").resolve()
        self._write("containerd.toml", _CONTAINERD.format(folder=self.folder, root=root, registry=REGISTRY))
        self._write("cni/pods.conflist", _NETWORK.format(folder=self.folder, pods=PODS))
        self._stand_in_for_nfs()
        self.start_inside("containerd", root / "usr/bin/containerd", "--config", self.folder / "containerd.toml")

    def _import_pause(self) -> None:
        wait_until((self.folder / "containerd.sock").exists, 60, "containerd listens")
        pause = self.folder / "pause-root"
        pause.mkdir()
        self.import_image(container_image.archive(f"{REGISTRY}/pause:1", pause, self.folder / "pause.tar",
                                                  entrypoint=["/pause"], more={self._components / "pause": "pause"}))

    def _stand_in_for_nfs(self) -> None:
        """A helper of mount(8), in a folder laid over the machine's own, which stays as it is."""
        exports = self.folder / "exports"
        exports.mkdir()
        self._write("sbin/mount.nfs", _MOUNT_NFS.format(exports=exports))
        (self.folder / "sbin/mount.nfs").chmod(0o755)
        (self.folder / "sbin/mount.nfs4").symlink_to("mount.nfs")
        self.enclosure.run("sh", "-ec", "real=$(readlink -f /sbin) && mount -t overlay overlay -o "
                           f"lowerdir={shlex.quote(str(self.folder / 'sbin'))}:$real $real")

    def _start_kubelet(self) -> None:
        self._write("kubelet.yaml", _KUBELET.format(folder=self.folder, address=self.host,
                                                    cgroup=self.enclosure.cgroup))
        self._write("kubelet.kubeconfig", self.kubeconfig.read_text().replace("/admin.", "/node."))
        self._run("kubelet", f"--config={self.folder}/kubelet.yaml", f"--kubeconfig={self.folder}/kubelet.kubeconfig",
                  f"--root-dir={self.kubelet_folder}", f"--cert-dir={self.folder}", f"--hostname-override={NAME}",
                  f"--node-ip={self.host}")

    @property
    def kubelet_folder(self) -> pathlib.Path:
        return self.folder / "kubelet"

    def _start_proxy(self) -> None:
        self._write("proxy.yaml", _PROXY.format(folder=self.folder, pods=PODS, node=NAME))
        self._run("kube-proxy", f"--config={self.folder}/proxy.yaml")

    def _node_ready(self) -> bool:
        self._ready()  # raises where a program has ended
        answer = self.api.request("GET", f"/api/v1/nodes/{NAME}")
        conditions = answer.body.get("status", {}).get("conditions", []) if answer.ok else []
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    def _write(self, place: str, text: str) -> None:
        path = self.folder / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
