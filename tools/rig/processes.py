"""Child processes that are ended by their id and never outlive the rig."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

# Should the rig itself be killed, the kernel ends its children.
_WITH_PARENT = [setpriv, "--pdeathsig", "KILL"] if (setpriv := shutil.which("setpriv")) else []


class Child:
    """A program that runs in the background and writes what it says to a file."""

    def __init__(self, argv: list, log: pathlib.Path, env: dict | None = None):
        self.name = pathlib.Path(argv[0]).name
        self.log = log
        with open(log, "wb") as sink:
            self._process = subprocess.Popen(
                _WITH_PARENT + [str(word) for word in argv],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, env=env,
                start_new_session=True)  # a Ctrl-C is for the rig, which ends its children in order

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int) -> None:
        if self.alive():
            self._process.send_signal(number)

    @contextlib.contextmanager
    def stopped(self):
        """By SIGSTOP, until the end of the block."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def wait(self, seconds: float) -> int | None:
        """The exit status, or None while it still runs after that time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self, seconds: float = 15) -> int:
        """Asks it to end, insists after `seconds`, and waits; its exit status."""
        self.signal(signal.SIGTERM)
        status = self.wait(seconds)
        if status is None:
            self.signal(signal.SIGKILL)
            status = self._process.wait()
        return status

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def last_words(self) -> str:
        return "\n".join(self.said().splitlines()[-5:])


def wait_until(question, seconds: float, what, every: float = 0.05):
    """The first true answer of `question()`; TimeoutError naming `what` after `seconds`: a text, or a function that
    makes one, which is called at the end alone."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what() if callable(what) else what}: not within {seconds:g} s")
        time.sleep(every)


def free_ports(count: int) -> list[int]:
    """Ports that the kernel says are free at this moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def run(*argv, env: dict | None = None, stdin: str | None = None) -> str:
    """What a short-lived program printed; RuntimeError with its complaint where it failed."""
    done = subprocess.run([str(word) for word in argv], input=stdin, capture_output=True, text=True,
                          env=env, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{pathlib.Path(str(argv[0])).name} {argv[1] if len(argv) > 1 else ''} ended with "
                           f"{done.returncode}: {done.stderr.strip()[-1000:]}")
    return done.stdout


def plain_environment(home: pathlib.Path, **more: str) -> dict:
    """An environment that owes nothing to the caller's."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home),
            "LANG": "C.UTF-8", **more}


def interrupt_once() -> None:
    """SIGTERM and Ctrl-C both raise KeyboardInterrupt, the first time; more of them do not disturb the cleaning up."""
    def interrupt(_number, _frame):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)


def process_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
