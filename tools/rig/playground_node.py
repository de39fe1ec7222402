"""What `make cluster` starts: a whole node, with holdfast in its pods and a pod's volume to lose and get back."""

import pathlib
import textwrap

from .node_cluster import USER, NodeCluster
from .node_install import OVERLAY, Installation
from .objects import SECRET, Objects
from .playground import NAMESPACE, Ground, claim


class Playground(Ground):
    """Raises enclosure.Unavailable."""

    def start(self) -> None:
        print("Starting a node, about a minute.", flush=True)
        self._cluster = self.enter_context(NodeCluster(self._components, self._holdfast))
        self._install()
        self._furnish()

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

            A volume, a pod that writes into it, and its first backup (VolSync begins at once)
              kubectl apply -f {folder}/data.yaml -f {folder}/write.yaml
              kubectl -n {NAMESPACE} wait --for=jsonpath='{{.status.phase}}'=Succeeded pod/write --timeout=2m
              kubectl -n {NAMESPACE} wait --for=create replicationsource/data-backup --timeout=2m
              kubectl -n {NAMESPACE} wait --for=jsonpath='{{.status.lastSyncTime}}' replicationsource/data-backup --timeout=2m

            Lose it, and get it back
              kubectl delete -f {folder}/data.yaml -f {folder}/write.yaml
              kubectl apply -f {folder}/data.yaml
              kubectl -n {NAMESPACE} wait --for=jsonpath='{{.status.phase}}'=Bound pvc/data --timeout=2m
              kubectl -n {NAMESPACE} get events --field-selector involvedObject.name=data
              kubectl apply -f {folder}/read.yaml
              kubectl -n {NAMESPACE} wait --for=jsonpath='{{.status.phase}}'=Succeeded pod/read --timeout=2m
              kubectl -n {NAMESPACE} logs read

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

    def _furnish(self) -> None:
        self._cluster.node.api.create_namespace(NAMESPACE)
        Objects(self._cluster.node.api).apply(SECRET, NAMESPACE, {
            "metadata": {"name": "volsync-data"}, "stringData": {
                "KOPIA_REPOSITORY": "filesystem:///mnt/repository",
                "KOPIA_PASSWORD": self._cluster.repository.password_file.read_text()}})
        (self._folder / "data.yaml").write_text(claim(NAMESPACE, "data"))
        for name, script in (("write", "date | tee /data/written; head -c 5000000 /dev/urandom >/data/big; sha256sum "
                                       "/data/big | tee /data/sum"),
                             ("read", "cat /data/written; sha256sum --check /data/sum")):
            (self._folder / f"{name}.yaml").write_text(self._pod(name, script))

    def _pod(self, name: str, script: str) -> str:
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
                image: {self._cluster.volsync.mover_image}
                command: [bash, -ec, "{script}"]
                volumeMounts: [{{name: data, mountPath: /data}}]
              volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
            """)
