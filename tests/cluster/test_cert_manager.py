"""The real cert-manager issues, publishes, renews and replaces what the component `cert-manager` asks it for."""

import itertools
import re
import subprocess

from installation import NAMESPACE
from issued_case import AUTHORITY, LEAF, MOUNTED, SIGNING, IssuedCase
from rig.cert_manager import CERTIFICATE, ISSUER
from rig.components import ROOT
from rig.objects import SECRET
from rig.processes import run, wait_until
from self_signed_case import PATIENCE_S
from steady_load import SteadyLoad
from suite import Stage

ENOUGH = 20  # creations of each thread before something happens, and after it
UNTIL_SEEN_S = 180  # holdfast compares once a minute
_numbers = itertools.count(1)


def replacing_the_authority() -> list[str]:
    """The shell blocks of that section in docs/certificates.md."""
    [section] = re.findall(r"\n### Replacing the authority\n(.*?)\n##", (ROOT / "docs/certificates.md").read_text(),
                           re.DOTALL)
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


class CertManager(IssuedCase):
    expected_seconds = 110

    def test_everything_of_the_component_becomes_ready(self):
        documents = [(kind, document) for kind in (ISSUER, CERTIFICATE) for document in self.rendered.all(kind.name)]
        self.assertEqual(len(documents), 4)
        for kind, document in documents:
            self.cert_manager.wait_until_ready(kind, NAMESPACE, document["metadata"]["name"])

    def test_the_secret_is_what_the_service_needs(self):
        self.assertEqual(self.objects.get(SECRET, NAMESPACE, MOUNTED)["type"], "kubernetes.io/tls")
        folder = self.mounted.path
        said = run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname",
                   f"holdfast.{NAMESPACE}.svc", "-CAfile", folder / "ca.crt", folder / "tls.crt")
        self.assertIn("OK", said)

    def test_the_authority_is_published_in_every_configuration(self):
        self.assertEqual(len(self.configurations()), 3)
        self.assertGreater(len(self.bundles()), 3, "an entry and more in each")
        self.assertTrue(self.published(self.secret()["ca.crt"]))

    def test_a_claim_is_guarded_by_both_webhooks(self):
        before = [self.holdfast.admissions(webhook=webhook) for webhook in ("mutate", "validate")]
        self.assertEqual(self.creation(), "")
        after = [self.holdfast.admissions(webhook=webhook) for webhook in ("mutate", "validate")]
        self.assertEqual(after, [count + 1 for count in before])

    def test_no_creation_fails_while_the_certificate_is_renewed(self):
        with self.load() as load:
            for renew in (lambda: self.cert_manager.renew(NAMESPACE, LEAF),
                          lambda: self.objects.delete(SECRET, NAMESPACE, MOUNTED)):
                self.enough(load)
                before, served = self.secret(), self.served()
                renew()
                self.wait_for_another(before)
                self.enough(load)
                self.follow()
                self.assertNotEqual(self.served(), served)
            self.enough(load)
        self.none_failed(load, "two renewals")
        self.assertEqual(self.readiness(self.holdfast), (200, "ok"))

    def test_no_creation_fails_while_the_authority_is_renewed(self):
        authority, before = self.secret(SIGNING), self.secret()
        with self.load() as load:
            self.enough(load)
            self.cert_manager.renew(NAMESPACE, AUTHORITY)
            self.wait_for_another(authority, SIGNING)
            self.enough(load)
            self.assertEqual(self.secret(), before, "it signs nothing yet")
            self.cert_manager.renew(NAMESPACE, LEAF)
            self.wait_for_another(before)
            self.overlap(load, before["ca.crt"], self.secret(SIGNING)["tls.crt"])
            self.follow()
            self.enough(load)
        self.none_failed(load, "a renewal of the authority")

    def test_no_creation_fails_while_the_authority_is_replaced_as_the_page_says(self):
        replace, settle = replacing_the_authority()
        authority, before = self.secret(SIGNING), self.secret()
        with self.load() as load:
            self.enough(load)
            self.shell(replace)
            self.wait_for_another(authority, SIGNING)
            self.wait_for_another(before)
            new = self.secret(SIGNING)
            self.overlap(load, before["ca.crt"], new["tls.crt"])
            self.follow()
            self.enough(load)
            self.shell(settle)
            self.assertEqual(set(self.bundles()), {frozenset([new["tls.crt"]])}, "the old one is believed no more")
            self.enough(load)
        self.none_failed(load, "a replacement of the authority")
        self.assertNotEqual(new["tls.key"], authority["tls.key"])
        self.assertEqual(self.readiness(self.holdfast), (200, "ok"))

    def test_before_1_19_a_new_authority_is_trouble_until_the_files_follow(self):
        authority, before = self.secret(SIGNING), self.secret()
        with self.cert_manager.cainjector_before_1_19():
            self.objects.delete(SECRET, NAMESPACE, SIGNING)
            self.wait_for_another(authority, SIGNING)
            self.assertEqual((self.secret(), self.creation()), (before, ""), "it signs nothing yet")
            self.cert_manager.renew(NAMESPACE, LEAF)
            self.wait_for_another(before)
            said = wait_until(self.creation, PATIENCE_S, "what is served is not believed")
            self.assertIn("certificate signed by unknown authority", said)
            wait_until(lambda: set(self.bundles()) == {frozenset([self.secret()["ca.crt"]])}, PATIENCE_S, "no overlap")
            status, certificate = self.readiness_of_another("distrusted")
            self.assertEqual(status, 503)
            self.assertIn("its caBundle does not hold the certificate's authority", certificate)
            self.follow()
            self.assertEqual(self.creation(), "")

    def test_a_stripped_bundle_is_told_until_cainjector_has_put_it_back(self):
        with self.cert_manager.cainjector_down():
            self.strip()
            self.assertIn("certificate", wait_until(self.creation, PATIENCE_S, "what is served is not believed"))
            wait_until(lambda: self.holdfast.metric("holdfast_certificate_healthy") == 0, UNTIL_SEEN_S, "it is told")
            status, certificate = self.readiness(self.holdfast)
            self.assertEqual(status, 503)
            self.assertRegex(certificate, r"^MutatingWebhookConfiguration zz-holdfast, \S+: its caBundle does not hold")
        wait_until(lambda: self.published(self.secret()["ca.crt"]), PATIENCE_S, "the bundles are back")
        wait_until(lambda: not self.creation(), PATIENCE_S, "PVCs are created again")
        wait_until(lambda: self.holdfast.metric("holdfast_certificate_healthy") == 1, PATIENCE_S, "all is well again")

    def test_a_running_cainjector_puts_a_stripped_bundle_back(self):
        self.strip()
        wait_until(lambda: self.published(self.secret()["ca.crt"]), PATIENCE_S, "the bundles are back")

    def strip(self) -> None:
        for kind, configuration in self.configurations():
            for entry in configuration["webhooks"]:
                entry["clientConfig"].pop("caBundle", None)
            self.objects.merge(kind, None, configuration["metadata"]["name"], {"webhooks": configuration["webhooks"]})

    def load(self) -> SteadyLoad:
        return SteadyLoad(self.creation, self.creation)

    def enough(self, load: SteadyLoad) -> None:
        before = load.least
        wait_until(lambda: load.least >= before + ENOUGH, PATIENCE_S, "creations")

    def overlap(self, load: SteadyLoad, *authorities: bytes) -> None:
        """Both are believed while the files are still those from before, and a replica that starts then knows."""
        wait_until(lambda: self.published(*authorities), PATIENCE_S, "both authorities are published")
        self.enough(load)
        self.assertEqual(self.readiness_of_another(f"overlap-{next(_numbers)}"), (200, "ok"))

    def none_failed(self, load: SteadyLoad, what: str) -> None:
        print(f"     {load.done} creations over {what}, {len(load.failures)} failed")
        self.assertEqual(load.failures, [])

    def shell(self, script: str) -> None:
        """As a user who has kubectl."""
        environment = self.plane.kubectl_environment()
        environment["PATH"] = f"{Stage.components}:{environment['PATH']}"
        done = subprocess.run(["bash", "-euc", script], env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
