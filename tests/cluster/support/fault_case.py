"""Words for tests in which something is in holdfast's way."""

import collections

from guarded_case import pvc
from rig.audit import AuditLog, Requests
from rig.holdfast import Holdfast
from rig.objects import EXTERNAL_SECRET, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import PATIENCE, RestoreCase


class FaultCase(RestoreCase):
    """A PVC is created without a label, which asks no webhook, and opts in when the test says so."""

    def setUp(self):
        super().setUp()
        self.since = AuditLog.now()

    def create_unprotected(self, *names: str) -> None:
        for name in names:
            self.assertTrue(self.create(pvc(name, labels={})).ok)

    def opt_in(self, *names: str) -> None:
        for name in names:
            self.objects.merge(PVC, self.namespace, name, {"metadata": {"labels": {"backup": "daily"}}})

    def opt_out(self, name: str) -> None:
        self.objects.merge(PVC, self.namespace, name, {"metadata": {"labels": {"backup": None}}})

    def protect(self, *names: str) -> None:
        """By a creation that holdfast admits; returns when their objects are there."""
        for name in names:
            answer = self.create_patiently(pvc(name))
            self.assertTrue(answer.ok, str(answer))
        self.wait_for_parts(*names)

    def destination(self, name: str) -> dict | None:
        return self.rd(f"{name}-backup")

    def secret(self, name: str) -> dict | None:
        return self.objects.get(EXTERNAL_SECRET, self.namespace, f"volsync-{name}")

    def source(self, name: str) -> dict | None:
        return self.objects.get(RS, self.namespace, f"{name}-backup")

    def wait_for_parts(self, *names: str, seconds: float = PATIENCE) -> None:
        for name in names:
            wait_until(lambda name=name: self.destination(name) and self.secret(name), seconds, f"{name} has its objects")

    def wait_for_none(self, *names: str) -> None:
        for name in names:
            wait_until(lambda name=name: not self.destination(name) and not self.secret(name), PATIENCE,
                       f"the objects of {name} are gone")

    def disown(self, name: str) -> None:
        """The garbage collector takes nothing of this PVC's away any more: that is left to holdfast."""
        nobody = {"metadata": {"ownerReferences": None}}
        self.objects.merge(RD, self.namespace, f"{name}-backup", nobody)
        self.objects.merge(EXTERNAL_SECRET, self.namespace, f"volsync-{name}", nobody)

    def delete_pvc(self, name: str) -> None:
        self.objects.delete(PVC, self.namespace, name)
        wait_until(lambda: self.objects.get(PVC, self.namespace, name) is None, PATIENCE, f"{name} is gone")

    def created(self, requests: Requests) -> collections.Counter:
        """How often each object of this namespace was made; Events are not counted."""
        return collections.Counter((request.resource, request.name) for request in requests.writes
                                   if request.namespace == self.namespace and request.code == 201
                                   and request.resource != "events")

    def assert_made_once(self, *names: str) -> None:
        """An answer that was lost with the API server is in no log."""
        wanted = {("replicationdestinations", f"{name}-backup") for name in names}
        wanted |= {("externalsecrets", f"volsync-{name}") for name in names}
        self.assertEqual(self.created(self.asked(self.since)) - collections.Counter(wanted), {})

    def leads(self) -> bool:
        return self.holdfast.metric("holdfast_generator_leader") == 1

    def health(self, holdfast: Holdfast | None = None) -> str:
        """What /readyz says of the generator."""
        page = (holdfast or self.holdfast).get("/readyz")[1]
        [line] = [line for line in page.splitlines() if line.startswith("generator: ")]
        return line.removeprefix("generator: ")

    def wait_for_health(self, *words: str, holdfast: Holdfast | None = None) -> None:
        wait_until(lambda: all(word in self.health(holdfast) for word in words), PATIENCE, f"/readyz says {words}")

    def waits_for(self, name: str = "data") -> set[str]:
        """The codes of what a PVC waits for."""
        return {text.partition(":")[0] for text in self.audit(name).get("waitsFor", [])}
