"""The webhook's certificate is replaced under load, by others or by holdfast itself, and no request fails."""

import base64
import pathlib
import ssl
import tempfile
import unittest

from guarded_case import pvc
from installation import NAMESPACE
from mounted_secret import MountedSecret, content_of
from reviewer import Reviewer
from rig.audit import AuditLog
from rig.holdfast import Holdfast, generate_certificates
from rig.objects import SECRET
from rig.processes import wait_until
from rig.webhooks import MUTATING, OURS, VALIDATING
from self_signed_case import PATIENCE_S, SHARED, SelfSignedCase
from steady_load import SteadyLoad
from suite import Stage

ENOUGH = 30  # requests of each thread, before and after


class Files(unittest.TestCase):
    """A mounted Secret; reviews are sent without an API server, by kept and by new connections."""

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-certificates-")))
        cls.issued = [content_of(generate_certificates(Stage.holdfast, folder / name)) for name in ("a", "b")]
        cls.authorities = folder / "authorities.pem"
        cls.authorities.write_bytes(b"".join(content["ca.crt"] for content in cls.issued))
        cls.secret = MountedSecret(folder / "mounted", cls.issued[0])
        (folder / "catalog.json").write_text("[]")
        cls.holdfast = Holdfast(Stage.holdfast, folder, cls.secret.path, "--index-backend", "catalog",
                                "--catalog-file", str(folder / "catalog.json"))
        cls.addClassCleanup(cls.holdfast.stop)

    def setUp(self):
        self.mount(self.issued[0])
        wait_until(lambda: self.served() == self.issued[0]["tls.crt"], PATIENCE_S, "the first certificate is served")

    def mount(self, content: dict[str, bytes]) -> None:
        self.secret.swap(content)

    def served(self) -> bytes:
        """To a new connection."""
        return ssl.get_server_certificate(("127.0.0.1", self.holdfast.webhook_port)).encode()

    def review(self, reviewer: Reviewer) -> str:
        answer = reviewer.ask("media", pvc())
        return "" if answer.allowed else str(answer)

    def review_anew(self) -> str:
        reviewer = self.connect()
        try:
            return self.review(reviewer)
        finally:
            reviewer.close()

    def connect(self) -> Reviewer:
        return Reviewer(self.holdfast.webhook_port, self.authorities)

    def part(self, name: str) -> str:
        """Its line of /readyz."""
        [line] = [line for line in self.holdfast.get("/readyz")[1].splitlines() if line.startswith(f"{name}: ")]
        return line.removeprefix(f"{name}: ")

    def test_no_review_fails_while_the_secret_is_swapped(self):
        kept = [self.connect() for _ in range(2)]
        for reviewer in kept:
            self.addCleanup(reviewer.close)
        with SteadyLoad(*(lambda each=each: self.review(each) for each in kept), self.review_anew,
                        self.review_anew) as load:
            for content in (self.issued[1], self.issued[0], self.issued[1]):
                before = load.least
                wait_until(lambda: load.least >= before + ENOUGH, PATIENCE_S, "reviews with the one certificate")
                self.mount(content)
                wait_until(lambda: self.served() == content["tls.crt"], PATIENCE_S, "new connections get the other")
            before = load.least
            wait_until(lambda: load.least >= before + ENOUGH, PATIENCE_S, "reviews with the last certificate")
        print(f"     {load.done} reviews over three swaps, {len(load.failures)} failed")
        self.assertEqual(load.failures, [])

    def test_a_broken_pair_is_told_and_the_old_one_served_on(self):
        self.mount(self.issued[1] | {"tls.key": self.issued[0]["tls.key"]})
        wait_until(lambda: "does not belong" in self.part("rotation"), PATIENCE_S, "the broken pair is told")
        self.assertEqual(self.holdfast.get("/readyz")[0], 200, "what is served is as good as before")
        self.assertEqual(self.part("certificate"), "ok")
        self.assertEqual(self.holdfast.metric("holdfast_certificate_healthy"), 0)
        self.assertIn("certificate not renewed", self.holdfast.process.said())
        self.assertEqual(self.served(), self.issued[0]["tls.crt"])
        self.assertEqual(self.review_anew(), "")
        self.mount(self.issued[1])
        wait_until(lambda: self.served() == self.issued[1]["tls.crt"], PATIENCE_S, "the whole pair is served")
        wait_until(lambda: self.holdfast.metric("holdfast_certificate_healthy") == 1, PATIENCE_S, "all is well again")

    def test_a_certificate_that_its_authority_did_not_sign_is_not_ready(self):
        self.mount(self.issued[0] | {"ca.crt": self.issued[1]["ca.crt"]})
        wait_until(lambda: self.holdfast.get("/readyz")[0] == 503, PATIENCE_S, "the replica is not ready")
        self.assertIn("not signed", self.part("certificate"))
        self.mount(self.issued[0])
        wait_until(lambda: self.holdfast.get("/readyz")[0] == 200, PATIENCE_S, "the replica is ready")


class SelfSigned(SelfSignedCase):
    def test_replicas_that_start_together_share_one_certificate(self):
        shared = self.shared()
        self.assertEqual(self.served(), {shared["tls.crt"]})
        self.assertEqual(self.published(), {shared["ca.crt"]})
        self.assertEqual(set(shared), {"tls.crt", "tls.key", "ca.crt"}, "no key of the authority is kept")
        created = [request.code for request in self.asked().of("secrets", "create")]
        self.assertEqual(created.count(201), 1)
        self.assertEqual(set(created) - {201, 409}, set())

    def test_nobody_writes_without_need_nor_asks_for_what_is_not_allowed(self):
        wait_until(lambda: len(self.asked().of("secrets", "get")) > 6, PATIENCE_S, "some looks")
        self.assertEqual(self.asked().of("secrets", "update"), [])
        self.assertEqual(self.asked().refused, [])

    def test_claims_are_guarded_through_the_api_server(self):
        before = [replica.admissions(webhook="validate") for replica in self.replicas]
        self.assertEqual(self.creation(), "")
        after = [replica.admissions(webhook="validate") for replica in self.replicas]
        self.assertEqual(sum(after), sum(before) + 1)

    def test_a_stripped_bundle_is_put_back_and_others_are_left_alone(self):
        theirs = self.theirs()
        self.addCleanup(self.patch_entries, MUTATING, lambda entries: entries.pop())
        self.patch_entries(MUTATING, lambda entries: entries.append(theirs))
        for path in (MUTATING, VALIDATING):
            stripped = self.patch_entries(path, self.strip)
            self.assertNotIn("caBundle", stripped[0]["clientConfig"])
        wait_until(lambda: self.ours_hold(self.shared()["ca.crt"]), PATIENCE_S, "the bundles are back")
        wait_until(lambda: not self.creation(), PATIENCE_S, "PVCs are created again")
        [stored] = [entry for entry in self.entries() if entry["name"] == theirs["name"]]
        self.assertEqual(stored["clientConfig"], theirs["clientConfig"])
        self.wait_until_steady()

    def theirs(self) -> dict:
        """An entry that leads elsewhere, and believes somebody else."""
        entry = {key: value for key, value in self.entries()[0].items() if key != "reinvocationPolicy"}
        bundle = base64.b64encode(Stage.plane.ca.read_bytes()).decode()
        return entry | {"name": "theirs.example.org", "failurePolicy": "Ignore", "reinvocationPolicy": "Never",
                        "objectSelector": {"matchLabels": {"nobody": "has-this"}},
                        "clientConfig": {"service": {"namespace": NAMESPACE, "name": "another", "path": "/",
                                                     "port": 443}, "caBundle": bundle}}

    def strip(self, entries: list[dict]) -> None:
        for entry in entries:
            if entry["clientConfig"]["service"]["name"] == "holdfast":
                entry["clientConfig"].pop("caBundle", None)

    def ours_hold(self, bundle: str) -> bool:
        ours = [entry for entry in self.entries() if entry["clientConfig"]["service"]["name"] == "holdfast"]
        return {base64.b64decode(entry["clientConfig"].get("caBundle", "")).decode() for entry in ours} == {bundle}

    def patch_entries(self, path: str, change) -> list[dict]:
        """As somebody who writes the whole list, again where holdfast was faster; what is stored then."""
        def write() -> list[dict] | None:
            configuration = self.api.request("GET", OURS[path]).body
            change(configuration["webhooks"])
            answer = self.api.request("PUT", OURS[path], configuration)
            return answer.body["webhooks"] if answer.ok else None
        return wait_until(write, PATIENCE_S, "the configuration is changed")

    def test_keys_are_nowhere_but_in_the_secret(self):
        for replica in self.replicas:
            said = replica.process.said()
            self.assertIn("certificate", said)
            for line in self.shared()["tls.key"].splitlines():
                self.assertNotIn(line, said)


class Renewal(SelfSignedCase):
    flags = ("--certs-validity", "60s")
    look_every_s = 1
    expected_seconds = 70

    def test_no_creation_fails_while_certificates_are_renewed(self):
        first, began = self.shared()["tls.crt"], AuditLog.now()
        with SteadyLoad(self.creation, self.creation, self.creation) as load:
            wait_until(lambda: first not in self.served(), 2 * PATIENCE_S, "a new certificate is served by both")
            before = load.least
            wait_until(lambda: load.least >= before + ENOUGH, PATIENCE_S, "creations with the new certificate")
        print(f"     {load.done} creations over a renewal, {len(load.failures)} failed")
        self.assertEqual(load.failures, [])
        shared = self.shared()
        self.assertIn("former-ca.crt", shared)
        self.assertEqual(self.published(), {shared["ca.crt"] + shared["former-ca.crt"]})
        written = [request.code for request in self.asked(began).of("secrets", "update")]
        self.assertEqual(written.count(200), 2, "made once, and promoted once")

    def test_every_right_of_the_manifests_is_used_and_none_is_missing(self):
        wait_until(lambda: self.asked().of("secrets", "update"), 2 * PATIENCE_S, "a renewal")
        asked = self.asked()
        self.assertEqual(asked.refused, [])
        self.assertEqual({grant for grant in self.rendered.grants("holdfast-certificate")
                          if not asked.of(grant[1], grant[2])}, set())

    def test_a_deleted_secret_renews_and_nobody_fails(self):
        before = self.shared()
        with SteadyLoad(self.creation, self.creation) as load:
            self.objects.delete(SECRET, NAMESPACE, SHARED)
            wait_until(lambda: self.objects.get(SECRET, NAMESPACE, SHARED), PATIENCE_S, "it is written again")
            self.assertEqual(self.shared()["tls.crt"], before["tls.crt"])
            wait_until(lambda: self.served() == {self.shared()["tls.crt"]} and self.shared()["ca.crt"] !=
                       before["ca.crt"], 2 * PATIENCE_S, "a new one is served by both")
        self.assertEqual(load.failures, [])
