"""Namespaces of their own for programs that mount, route and make containers: what they change ends with them."""

import ipaddress
import os
import pathlib
import shutil
import signal
import subprocess
import time

from .processes import Child, run, wait_until

_NETWORKS = ipaddress.ip_network("10.213.0.0/16").subnets(new_prefix=30)
_CGROUPS = pathlib.Path("/sys/fs/cgroup")
# What is written under /run and /var inside stays inside.
_PREPARE = """\
mount --make-rshared /
mkdir -p "$0/upper" "$0/work"
mount -t tmpfs tmpfs /run
mount -t overlay overlay -o "lowerdir=/var,upperdir=$0/upper,workdir=$0/work" /var
exec "$1"
"""


class Unavailable(Exception):
    """This machine cannot do it; the text says why."""


class EnclosedChild(Child):
    """A program that runs inside; signals are for it and not for what brought it there."""

    @property
    def pid(self) -> int:
        """As the machine outside sees it."""
        return _only_child(super().pid) or super().pid

    def signal(self, number: int) -> None:
        if self.alive():
            os.kill(self.pid, number)


class Enclosure:
    """Mounts, network, processes and control groups of its own, for a `with` block; needs root.

    Programs inside see the machine's files. They and the machine reach each other by `address` and `outside`; there is
    no way to anywhere else. When the block ends, or this process does, the kernel ends every program inside, and with
    the last of them all mounts, interfaces and packet filters are gone.
    """

    def __init__(self, folder: pathlib.Path, init: pathlib.Path):
        """`init`: what waits there as the first process and reaps what is left to it."""
        _check_machine()
        self._folder = folder
        self._program = init
        self._init: Child
        self.address = ""  # inside
        self.outside = ""  # the machine's end of the wire
        self._wire = ""
        self.cgroup = f"holdfast-{os.getpid()}-{time.monotonic_ns() % 1_000_000}"

    def __enter__(self):
        self._init = Child(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                            "sh", "-ec", _PREPARE, self._folder / "enclosure", self._program],
                           self._folder / "enclosure.log")
        try:
            self._first = wait_until(self._first_process, 10, "the first process inside")
            self._make_cgroups()
            self._connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._init.signal(signal.SIGKILL)
        self._init.wait(30)
        self._remove_cgroups()

    def launcher(self) -> list[str]:
        """Words before a command that is to run inside."""
        return ["nsenter", f"--target={self._first}", "--mount", "--net", "--pid", "--"]

    def run(self, *words, stdin: str | None = None) -> str:
        return run(*self.launcher(), *words, stdin=stdin)

    def start(self, log: pathlib.Path, *words, env: dict | None = None) -> EnclosedChild:
        return EnclosedChild([*self.launcher(), *words], log, env=env)

    def contained(self) -> list[int]:
        """The processes in its control groups, as the machine outside sees them: those of containers."""
        return [int(each.name) for each in pathlib.Path("/proc").iterdir() if each.name.isdigit() and
                f"/{self.cgroup}/" in _groups(each)]

    def left_behind(self) -> list[str]:
        """What is still there of it on the machine; nothing once it has ended."""
        mounts = [line for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
                  if f" {self._folder}" in line]
        groups = [str(folder / self.cgroup) for folder in _hierarchies() if (folder / self.cgroup).exists()]
        wires = [self._wire] if self._wire and pathlib.Path("/sys/class/net", self._wire).exists() else []
        return [*mounts, *groups, *wires, *map(str, self.contained())]

    def _first_process(self) -> int | None:
        if not self._init.alive():
            raise Unavailable(f"namespaces cannot be made: {self._init.last_words()}")
        child = _only_child(self._init.pid)
        # It is the program itself once the mounts are made.
        return child if child and os.readlink(f"/proc/{child}/exe") == str(self._program) else None

    def _connect(self) -> None:
        taken = [ipaddress.ip_interface(line.split()[3]).network
                 for line in run("ip", "-4", "-o", "addr").splitlines()]
        network = next(each for each in _NETWORKS if not any(each.overlaps(one) for one in taken))
        outside, inside = network.hosts()
        self.outside, self.address = str(outside), str(inside)
        self._wire = wire = f"hf{self._init.pid}"
        run("ip", "link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", str(self._first))
        run("ip", "addr", "add", f"{outside}/30", "dev", wire)
        run("ip", "link", "set", wire, "up")
        for words in (f"addr add {inside}/30 dev eth0", "link set eth0 up", "link set lo up",
                      # Without a route for them, addresses of Services would be given up before they are translated.
                      f"route add default via {outside}"):
            self.run("ip", *words.split())
        self.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")

    def _make_cgroups(self) -> None:
        for folder in _hierarchies():
            own = folder / self.cgroup
            own.mkdir()
            for name in ("cpuset.cpus", "cpuset.mems"):  # a new group has none, and nothing can run in it
                if (own / name).exists():
                    (own / name).write_text((folder / name).read_text())

    def _remove_cgroups(self) -> None:
        """Empty a moment after the last process is gone."""
        for folder in _hierarchies():
            top = folder / self.cgroup
            for _ in range(100):
                for path, _folders, _files in os.walk(top, topdown=False):
                    try:
                        os.rmdir(path)
                    except OSError:
                        pass
                if not top.exists():
                    break
                time.sleep(0.05)


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise Unavailable("only root can make namespaces")
    for program in ("unshare", "nsenter", "ip", "iptables"):
        if not shutil.which(program):
            raise Unavailable(f"{program} is missing (tools/setup cluster installs it)")
    done = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "true"], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Unavailable(f"namespaces cannot be made here: {done.stderr.strip()}")


def _hierarchies() -> list[pathlib.Path]:
    """The roots of the control groups: one of version 2, or one for each controller of version 1."""
    if (_CGROUPS / "cgroup.controllers").exists():
        return [_CGROUPS]
    return [each for each in sorted(_CGROUPS.iterdir())
            if each.is_dir() and not each.is_symlink() and (each / "cgroup.procs").exists()]


def _only_child(pid: int) -> int | None:
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(children[0]) if children else None


def _groups(process: pathlib.Path) -> str:
    try:
        return (process / "cgroup").read_text()
    except OSError:
        return ""
