"""Of several replicas one generates; it is another one as soon as the first cannot, and never two."""

import datetime
import json
import pathlib
import signal

from guarded_case import pvc
from replica_case import Replica, ReplicaCase
from rig.accounts import ServiceAccount
from rig.audit import AuditLog, Request
from rig.objects import LEASE, REPLICATION_DESTINATION as RD
from rig.processes import wait_until
from restore_case import PATIENCE

FENCE = datetime.timedelta(seconds=10)  # from a leader's last renewal to its last write
MANY = [f"data-{number}" for number in range(20)]


class Replicas(ReplicaCase):
    """The class's own holdfast is a webhook only: every test has two replicas that are as old as itself."""

    flags = ("--generator=off", "--min-age", "0s")

    def setUp(self):
        super().setUp()
        # A Lease that an earlier test left would have to run out first.
        self.objects.delete(LEASE, self.account.namespace, "holdfast")
        replicas = [self.start_replica(name, "--generator=on", "--drain", "20s") for name in ("first", "second")]
        self.leader = wait_until(lambda: next((one for one in replicas if one.leads), None), PATIENCE, "one leads")
        [self.standby] = [one for one in replicas if one is not self.leader]
        self.addCleanup(self.guarded.point_webhooks_at, self.holdfast.webhook_port)

    def wait_for_takeover(self) -> Request:
        """The standby's first claim of the Lease."""
        wait_until(lambda: self.standby.leads, PATIENCE, "the other one leads")
        return wait_until(lambda: self.claims(self.standby), PATIENCE, "its claim is in the audit log")[0]

    def begin_much_work(self) -> None:
        """Leaves the leader stopped while it is at work, which it has not finished."""
        self.create_unprotected(*MANY)
        with self.leader.stopped():
            self.opt_in(*MANY)
        wait_until(lambda: self.objects.items(RD, self.namespace), PATIENCE, "the leader is at work", every=0.01)
        self.leader.signal(signal.SIGSTOP)

    def assert_each_written_once(self) -> None:
        written = self.created_by(self.leader) + self.created_by(self.standby)
        self.assertEqual([what for what, times in written.items() if times > 1], [])

    def created_by(self, replica: Replica):
        return self.created(self.plane.audit.requests_of(replica.account.user, self.since))

    def test_one_leads_and_writes_each_object_once_while_both_admit(self):
        for replica, name in ((self.leader, "one"), (self.standby, "two")):
            self.guarded.point_webhooks_at(replica.holdfast.webhook_port)
            self.protect(name)
            self.assertGreater(replica.holdfast.admissions(webhook="mutate", code="NoBackup"), 0)
        self.assertEqual([self.leader.leads, self.standby.leads], [True, False])
        self.assertEqual(self.writes(self.standby), [])
        self.assertEqual(self.claims(self.standby), [])
        written = [(request.resource, request.name) for request in self.writes(self.leader)
                   if request.namespace == self.namespace]
        self.assertEqual(len(written), len(set(written)), written)
        self.assertEqual(self.standby.holdfast.get("/readyz")[0], 200)
        self.wait_for_health("standing by", holdfast=self.standby.holdfast)

    def test_when_the_leader_is_killed_the_other_one_waits_for_the_lease_and_finishes_the_work(self):
        self.begin_much_work()
        last = self.claims(self.leader)[-1]
        self.leader.signal(signal.SIGKILL)
        self.wait_for_takeover()
        self.wait_for_parts(*MANY)
        self.assertGreater(self.writes(self.standby)[0].at, last.at + FENCE)
        self.assert_each_written_once()

    def test_a_leader_that_is_asked_to_end_hands_over_before_it_has_ended(self):
        self.protect("before")
        self.leader.signal(signal.SIGTERM)
        self.wait_for_takeover()
        self.assertTrue(self.leader.alive())
        self.guarded.point_webhooks_at(self.leader.holdfast.webhook_port)
        self.protect("after")
        self.assertEqual(self.created_by(self.leader).keys() & self.created_by(self.standby).keys(), set())
        self.assertEqual([request.name for request in self.writes(self.standby)
                          if request.resource == "replicationdestinations"], ["after-backup"])
        self.leader.signal(signal.SIGTERM)
        self.assertEqual(self.leader.holdfast.process.wait(PATIENCE), 0)

    def test_a_leader_that_is_cut_off_stops_before_the_other_one_begins(self):
        with self.leader.wire.refusing():
            self.create_unprotected("data")
            self.opt_in("data")
            # Asked in this order: a moment at which both lead is seen.
            wait_until(lambda: self.standby.leads or not self.leader.leads, PATIENCE, "the lead ends")
            self.assertFalse(self.leader.leads)
            self.wait_for_takeover()
            self.assertFalse(self.leader.leads)
            self.wait_for_parts("data")
            wait_until(lambda: "KopiaMaintenance" not in self.health(self.leader.holdfast), PATIENCE,
                       "what it could not write is not its matter any more")
        self.assertEqual(self.writes(self.leader), [])
        self.assertTrue(self.standby.leads)

    def test_a_leader_that_slept_longer_than_its_lease_writes_nothing_when_it_wakes(self):
        self.begin_much_work()
        takeover = self.wait_for_takeover()
        with self.standby.stopped():  # or nothing would be left to do
            self.create_unprotected("late")
            self.opt_in("late")
            woken = AuditLog.now()
            self.leader.signal(signal.SIGCONT)
            wait_until(lambda: not self.leader.leads, PATIENCE, "it knows that it does not lead")
            wait_until(lambda: self.looks_at_lease(self.leader, woken), PATIENCE, "it has looked at the Lease")
            self.stays(lambda: self.destination("late") is None, "nobody does what is left")
        self.wait_for_parts("late", *MANY)
        self.assertEqual([request for request in self.writes(self.leader) if request.at > takeover.at], [])
        self.assertEqual([request for request in self.claims(self.leader) if request.at > takeover.at], [])
        self.assert_each_written_once()

    def looks_at_lease(self, replica: Replica, since) -> bool:
        return bool(self.plane.audit.requests_of(replica.account.user, since).of("leases", "get"))


class Halves(ReplicaCase):
    flags = ("--generator=off",)

    def test_without_a_generator_nothing_is_written_and_no_lease_is_asked_for(self):
        self.create_with_backup()
        self.assertTrue(self.create_patiently(pvc("fresh")).ok)
        self.part.bind(self.namespace, "fresh")
        self.stays(lambda: self.nothing_of_ours(), "nothing is made")
        asked = self.asked()
        self.assertEqual(asked.writes, [])
        self.assertEqual(asked.of("leases"), [])
        self.assertEqual(self.health(), "off")
        self.assertEqual(self.holdfast.metric("holdfast_generator_leader"), 0)

    def test_without_a_webhook_everything_is_generated(self):
        half = self.start_replica("half", "--generator=on", "--min-age", "0s", "--webhook=off")
        snapshot = self.create_with_backup()
        self.wait_for_parts("data")
        self.assertEqual(self.wait_for_run()["spec"]["kopia"]["restoreAsOf"], snapshot.start_time)
        self.assertNotIn("listener=webhook", half.holdfast.process.said())
        status, page = half.holdfast.get("/readyz")
        self.assertEqual((status, "webhook: off" in page), (200, True), page)
        self.assertEqual(self.asked().writes, [])

    def test_without_a_name_for_it_our_own_namespace_is_that_of_the_kubeconfigs_context(self):
        self.objects.delete(LEASE, self.account.namespace, "holdfast")
        half = self.start_replica("half", "--generator=on", environment={})
        wait_until(lambda: half.leads, PATIENCE, "it leads")
        self.assertIsNotNone(self.objects.get(LEASE, half.account.namespace, "holdfast"))
        self.assertIn(f"our own namespace is that of the account\" namespace={half.account.namespace}",
                      half.holdfast.process.said())

    def test_where_no_namespace_is_named_nothing_is_written_and_the_log_warns(self):
        half = self.start_replica("half", "--generator=on", environment={}, kubeconfig=self.without_namespace)
        self.wait_for_health("POD_NAMESPACE", holdfast=half.holdfast)
        warnings = [line for line in half.holdfast.process.said().splitlines() if "key=POD_NAMESPACE" in line]
        self.assertEqual(len(warnings), 1)
        self.assertIn("nothing is generated", warnings[0])
        self.assertEqual(self.claims(half), [])

    @staticmethod
    def without_namespace(account: ServiceAccount) -> pathlib.Path:
        path = account.kubeconfig()
        document = json.loads(path.read_text())
        del document["contexts"][0]["context"]["namespace"]
        path.write_text(json.dumps(document))
        return path
