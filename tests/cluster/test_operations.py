"""What an operator does to a running holdfast, or has done to it, while claims are created.

`HOLDFAST_PREVIOUS` names the program of an earlier version; without it the same program stands in for one.
"""

import json
import os
import pathlib
import subprocess

import earlier_state
from guarded_case import pvc
from installation import NAMESPACE, page_lines
from installed_case import InstalledCase, reviews, tried
from networked_case import PATIENCE_S
from pod import Pod
from rig.audit import AuditLog, Requests
from rig.kopia_repo import Snapshot
from rig.objects import KOPIA_MAINTENANCE, PVC, REPLICATION_DESTINATION, REPLICATION_SOURCE
from rig.processes import wait_until
from rig.volsync_part import VolSyncPart
from steady_load import SteadyLoad
from suite import Stage

WANTED = 10_000      # requests over an upgrade
ENOUGH = 3           # rounds of each thread, before and after
LAST_WORDS = 10_000  # characters of what a pod said before it ended badly
ACCOUNT = f"system:serviceaccount:{NAMESPACE}:holdfast"


class Operations(InstalledCase):
    """The one claim, its objects and the memory of backups were made by an earlier version."""

    expected_seconds = 90

    @classmethod
    def setUpClass(cls):
        earlier = os.environ.get("HOLDFAST_PREVIOUS")
        cls.programs = {"previous": pathlib.Path(earlier) if earlier else Stage.holdfast}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.albums = {name: cls.repository.snapshot("media", name) for name in ("album-1", "album-2")}
        cls.api.create_namespace(NAMESPACE)
        earlier_state.restore(cls.objects, cls.repository_id)
        cls.restored = earlier_state.left(cls.objects)
        cls.installed_at = AuditLog.now()

    @classmethod
    def keep_a_claim(cls) -> None:
        """An earlier version has."""

    def setUp(self):
        for claim in self.objects.items(PVC, "media"):
            if claim["metadata"]["name"] != "kept":
                self.objects.delete(PVC, "media", claim["metadata"]["name"])
        wait_until(lambda: self.objects.count_ours("media") == {"replicationsources": 1, "replicationdestinations": 1},
                   PATIENCE_S, "only the one claim is looked after")
        self.wait_for_rollout()
        self.wait_for_service()

    def test_an_earlier_version_s_objects_are_left_as_they_are_but_for_the_cache_of_destinations(self):
        wait_until(lambda: self.asked(self.installed_at).of("leases", "update"), PATIENCE_S, "somebody leads")
        self.wait_for_a_sweep()
        wait_until(lambda: not any("cacheCapacity" in destination["spec"]["kopia"] for destination in self.destinations()),
                   PATIENCE_S, "the destination of before has no cache any more")
        found = earlier_state.left(self.objects)
        changed = (REPLICATION_DESTINATION.name, KOPIA_MAINTENANCE.name)
        self.assertEqual([each for each in found if each["kind"] not in changed],
                         [each for each in self.restored if each["kind"] not in changed])
        [destination], [before] = ([each for each in state if each["kind"] == REPLICATION_DESTINATION.name]
                            for state in (found, self.restored))
        kopia = {key: value for key, value in before["spec"]["kopia"].items()
                 if key not in ("cacheCapacity", "cleanupCachePVC")}
        self.assertEqual((destination["spec"], destination["status"]), (before["spec"] | {"kopia": kopia}, before["status"]))
        self.assertEqual(destination["metadata"]["uid"], before["metadata"]["uid"])

    def destinations(self) -> list[dict]:
        return [each for each in earlier_state.left(self.objects) if each["kind"] == REPLICATION_DESTINATION.name]

    def test_an_earlier_version_s_maintenance_gets_a_seccomp_profile_and_nothing_else(self):
        [earlier] = self.of_the_maintenance(self.restored)
        expected = earlier["spec"] | {"podSecurityContext": earlier["spec"]["podSecurityContext"] | {
            "seccompProfile": {"type": "RuntimeDefault"}}}
        wait_until(lambda: [each["spec"] for each in self.of_the_maintenance(earlier_state.left(self.objects))] ==
                   [expected], PATIENCE_S, "it is changed, in its place")

    @staticmethod
    def of_the_maintenance(objects: list[dict]) -> list[dict]:
        return [each for each in objects if each["kind"] == KOPIA_MAINTENANCE.name]

    def wait_for_a_sweep(self) -> None:
        """All is looked at when somebody begins to lead: another claim that is looked after says that this is done."""
        self.assertEqual(self.kubectl_create(pvc("album-1")).returncode, 0)
        wait_until(lambda: self.objects.get(REPLICATION_DESTINATION, "media", "album-1-backup"), PATIENCE_S, "its destination")

    def test_backups_that_an_earlier_version_saw_are_missed(self):
        answer = self.api.create_pvc("media", pvc(earlier_state.VANISHED), dry_run=True)
        self.assertEqual(answer.reason, "BackupsVanished", str(answer))

    def test_an_upgrade_and_the_way_back_fail_no_request_and_write_nothing_anew(self):
        kept, began = self.kept(), AuditLog.now()
        with self.load() as (load, askers):
            self.go_on(load)
            self.roll("previous")
            if not os.environ.get("HOLDFAST_PREVIOUS"):
                self.assertEqual(self.written(began), set())
            back = AuditLog.now()
            self.roll("current")
            wait_until(lambda: tried(load, askers) >= WANTED, PATIENCE_S, "enough was asked")
            self.go_on(load)
        print(f"     {tried(load, askers)} requests for admission over two rolls, {reviews(askers)} of them reviews "
              f"sent to the Service; {len(load.failures)} failed")
        self.assertEqual(load.failures, [])
        self.assertEqual([asker.wrong for asker in askers if asker.wrong], [])
        self.assertEqual(self.kept(), kept)
        self.assertEqual(self.written(back), set())

    def roll(self, tag: str) -> None:
        """As docs/install.md says: another tag, and apply."""
        old = self.kubelet.pods
        self.set_image(tag)
        self.apply()
        self.wait_for_rollout()
        wait_until(lambda: not any(pod.alive for pod in old), PATIENCE_S, "the old pods have drained and ended")
        ends = {pod.name: (pod.holdfast.process.wait(0), pod.holdfast.process.said()[-LAST_WORDS:]) for pod in old}
        self.assertEqual({name: end for name, end in ends.items() if end[0] != 0}, {}, "not all have ended well")
        self.assertEqual([pod.image for pod in self.kubelet.pods], [f"example.org/holdfast:{tag}"] * 2)

    def go_on(self, load: SteadyLoad) -> None:
        before = load.least
        wait_until(lambda: load.least >= before + ENOUGH, PATIENCE_S, "everybody has asked some more")

    def asked(self, since) -> Requests:
        return self.plane.audit.requests_of(ACCOUNT, since)

    def written(self, since) -> set[tuple[str, str]]:
        """By holdfast, but for who leads."""
        return {(each.verb, each.resource) for each in self.asked(since).writes if each.resource != "leases"}

    def test_a_killed_replica_costs_what_it_was_doing_and_no_more(self):
        victim, other = self.kubelet.pods
        port = victim.holdfast.webhook_port
        with self.load() as (load, askers):
            self.go_on(load)
            self.kubelet.may_start = False
            self.addCleanup(setattr, self.kubelet, "may_start", True)
            on_it = self.network.open[port]
            victim.kill()
            tries = self.create_with_kubectl("mourning")
            wait_until(lambda: port not in self.network.ports, PATIENCE_S, "the Service knows")
            self.go_on(load)
            failed = len(load.failures)
            self.go_on(load)
        broken = on_it + self.network.refused[port]
        print(f"     {tried(load, askers)} requests, {on_it} connections to the killed replica and "
              f"{self.network.refused[port]} more led to it, {failed} failed; kubectl tried {tries} times")
        self.assertGreater(on_it, 0)
        self.assertLessEqual(sum(len(asker.failed) for asker in askers), broken, "one request for each connection")
        self.assertEqual(len(load.failures), failed, "none fails later")
        self.assertEqual([asker.wrong for asker in askers if asker.wrong], [])
        self.assertNotIn("admitted empty", load.failures)
        self.assertTrue(other.alive)

    def create_with_kubectl(self, name: str) -> int:
        """As somebody who types the line again when it failed; how often it took."""
        for tries in range(1, 10):
            done = self.kubectl_create(pvc(name))
            if done.returncode == 0:
                return tries
            self.assertIn("failed calling webhook", done.stderr)
            self.assertIsNone(self.objects.get(PVC, "media", name))
        raise AssertionError(done.stderr)

    def kubectl_create(self, document: dict) -> subprocess.CompletedProcess:
        return self.plane.kubectl("-n", "media", "create", "-f", "-", stdin=json.dumps(document))

    def test_a_replica_that_cannot_read_the_repository_delays_and_nothing_else(self):
        blind = self.kubelet.pods[0]
        waits = blind.holdfast.admissions(verdict="wait")
        blind.unmount()
        self.addCleanup(self.see_again, blind)
        done = [self.create_over_new_connections(name) for name in (*self.albums, "new")]
        waited = blind.holdfast.admissions(verdict="wait") - waits
        print(f"     {len(done)} claims created by kubectl, {waited} answers to wait by the replica that cannot read")
        self.assertEqual([each.stderr for each in done if each.returncode], [])
        for name, snapshot in self.albums.items():
            self.assert_promises(name, snapshot)
        self.assertNotIn("dataSourceRef", self.objects.get(PVC, "media", "new")["spec"], "that there is none is proven")
        self.assertGreater(waited, 0)

    def create_over_new_connections(self, name: str) -> subprocess.CompletedProcess:
        """The API server would go on asking the replica that it is connected to."""
        self.network.hang_up()
        return self.kubectl_create(pvc(name))

    def test_the_rescue_page_opens_admission_closes_it_and_loses_no_backup(self):
        look, opening, shutting, _, listing, *_offsite = page_lines("docs/rescue.md")
        self.kubelet.kill_all()
        self.addCleanup(setattr, self.kubelet, "may_start", True)
        wait_until(lambda: not self.kubelet.served, PATIENCE_S, "the Service has nobody")
        self.assertIn("failed calling webhook", self.kubectl_create(pvc("album-1")).stderr)
        self.assertIn(f"Namespace:            {NAMESPACE}", self.run_as_a_user(look))
        self.run_as_a_user(opening)
        wait_until(lambda: self.kubectl_create(pvc("album-1")).returncode == 0, PATIENCE_S, "admission is open")
        self.assertNotIn("dataSourceRef", self.objects.get(PVC, "media", "album-1")["spec"], "this is what it costs")
        VolSyncPart(self.api).bind("media", "album-1")
        self.kubelet.may_start = True
        self.run_as_a_user(shutting.replace("manifests/overlays/nfs", str(self.overlay)))
        self.wait_for_rollout()
        wait_until(lambda: "album-1" in self.run_as_a_user(listing), PATIENCE_S, "it is said which one came back empty")
        self.assertIsNone(self.objects.get(REPLICATION_SOURCE, "media", "album-1-backup"), "no backup is pushed out")
        self.plane.kubectl("-n", "media", "delete", "pvc", "album-1", "--timeout=60s")
        self.wait_until_asked()
        done = self.kubectl_create(pvc("album-1"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_promises("album-1", self.albums["album-1"])

    def see_again(self, pod: Pod) -> None:
        pod.mount_again()
        wait_until(lambda: pod.holdfast.get("/exists/media/music")[0] == 200, PATIENCE_S, "it reads the repository")

    def assert_promises(self, name: str, snapshot: Snapshot) -> None:
        claim = self.objects.get(PVC, "media", name)
        self.assertEqual(claim["spec"]["dataSourceRef"]["name"], f"{name}-backup")
        self.assertEqual(claim["metadata"]["annotations"]["holdfast.dev/restored-snapshot"], snapshot.id)
