"""The API server gone, its store slow, and clocks that do not agree."""

import datetime
import time

from endurance_case import PATIENCE, EnduranceCase
from fault_case import FaultCase
from fault_table import fault
from guarded_case import pvc
from rig.audit import AuditLog
from rig.objects import LEASE
from rig.processes import wait_until

AREA = "API server, etcd and clocks"
GONE_S, SLOW_S = 20, 10


class Cluster(EnduranceCase, FaultCase):
    slack = 16  # connections to the API server, of which there may be eight and a watch for each kind

    def ask_holdfast_for(self, seconds: float) -> None:
        """At its own port, because the API server cannot."""
        reviewer = self.reviewer()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.answers.add(self.kind_of_review(reviewer.ask(self.namespace, pvc())))
            time.sleep(0.2)

    def report_with_generator(self, what: str, *names: str) -> None:
        """When the right answer comes; and when the generator, which backs off, has made the objects of these PVCs."""
        began = time.monotonic()
        recovery_s = self.recover()
        self.wait_for_parts(*names)
        wait_until(lambda: self.health() == "ok", PATIENCE, "/readyz says that all is well")
        self.report(f"{what}; the generator was well again after {time.monotonic() - began:.0f} s", recovery_s)

    @fault(AREA, "the API server is gone", sent="SIGKILL to kube-apiserver; a new one 20 s later",
           expected="Wait; no lead without a renewed Lease; afterwards nothing is made twice and nothing is forgotten")
    def test_an_api_server_that_is_gone_is_a_pause(self):
        self.create_unprotected("first", "second")
        self.opt_in("first")
        self.wait_for_parts("first")
        with self.plane.api_server_down():
            self.ask_holdfast_for(GONE_S)
            self.assertFalse(self.leads())
            self.assertEqual(self.holdfast.get("/livez")[0], 200)
        self.opt_in("second")
        self.report_with_generator("it led no more meanwhile", "first", "second")
        self.assert_made_once("first", "second")

    @fault(AREA, "etcd is slow", sent="etcd stopped for 10 s: the API server accepts requests and cannot serve them",
           expected="Wait or the right verdict; afterwards nothing is made twice and nothing is forgotten")
    def test_a_store_that_is_slow_is_a_pause(self):
        self.create_unprotected("first", "second")
        self.opt_in("first", "second")
        with self.plane.etcd_frozen():
            self.ask_holdfast_for(SLOW_S)
        self.report_with_generator("stopped in the middle of the generator's work", "first", "second")
        self.assert_made_once("first", "second")

    @fault(AREA, "a Lease by a clock that is an hour ahead",
           sent="somebody else writes itself into the Lease, renewed an hour from now, and is never seen again",
           expected="no lead while it may be held; the lead again after 15 s by the own clock, not after an hour")
    def test_a_lease_from_the_future_is_taken_over_when_nobody_renews_it(self):
        self.create_unprotected("first")
        wait_until(self.leads, PATIENCE, "it leads")
        ahead = AuditLog.now() + datetime.timedelta(hours=1)
        self.objects.merge(LEASE, self.account.namespace, "holdfast", {"spec": {
            "holderIdentity": "somebody", "renewTime": ahead.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}})
        began = time.monotonic()
        wait_until(lambda: not self.leads(), PATIENCE, "it sees that it does not lead")
        self.opt_in("first")
        wait_until(self.leads, PATIENCE, "it leads again")
        took_s = time.monotonic() - began
        self.assertGreater(took_s, 10)
        self.report_with_generator(f"led again after {took_s:.0f} s", "first")


class Clocks(EnduranceCase):
    @fault(AREA, "the clock of a mover is wrong",
           sent="a PVC whose only backup is dated a day from now, and one whose only backup is dated 1999",
           expected="Restore of exactly these")
    def test_a_backup_of_any_date_is_a_backup(self):
        tomorrow = (AuditLog.now() + datetime.timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S UTC")
        for name, at in (("ahead", tomorrow), ("behind", "1999-12-31 23:59:58 UTC")):
            snapshot = self.repository.snapshot(self.namespace, name, at)
            self.assert_restored(self.create_patiently(pvc(name)), snapshot)
        self.observed("both restored")
