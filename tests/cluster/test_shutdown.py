"""A replica can be replaced while PVCs are created."""

import signal
import threading
import time

from fault_table import fault
from guarded_case import GuardedCase, pvc
from rig.processes import process_exists, wait_until
from service_proxy import ServiceProxy

AREA = "The process itself"
CREATES = 700
WANTED_PER_SECOND = 140
THREADS = 8


class Creations:
    """Creates PVCs at a steady pace from several threads."""

    def __init__(self, create):
        self._create = create
        self._finished: list[float] = []
        self.failures: list[str] = []
        self._began = time.monotonic()
        self._threads = [threading.Thread(target=self._run, args=(first,)) for first in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def done(self) -> int:
        return len(self._finished)

    def rate(self, first: int, last: int) -> float:
        """Creates per second between the first-th and the last-th."""
        times = sorted(self._finished)
        return (last - first) / (times[last - 1] - times[first])

    def join(self):
        for thread in self._threads:
            thread.join()

    def _run(self, first: int):
        for number in range(first, CREATES, THREADS):
            time.sleep(max(0, self._began + number / WANTED_PER_SECOND - time.monotonic()))
            answer = self._create(pvc(f"data-{number}"))
            self._finished.append(time.monotonic())
            if not answer.ok:
                self.failures.append(str(answer))


class HandOver(GuardedCase):
    @fault(AREA, "SIGTERM under load", sent="SIGTERM to one of two replicas while 700 PVCs are created, at most 140 a second",
           expected="no creation fails; status 0")
    def test_no_creation_fails_while_a_replica_hands_over(self):
        second = self.guarded.start_instance("second")
        wait_until(lambda: all(instance.get(f"/exists/{self.namespace}/data")[0] == 200
                               for instance in (self.holdfast, second)), 60, "both know the backups")
        with ServiceProxy([self.holdfast, second]) as service:
            self.guarded.point_webhooks_at(service.port)
            creations = Creations(self.create)
            wait_until(lambda: creations.done() >= CREATES // 4, 60, "a quarter of the creations is done")
            self.assertEqual(second.admissions(), 0)
            self.holdfast.process.signal(signal.SIGTERM)
            creations.join()
            status = self.holdfast.process.wait(20)
            self.guarded.point_webhooks_at(second.webhook_port)
        print(f"     {CREATES} creations, {creations.rate(CREATES // 4, CREATES):.0f} per second from SIGTERM on")
        self.assertEqual(creations.failures, [])
        self.assertEqual(status, 0)
        self.assertGreater(second.admissions(), 0)
        self.observed(f"{CREATES} creations, none failed, {creations.rate(CREATES // 4, CREATES):.0f} a second from "
                      "SIGTERM on")

    def _holdfast_is_alive(self):
        """Not expected here."""


class Shutdown(GuardedCase):
    @fault(AREA, "SIGTERM while kopia hangs", sent="SIGTERM while a listing hangs and a review waits for it",
           expected="it ends with status 0 in time; kopia is ended with it")
    def test_a_kopia_that_hangs_does_not_keep_holdfast(self):
        self.backup()
        with self.kopia.behaves("hang"):
            waiting = threading.Thread(target=self.create, args=(pvc(),))
            waiting.start()
            hung = wait_until(self.kopia.hung_process, 10, "kopia hangs")
            self.holdfast.process.signal(signal.SIGTERM)
            status = self.holdfast.process.wait(30)
            waiting.join()
        self.assertEqual(status, 0)
        wait_until(lambda: not process_exists(hung), 5, "the hung kopia is ended")
        self.observed("status 0; the hung kopia was ended")

    def _holdfast_is_alive(self):
        """Not expected here."""
