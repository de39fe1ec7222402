"""Twenty-five PVCs of each of the systems before, beside the real VolSync operator: taken over and given back.

No ReplicationSource or ReplicationDestination is deleted or works because of it, no schedule changes, and the next
backup comes when it was to come.
"""

import copy
import datetime

from guarded_case import pvc
from owned_parts import MANAGER, gist
from real_operator import real_operator
from rig.audit import AuditLog
from rig.objects import (EXTERNAL_SECRET, JOB, NAMESPACE, PVC, REPLICATION_DESTINATION as RD,
                         REPLICATION_SOURCE as RS)
from rig.processes import wait_until
from restore_case import HOME_NFS, PATIENCE, PLAIN, RestoreCase

KYVERNO = {MANAGER: "kyverno", "generate.kyverno.io/policy-name": "volsync-pvc-backup-restore"}
PLUMBER = {MANAGER: "pvc-plumber"}
SIMPLE = {"backup": "hourly"}
V4 = {"pvc-plumber.io/enabled": "true", "pvc-plumber.io/manage-volsync": "true", "pvc-plumber.io/tier": "hourly"}
COUNT = 25


def by_hand(secret: str) -> str:
    """The names of pvc-plumber v4, the Secret somebody else's, the volume put into mover Jobs."""
    return PLAIN.replace("generator:", f"""contracts: [simple, pvc-plumber-v4]
generator:
  naming: v4
  secret: {{name: "{secret}"}}""").replace("kind: nfs,", "kind: nfs, inject: true,")


def far_from_now() -> str:
    """Every hour, but not while the test runs."""
    return f"{(datetime.datetime.now(datetime.timezone.utc).minute + 30) % 60} * * * *"


class BesideTheForksOperator(RestoreCase):
    external_secrets = True  # one for each PVC

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = real_operator(fork=True)

    def switch(self, labels: dict, claim_labels: dict, *, source: str, destination: str, secret: str, user: str) -> None:
        """`{}` stands for the PVC's name."""
        names = [f"app-{number}" for number in range(COUNT)]
        before = {}
        for name in names:
            self.assertTrue(self.create(pvc(name, labels={"app": name})).ok)
            self.part.bind(self.namespace, name)
            before |= self.plant(name, labels, source.format(name), destination.format(name), secret.format(name),
                                 user.format(name))
        self.enterContext(self.operator)
        sources = [(kind, name) for kind, name in before if kind == RS]
        wait_until(lambda: all(self.is_scheduled(name) for _, name in sources), PATIENCE, "the operator knows the sources")
        before = {(kind, name): self.objects.get(kind, self.namespace, name) for kind, name in before}
        for name in names:
            self.objects.merge(PVC, self.namespace, name, {"metadata": {"labels": claim_labels}})
        wait_until(lambda: all("ForeignObject" in self.reasons(name) for name in names), PATIENCE, "it is said of each")
        began = AuditLog.now()
        done = self.command("adopt", "--apply", self.namespace)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("  adopted  "), COUNT, done.stdout)
        self.assert_switched(before)
        self.stays(lambda: self.is_switched(before), "it stays so")
        self.assertEqual(self.command("adopt", "--undo", self.namespace).returncode, 0)
        for (kind, name), then in before.items():
            self.assertEqual(gist(self.objects.get(kind, self.namespace, name)), gist(then), name)
        self.assert_nothing_was_deleted(began)

    def plant(self, name: str, labels: dict, source: str, destination: str, secret: str, user: str) -> dict:
        kopia = {"repository": secret, "username": user, "hostname": self.namespace, "copyMethod": "Snapshot"}
        specs = {
            (EXTERNAL_SECRET, f"volsync-{name}"): {
                "refreshInterval": "1h", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "1password"},
                "target": {"name": secret}, "data": [{"secretKey": "KOPIA_PASSWORD", "remoteRef": {
                    "key": "rustfs", "property": "kopia_password"}}]},
            (RS, source): {"sourcePVC": name, "trigger": {"schedule": far_from_now()}, "kopia": kopia | {
                "compression": "zstd-fastest", "parallelism": 2, "retain": {"hourly": 24, "daily": 7}}},
            (RD, destination): {"trigger": {"manual": "restore-once"}, "kopia": kopia | {
                "capacity": "1Gi", "accessModes": ["ReadWriteOnce"]}}}
        if not self.external_secrets:
            del specs[EXTERNAL_SECRET, f"volsync-{name}"]
        for (kind, of), spec in specs.items():
            self.objects.create(kind, self.namespace, {"metadata": {"name": of, "labels": labels},
                                                       "spec": copy.deepcopy(spec)})
        self.part.finish_backup(self.namespace, source)
        self.part.finish_restore(self.namespace, destination)  # as it was when the PVC was made
        return specs

    def is_scheduled(self, source: str) -> bool:
        """By the operator, which reckons with whole minutes."""
        found = self.objects.get(RS, self.namespace, source)
        minute = int(found["spec"]["trigger"]["schedule"].split()[0])
        return found.get("status", {}).get("nextSyncTime", "").endswith(f":{minute:02}:00Z")

    def is_switched(self, before: dict) -> bool:
        self.assert_switched(before)
        return True

    def assert_switched(self, before: dict) -> None:
        for (kind, name), then in before.items():
            now = self.objects.get(kind, self.namespace, name)
            self.assertEqual(now["metadata"]["uid"], then["metadata"]["uid"])
            self.assertEqual(now["metadata"]["labels"][MANAGER], "holdfast")
            if kind != EXTERNAL_SECRET:
                self.assertEqual(now["spec"]["kopia"]["repository"], then["spec"]["kopia"]["repository"])
            if kind == RS:
                self.assertEqual(now["spec"]["trigger"], then["spec"]["trigger"])
                for member in ("nextSyncTime", "lastSyncTime"):
                    self.assertEqual(now["status"][member], then["status"][member], name)
            if kind == RD:
                self.assertTrue(now["spec"]["paused"])
        self.assertEqual(self.jobs(), [], "no mover works because of it")

    def jobs(self) -> list[str]:
        return [job["metadata"]["name"] for job in self.objects.items(JOB, self.namespace)]

    def assert_nothing_was_deleted(self, began: datetime.datetime) -> None:
        requests = self.asked(began)
        for resource in ("replicationsources", "replicationdestinations"):
            self.assertEqual(requests.of(resource, "delete", "deletecollection"), [])


class FromLegacyNames(BesideTheForksOperator):
    settings = HOME_NFS

    def test_from_kyverno_and_pvc_plumber_v1(self):
        self.switch(KYVERNO, SIMPLE, source="{}-backup", destination="{}-backup", secret="volsync-{}", user="{}-backup")

    def test_from_pvc_plumber_v2_and_v3(self):
        self.switch(PLUMBER, SIMPLE, source="{}-backup", destination="{}-backup", secret="volsync-{}", user="{}-backup")


class WithASecretForTheNamespace(BesideTheForksOperator):
    settings = by_hand("volsync-kopia-repository")
    external_secrets = False

    def setUp(self):
        super().setUp()
        self.objects.merge(NAMESPACE, None, self.namespace, {"metadata": {"labels": {
            "pvc-plumber.io/managed-namespace": "true"}}})

    def test_from_pvc_plumber_v4(self):
        self.switch(PLUMBER, V4, source="{}", destination="{}-dst", secret="volsync-kopia-repository", user="{}")


class WithTheSecretsOfAComponent(BesideTheForksOperator):
    settings = by_hand("{pvc}-volsync-secret")
    external_secrets = False

    def test_from_a_component_that_flux_has_let_go(self):
        self.switch({}, SIMPLE, source="{}", destination="{}-dst", secret="{}-volsync-secret", user="{}")
