"""A real S3 server over a folder, a kopia repository in a bucket of it, and a holdfast that reads that."""

import contextlib
import dataclasses
import pathlib
import signal
import socket

from .guarded import Guarded
from .holdfast import generate_certificates
from .kopia_repo import KopiaRepository
from .processes import Child, free_ports, plain_environment, wait_until

BUCKET = "backups"


@dataclasses.dataclass(frozen=True)
class Keys:
    access: str = "rig-access-key"
    secret: str = "rig-secret-key"


class S3Server:
    """Runs from start() to stop(), always on the same port; objects are files below `folder / "buckets"`."""

    def __init__(self, program: pathlib.Path, folder: pathlib.Path, certificates: pathlib.Path | None = None):
        """`certificates`: tls.crt and tls.key, for https."""
        self._program = program
        self._folder = folder
        self._certificates = certificates
        self._child: Child | None = None
        self._starts = 0
        self.keys = Keys()
        self.port = free_ports(1)[0]
        self.bucket = folder / "buckets" / BUCKET
        self.bucket.mkdir(parents=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{'https' if self._certificates else 'http'}://{self.host}"

    def start(self, keys: Keys | None = None) -> None:
        """Returns once it listens; `keys`: from now on these are the ones that it takes."""
        self.keys = keys or self.keys
        tls = ["--cert", self._certificates / "tls.crt", "--key", self._certificates / "tls.key"] \
            if self._certificates else []
        self._starts += 1
        self._child = Child(
            [self._program, "--port", self.host, *tls, "posix", self.bucket.parent],
            self._folder / f"s3-{self._starts}.log",
            env=plain_environment(self._folder, ROOT_ACCESS_KEY=self.keys.access, ROOT_SECRET_KEY=self.keys.secret))
        wait_until(self._listens, 20, "the S3 server listens")

    def stop(self) -> None:
        if self._child:
            self._child.signal(signal.SIGCONT)
            self._child.end()

    @contextlib.contextmanager
    def stopped(self):
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def frozen(self):
        """Takes connections, and says nothing."""
        self._child.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._child.signal(signal.SIGCONT)

    @contextlib.contextmanager
    def without_bucket(self):
        away = self._folder / "bucket-away"
        self.bucket.rename(away)
        try:
            yield
        finally:
            away.rename(self.bucket)

    def requests(self) -> list[str]:
        """What it was asked since the last start, a line each."""
        return [line for line in self._child.said().splitlines() if " | vgw | " in line]

    def _listens(self) -> bool:
        if not self._child.alive():
            raise ChildProcessError(f"the S3 server ended: {self._child.last_words()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class S3Repository(KopiaRepository):
    """In a bucket; `path` is the folder that the server keeps its objects in. Its keys are the server's."""

    def __init__(self, kopia: pathlib.Path, folder: pathlib.Path, server: S3Server, prefix: str,
                 ca: pathlib.Path | None = None):
        self._server = server
        self._ca = ca
        self.prefix = prefix
        super().__init__(kopia, folder, path=server.bucket / prefix if prefix.endswith("/") else server.bucket)

    def _storage(self, path: pathlib.Path) -> list[str]:
        trust = [f"--root-ca-pem-path={self._ca}"] if self._ca else ["--disable-tls"]
        return ["s3", f"--bucket={BUCKET}", f"--endpoint={self._server.host}", "--region=us-east-1",
                f"--prefix={self.prefix}", "--access-key=", "--secret-access-key=", *trust]

    def _environment(self) -> dict:
        return super()._environment() | {"AWS_ACCESS_KEY_ID": self._server.keys.access,
                                         "AWS_SECRET_ACCESS_KEY": self._server.keys.secret}


class GuardedS3(Guarded):
    """As Guarded, with the backups in a bucket. `access_file` and `secret_file` hold holdfast's keys."""

    def __init__(self, *arguments, prefix: str = "kopia/", tls: bool = False, **options):
        super().__init__(*arguments, **options)
        self._prefix = prefix
        self._tls = tls

    def __exit__(self, *reason):
        if hasattr(self, "server"):
            self.server.stop()
        super().__exit__(*reason)

    def write_keys(self, keys: Keys) -> None:
        self.access_file.write_text(keys.access + "\n")
        self.secret_file.write_text(keys.secret + "\n")

    def _make_repository(self) -> KopiaRepository:
        certificates = generate_certificates(self.binary, self.folder / "s3-certs") if self._tls else None
        self.ca_file = certificates / "ca.crt" if certificates else None
        self.server = S3Server(self._components / "versitygw", self.folder, certificates)
        self.server.start()
        self.access_file = self.folder / "access-key"
        self.secret_file = self.folder / "secret-key"
        self.write_keys(self.server.keys)
        return S3Repository(self._components / "kopia", self.folder, self.server, self._prefix, self.ca_file)

    def _index_flags(self) -> list[str]:
        trust = ["--s3-ca-file", str(self.ca_file)] if self.ca_file else []
        return ["--index-backend", "kopia-s3", "--s3-endpoint", self.server.endpoint, "--s3-bucket", BUCKET,
                "--s3-prefix", self._prefix, "--s3-access-key-file", str(self.access_file),
                "--s3-secret-key-file", str(self.secret_file), *trust]
