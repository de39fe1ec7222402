"""A leader that does not see everything deletes nothing of what it does not see."""

import signal

from deaf_proxy import DeafProxy
from rig.audit import Request
from rig.objects import LEASE, NAMESPACE, PVC, REPLICATION_DESTINATION as RD, Kind
from rig.processes import wait_until
from replica_case import ReplicaCase
from restore_case import PATIENCE


class PartialSight(ReplicaCase):
    """Of every test's two replicas the second, which stands by at first, hears the API server in part."""

    flags = ("--generator=off", "--min-age", "0s")

    def setUp(self):
        super().setUp()
        # A Lease that an earlier test left would have to run out first.
        self.objects.delete(LEASE, self.account.namespace, "holdfast")
        self.proxy = self.enterContext(DeafProxy(self.plane))
        self.leader = self.start_replica("first", "--generator=on", "--drain", "20s")
        wait_until(lambda: self.leader.leads, PATIENCE, "the first one leads")
        self.standby = self.start_replica("second", "--generator=on", "--drain", "20s",
                                          kubeconfig=self.proxy.kubeconfig)
        self.wait_for_health("standing by", holdfast=self.standby.holdfast)

    def protect_and_bind(self, name: str) -> dict[str, str]:
        """With everything up to its ReplicationSource; the uids of its objects."""
        self.protect(name)
        self.part.bind(self.namespace, name)
        wait_until(lambda: self.source(name), PATIENCE, f"{name} is backed up")
        return self.uids(name)

    def uids(self, name: str) -> dict[str, str]:
        objects = {"destination": self.destination(name), "secret": self.secret(name), "source": self.source(name)}
        return {what: found["metadata"]["uid"] for what, found in objects.items() if found}

    def change_leaders(self) -> None:
        self.leader.signal(signal.SIGTERM)
        wait_until(lambda: self.standby.leads, PATIENCE, "the other one leads")

    def deletions(self) -> list[Request]:
        return [request for request in self.writes(self.standby) if request.verb == "delete"]

    def look_at(self, *names: str) -> None:
        """Returns when the new leader has: it takes a wrong image off at once. What followed from that look comes
        before the second."""
        for _ in range(2):
            for name in names:
                self.objects.set_status(RD, self.namespace, f"{name}-backup",
                                        {"latestImage": self.part.reference("wrong")})
            for name in names:
                wait_until(lambda name=name: not self.image_on_destination(name), PATIENCE, f"{name} is looked at")

    def assert_deletes_nothing_without(self, kind: Kind) -> None:
        with self.proxy.refusing(kind):
            self.wait_for_health(kind.plural, holdfast=self.standby.holdfast)
            living = self.protect_and_bind("living")
            self.protect("gone")
            self.change_leaders()
            self.look_at("living", "gone")
            with self.standby.stopped():  # or it would make them the PVC's own again
                self.disown("gone")
                self.delete_pvc("gone")
            self.look_at("living", "gone")
            self.assertEqual(self.deletions(), [], self.writes(self.standby))
            self.assertTrue(self.destination("gone") and self.secret("gone"))
        self.wait_for_none("gone")
        self.assertEqual(self.uids("living"), living)

    def test_a_leader_whose_watch_of_pvcs_is_broken_deletes_nothing_until_it_sees_again(self):
        self.assert_deletes_nothing_without(PVC)

    def test_a_leader_whose_watch_of_namespaces_is_broken_deletes_nothing_until_it_sees_again(self):
        self.assert_deletes_nothing_without(NAMESPACE)

    def test_a_leader_whose_watch_of_pvcs_has_fallen_silent_takes_nothing_from_a_pvc_that_lives(self):
        with self.proxy.silent(PVC):
            living = self.protect_and_bind("living")
            self.change_leaders()
            wait_until(lambda: "no watch has shown it" in self.standby.holdfast.process.said(), PATIENCE,
                       "the API server was asked for the PVC")
            self.look_at("living")
            self.assertEqual(self.uids("living"), living)
            self.assertEqual(self.deletions(), [])
        self.objects.delete(RD, self.namespace, "living-backup")
        self.wait_for_parts("living")
