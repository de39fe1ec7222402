"""The base of the tests that hurt the program: what it answers meanwhile, what it holds, and how it comes back."""

import collections
import contextlib
import http.client
import threading
import time

from guarded_case import GuardedCase, pvc
from reviewer import Review, Reviewer
from rig.kube_api import Answer
from rig.processes import wait_until
from vital_signs import VitalSigns, forget_peak, peak_mb

PATIENCE = 60      # seconds; what is waited for takes a few
ALLOWANCE_MB = 64  # on top of what it held before
_PROBERS = 3       # threads: of the four that look at the repository the first exists before


class Answers:
    """What came back for a PVC that has a backup. For any thread."""

    def __init__(self):
        self._kinds = collections.Counter()
        self._lock = threading.Lock()

    def add(self, kind: str) -> str:
        with self._lock:
            self._kinds[kind] += 1
        return kind

    def count(self, kind: str | None = None) -> int:
        """Of one kind, or of all."""
        with self._lock:
            return self._kinds.total() if kind is None else self._kinds[kind]

    def wrong(self) -> dict:
        """Neither a restore of the right snapshot nor a denial."""
        with self._lock:
            return {kind: count for kind, count in self._kinds.items() if kind.startswith("WRONG")}

    def __str__(self):
        with self._lock:
            return ", ".join(f"{count} {kind}" for kind, count in sorted(self._kinds.items())) or "none"


class EnduranceCase(GuardedCase):
    """Every test has a PVC `data` with a backup, which is asked for in dry runs, so that it can be asked for often."""

    slack = 4  # descriptors: the API server may keep some connections more than before
    allowance_mb = ALLOWANCE_MB

    def setUp(self):
        super().setUp()
        self.snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc(), dry_run=True), self.snapshot)
        self.answers = Answers()
        self.before = self.signs_now()
        forget_peak(self.pid)

    @property
    def pid(self) -> int:
        return self.holdfast.process.pid

    def ask(self) -> str:
        """By the API server: the kind of the answer."""
        try:
            return self.answers.add(self.kind_of(self.create(pvc(), dry_run=True)))
        except (OSError, http.client.HTTPException):
            return self.answers.add("without an answer")

    def kind_of(self, answer: Answer) -> str:
        if answer.ok:
            promised = answer.body["metadata"].get("annotations", {}).get("holdfast.dev/restored-snapshot")
            right = promised == self.snapshot.id and "dataSourceRef" in answer.body["spec"]
            return "Restore" if right else f"WRONG: admitted with promise {promised}"
        if answer.status == 503 and answer.retry_after in range(1, 6):
            return f"Wait {answer.reason}"
        if answer.status == 500 and "failed calling webhook" in answer.message:
            return "denied by the API server, which got no answer"
        return f"denied with {answer.status} {answer.reason}"

    def kind_of_review(self, review: Review) -> str:
        if review.restores(self.snapshot.id):
            return "Restore"
        if review.allowed:
            return f"WRONG: admitted with promise {review.snapshot}"
        return f"Wait {review.reason}" if review.is_wait else f"denied with {review.code} {review.reason}"

    def reviewer(self) -> Reviewer:
        reviewer = Reviewer(self.holdfast.webhook_port, self.guarded.certificates / "ca.crt")
        self.addCleanup(reviewer.close)
        return reviewer

    @contextlib.contextmanager
    def asking(self, every_s: float = 0.1):
        """Another thread asks all the time, until the end of the block."""
        done = threading.Event()

        def ask():
            while not done.wait(every_s):
                self.ask()
        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def recover(self) -> float:
        """Seconds from now to the first right answer; then all must be as before."""
        began, self.meanwhile = time.monotonic(), str(self.answers)
        wait_until(lambda: self.ask() == "Restore", PATIENCE, "the right answer comes again", every=0.2)
        seconds = time.monotonic() - began
        self.assert_unharmed()
        return seconds

    def assert_unharmed(self) -> None:
        self.assertEqual(self.answers.wrong(), {})
        self.assertLess(peak_mb(self.pid), self.before.rss_mb + self.allowance_mb, "memory")
        try:
            wait_until(self._holds_no_more_than_before, PATIENCE, "its descriptors and threads are free", every=0.2)
        except TimeoutError:
            self.fail(f"holds {self.signs_now()}; before: {self.before}")

    def _holds_no_more_than_before(self) -> bool:
        now = self.signs_now()
        return (now.descriptors <= self.before.descriptors + self.slack
                and now.threads <= self.before.threads + _PROBERS)

    def signs_now(self) -> VitalSigns:
        return VitalSigns.of(self.pid)

    def signs(self) -> str:
        """For the table: from before to the worst moment, and now."""
        now = self.signs_now()
        return (f"memory {self.before.rss_mb:.0f} MB, at most {peak_mb(self.pid):.0f} MB; then {now.descriptors} "
                f"descriptors ({self.before.descriptors} before), {now.threads} threads ({self.before.threads})")

    def report(self, what: str, recovery_s: float | None = None) -> None:
        """The test's row of the table, after recover()."""
        self.observed(f"{what}; answers meanwhile: {self.meanwhile}; {self.signs()}", recovery_s)
