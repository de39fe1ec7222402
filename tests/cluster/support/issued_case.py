"""The base of the tests of `certs.mode: cert-manager`: the component of the manifests, the real cert-manager, and a
holdfast with the rights of the manifests whose files follow the Secret when a test says so, as the kubelet's do.
"""

import base64
import pathlib
import re
import ssl
import tempfile
import unittest

from guarded_case import pvc
from installation import CONFIGURATION_KINDS, NAMESPACE, Copy, Rendered
from mounted_secret import NAMES, MountedSecret
from rig import cert_manager
from rig.accounts import ServiceAccount
from rig.cert_manager import CERTIFICATE, ISSUER, CertManager
from rig.holdfast import Holdfast
from rig.objects import SECRET, Kind, Objects
from rig.processes import wait_until
from self_signed_case import PATIENCE_S, SERVICE, SETTINGS
from suite import Stage

LEAF, AUTHORITY = "holdfast-webhook", "holdfast-authority"  # Certificates, and their Secrets:
MOUNTED, SIGNING = "holdfast-webhook-tls", "holdfast-authority"
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----\n.+?-----END CERTIFICATE-----\n", re.DOTALL)


class IssuedCase(unittest.TestCase):
    """Every test begins with all well, and the files as new as the Secret."""

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.plane, cls.api = Stage.plane, Stage.plane.api
        cls.objects = Objects(cls.api)
        try:
            cls.cert_manager = cls.enterClassContext(CertManager(cls.plane, Stage.components))
        except cert_manager.Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-issued-")))
        cls.rendered = Rendered(Copy(cls.folder).overlay("issued", "job-injection", "strict", "cert-manager",
                                                         settings=SETTINGS))
        cls.addClassCleanup(cls.rendered.take_rights_back, cls.api)
        cls.rendered.give_rights(cls.api)
        cls.account = ServiceAccount(cls.plane, cls.folder / "account", None)
        cls.issue()
        cls.mounted = MountedSecret(cls.folder / "mounted", cls.secret())
        (cls.folder / "catalog.json").write_text("[]")
        cls.holdfast = cls.start("holdfast")
        cls.register()
        cls.api.create_namespace("issued")

    def setUp(self):
        self.follow()
        wait_until(lambda: not self.creation(), PATIENCE_S, "a PVC is created")
        wait_until(lambda: self.readiness(self.holdfast) == (200, "ok"), PATIENCE_S, "the replica is ready")

    @classmethod
    def issue(cls) -> None:
        """Applies what the component has for cert-manager."""
        cls.objects.delete(SECRET, NAMESPACE, MOUNTED)
        cls.objects.delete(SECRET, NAMESPACE, SIGNING)
        for name in (MOUNTED, SIGNING):
            cls.addClassCleanup(cls.objects.delete, SECRET, NAMESPACE, name)
        for kind in (ISSUER, CERTIFICATE):
            for document in cls.rendered.all(kind.name):
                cls.objects.apply(kind, NAMESPACE, document)
                cls.addClassCleanup(cls.objects.delete, kind, NAMESPACE, document["metadata"]["name"])
        cls.cert_manager.wait_until_ready(CERTIFICATE, NAMESPACE, LEAF)

    @classmethod
    def start(cls, name: str) -> Holdfast:
        replica = Holdfast(
            Stage.holdfast, cls.folder, cls.mounted.path, "--certs-mode", "cert-manager", "--index-backend", "catalog",
            "--catalog-file", str(cls.folder / "catalog.json"), "--generator=off", "--kubeconfig",
            str(cls.account.kubeconfig()), "--drain", "1s", name=name, environment={"POD_NAMESPACE": NAMESPACE})
        cls.addClassCleanup(replica.stop)
        return replica

    @classmethod
    def register(cls) -> None:
        """The configurations of the manifests; their Service leads to the replica."""
        cls.objects.apply(SERVICE, NAMESPACE, {"metadata": {"name": "holdfast"}, "spec": {
            "type": "ExternalName", "externalName": "localhost"}})
        cls.addClassCleanup(cls.objects.delete, SERVICE, NAMESPACE, "holdfast")
        for kind in CONFIGURATION_KINDS:
            for document in cls.rendered.all(kind.name):
                for entry in document["webhooks"]:
                    entry["clientConfig"]["service"]["port"] = cls.holdfast.webhook_port
                cls.addClassCleanup(cls.objects.delete, kind, None, document["metadata"]["name"])
                cls.objects.apply(kind, None, document)

    @classmethod
    def secret(cls, name: str = MOUNTED) -> dict[str, bytes]:
        """Its data; empty while there is none."""
        data = (cls.objects.get(SECRET, NAMESPACE, name) or {"data": {}})["data"]
        return {each: base64.b64decode(data[each]) for each in NAMES if each in data}

    @classmethod
    def creation(cls) -> str:
        """A PVC through the API server, which asks both webhooks; what went wrong, or an empty text."""
        answer = cls.api.create_pvc("issued", pvc("probe"), dry_run=True)
        return "" if answer.ok else str(answer)

    @classmethod
    def served(cls) -> bytes:
        """The certificate that new connections get, PEM."""
        return ssl.get_server_certificate(("127.0.0.1", cls.holdfast.webhook_port)).encode()

    @classmethod
    def configurations(cls) -> list[tuple[Kind, dict]]:
        """Ours, as they are stored."""
        return [(kind, cls.objects.get(kind, None, document["metadata"]["name"]))
                for kind in CONFIGURATION_KINDS for document in cls.rendered.all(kind.name)]

    @classmethod
    def bundles(cls) -> list[frozenset[bytes]]:
        """The authorities in the caBundle of each entry, PEM."""
        return [frozenset(_CERTIFICATE.findall(base64.b64decode(entry["clientConfig"].get("caBundle", ""))))
                for _, configuration in cls.configurations() for entry in configuration["webhooks"]]

    @classmethod
    def published(cls, *authorities: bytes) -> bool:
        """Whether every entry holds these, and perhaps others."""
        return all(bundle.issuperset(authorities) for bundle in cls.bundles())

    @staticmethod
    def readiness(replica: Holdfast) -> tuple[int, str]:
        """The status of /readyz, and what it says of the certificate."""
        status, page = replica.get("/readyz")
        [line] = [line for line in page.splitlines() if line.startswith("certificate: ")]
        return status, line.removeprefix("certificate: ")

    def readiness_of_another(self, name: str) -> tuple[int, str]:
        """What a replica that starts now says, once it has compared its certificate with what is published."""
        replica = self.start(name)
        wait_until(lambda: "\nholdfast_certificate_healthy " in replica.get("/metrics")[1], PATIENCE_S, "it has looked")
        readiness = self.readiness(replica)
        replica.stop()
        return readiness

    def wait_for_another(self, before: dict[str, bytes], name: str = MOUNTED) -> None:
        """Until the Secret holds another certificate than before, whole."""
        wait_until(lambda: self.secret(name).get("tls.crt", before["tls.crt"]) != before["tls.crt"], PATIENCE_S,
                   f"another certificate is in {name}")
        certificate = {MOUNTED: LEAF, SIGNING: AUTHORITY}[name]
        self.cert_manager.wait_until_ready(CERTIFICATE, NAMESPACE, certificate)

    def follow(self) -> None:
        """What the kubelet does within a minute or so; returns when holdfast has seen it."""
        content = self.secret()
        self.mounted.swap(content)
        wait_until(lambda: content["tls.crt"].startswith(self.served()), PATIENCE_S, "what the Secret holds is served")
