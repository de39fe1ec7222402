"""A long run: reviews all the time, one fault after the other, and the same memory at its end as at its beginning."""

import datetime
import itertools
import statistics
import threading
import time

from fault_case import FaultCase
from rig.processes import wait_until
from soak_faults import FAULTS
from soak_load import Load
from soak_truth import Truth
from vital_signs import VitalSigns

REVIEWS_PER_SECOND = 100
WITH_BACKUP = [f"with-{number}" for number in range(20)]
WITHOUT_BACKUP = [f"without-{number}" for number in range(20)]
GROWING = [f"growing-{number}" for number in range(10)]  # begin without a backup
PATIENCE = 90  # seconds until all is well after a fault
LONGEST_FAULT_S = 25
SAMPLE_EVERY_S = 5
MAY_GROW_MB, MAY_GROW_DESCRIPTORS, MAY_GROW_THREADS = 8, 8, 1


class Samples:
    """The vital signs of a process, taken all the time. For a `with` block."""

    def __init__(self, pid: int):
        self.taken: list[VitalSigns] = []
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def quarters(self, field: str) -> list[float]:
        """The median of each quarter of the time."""
        values = [getattr(signs, field) for signs in self.taken]
        size = len(values) // 4
        return [statistics.median(values[quarter * size:(quarter + 1) * size]) for quarter in range(4)]

    def _run(self):
        while not self._done.wait(SAMPLE_EVERY_S):
            self.taken.append(VitalSigns.of(self._pid))


class Soak(FaultCase):
    minutes = 60.0

    def setUp(self):
        super().setUp()
        self.truth = Truth()
        self._backups = itertools.cycle(GROWING + WITH_BACKUP)
        self._claims = (f"claim-{number}" for number in itertools.count())

    def back_up(self, name: str) -> None:
        self.truth.begin_backup(name)
        self.truth.end_backup(name, self.backup(name).id)

    def back_up_one_more(self) -> None:
        self.back_up(next(self._backups))

    def test_soak(self):
        for name in WITH_BACKUP:
            self.back_up(name)
        self.protect(next(self._claims))
        load = Load(self.holdfast.webhook_port, self.guarded.certificates / "ca.crt", self.namespace,
                    WITH_BACKUP + WITHOUT_BACKUP + GROWING, self.truth, REVIEWS_PER_SECOND)
        began = time.monotonic()
        with load, Samples(self.holdfast.process.pid) as samples:
            self.inflict_all(began + 60 * self.minutes)
        seconds = time.monotonic() - began
        print(f"{self.truth.count()} reviews in {seconds / 60:.0f} minutes, "
              f"{len(self.truth.wrong)} wrong: {self.truth}")
        self.assert_flat(samples)
        self.assertEqual(self.truth.wrong[:10], [])

    def inflict_all(self, ends: float) -> None:
        """Each fault in turn until the time is over; a short time has room for about two rounds too."""
        period = min(60.0, (ends - time.monotonic()) / (2 * len(FAULTS)))
        for name in itertools.cycle(FAULTS):
            began = time.monotonic()
            if began >= ends:
                return
            FAULTS[name](self, min(LONGEST_FAULT_S, period / 2))
            recovery_s = self.recover()
            self.say(name, recovery_s)
            time.sleep(max(0.0, min(ends, began + period) - time.monotonic()))

    def recover(self) -> float:
        """Seconds until both webhooks answer rightly and the generator has done what was asked of it."""
        began = time.monotonic()
        seen = self.truth.count("Restore"), self.truth.count("Fresh")
        wait_until(lambda: self.truth.count("Restore") > seen[0] and self.truth.count("Fresh") > seen[1], PATIENCE,
                   "right answers come again")
        self.replace_claim()
        return time.monotonic() - began

    def replace_claim(self) -> None:
        """By another; their objects come and go with them."""
        [old] = [claim["metadata"]["name"] for claim in self.claims()]
        self.protect(next(self._claims))
        self.delete_pvc(old)
        self.wait_for_none(old)

    def claims(self) -> list[dict]:
        return self.api.request("GET", f"/api/v1/namespaces/{self.namespace}/persistentvolumeclaims").body["items"]

    def say(self, fault: str, recovery_s: float) -> None:
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%H:%M:%SZ")
        print(f"{now} {fault}: well again after {recovery_s:.1f} s; {self.truth.count()} reviews, "
              f"{len(self.truth.wrong)} wrong; {VitalSigns.of(self.holdfast.process.pid)}", flush=True)

    def assert_flat(self, samples: Samples) -> None:
        """From the second quarter, when every fault has been there once, to the last."""
        faults = []
        for field, may_grow in (("rss_mb", MAY_GROW_MB), ("descriptors", MAY_GROW_DESCRIPTORS),
                                ("threads", MAY_GROW_THREADS)):
            quarters = samples.quarters(field)
            print(f"{field}: medians of the quarters {', '.join(f'{value:.0f}' for value in quarters)}")
            if quarters[3] > quarters[1] + may_grow:
                faults.append(f"{field} grew from {quarters[1]:.0f} to {quarters[3]:.0f}")
        self.assertEqual(faults, [])
