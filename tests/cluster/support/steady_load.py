"""Something is done again and again by several threads while a test changes the world; what fails is kept."""

import collections.abc
import threading
import time

_PAUSE_S = 0.01  # between two of one thread: the machine has other things to do


class SteadyLoad:
    """`workers`: each is called in a loop of its own, and returns what went wrong, or an empty text. A `with` block."""

    def __init__(self, *workers: collections.abc.Callable[[], str]):
        self._stop = threading.Event()
        self._done = [0] * len(workers)
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._run, args=(number, work))
                         for number, work in enumerate(workers)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def done(self) -> int:
        return sum(self._done)

    def count(self, first: int) -> int:
        """How often it was done by the workers from that one on."""
        return sum(self._done[first:])

    @property
    def least(self) -> int:
        """How often the slowest has done it."""
        return min(self._done)

    def _run(self, number: int, work) -> None:
        while not self._stop.is_set():
            try:
                failure = work()
            except OSError as error:
                failure = f"{type(error).__name__}: {error}"
            if failure:
                self.failures.append(failure)
            self._done[number] += 1
            time.sleep(_PAUSE_S)
