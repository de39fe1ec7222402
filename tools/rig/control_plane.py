"""A real Kubernetes control plane on loopback, for as long as a `with` block lasts."""

import base64
import contextlib
import datetime
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.request

from . import audit
from .kube_api import Api
from .objects import Kind
from .processes import Child, free_ports, plain_environment, run, wait_until


class ControlPlane:
    """etcd and kube-apiserver, on demand kube-controller-manager. For one thread; `api` is for any."""

    host = "127.0.0.1"  # where the API server listens, and where it is asked
    authorization = "RBAC"

    def __init__(self, components: pathlib.Path):
        self._components = components
        self._children: list[Child] = []
        self._api_server: Child
        self._etcd: Child
        self._store: str
        self._api_server_flags: list[str]
        self._controller_manager: Child | None = None
        self.folder: pathlib.Path
        self.api: Api
        self.audit: audit.AuditLog

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-rig-"))
        self.audit = audit.AuditLog(self.folder / "audit.log")
        try:
            self._issue_certificates()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        while self._children:
            self._children.pop().end()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def kubeconfig(self) -> pathlib.Path:
        return self.folder / "kubeconfig"

    @property
    def ca(self) -> pathlib.Path:
        return self.folder / "ca.crt"

    @property
    def port(self) -> int:
        """The API server's, for as long as the control plane lasts."""
        return self.api.address[1]

    def kubectl(self, *words, stdin: str | None = None) -> subprocess.CompletedProcess:
        """Runs kubectl to its end; never raises for its exit status."""
        return subprocess.run(self.kubectl_command(*words), env=self.kubectl_environment(), input=stdin,
                              capture_output=True, text=True, check=False)

    def kubectl_command(self, *words) -> list[str]:
        return [str(self._components / "kubectl"), *map(str, words)]

    def kubectl_environment(self) -> dict:
        return plain_environment(self.folder, KUBECONFIG=str(self.kubeconfig))

    def start_controller_manager(self) -> None:
        """Unless it runs already."""
        if self._controller_manager is None:
            [port] = free_ports(1)
            self._controller_manager = self._run(
                "kube-controller-manager", f"--kubeconfig={self.kubeconfig}",
                f"--service-account-private-key-file={self.folder}/sa.key", f"--root-ca-file={self.ca}",
                "--leader-elect=false", "--bind-address=127.0.0.1", f"--secure-port={port}",
                # Its usual 20 requests a second would be busy for a minute with what a test of thousands leaves.
                "--kube-api-qps=1000", "--kube-api-burst=2000")

    @contextlib.contextmanager
    def controller_manager(self):
        """Garbage is collected, finalizers are honoured and volumes are bound, at least until the end of the block."""
        ran_before = self._controller_manager is not None
        self.start_controller_manager()
        try:
            yield
        finally:
            if not ran_before:
                self.stop_controller_manager()

    def stop_controller_manager(self) -> None:
        """If it runs."""
        if self._controller_manager is not None:
            self._stop(self._controller_manager)
            self._controller_manager = None

    def stop_api_server(self) -> None:
        """As a crash: in good order it would wait a minute for its watches."""
        self._api_server.signal(signal.SIGKILL)
        self._stop(self._api_server)
        self.api.forget_connections()

    def start_api_server(self) -> None:
        """After stop_api_server(): the same port and the same data; returns when it is ready."""
        self._api_server = self._run("kube-apiserver", *self._api_server_flags)
        wait_until(self._ready, 90, "kube-apiserver becomes ready", every=0.1)

    def restart_api_server(self) -> None:
        self.stop_api_server()
        self.start_api_server()

    @contextlib.contextmanager
    def api_server_down(self):
        """Connections are refused until the end of the block."""
        self.stop_api_server()
        try:
            yield
        finally:
            self.start_api_server()

    @contextlib.contextmanager
    def api_server_frozen(self):
        """Connections are accepted, by the kernel, and nobody answers until the end of the block."""
        self._api_server.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._api_server.signal(signal.SIGCONT)

    @contextlib.contextmanager
    def etcd_frozen(self):
        """The API server is there and can neither read nor write, until the end of the block."""
        self._etcd.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._etcd.signal(signal.SIGCONT)

    def backdate(self, kind: Kind, namespace: str, name: str, created: datetime.datetime) -> None:
        """A custom object was created then, by its record in etcd: the API server lets nobody say so."""
        key = _base64(f"/registry/{kind.group}/{kind.plural}/{namespace}/{name}".encode())

        def is_written() -> bool:
            [record] = self._ask_etcd("range", {"key": key})["kvs"]
            document = json.loads(base64.b64decode(record["value"]))
            document["metadata"]["creationTimestamp"] = created.strftime("%Y-%m-%dT%H:%M:%SZ")
            put = {"key": key, "value": _base64(json.dumps(document).encode())}
            unchanged = {"key": key, "target": "MOD", "mod_revision": record["mod_revision"]}
            return self._ask_etcd("txn", {"compare": [unchanged], "success": [{"request_put": put}]}).get("succeeded")
        wait_until(is_written, 10, f"{kind.name} {namespace}/{name} is backdated")

    def _ask_etcd(self, call: str, question: dict) -> dict:
        request = urllib.request.Request(f"{self._store}/v3/kv/{call}", json.dumps(question).encode())
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def audit_events(self, namespace: str, verb: str = "create") -> list[dict]:
        """The audit log's entries about PVCs of a namespace, oldest first."""
        return self.audit.pvc_events(namespace, verb)

    def _start(self, attempts: int = 3) -> None:
        # A port that was free a moment ago may be taken now; then everything is tried again with others.
        for attempt in range(attempts):
            try:
                self._start_etcd_and_api_server()
                return
            except ChildProcessError:
                while self._children:
                    self._children.pop().end()
                if attempt == attempts - 1:
                    raise

    def _start_etcd_and_api_server(self) -> None:
        client, peer, secure = free_ports(3)
        data = self.folder / "etcd"
        shutil.rmtree(data, ignore_errors=True)
        store = f"http://127.0.0.1:{client}"
        self._etcd = self._run(
            "etcd", f"--data-dir={data}", "--unsafe-no-fsync", f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}", f"--listen-peer-urls=http://127.0.0.1:{peer}", "--log-level=warn")
        self._store = store
        self._api_server_flags = [f"--etcd-servers={store}", *self._flags_of_api_server(secure)]
        self.api = Api(self.host, secure, self.folder / "ca.crt", self.folder / "admin.crt",
                       self.folder / "admin.key")
        self._write_kubeconfig(secure)
        self.start_api_server()

    def _flags_of_api_server(self, port: int) -> list[str]:
        folder = self.folder
        (folder / "audit-policy.yaml").write_text(audit.POLICY)
        return [
            f"--bind-address={self.host}", f"--secure-port={port}",
            f"--tls-cert-file={folder}/api.crt", f"--tls-private-key-file={folder}/api.key",
            f"--client-ca-file={folder}/ca.crt", f"--authorization-mode={self.authorization}", "--allow-privileged=true",
            "--service-account-issuer=https://rig", f"--service-account-key-file={folder}/sa.pub",
            f"--service-account-signing-key-file={folder}/sa.key", "--service-cluster-ip-range=10.0.0.0/24",
            f"--audit-policy-file={folder}/audit-policy.yaml", f"--audit-log-path={folder}/audit.log",
            f"--admission-control-config-file={self._write_admission_configuration()}",
        ]

    def _write_admission_configuration(self) -> pathlib.Path:
        """The API server shows its own certificate to every webhook that asks for one."""
        folder = self.folder
        (folder / "webhook-users.json").write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config",
            "users": [{"name": "*", "user": {"client-certificate": f"{folder}/api.crt",
                                             "client-key": f"{folder}/api.key"}}],
        }))
        configuration = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration",
                         "kubeConfigFile": f"{folder}/webhook-users.json"}
        path = folder / "admission.json"
        path.write_text(json.dumps({
            "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
            "plugins": [{"name": name, "configuration": configuration}
                        for name in ("MutatingAdmissionWebhook", "ValidatingAdmissionWebhook")],
        }))
        return path

    def _ready(self) -> bool:
        for child in self._children:
            if not child.alive():
                raise ChildProcessError(f"{child.name} ended: {child.last_words()}")
        try:
            return self.api.request("GET", "/readyz").status == 200
        except OSError:
            return False

    def _run(self, program: str, *flags: str) -> Child:
        child = self._launch(self.folder / f"{program}.log", self._components / program, *flags)
        self._children.append(child)
        return child

    def _launch(self, log: pathlib.Path, *words) -> Child:
        return Child([*words], log, env=plain_environment(self.folder))

    def _stop(self, child: Child) -> None:
        self._children.remove(child)
        child.end()

    def _issue_certificates(self) -> None:
        folder = self.folder
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=rig-ca",
            "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
        self._issue("api", "/CN=kube-apiserver",
                    f"IP:{self.host},IP:10.0.0.1,DNS:localhost,DNS:kubernetes.default.svc")
        self._issue("admin", "/O=system:masters/CN=admin", "DNS:admin")
        run("openssl", "genrsa", "-out", folder / "sa.key", "2048")
        run("openssl", "rsa", "-in", folder / "sa.key", "-pubout", "-out", folder / "sa.pub")

    def _issue(self, name: str, subject: str, alternatives: str) -> None:
        base = self.folder / name
        base.with_suffix(".ext").write_text(f"subjectAltName={alternatives}\n")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout",
            base.with_suffix(".key"), "-out", base.with_suffix(".csr"))
        run("openssl", "x509", "-req", "-in", base.with_suffix(".csr"), "-CA", self.folder / "ca.crt", "-CAkey",
            self.folder / "ca.key", "-CAcreateserial", "-days", "30", "-out", base.with_suffix(".crt"),
            "-extfile", base.with_suffix(".ext"))

    def _write_kubeconfig(self, port: int) -> None:
        folder = self.folder
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "rig",
            "clusters": [{"name": "rig", "cluster": {"server": f"https://{self.host}:{port}",
                                                     "certificate-authority": f"{folder}/ca.crt"}}],
            "users": [{"name": "admin", "user": {"client-certificate": f"{folder}/admin.crt",
                                                 "client-key": f"{folder}/admin.key"}}],
            "contexts": [{"name": "rig", "context": {"cluster": "rig", "user": "admin"}}],
        }, indent=1))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
