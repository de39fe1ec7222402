"""A running `holdfast serve`."""

import pathlib
import re
import urllib.error
import urllib.request

from .processes import Child, plain_environment, run, wait_until

_LISTENING = re.compile(r"msg=listening listener=(\w+) address=\"?\S*:(\d+)")
_SAMPLE = re.compile(r'^(\w+)(?:\{([^}]*)\})? (\S+)$', re.MULTILINE)


class Holdfast:
    """Started by the constructor, which returns once it listens; ended by stop()."""

    def __init__(self, binary: pathlib.Path, folder: pathlib.Path, certificates: pathlib.Path, *flags: str,
                 name: str = "holdfast", launcher: tuple[str, ...] = (), environment: dict | None = None):
        """`launcher`: words before the command; `environment`: on top of a plain one."""
        self._listeners = {"ops"} if "--webhook=off" in flags else {"ops", "webhook"}
        home = folder / name
        home.mkdir()
        self._child = Child([*launcher, binary, "serve", "--webhook-port", "0", "--ops-port", "0", "--webhook-cert-dir",
                             certificates, "--cache-dir", home / "cache", *flags],
                            folder / f"{name}.log", env=plain_environment(home, **(environment or {})))
        try:
            ports = wait_until(self._ports, 20, "holdfast listens")
        except BaseException:
            self.stop()
            raise
        self.webhook_port = ports.get("webhook", 0)  # 0: off
        self.ops_port = ports["ops"]

    @property
    def process(self) -> Child:
        return self._child

    def stop(self) -> int:
        """SIGTERM, then waits; the exit status."""
        return self._child.end()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page of the ops listener; status 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ops_port}{path}", timeout=10) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def metric(self, metric: str, **labels: str) -> float:
        """The sum of a metric over the series that carry these labels; 0 where there is none."""
        wanted = {f'{key}="{value}"' for key, value in labels.items()}
        return sum(float(value) for name, series, value in _SAMPLE.findall(self.get("/metrics")[1])
                   if name == metric and wanted <= set(series.split(",")))

    def admissions(self, **labels: str) -> int:
        """The sum of holdfast_admission_total over the series that carry these labels."""
        return int(self.metric("holdfast_admission_total", **labels))

    def _ports(self) -> dict | None:
        if not self._child.alive():
            raise ChildProcessError(f"holdfast ended: {self._child.last_words()}")
        ports = {listener: int(port) for listener, port in _LISTENING.findall(self._child.said())}
        return ports if ports.keys() >= self._listeners else None


def generate_certificates(binary: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A certificate for 127.0.0.1 and its authority, as `tls.crt`, `tls.key` and `ca.crt`."""
    run(binary, "certs", "generate", "--out", folder, "--san", "127.0.0.1", "--san", "localhost")
    return folder


def repository_id(binary: pathlib.Path, *flags: str) -> str:
    """The line that a user puts into Git as the pin."""
    return run(binary, "repository-id", *flags).split()[-1]
