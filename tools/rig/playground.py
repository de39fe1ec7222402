"""What `make cluster NODE=off` starts: the control plane alone, a repository, and holdfast beside them."""

import contextlib
import pathlib
import textwrap

from .control_plane import ControlPlane
from .guarded import Guarded

NAMESPACE = "demo"
_BACKED_UP = ("data", "music")


class Ground(contextlib.ExitStack):
    """For a `with` block: what start() has entered ends with it."""

    def __init__(self, components: pathlib.Path, holdfast: pathlib.Path):
        super().__init__()
        self._components = components
        self._holdfast = holdfast

    def __enter__(self):
        super().__enter__()
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self


class Playground(Ground):
    def start(self) -> None:
        self._plane = self.enter_context(ControlPlane(self._components))
        self._guarded = self.enter_context(Guarded(self._plane, self._components, self._holdfast))
        self._furnish()

    def environment(self) -> dict[str, str]:
        """For a command that is run here."""
        return {"KUBECONFIG": str(self._plane.kubeconfig), "PATH": f"{self._components}:/usr/sbin:/usr/bin:/sbin:/bin",
                "MANIFESTS": str(self._guarded.folder), "REPOSITORY": str(self._guarded.repository.path),
                "HOLDFAST_OPS": f"http://127.0.0.1:{self._guarded.holdfast.ops_port}"}

    def guide(self) -> str:
        guarded, repository = self._guarded, self._guarded.repository.path
        return textwrap.dedent(f"""\

            A Kubernetes API server, etcd, a kopia repository and holdfast are running. In another terminal:

              export KUBECONFIG={self._plane.kubeconfig} PATH={self._components}:$PATH

            Restore: it has a backup, so it comes out referring to it
              kubectl apply -f {self._manifest('data')}
              kubectl get pvc -n {NAMESPACE} data -o yaml

            Fresh: it is proven that there is no backup, so it is admitted as it is
              kubectl apply -f {self._manifest('empty')}

            Wait: nothing can be proven; kubectl tries for a while by itself, and goes on once the repository is back
              mv {repository} {repository}.away
              kubectl apply -f {self._manifest('music')} & sleep 5
              mv {repository}.away {repository}; wait

            Refuse: another repository in its place
              mv {repository} {repository}.away; mv {self._another} {repository}
              kubectl delete pvc -n {NAMESPACE} data; kubectl apply -f {self._manifest('data')}
              mv {repository} {self._another}; mv {repository}.away {repository}

            What holdfast says
              curl http://127.0.0.1:{guarded.holdfast.ops_port}/metrics
              tail -f {guarded.holdfast.process.log}

            Ctrl-C ends all of it and leaves nothing.""")

    def _furnish(self) -> None:
        self._plane.start_controller_manager()
        self._plane.api.create_namespace(NAMESPACE)
        for name in _BACKED_UP:
            self._guarded.repository.snapshot(NAMESPACE, name)
        self._guarded.repository.create_another(self._another)
        for name in (*_BACKED_UP, "empty"):
            self._manifest(name).write_text(claim(NAMESPACE, name))

    def _manifest(self, name: str) -> pathlib.Path:
        return self._guarded.folder / f"{name}.yaml"

    @property
    def _another(self) -> pathlib.Path:
        return self._guarded.folder / "another-repository"


def claim(namespace: str, name: str) -> str:
    """The manifest of a PVC with the label."""
    return textwrap.dedent(f"""\
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          name: {name}
          namespace: {namespace}
          labels:
            backup: daily
        spec:
          accessModes: [ReadWriteOnce]
          resources:
            requests:
              storage: 1Gi
        """)
