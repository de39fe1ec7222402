"""A control plane whose PVCs are guarded: a kopia repository, a holdfast that reads it, the webhook configurations."""

import pathlib
import shutil
import tempfile

from . import webhooks
from .control_plane import ControlPlane
from .holdfast import Holdfast, generate_certificates, repository_id
from .kopia_repo import KopiaRepository
from .processes import wait_until

PROBE_NAMESPACE = "holdfast-rig-probe"


class Guarded:
    """Holds from `with` to its end; then the control plane is as bare as before."""

    def __init__(self, plane: ControlPlane, components: pathlib.Path, binary: pathlib.Path, *,
                 format_version: int | None = None, pinned: bool = True, kopia: pathlib.Path | None = None,
                 flags: tuple[str, ...] = (), excluded: tuple[str, ...] = webhooks.EXCLUDED_NAMESPACES,
                 launcher: tuple[str, ...] = (), environment: dict | None = None):
        self.plane = plane
        self.binary = binary
        self._components = components
        self._format_version = format_version
        self._pinned = pinned
        self._kopia = kopia or components / "kopia"
        self._flags = flags
        self._excluded = excluded
        self._process = {"launcher": launcher, "environment": environment}

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-guarded-"))
        self._instances: list[Holdfast] = []
        try:
            self.certificates = generate_certificates(self.binary, self.folder / "certs")
            self.repository = self._make_repository()
            self.repository_id = repository_id(self.binary, *self._index_flags())
            self.holdfast = self.start_instance("holdfast")
            self.point_webhooks_at(self.holdfast.webhook_port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        webhooks.remove(self.plane.api)
        while self._instances:
            self._instances.pop().stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_instance(self, name: str, *flags: str, environment: dict | None = None) -> Holdfast:
        """One more replica; ended with the rest. `environment`: another one than that of the first."""
        process = self._process if environment is None else self._process | {"environment": environment}
        pin = ["--repository-id", self.repository_id] if self._pinned else []
        instance = Holdfast(
            self.binary, self.folder, self.certificates, *self._index_flags(),
            "--kopia-password-file", str(self.repository.password_file),
            "--kopia-binary", str(self._kopia), "--index-timeout", "4s", "--drain", "3s", *pin, *self._flags,
            *flags, name=name, **process)
        self._instances.append(instance)
        return instance

    def _make_repository(self) -> KopiaRepository:
        return KopiaRepository(self._components / "kopia", self.folder, self._format_version)

    def _index_flags(self) -> list[str]:
        """Where the backups are."""
        return ["--index-backend", "kopia-fs", "--index-path", str(self.repository.path)]

    def point_webhooks_at(self, port: int) -> None:
        """Installs the configurations and waits until the API server goes by them."""
        api = self.plane.api
        webhooks.install(api, port, self.certificates / "ca.crt", self._excluded)
        api.create_namespace(PROBE_NAMESPACE)
        wait_until(self._both_webhooks_are_asked, 20, "the API server asks holdfast")

    def _both_webhooks_are_asked(self) -> bool:
        seen = [self._asked("mutate"), self._asked("validate")]
        probe = {"metadata": {"name": "probe", "labels": {"backup-exempt": "true"},
                              "annotations": {"volsync.backup/backup-exempt-reason": "probe of the rig"}},
                 "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
        self.plane.api.create_pvc(PROBE_NAMESPACE, probe, dry_run=True)
        return self._asked("mutate") > seen[0] and self._asked("validate") > seen[1]

    def _asked(self, webhook: str) -> int:
        return sum(instance.admissions(webhook=webhook) for instance in self._instances)
