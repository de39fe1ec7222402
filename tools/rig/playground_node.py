"""What `make cluster` starts: a whole node, with holdfast in its pods and a pod's volume to lose and get back."""

import pathlib
import textwrap

from .node_cluster import USER, NodeCluster
from .node_install import OVERLAY, Installation
from .playground import NAMESPACE, Ground, claim


class Playground(Ground):
    """Raises enclosure.Unavailable."""

    def start(self) -> None:
        print("Starting a node, about a minute.", flush=True)
        self._cluster = self.enter_context(NodeCluster(self._components, self._holdfast))
        self._install()
        furnish(self._cluster, self._folder)

    def environment(self) -> dict[str, str]:
        """For a command that is run here."""
        return {"KUBECONFIG": str(self._cluster.node.kubeconfig),
                "PATH": f"{self._components}:/usr/sbin:/usr/bin:/sbin:/bin", "MANIFESTS": str(self._folder),
                "REPOSITORY": str(self._cluster.repository.path)}

    def guide(self) -> str:
        folder = self._folder
        return textwrap.dedent(f"""\

            A Kubernetes node is running, with CSI snapshots, VolSync and its kopia mover, a kopia repository, and
            holdfast as the overlay nfs installs it. In another terminal:

              export KUBECONFIG={self._cluster.node.kubeconfig} PATH={self._components}:$PATH
              export MANIFESTS={self._folder} REPOSITORY={self._cluster.repository.path}

            docs/tutorial.md says what to do with it: a volume, its backup, a drill, a loss, a restore.

            What holdfast says
              kubectl -n holdfast-system exec deploy/holdfast -- holdfast why {NAMESPACE}/data
              kubectl -n holdfast-system exec deploy/holdfast -- holdfast doctor
              kubectl -n holdfast-system logs -f -l app.kubernetes.io/name=holdfast

            Ctrl-C ends all of it and leaves nothing.""")

    @property
    def _folder(self) -> pathlib.Path:
        return self._installation.folder

    def _install(self) -> None:
        self._installation = Installation(self._cluster, "playground")
        self._installation.prepare_overlay(minAge="20s")  # the pod has written by then
        for command in (f"kubectl apply -k {OVERLAY}", f"manifests/pin {OVERLAY}"):
            self._installation.shell(command)


def furnish(cluster: NodeCluster, folder: pathlib.Path) -> None:
    """The namespace and the manifests of docs/tutorial.md."""
    cluster.node.api.create_namespace(NAMESPACE)
    (folder / "data.yaml").write_text(claim(NAMESPACE, "data"))
    for name, script in (("write", "date | tee /data/written; head -c 5000000 /dev/urandom >/data/big; sha256sum "
                                   "/data/big | tee /data/sum"),
                         ("read", "cat /data/written; sha256sum --check /data/sum")):
        (folder / f"{name}.yaml").write_text(_pod(name, script, cluster.volsync.mover_image))


def _pod(name: str, script: str, image: str) -> str:
    return textwrap.dedent(f"""\
        apiVersion: v1
        kind: Pod
        metadata: {{name: {name}, namespace: {NAMESPACE}}}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 0
          securityContext: {{runAsUser: {USER}, runAsGroup: {USER}, fsGroup: {USER}}}
          containers:
          - name: main
            image: {image}
            command: [bash, -ec, "{script}"]
            volumeMounts: [{{name: data, mountPath: /data}}]
          volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
        """)
