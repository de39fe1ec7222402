"""Classes of tests shared out among processes, each with a control plane of its own."""

import dataclasses
import json
import queue
import subprocess
import sys
import threading

_REPORT = "\x1e"  # begins the line that ends a class


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Tally") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def since(self, before: "Tally") -> "Tally":
        return Tally(self.passed - before.passed, self.failed - before.failed, self.skipped - before.skipped)


def report(tally: Tally) -> None:
    """Says, in a worker, that the class it was given is done."""
    print(_REPORT + json.dumps(dataclasses.asdict(tally)), flush=True)


def share(names: list[str], jobs: int, tally: Tally) -> None:
    """Has `jobs` workers perform the classes, in this order; their lines come out as they are said."""
    waiting = queue.SimpleQueue()
    for name in names:
        waiting.put(name)
    crew = [_Worker(waiting) for _ in range(jobs)]
    try:
        for worker in crew:
            worker.join()
    finally:
        for worker in crew:
            worker.end()
    for worker in crew:
        tally.add(worker.tally)


class _Worker(threading.Thread):
    """A process and the thread that talks to it."""

    def __init__(self, waiting: queue.SimpleQueue):
        super().__init__()
        self.tally = Tally()
        self._waiting = waiting
        self._process = self._begin()
        self.start()

    @staticmethod
    def _begin() -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-B", *sys.argv, "--worker"], text=True, errors="replace",
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    def run(self):
        while True:
            try:
                name = self._waiting.get_nowait()
            except queue.Empty:
                return
            if not self._perform(name):
                print(f"FAIL {name}: its process ended with status {self._process.wait()}", flush=True)
                self.tally.failed += 1
                self._process = self._begin()

    def _perform(self, name: str) -> bool:
        try:
            self._process.stdin.write(name + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return False
        for line in self._process.stdout:
            if line.startswith(_REPORT):
                self.tally.add(Tally(**json.loads(line[1:])))
                return True
            print(line, end="", flush=True)
        return False

    def end(self) -> None:
        """At once when it has nothing to do; else it is interrupted and cleans up."""
        if self.is_alive():
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self._process.terminate()
        self.join()
        self._process.stdin.close()
        self._process.wait()
