"""The base of the generator's tests: a holdfast that generates, as a service account, over a wire that can be cut."""

import datetime
import pathlib
import subprocess
import tempfile

from guarded_case import GuardedCase
from rig import crds
from rig.accounts import ServiceAccount, rule
from rig.audit import AuditLog, Requests
from rig.objects import CLEANUP_POLICY, GENERATED, PVC, Objects
from rig.processes import plain_environment, wait_until
from rig.tcp_proxy import TcpProxy
from rig.volsync import install_storage_crds
from rig.volsync_part import VolSyncPart
from suite import Stage

_READ = "get list watch"
_WRITE = "create update patch delete"

# What a generating holdfast may do; everything else is answered with 403.
RULES = [
    rule("", "persistentvolumeclaims namespaces secrets", _READ),
    rule("", "events", "list create update patch"),
    rule("", "configmaps", "get list create patch"),
    rule("batch", "jobs", _READ),
    rule("coordination.k8s.io", "leases", f"get {_WRITE}"),
    rule("volsync.backube", "replicationsources replicationdestinations kopiamaintenances", f"{_READ} {_WRITE}"),
    rule("volsync.backube", "replicationdestinations/status", "patch update"),
    rule("external-secrets.io", "externalsecrets", f"{_READ} {_WRITE}"),
    rule("kyverno.io", "clustercleanuppolicies", f"{_READ} {_WRITE}"),
    rule("snapshot.storage.k8s.io", "volumesnapshots volumesnapshotclasses", _READ),
    rule("storage.k8s.io", "storageclasses", _READ),
]


class GeneratorCase(GuardedCase):
    """Subclasses say in `settings` (YAML) and `flags` how their holdfast differs.

    A kube-controller-manager runs. `account`: who holdfast is; `wire`: between it and the API server; `objects` and
    `part`: the test's own hands.
    """

    settings = ""
    flags: tuple[str, ...] = ("--generator=on", "--min-age", "0s")
    rules = RULES
    definitions = crds.ALL  # those that are installed before holdfast starts
    by_wire = True  # False: holdfast asks the API server itself

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        plane = Stage.plane
        cls._began = AuditLog.now()
        cls.objects = Objects(plane.api)
        cls.part = VolSyncPart(plane.api)
        cls._install_definitions()
        cls.enterClassContext(plane.controller_manager())
        cls._clear()
        cls.prepare()
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-generator-")))
        cls.account = ServiceAccount(plane, folder / "account", cls.rules)
        cls.wire = cls.enterClassContext(TcpProxy(plane.port))
        (folder / "settings.yaml").write_text(cls.settings)
        cls.guarded_options = cls.guarded_options | {
            "flags": ("--config", str(folder / "settings.yaml"), "--kubeconfig",
                      str(cls.account.kubeconfig(cls.wire.port if cls.by_wire else None)), *cls.flags),
            "environment": {"POD_NAMESPACE": cls.account.namespace}}
        super().setUpClass()
        if "--generator=on" in cls.flags:
            wait_until(cls._knows_what_was_seen, 60, "holdfast has begun to remember backups")

    def setUp(self):
        super().setUp()
        self.addCleanup(self.objects.delete_all, PVC, self.namespace)

    @classmethod
    def _knows_what_was_seen(cls) -> bool:
        """Before it does, no PVC may start empty."""
        [line] = [line for line in cls.holdfast.get("/readyz")[1].splitlines() if line.startswith("tombstones: ")]
        return not any(words in line for words in ("not started", "not read yet", "not written yet"))

    @classmethod
    def prepare(cls):
        """Makes what stands before holdfast starts."""

    @classmethod
    def _clear(cls):
        """What earlier tests left would be taken for this cluster's."""
        for kind in (PVC, *GENERATED, CLEANUP_POLICY):
            cls.objects.delete_all(kind)
        wait_until(lambda: not cls.objects.items(PVC), 120, "the PVCs of earlier tests are gone", every=0.5)

    @classmethod
    def _install_definitions(cls):
        api = Stage.plane.api
        absent = [plural for plural in crds.ALL if plural not in cls.definitions]
        if absent:
            crds.remove(api, *absent)
        crds.install(api, *cls.definitions)
        if (Stage.components / "crds").exists():
            install_storage_crds(Stage.plane, Stage.components)

    def command(self, verb: str, *words: str) -> subprocess.CompletedProcess:
        """One of holdfast's, with the settings of the pod that serves."""
        guarded = self.guarded
        command = [Stage.holdfast, verb, "--index-backend", "kopia-fs", "--index-path", guarded.repository.path,
                   "--kopia-password-file", guarded.repository.password_file, "--kopia-binary",
                   Stage.components / "kopia", "--repository-id", guarded.repository_id, "--webhook-cert-dir",
                   guarded.certificates, *self.guarded_options["flags"], *words]
        environment = plain_environment(guarded.folder, **self.guarded_options["environment"])
        return subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True,
                              timeout=120, check=False)

    def asked(self, since: datetime.datetime | None = None) -> Requests:
        """What holdfast asked the API server for, from that time on (AuditLog.now()), or since the class began."""
        return self.plane.audit.requests_of(self.account.user, since or self._began)
