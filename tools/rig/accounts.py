"""A service account for a program under test, with the token as the kubelet would mount it."""

import contextlib
import json
import pathlib

from .control_plane import ControlPlane
from .kube_api import Api
from .objects import CLUSTER_ROLE, CLUSTER_ROLE_BINDING, SECRET, SERVICE_ACCOUNT, Objects

NAMESPACE = "holdfast-system"
POD_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"


def rule(group: str, resources: str, verbs: str) -> dict:
    """`rule("volsync.backube", "replicationsources replicationsources/status", "get list watch")`."""
    return {"apiGroups": [group], "resources": resources.split(), "verbs": verbs.split()}


class ServiceAccount:
    """Its folder holds `token`, `ca.crt` and `namespace`; the caller removes it."""

    def __init__(self, plane: ControlPlane, folder: pathlib.Path, rules: list[dict] | None, *,
                 namespace: str = NAMESPACE, name: str = "holdfast"):
        """`rules`: what it may do; None: somebody else has made it and says that."""
        self._plane = plane
        self._objects = Objects(plane.api)
        self._tokens = 0
        self._secret = ""
        self.folder = folder
        self.namespace = namespace
        self.name = name
        if rules is not None:
            self._create(rules)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ca.crt").write_bytes(plane.ca.read_bytes())
        (folder / "namespace").write_text(namespace)
        self.rotate()

    @property
    def user(self) -> str:
        """The name that authorization and the audit log know it by."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def token_file(self) -> pathlib.Path:
        return self.folder / "token"

    def allow(self, rules: list[dict]) -> None:
        """These from now on, and no others."""
        self._objects.merge(CLUSTER_ROLE, None, self._role, {"rules": rules})

    def rotate(self) -> None:
        """A new token in the file. The one before stays good, as after the kubelet's own rotation; see revoke()."""
        self._tokens += 1
        self._secret = f"{self.name}-token-{self._tokens}"
        self._put_token(self._issue(self._secret))

    def revoke(self) -> None:
        """The token in the file is good no more, once the API server has forgotten (10 s) that it was."""
        self._objects.delete(SECRET, self.namespace, self._secret)

    def spoil_token(self) -> None:
        """The file holds a token that nobody issued: 401 at once."""
        self._put_token("not.a.token")

    def remove_token(self) -> None:
        self.token_file.unlink()

    def api(self) -> Api:
        """The API as this account may use it, by the token of this moment."""
        return Api(*self._plane.api.address, self._plane.ca, self.token_file.read_text())

    def kubeconfig(self, port: int | None = None) -> pathlib.Path:
        """A file that names the token's file; `port` is a proxy's, or else the API server's own."""
        host, own_port = self._plane.api.address
        path = self.folder / f"kubeconfig-{port or own_port}"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "rig",
            "clusters": [{"name": "rig", "cluster": {"server": f"https://{host}:{port or own_port}",
                                                     "certificate-authority": str(self.folder / "ca.crt")}}],
            "users": [{"name": self.name, "user": {"tokenFile": str(self.token_file)}}],
            "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": self.name,
                                                     "namespace": self.namespace}}],
        }, indent=1))
        return path

    def pod_environment(self, port: int | None = None) -> dict[str, str]:
        """What the kubelet tells a container about the API server, and our manifests about the pod."""
        host, own_port = self._plane.api.address
        return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": str(port or own_port),
                "POD_NAMESPACE": self.namespace}

    def pod_launcher(self) -> list[str]:
        """Words to put before a command so that it finds this folder where a pod does; root only.

        The command gets a mount namespace of its own with an empty /run in it (/var/run leads there): nothing of the
        machine's own file system changes.
        """
        script = ('mount -t tmpfs none /run && mkdir -p "$1" && mount --bind "$2" "$1" || exit 126; shift 2; '
                  'exec "$@"')
        return ["unshare", "--mount", "sh", "-c", script, "sh", POD_FOLDER, str(self.folder)]

    @property
    def _role(self) -> str:
        return f"{self.namespace}-{self.name}"

    def _create(self, rules: list[dict]) -> None:
        self._plane.api.create_namespace(self.namespace)
        objects = self._objects
        objects.apply(SERVICE_ACCOUNT, self.namespace, {"metadata": {"name": self.name}})
        objects.apply(CLUSTER_ROLE, None, {"metadata": {"name": self._role}, "rules": rules}, force=True)
        objects.apply(CLUSTER_ROLE_BINDING, None, {
            "metadata": {"name": self._role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": self._role},
            "subjects": [{"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}]}, force=True)

    def _issue(self, secret: str) -> str:
        """By the TokenRequest API, bound to a Secret of that name: without it the token is not good."""
        bound = self._objects.apply(SECRET, self.namespace, {"metadata": {"name": secret}})
        reference = {"apiVersion": "v1", "kind": "Secret", "name": secret, "uid": bound["metadata"]["uid"]}
        path = SERVICE_ACCOUNT.path(self.namespace, self.name, "token")
        answer = self._plane.api.request("POST", path, {
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600, "boundObjectRef": reference}})
        if not answer.ok:
            raise RuntimeError(f"token for {self.user}: {answer}")
        return answer.body["status"]["token"]

    def _put_token(self, token: str) -> None:
        part = self.folder / ".token.part"
        part.write_text(token)
        part.chmod(0o600)
        part.rename(self.token_file)


@contextlib.contextmanager
def token_missing(account: ServiceAccount):
    """For a `with` block; afterwards there is a new one."""
    account.remove_token()
    try:
        yield
    finally:
        account.rotate()
