"""The base of the tests: holdfast as README installs it, and words for claims, for what is in them, and for their restores."""

import dataclasses
import itertools
import time
import unittest

import stage
from as_installed import mover_secret, with_kustomize
from rig.node_cluster import USER
from rig.objects import (JOB, NAMESPACE, PVC, REPLICATION_DESTINATION, REPLICATION_SOURCE, SECRET, Kind,
                         Objects, Refused)
from rig.processes import wait_until

POD = Kind("", "v1", "Pod", "pods")
PATIENCE_S = 120

_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Times:
    """Of a restore, in seconds after the creation: what holdfast did, and what it waited for."""
    run_made: float
    run_done: float
    published: float
    bound: float

    @property
    def ours(self) -> float:
        """Until the restore run stood there, and from its end until the image was on the destination."""
        return self.run_made + (self.published - self.run_done)

    def __str__(self):
        return (f"create → Bound {self.bound:.1f} s: restore run made after {self.run_made:.1f}, VolSync done after "
                f"{self.run_done:.1f}, published after {self.published:.1f}; ours {self.ours:.1f}")


class NodeCase(unittest.TestCase):
    """A namespace per test, on the one node, with holdfast as `install` puts it there."""

    install = staticmethod(with_kustomize)
    only_long = False  # takes long and seldom finds anything: not in every run

    @classmethod
    def setUpClass(cls):
        cls.cluster = stage.Stage.cluster
        cls.installation = cls.install(cls.cluster)
        cls.node = cls.cluster.node
        cls.objects = Objects(cls.node.api)
        cls.repository = cls.cluster.repository

    def setUp(self):
        self.namespace = self.new_namespace(type(self).__module__.removeprefix("test_").replace("_", "-"))

    def new_namespace(self, word: str, **labels: str) -> str:
        name = f"{word}-{next(_numbers)}"
        self.node.api.create_namespace(name, labels)
        self.addCleanup(self.objects.delete, NAMESPACE, None, name)
        return name

    # --- what a user does

    def create(self, name: str = "data", *, size: str = "1Gi", namespace: str = "", labels: dict | None = None,
               annotations: dict | None = None, **spec) -> None:
        """A claim with the label, as kubectl does it: a denial that says when to come back is tried again."""
        document = {"metadata": {"name": name, "labels": {"backup": "hourly"} if labels is None else labels,
                                 "annotations": annotations or {}},
                    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.objects.create(PVC, namespace or self.namespace, document)
                return
            except Refused as refused:
                if refused.answer.status != 503 or time.monotonic() > deadline:
                    raise
                time.sleep(refused.answer.retry_after or 1)

    def delete(self, name: str = "data", namespace: str = "") -> None:
        """Returns when it is gone."""
        ns = namespace or self.namespace
        self.objects.delete(PVC, ns, name)
        wait_until(lambda: self.objects.get(PVC, ns, name) is None, PATIENCE_S,
                   lambda: f"{name} is gone: {self.said_about(name, ns)}")

    def give_secret(self, *names: str, password: str | None = None, namespace: str = "") -> None:
        """What movers need beside a claim, as docs/install.md has it, before holdfast makes it."""
        for name in names or ("data",):
            self.objects.apply(SECRET, namespace or self.namespace, mover_secret(
                f"volsync-{name}", password or self.repository.password_file.read_text()), force=True)

    def lead_movers_to(self, place: str, name: str = "data") -> None:
        """To another place in the same export, until they are given their Secret again."""
        self.objects.apply(SECRET, self.namespace, {"metadata": {"name": f"volsync-{name}"}, "stringData": {
            "KOPIA_REPOSITORY": f"filesystem:///mnt/repository/{place}"}}, force=True)

    def in_pod(self, script: str, *claims: str, namespace: str = "", user: int = USER) -> str:
        """Runs a script in a pod that mounts the claims at /<claim>; what it printed. Fails the test where it fails."""
        ns = namespace or self.namespace
        name = self.start_pod(script, *claims, namespace=ns, user=user)
        ended = wait_until(lambda: self._ended(ns, name), PATIENCE_S,
                           lambda: f"the pod {name} has ended: {self.said_about(name, ns)}", every=0.2)
        log = self.node.api.request("GET", POD.path(ns, name, "log")).body.get("message", "")
        self.objects.delete(POD, ns, name)
        self.assertEqual(ended, "Succeeded", log)
        return log

    def start_pod(self, script: str, *claims: str, namespace: str = "", user: int = USER) -> str:
        """Its name."""
        ns, name = namespace or self.namespace, f"pod-{next(_numbers)}"
        claims = claims or ("data",)
        security = {"runAsUser": user, "runAsGroup": user, "fsGroup": user} if user else {}
        self.objects.create(POD, ns, {"metadata": {"name": name}, "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "securityContext": security,
            "containers": [{"name": "main", "image": self.cluster.volsync.mover_image,
                            "command": ["bash", "-ec", script],
                            "volumeMounts": [{"name": f"v{n}", "mountPath": f"/{c}"} for n, c in enumerate(claims)]}],
            "volumes": [{"name": f"v{n}", "persistentVolumeClaim": {"claimName": c}} for n, c in enumerate(claims)]}})
        return name

    def _ended(self, ns: str, name: str) -> str | None:
        phase = self.objects.get(POD, ns, name)["status"]["phase"]
        return phase if phase in ("Succeeded", "Failed") else None

    # --- what is there

    def bound(self, name: str = "data", namespace: str = "", seconds: float = PATIENCE_S) -> dict:
        def look():
            claim = self.objects.get(PVC, namespace or self.namespace, name)
            return claim if claim["status"]["phase"] == "Bound" else None
        return wait_until(look, seconds, lambda: f"{name} is bound: {self.said_about(name, namespace)}")

    def backed_up(self, *names: str, namespace: str = "") -> dict:
        """Has VolSync back up these claims once more, as a user asks for it, and waits; kopia's entry of the first."""
        ns, names = namespace or self.namespace, names or ("data",)
        self.synchronized(*names, namespace=ns)
        return self.backups(names[0], ns)[-1]

    def synchronized(self, *names: str, namespace: str = "") -> None:
        """The same, whether anything comes of it or not."""
        ns, names = namespace or self.namespace, names or ("data",)
        tokens = {name: self.start_backup(name, ns) for name in names}
        for name, token in tokens.items():
            wait_until(lambda name=name, token=token: self._synced(ns, name) == token, PATIENCE_S,
                       lambda name=name: f"a backup of {name}: {self.said_about(name, ns)}", every=0.2)
            self._trigger(ns, name, None)

    def wait_for_source(self, name: str = "data", namespace: str = "") -> None:
        ns = namespace or self.namespace
        wait_until(lambda: self.objects.get(REPLICATION_SOURCE, ns, f"{name}-backup"), PATIENCE_S,
                   lambda: f"a ReplicationSource of {name}: {self.said_about(name, ns)}")

    def start_backup(self, name: str = "data", namespace: str = "") -> str:
        """Its token."""
        ns, token = namespace or self.namespace, f"now-{next(_numbers)}"
        # A new source synchronises at once; a token that comes while it does is taken for that sync's own. The first one
        # of a node may find something missing yet, which VolSync looks for after ever longer times.
        wait_until(lambda: self._rests(ns, name), 2 * PATIENCE_S,
                   lambda: f"a first backup of {name}: {self.how_it_stands(name, ns)}", every=0.2)
        self._trigger(ns, name, token)
        return token

    def _trigger(self, ns: str, name: str, token: str | None) -> None:
        self.objects.merge(REPLICATION_SOURCE, ns, f"{name}-backup", {"spec": {"trigger": {"manual": token}}})

    def _rests(self, ns: str, name: str) -> bool:
        status = (self.objects.get(REPLICATION_SOURCE, ns, f"{name}-backup") or {}).get("status", {})
        return "lastSyncTime" in status and "lastSyncStartTime" not in status

    def _synced(self, ns: str, name: str) -> str | None:
        return self.objects.get(REPLICATION_SOURCE, ns, f"{name}-backup").get("status", {}).get("lastManualSync")

    def backups(self, name: str = "data", namespace: str = "") -> list[dict]:
        """kopia's entries of complete ones, oldest first."""
        wanted = (f"{name}-backup", namespace or self.namespace)
        return sorted((entry for entry in self.repository.listing() if not entry.get("incomplete") and
                       (entry["source"]["userName"], entry["source"]["host"]) == wanted),
                      key=lambda entry: entry["startTime"])

    def restore_run(self, name: str = "data", namespace: str = "") -> dict | None:
        return self.objects.get(REPLICATION_DESTINATION, namespace or self.namespace, f"{name}-restore")

    def destination_image(self, name: str = "data", namespace: str = "") -> dict | None:
        found = self.objects.get(REPLICATION_DESTINATION, namespace or self.namespace, f"{name}-backup")
        return (found or {}).get("status", {}).get("latestImage")

    def events(self, reason: str, name: str = "data", namespace: str = "") -> list[str]:
        return [event["message"] for event in self.objects.events_about(namespace or self.namespace, name, PVC)
                if event["reason"] == reason]

    def wait_for_event(self, reason: str, name: str = "data", namespace: str = "",
                       seconds: float = PATIENCE_S) -> str:
        return wait_until(lambda: self.events(reason, name, namespace), seconds,
                          lambda: f"an Event {reason}: {self.said_about(name, namespace)}", every=0.2)[-1]

    def assert_same(self, now: str, before: str) -> None:
        """What SUMS printed; a difference is told by its first lines."""
        now_lines, before_lines = set(now.splitlines()), set(before.splitlines())
        missing, added = sorted(before_lines - now_lines), sorted(now_lines - before_lines)
        self.assertFalse(missing or added, f"missing {len(missing)}: {missing[:5]}; added {len(added)}: {added[:5]}")

    def said_about(self, name: str, namespace: str = "") -> str:
        """Of a claim, for the message of a failure."""
        events = self.objects.events_about(namespace or self.namespace, name)
        return "; ".join(f"{event['reason']}: {event['message']}" for event in events[-6:])

    def how_it_stands(self, name: str, namespace: str) -> str:
        """Of its backups, for the message of a failure."""
        source = self.objects.get(REPLICATION_SOURCE, namespace, f"{name}-backup")
        jobs = {job["metadata"]["name"]: job.get("status") for job in self.objects.items(JOB, namespace)}
        pods = {pod["metadata"]["name"]: [status.get("state") for status in
                                          pod["status"].get("containerStatuses", [])] or pod["status"]
                for pod in self.objects.items(POD, namespace)}
        waits = [item.get("waitsFor") for item in self.audited() if item["pvc"] == name]
        return (f"holdfast waits for {waits}; source {source and source.get('status')}, jobs {jobs}, pods {pods}; "
                f"{self.said_about(f'{name}-backup', namespace)}; {self.said_about(name, namespace)}")

    def audited(self) -> list[dict]:
        """What holdfast says of the namespace's claims."""
        return self.node.api.request("GET", "/api/v1/namespaces/holdfast-system/services/holdfast:8080/proxy/audit"
                                     f"?namespace={self.namespace}").body["items"]

    def gaps(self, name: str = "data") -> list[str]:
        """The reasons why holdfast says that the claim is not protected."""
        return [gap.partition(":")[0] for item in self.audited() if item["pvc"] == name
                for gap in item.get("gaps", [])]

    def mover_jobs(self, name: str, namespace: str = "") -> list[dict]:
        return [job for job in self.objects.items(JOB, namespace or self.namespace)
                if job["metadata"]["name"] == f"volsync-{name}"]

    # --- the whole of it

    def timed_restore(self, name: str = "data", *, creating=None, looking=lambda: None, **how) -> Times:
        """Creates the claim and waits until it is bound. `looking` is called at every look."""
        began = time.monotonic()
        seen = {"run_made": 0.0, "run_done": 0.0, "published": 0.0}

        def note(step: str, reached) -> None:
            if reached and not seen[step]:
                seen[step] = time.monotonic() - began

        def bound() -> bool:
            run = self.restore_run(name)
            note("run_made", run)
            note("run_done", run and run.get("status", {}).get("latestImage"))
            note("published", self.destination_image(name))
            looking()
            return self.objects.get(PVC, self.namespace, name)["status"]["phase"] == "Bound"
        if creating:
            creating()
        else:
            self.create(name, **how)
        wait_until(bound, PATIENCE_S, f"{name} is bound", every=0.05)
        times = Times(**seen, bound=time.monotonic() - began)
        print(f"     {times}", flush=True)
        return times


FILL = """\
cd /data; mkdir -p deep/er empty
for n in $(seq 1 300); do head -c $((n * 7)) /dev/urandom >deep/file-$n; done
head -c 20000000 /dev/urandom >big; : >deep/er/nothing; echo hidden >.dot; ln -s deep/file-1 link
"""
# Of every file its sum, of everything else its name and kind. Not modes and owners: see docs/restore.md.
SUMS = "cd /data; find . -type f -print0 | sort -z | xargs -0 sha256sum; find . ! -type f -printf '%y %p %l\\n' | sort"

