"""Copies of the repository's Secret on a real API server, with the rights of the component `secret-copy` and no others."""

import base64
import json

from generator_case import RULES
from guarded_case import pvc
from installation import MANIFESTS
from rig.accounts import rule
from rig.objects import PVC, SECRET
from rig.processes import wait_until
from restore_case import PATIENCE, PLAIN, RestoreCase

MAINTENANCE = "volsync-holdfast-maintenance"
NAME = "volsync-data"
VERBS = "get list create patch delete"
# What the base gives, without the right of the others to look at Secrets.
_BASE = [dict(one, resources=[name for name in one["resources"] if name != "secrets"]) for one in RULES]


class Copies(RestoreCase):
    expected_seconds = 50
    settings = PLAIN
    flags = ("--generator=on", "--min-age", "0s", "--sweep", "10s", "--secret-mode", "copy")
    rules = [*_BASE, rule("", "secrets", VERBS)]

    def tearDown(self):
        self.objects.delete_all(SECRET, self.namespace)

    def secret(self, name: str = NAME, namespace: str = "") -> dict | None:
        return self.objects.get(SECRET, namespace or self.namespace, name)

    def password_in(self, secret: dict) -> str:
        return base64.b64decode(secret["data"]["KOPIA_PASSWORD"]).decode()

    def wait_for_copy(self) -> dict:
        return wait_until(self.secret, PATIENCE, "the copy is there")

    def the_password(self) -> str:
        return self.guarded.repository.password_file.read_text().strip()

    def test_the_rights_are_those_of_the_component(self):
        [line] = [line for line in (MANIFESTS / "components/secret-copy/rbac.yaml").read_text().splitlines()
                  if "verbs:" in line]
        self.assertEqual(line.split("[")[1].rstrip("]").split(", "), VERBS.split())

    def test_it_comes_with_the_claim_follows_the_password_and_goes_with_the_protection(self):
        self.create_patiently(pvc())
        secret = self.wait_for_copy()
        self.assertEqual(self.password_in(secret), self.the_password())
        self.assertEqual(base64.b64decode(secret["data"]["KOPIA_REPOSITORY"]), b"filesystem:///mnt/repository")
        self.assertEqual(secret["metadata"]["ownerReferences"][0]["uid"], self.claim()["metadata"]["uid"])
        wait_until(lambda: self.secret(MAINTENANCE, self.account.namespace), PATIENCE, "the maintenance has one too")
        wait_until(lambda: self.audit()["secret"] == "ready", PATIENCE, "audit knows it")

        uid = secret["metadata"]["uid"]
        self.objects.merge(SECRET, self.namespace, NAME, {"data": {"KOPIA_PASSWORD": "eA==", "MORE": "eA=="}})
        wait_until(lambda: self.password_in(self.secret()) == self.the_password(), PATIENCE, "it is put back")
        self.assertEqual((self.secret()["metadata"]["uid"], self.secret()["data"]["MORE"]), (uid, "eA=="))

        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "the source")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": None}}})
        wait_until(lambda: self.secret() is None, PATIENCE, "nothing is protected")
        self.assertIsNone(self.rs())

    def test_with_its_claim_the_garbage_collector_takes_it(self):
        self.create_patiently(pvc())
        self.wait_for_copy()
        self.objects.delete(PVC, self.namespace, "data")
        wait_until(lambda: self.secret() is None, PATIENCE, "it goes with its claim")

    def test_one_of_somebody_else_s_stays_and_is_told_where_it_is_not_whole(self):
        self.objects.create(SECRET, self.namespace, {"metadata": {"name": NAME}, "stringData": {"KOPIA_PASSWORD": "x"}})
        version = self.secret()["metadata"]["resourceVersion"]
        self.create_patiently(pvc())
        wait_until(lambda: "it is not holdfast's, and has no KOPIA_REPOSITORY" in json.dumps(self.audit()), PATIENCE,
                   "it is told")
        self.objects.merge(SECRET, self.namespace, NAME, {"stringData": {"KOPIA_REPOSITORY": "filesystem:///x"}})
        wait_until(lambda: self.audit()["secret"] == "external", PATIENCE, "it is whole now")
        self.assertNotEqual(self.secret()["metadata"]["resourceVersion"], version)
        self.assertNotIn("holdfast", [entry["manager"] for entry in self.secret()["metadata"]["managedFields"]])

    def test_the_password_is_in_no_log_and_on_no_page(self):
        self.create_patiently(pvc())
        self.wait_for_copy()
        for path in ("/audit", "/metrics", "/readyz", "/"):
            self.assertNotIn(self.the_password(), self.holdfast.get(path)[1])
        encoded = base64.b64encode(self.the_password().encode()).decode()
        for text in (self.the_password(), encoded):
            self.assertNotIn(text, self.holdfast.process.log.read_text())


class WithoutRights(RestoreCase):
    expected_seconds = 20
    settings = PLAIN
    flags = Copies.flags
    rules = _BASE

    def test_who_may_not_says_so_and_everything_else_goes_on(self):
        self.create_patiently(pvc())
        wait_until(lambda: "cannot be listed" in self.audit()["secret"], PATIENCE, "it is told")
        wait_until(lambda: self.rd("data-backup"), PATIENCE, "the destination")
        self.assertIn("Secrets cannot be listed", self.holdfast.get("/readyz")[1])
        done = self.command("doctor")
        self.assertRegex(done.stdout, "fail +permissions: may not .*get, list, create, patch, delete secrets")
