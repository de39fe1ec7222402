"""`holdfast doctor` says that a healthy installation is well, and of a broken one what is wrong and what to do."""

import json
import subprocess

from generator_case import RULES, GeneratorCase
from rig.accounts import rule
from rig.objects import SECRET, VOLUME_SNAPSHOT_CLASS
from rig.processes import wait_until
from rig.webhooks import EXCLUDED_NAMESPACES, MUTATING, OURS

LOOK = [rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations validatingwebhookconfigurations", "list")]
OTHER_REPOSITORY = "00" * 32
PARTS = ["configuration", "kopia", "repository", "index", "certificate", "cluster", "permissions", "kinds", "webhooks",
         "storage", "maintenance", "secrets", "movers", "verification", "unclaimed", "leader"]


PASSWORD = "correct horse"


def mover_secret(name: str, folder: str = "/mnt/repository") -> dict:
    return {"metadata": {"name": name}, "stringData": {"KOPIA_PASSWORD": PASSWORD,
                                                       "KOPIA_REPOSITORY": f"filesystem://{folder}"}}


class Doctor(GeneratorCase):
    settings = """
generator:
  secret: {mode: external-secret, store: 1password, key: rustfs}
  repository: {kind: nfs, server: 192.0.2.10, path: /tank/kopia}
  backup: {volumeSnapshotClassName: snapclass, classes: {standard: {parallelism: 4}}}
"""
    rules = RULES + LOOK
    guarded_options = {"excluded": (*EXCLUDED_NAMESPACES, "holdfast-system")}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.objects.apply(VOLUME_SNAPSHOT_CLASS, None, {
            "metadata": {"name": "snapclass"}, "driver": "rig.example.org", "deletionPolicy": "Delete"})
        cls.addClassCleanup(cls.objects.delete, VOLUME_SNAPSHOT_CLASS, None, "snapclass")
        cls.objects.apply(SECRET, cls.account.namespace, mover_secret("volsync-holdfast-maintenance"))
        wait_until(lambda: cls.holdfast.metric("holdfast_generator_leader") == 1, 60, "holdfast leads")

    def doctor(self, *flags: str) -> subprocess.CompletedProcess:
        return self.command("doctor", *flags)

    def states(self, done: subprocess.CompletedProcess) -> list[tuple[str, str]]:
        return [(line.split()[0], line.split()[1].rstrip(":")) for line in done.stdout.splitlines()]

    def test_a_healthy_installation_is_well_in_every_part(self):
        done = self.doctor()
        self.assertEqual(self.states(done), [("ok", part) for part in PARTS], done.stdout + done.stderr)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_its_findings_can_be_read_by_programs(self):
        done = self.doctor("-o", "json")
        self.assertEqual([item["part"] for item in json.loads(done.stdout)["items"]], PARTS)
        self.assertEqual({item["state"] for item in json.loads(done.stdout)["items"]}, {"ok"})

    def test_commands_that_look_at_the_cluster_say_nothing_but_their_result(self):
        for words in (["audit"], ["why", f"{self.namespace}/data"], ["audit", "-o", "json"]):
            done = self.command(*words)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            self.assertEqual(done.stderr, "")
        self.assertIn("msg=watching", self.command("audit", "--log-level", "info").stderr)

    def test_every_fault_is_named_at_once(self):
        self.addCleanup(wait_until, self.may_list_jobs, 20, "the permission is there again")
        self.account.allow([each for each in self.rules if each["resources"] != ["jobs"]])
        self.addCleanup(self.account.allow, self.rules)
        self.objects.delete(VOLUME_SNAPSHOT_CLASS, None, "snapclass")
        self.addCleanup(self.objects.apply, VOLUME_SNAPSHOT_CLASS, None, {
            "metadata": {"name": "snapclass"}, "driver": "rig.example.org", "deletionPolicy": "Delete"})
        self.set_failure_policy("Ignore")
        self.addCleanup(self.set_failure_policy, "Fail")
        wait_until(lambda: not self.may_list_jobs(), 20, "the permission is gone")
        done = self.doctor("--repository-id", OTHER_REPOSITORY)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for line in ("fail    repository: ", "fail    index: ", "fail    permissions: may not get, list, watch jobs.batch; ",
                     "fail    storage: VolumeSnapshotClass snapclass does not exist; "):
            self.assertIn(f"\n{line}", done.stdout)
        self.assertIn("is not asked while holdfast is away; set failurePolicy: Fail", done.stdout)
        self.assertIn(("ok", "kinds"), self.states(done))

    def test_a_cluster_that_does_not_answer_leaves_it_open(self):
        with self.wire.refusing():
            done = self.doctor()
        self.assertEqual(self.states(done)[-1], ("unknown", "cluster"))
        self.assertIn(("ok", "index"), self.states(done))
        self.assertEqual(done.returncode, 3)

    def test_what_an_account_may_not_see_is_left_open(self):
        self.account.allow(RULES)
        self.addCleanup(self.account.allow, self.rules)
        done = wait_until(lambda: self.ended_with(3), 20, "the permissions are gone")
        self.assertEqual([part for state, part in self.states(done) if state == "unknown"], ["webhooks", "webhooks"])

    def test_a_secret_that_movers_miss_or_that_leads_elsewhere_is_named(self):
        ns = self.account.namespace
        self.addCleanup(self.objects.apply, SECRET, ns, mover_secret("volsync-holdfast-maintenance"), force=True)
        self.objects.apply(SECRET, ns, mover_secret("volsync-holdfast-maintenance", "/repository"), force=True)
        said = self.doctor().stdout
        self.assertIn(f"fail    secrets: movers would write into a folder of their own and report success: {ns}/"
                      "volsync-holdfast-maintenance says filesystem:///repository, and its movers have the repository at "
                      "filesystem:///mnt/repository; ", said)
        self.assertNotIn(PASSWORD, said)
        self.objects.delete(SECRET, ns, "volsync-holdfast-maintenance")
        self.assertIn(f"fail    secrets: Secrets that movers read are not there: {ns}/volsync-holdfast-maintenance; ",
                      self.doctor().stdout)

    def ended_with(self, status: int) -> subprocess.CompletedProcess | None:
        done = self.doctor()
        return done if done.returncode == status else None

    def may_list_jobs(self) -> bool:
        return self.account.api().request("GET", "/apis/batch/v1/jobs").ok

    def set_failure_policy(self, policy: str) -> None:
        path = OURS[MUTATING]
        webhooks = self.api.request("GET", path).body["webhooks"]
        for webhook in webhooks:
            webhook["failurePolicy"] = policy
        answer = self.api.request("PATCH", path, {"webhooks": webhooks}, "application/merge-patch+json")
        self.assertTrue(answer.ok, str(answer))
