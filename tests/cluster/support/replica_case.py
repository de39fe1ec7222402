"""The base of tests with several replicas, each with an account and a wire of its own."""

import dataclasses
import pathlib
import signal
import tempfile
from collections.abc import Callable

from fault_case import FaultCase
from rig.accounts import ServiceAccount
from rig.audit import Request
from rig.holdfast import Holdfast
from rig.tcp_proxy import TcpProxy


@dataclasses.dataclass
class Replica:
    holdfast: Holdfast
    account: ServiceAccount  # its own, so that the audit log tells replicas apart
    wire: TcpProxy

    @property
    def leads(self) -> bool:
        return self.holdfast.metric("holdfast_generator_leader") == 1

    def alive(self) -> bool:
        return self.holdfast.process.alive()

    def signal(self, number: int) -> None:
        self.holdfast.process.signal(number)

    def stopped(self):
        return self.holdfast.process.stopped()


class ReplicaCase(FaultCase):
    """`start_replica` starts another holdfast, with an account and a wire of its own."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="holdfast-replicas-")))

    def start_replica(self, name: str, *flags: str, environment: dict | None = None,
                      kubeconfig: Callable[[ServiceAccount], pathlib.Path] | None = None) -> Replica:
        """`kubeconfig` makes another one than that of its wire."""
        account = ServiceAccount(self.plane, self.folder / name, self.rules, name=name)
        wire = self.enterContext(TcpProxy(self.plane.port))
        file = kubeconfig(account) if kubeconfig else account.kubeconfig(wire.port)
        instance = self.guarded.start_instance(f"{self.namespace}-{name}", "--kubeconfig", str(file), *flags,
                                               environment=environment)
        self.addCleanup(self.end, instance)
        return Replica(instance, account, wire)

    @staticmethod
    def end(instance: Holdfast) -> None:
        instance.process.signal(signal.SIGCONT)
        instance.process.signal(signal.SIGINT)  # with the SIGTERM that follows it does without the drain
        instance.stop()

    def writes(self, replica: Replica) -> list[Request]:
        """Of this test's objects, Events among them; not of the Lease, nor of what earlier tests left."""
        requests = self.plane.audit.requests_of(replica.account.user, self.since)
        ours = (self.namespace, replica.account.namespace)
        return [request for request in requests.writes if request.resource != "leases" and request.namespace in ours]

    def claims(self, replica: Replica) -> list[Request]:
        """Its writes of the Lease that were accepted."""
        requests = self.plane.audit.requests_of(replica.account.user, self.since)
        return [request for request in requests.of("leases", "create", "update") if request.code in (200, 201)]
