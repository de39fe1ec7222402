"""Reviews at a steady pace, each answer judged."""

import http.client
import pathlib
import threading
import time

from guarded_case import pvc
from reviewer import Reviewer
from soak_truth import Truth

_THREADS = 20  # so that some that wait for an answer do not slow the others down


class Load:
    """Asks about these PVCs, in turn, at both webhooks. For a `with` block."""

    def __init__(self, port: int, ca: pathlib.Path, namespace: str, names: list[str], truth: Truth, per_second: int):
        self._where = port, ca
        self._namespace = namespace
        self._names = names
        self._truth = truth
        self._pause_s = _THREADS / per_second
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(_THREADS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _run(self, first: int) -> None:
        reviewer = Reviewer(*self._where)
        due, number = time.monotonic() + first * self._pause_s / _THREADS, first
        while not self._done.wait(max(0.0, due - time.monotonic())):
            due = max(due + self._pause_s, time.monotonic() - self._pause_s)  # what was missed is not made up for
            self._ask(reviewer, self._names[number % len(self._names)], "validate" if number % 4 == 0 else "mutate")
            number += 1
        reviewer.close()

    def _ask(self, reviewer: Reviewer, name: str, webhook: str) -> None:
        complete_before = self._truth.complete(name)
        try:
            review = reviewer.ask(self._namespace, pvc(name), webhook)
        except (OSError, http.client.HTTPException):
            self._truth.no_answer()
            return
        self._truth.judge(name, webhook, complete_before, review)
