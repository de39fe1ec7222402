"""What every answer must be, whatever is going on: the judge of a long run."""

import collections
import threading

from reviewer import Review


class Truth:
    """Which PVC has which complete snapshots, oldest first. For any thread; one backup at a time."""

    def __init__(self):
        self._lock = threading.Lock()
        self._snapshots: dict[str, list[str]] = collections.defaultdict(list)
        self._under_way = ""  # the PVC whose backup is being made
        self._unknown: list[str] = []  # snapshots that were promised for it before we were told of them
        self._kinds = collections.Counter()
        self.wrong: list[str] = []

    def begin_backup(self, pvc: str) -> None:
        with self._lock:
            self._under_way, self._unknown = pvc, []

    def end_backup(self, pvc: str, snapshot: str) -> None:
        with self._lock:
            self._snapshots[pvc].append(snapshot)
            self._under_way = ""
            self.wrong += [f"{pvc}: promised {each}, which is not its snapshot" for each in self._unknown
                           if each != snapshot]

    def complete(self, pvc: str) -> int:
        """How many snapshots of it must be known to whoever is asked from now on."""
        with self._lock:
            return len(self._snapshots[pvc])

    def judge(self, pvc: str, webhook: str, complete_before: int, review: Review) -> None:
        """`complete_before`: complete() before the question was sent."""
        with self._lock:
            kind = "denied" if not review.allowed else self._kind(pvc, webhook, complete_before, review)
            self._kinds[review.reason if kind == "denied" else kind] += 1
            if kind == "wrong":
                self.wrong.append(f"{pvc} with {complete_before} snapshots at {webhook}: {review}")

    def count(self, *kinds: str) -> int:
        """Of these kinds (Restore, Fresh, the reasons of denials), or of all."""
        with self._lock:
            return sum(self._kinds[kind] for kind in kinds) if kinds else self._kinds.total()

    def no_answer(self) -> None:
        with self._lock:
            self._kinds["no answer"] += 1

    def __str__(self):
        with self._lock:
            return ", ".join(f"{kind} {count}" for kind, count in self._kinds.most_common())

    def _kind(self, pvc: str, webhook: str, complete_before: int, review: Review) -> str:
        """Of an admission. The validating webhook sees the PVC as it was sent: without a promise."""
        if review.is_unchanged:
            return "Fresh" if complete_before == 0 else "wrong"
        good = self._snapshots[pvc][max(complete_before - 1, 0):]
        if webhook != "mutate" or not review.reference:
            return "wrong"
        if review.snapshot not in good:
            if self._under_way != pvc:
                return "wrong"
            self._unknown.append(review.snapshot)
        return "Restore"
