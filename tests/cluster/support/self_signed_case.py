"""The base of the tests of `certs.mode: self`: two replicas behind a Service that the API server finds by its name.

They have exactly the rights that the manifests give.
"""

import base64
import concurrent.futures
import datetime
import pathlib
import ssl
import tempfile
import unittest

from guarded_case import pvc
from installation import NAMESPACE, Copy, Rendered
from rig import webhooks
from rig.accounts import ServiceAccount
from rig.audit import AuditLog, Requests
from rig.holdfast import Holdfast
from rig.objects import SECRET, Kind, Objects
from rig.processes import wait_until
from service_proxy import ServiceProxy
from suite import Stage

PATIENCE_S = 60
SHARED = "holdfast-self-signed"
SETTINGS = "index: {backend: catalog, catalogFile: /repository/catalog.json}\n"
SERVICE = Kind("", "v1", "Service", "services")


class SelfSignedCase(unittest.TestCase):
    """`flags`: how these replicas differ from the usual ones."""

    flags: tuple[str, ...] = ()
    look_every_s = 5  # at what is published; every 60th of a short validity
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.plane, cls.api = Stage.plane, Stage.plane.api
        cls.objects = Objects(cls.api)
        cls.began = AuditLog.now()
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-self-signed-")))
        cls.rendered = Rendered(Copy(cls.folder).overlay("self-signed", "self-signed", settings=SETTINGS))
        cls.addClassCleanup(cls.rendered.take_rights_back, cls.api)
        cls.rendered.give_rights(cls.api)
        cls.account = ServiceAccount(cls.plane, cls.folder / "account", [])
        wait_until(cls.may_read_secret, PATIENCE_S, "the rights are in force")
        cls.objects.delete(SECRET, NAMESPACE, SHARED)
        cls.addClassCleanup(cls.objects.delete, SECRET, NAMESPACE, SHARED)
        (cls.folder / "catalog.json").write_text("[]")
        cls.replicas = cls.start_together("one", "two")
        cls.service = cls.enterClassContext(ServiceProxy(cls.replicas))
        cls.objects.apply(SERVICE, NAMESPACE, {"metadata": {"name": "holdfast"}, "spec": {
            "type": "ExternalName", "externalName": "localhost"}})
        cls.addClassCleanup(cls.objects.delete, SERVICE, NAMESPACE, "holdfast")
        webhooks.install_for_service(cls.api, NAMESPACE, "holdfast", cls.service.port)
        cls.addClassCleanup(webhooks.remove, cls.api)
        cls.api.create_namespace("self-signed")
        cls.wait_until_steady()
        wait_until(lambda: not cls.creation(), PATIENCE_S, "a PVC is created")

    @classmethod
    def start_together(cls, *names: str) -> list[Holdfast]:
        # A program ends with the thread that has started it: these live as long as the class.
        threads = concurrent.futures.ThreadPoolExecutor(len(names))
        cls.addClassCleanup(threads.shutdown)
        return list(threads.map(cls.start, names))

    @classmethod
    def start(cls, name: str) -> Holdfast:
        replica = Holdfast(
            Stage.holdfast, cls.folder, cls.folder, "--certs-mode", "self", "--index-backend", "catalog",
            "--catalog-file", str(cls.folder / "catalog.json"), "--generator=off", "--kubeconfig",
            str(cls.account.kubeconfig()), "--drain", "1s", *cls.flags, name=name,
            environment={"POD_NAMESPACE": NAMESPACE})
        cls.addClassCleanup(replica.stop)
        return replica

    @classmethod
    def may_read_secret(cls) -> bool:
        answer = cls.account.api().request("GET", SECRET.path(NAMESPACE, SHARED))
        cls.began = AuditLog.now()  # what was refused until now is no fault of anybody's
        return answer.status != 403

    @classmethod
    def wait_until_steady(cls) -> None:
        """Who finds configurations without a bundle publishes it, and is not ready until the look after that."""
        wait_until(lambda: cls.service.steady_s > cls.look_every_s + 1, PATIENCE_S, "all have published, or seen it")

    @classmethod
    def creation(cls) -> str:
        """A PVC through the API server, which asks both webhooks; what went wrong, or an empty text."""
        answer = cls.api.create_pvc("self-signed", pvc("probe"), dry_run=True)
        return "" if answer.ok else str(answer)

    @classmethod
    def served(cls) -> set[str]:
        """The certificates that the replicas serve to new connections, PEM."""
        return {ssl.get_server_certificate(("127.0.0.1", replica.webhook_port)) for replica in cls.replicas}

    @classmethod
    def shared(cls) -> dict[str, str]:
        """The data of the Secret."""
        data = cls.objects.get(SECRET, NAMESPACE, SHARED)["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    @classmethod
    def entries(cls) -> list[dict]:
        """Of both configurations."""
        return [entry for path in (webhooks.MUTATING, webhooks.VALIDATING)
                for entry in cls.api.request("GET", webhooks.OURS[path]).body["webhooks"]]

    @classmethod
    def published(cls) -> set[str]:
        return {base64.b64decode(entry["clientConfig"].get("caBundle", "")).decode() for entry in cls.entries()}

    @classmethod
    def asked(cls, since: datetime.datetime | None = None) -> Requests:
        """What both asked the API server for, from that time on, or since the class began."""
        return cls.plane.audit.requests_of(cls.account.user, since or cls.began)
