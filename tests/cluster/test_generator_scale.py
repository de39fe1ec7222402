"""A thousand PVCs: what they cost the API server and the machine."""

import concurrent.futures
import datetime
import itertools
import json
import time

from generator_case import GeneratorCase
from guarded_case import pvc
from rig.audit import AuditLog, Requests
from rig.meter import cost_of
from rig.objects import (EXTERNAL_SECRET, OURS, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS)
from rig.processes import wait_until
from restore_case import HOME_NFS
from suite import Stage

NAMESPACES = [f"scale-{number}" for number in range(50)]
NAMES = [f"data-{number}" for number in range(20)]
PLACES = list(itertools.product(NAMESPACES, NAMES))
KINDS = (EXTERNAL_SECRET, RD, RS)
OBJECTS = len(PLACES) * len(KINDS)
INSTALLATION = 2  # objects that belong to no PVC: the repository's maintenance and its secret

# Eight kinds are listed by pages of 250 and watched; the few objects of the installation are fetched.
READS = 8 + (OBJECTS + len(PLACES)) // 250 + 8 + 10
A_LOOK_AT_THE_MAINTENANCE = {("get", "kopiamaintenances"): 1, ("list", "jobs"): 1}
PEAK_MB = 30
SETTLED_MB = 23  # with the libraries: how much of those is in memory is mostly the machine's affair
OWN_MB = 9       # of it, in no file

CONNECTIONS = 8
QUIET_S = 8
PATIENCE = 240
MOVER_LOG = "\n".join(f"* 0 hashing, {n} hashed ({n} MB), 0 cached, uploaded {n} MB, 100%" for n in range(30))


def finished_backup() -> dict:
    """The status that VolSync leaves a ReplicationSource with."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"lastSyncTime": now, "lastSyncDuration": "2s", "nextSyncTime": now,
            "latestMoverStatus": {"result": "Successful", "logs": MOVER_LOG},
            "conditions": [{"type": "Synchronizing", "status": "False", "reason": "WaitingForSchedule",
                            "message": "Waiting for next scheduled synchronization", "lastTransitionTime": now}]}


class Thousand(GeneratorCase):
    expected_seconds = 120
    settings = HOME_NFS
    by_wire = False

    @classmethod
    def prepare(cls):
        plane = Stage.plane
        # Nobody but holdfast makes or removes anything: there is no binder and no garbage collector.
        plane.stop_controller_manager()
        cls.addClassCleanup(plane.start_controller_manager)
        cls.hands = cls.enterClassContext(concurrent.futures.ThreadPoolExecutor(CONNECTIONS))
        for _ in cls.hands.map(plane.api.create_namespace, NAMESPACES):
            pass
        cls.everywhere(cls.create_and_bind)

    @classmethod
    def create_and_bind(cls, namespace: str, name: str) -> None:
        """As kubectl applies it."""
        document = pvc(name)
        document["metadata"]["annotations"] = {
            "kubectl.kubernetes.io/last-applied-configuration": json.dumps(document)}
        cls.objects.create(PVC, namespace, document)
        cls.objects.set_pvc_phase(namespace, name, "Bound", "1Gi")

    @classmethod
    def everywhere(cls, work) -> None:
        """`work(namespace, name)` for each PVC."""
        for _ in cls.hands.map(lambda place: work(*place), PLACES):
            pass

    def test_cost_little_from_the_first_start_to_their_end(self):
        self.the_first_start_takes_three_writes_and_a_read_each()
        self.settled_nothing_is_done()
        self.backups_take_nothing()
        self.a_restart_takes_no_write()
        self.their_end_takes_three_deletions_each()

    def the_first_start_takes_three_writes_and_a_read_each(self):
        asked = self.asked_until(OBJECTS + INSTALLATION, "holdfast_generator_apply_total", result="created")
        took_s = (asked.writes[-1].at - asked.writes[0].at).total_seconds()
        self.say("first start", objects_per_s=OBJECTS / took_s, asked=asked)
        self.assert_are_right()
        self.assertEqual({request.code for request in asked.writes}, {201})
        self.assertEqual(len(asked.writes), OBJECTS + INSTALLATION)
        # Of each PVC once: it is looked at as it is right before its backups begin.
        self.assertLessEqual(len(asked.reads), READS + len(PLACES), asked.count())
        self.assertLessEqual(self.cost().peak_mb, PEAK_MB)

    def settled_nothing_is_done(self):
        began, cpu_s = AuditLog.now(), self.cost().cpu_s
        time.sleep(QUIET_S)
        self.say("settled", cpu_percent=(self.cost().cpu_s - cpu_s) / QUIET_S * 100, asked=self.generated(began))
        self.assert_asked_nothing(began)
        self.assert_takes_little_memory()

    def backups_take_nothing(self):
        began, cpu_s = AuditLog.now(), self.cost().cpu_s
        self.everywhere(lambda namespace, name: self.objects.set_status(RS, namespace, f"{name}-backup",
                                                                        finished_backup()))
        self.wait_until_idle()
        self.say("backed up", cpu_s_of_it=self.cost().cpu_s - cpu_s, asked=self.generated(began))
        self.assert_asked_nothing(began)
        self.assert_takes_little_memory()

    def a_restart_takes_no_write(self):
        self.holdfast.stop()
        began = AuditLog.now()
        type(self).holdfast = self.guarded.start_instance("again")
        wait_until(lambda: self.holdfast.metric("holdfast_generator_leader") == 1, PATIENCE, "it leads")
        self.wait_until_idle()
        asked = self.generated(began)
        self.say("restarted", asked=asked)
        self.assertEqual(asked.writes, [])
        self.assertLessEqual(len(asked.reads), READS, asked.count())
        self.assertLessEqual(self.cost().peak_mb, PEAK_MB)
        self.assert_takes_little_memory()

    def their_end_takes_three_deletions_each(self):
        began, clock = AuditLog.now(), time.monotonic()
        self.everywhere(lambda namespace, name: self.objects.merge(
            PVC, namespace, name, {"metadata": {"labels": {"backup": None}}}))
        asked = self.asked_until(OBJECTS, "holdfast_generator_delete_total", since=began)
        self.say("ended", until_all_s=time.monotonic() - clock, asked=asked)
        self.assertEqual(self.ours(), [])
        self.assertEqual({request.verb for request in asked.writes}, {"delete"})
        self.assertEqual(len(asked.writes), OBJECTS)
        # The PVC and its namespace are looked at as they are right before each.
        self.assertEqual({request.verb for request in asked.reads}, {"get"})
        self.assertLessEqual(len(asked.reads), 2 * OBJECTS, asked.count())

    def assert_takes_little_memory(self):
        cost = self.cost()
        self.assertLessEqual(cost.anon_mb, OWN_MB)
        self.assertLessEqual(cost.rss_mb, SETTLED_MB)

    def assert_are_right(self):
        claims = {self._place(claim): claim for claim in self.objects.items(PVC)}
        for kind, template in ((EXTERNAL_SECRET, "volsync-{}"), (RD, "{}-backup"), (RS, "{}-backup")):
            found = {self._place(item): item for item in self.ours(kind)}
            self.assertEqual(found.keys(), {(namespace, template.format(name)) for namespace, name in PLACES})
            for namespace, name in PLACES:
                [owner] = found[namespace, template.format(name)]["metadata"]["ownerReferences"]
                self.assertEqual((owner["name"], owner["uid"]), (name, claims[namespace, name]["metadata"]["uid"]))
        source = self.objects.get(RS, NAMESPACES[0], f"{NAMES[-1]}-backup")
        self.assertEqual(source["spec"]["sourcePVC"], NAMES[-1])
        self.assertEqual(source["spec"]["kopia"]["hostname"], NAMESPACES[0])

    def ours(self, *kinds) -> list[dict]:
        """What holdfast made for the PVCs."""
        return [item for kind in kinds or KINDS for item in self.objects.items(kind, labels=OURS)
                if item["metadata"]["namespace"] in NAMESPACES]

    def generated(self, since: datetime.datetime | None = None) -> Requests:
        """What the generator asked for; its Lease, its Events and the memory of seen backups apart."""
        asked = self.asked(since).by("holdfast-generator")
        return Requests([request for request in asked.all
                         if request.resource not in ("leases", "events", "configmaps")])

    def assert_asked_nothing(self, since: datetime.datetime) -> None:
        """But for a look at the maintenance of the repository, which may fall into any window."""
        asked = self.generated(since)
        self.assertEqual(asked.writes, [])
        self.assertLessEqual(asked.count().items(), A_LOOK_AT_THE_MAINTENANCE.items())

    def asked_until(self, writes: int, counter: str, since: datetime.datetime | None = None, **labels) -> Requests:
        """When holdfast has counted that many writes, and makes no more."""
        wait_until(lambda: self.holdfast.metric(counter, **labels) >= writes, PATIENCE, f"{writes} writes", every=0.5)
        self.wait_until_idle()
        return self.generated(since)

    def wait_until_idle(self) -> None:
        """It used less than a hundredth of a processor for a second."""
        def idle():
            before = self.cost().cpu_s
            time.sleep(1)
            return self.cost().cpu_s - before < 0.01
        wait_until(idle, PATIENCE, "holdfast is idle")

    def cost(self):
        return cost_of(self.holdfast.process.pid)

    def say(self, when: str, asked: Requests, **figures: float) -> None:
        cost = self.cost()
        figures |= {"reads": len(asked.reads), "writes": len(asked.writes), "cpu_s": cost.cpu_s, "rss_mb": cost.rss_mb,
                    "anon_mb": cost.anon_mb, "peak_mb": cost.peak_mb}
        print(f"     {when}: " + " ".join(f"{name}={value:.4g}" for name, value in figures.items()), flush=True)

    @staticmethod
    def _place(item: dict) -> tuple[str, str]:
        return item["metadata"]["namespace"], item["metadata"]["name"]
