"""Reviews sent as an API server sends them: to the Service, one after the other over connections that are kept."""

import http.client
import json
import pathlib
import ssl

from guarded_case import pvc
from installation import NAMESPACE
from reviewer import Review, read_review, review_of
from rig.cluster_network import ClusterNetwork
from rig.kopia_repo import Snapshot

_CHEAP = 8  # of ten reviews between two pauses: those for which neither repository nor API server are asked
EXEMPT = {"labels": {"backup-exempt": "true"},
          "annotations": {"volsync.backup/backup-exempt-reason": "probe of the test"}}
_HOST = f"holdfast.{NAMESPACE}.svc"
_PATIENCE_S = 30


class _Connection(http.client.HTTPSConnection):
    """To whom the network leads, and the next one to whom it leads then."""

    def __init__(self, network: ClusterNetwork, context: ssl.SSLContext):
        super().__init__(_HOST, 443, timeout=_PATIENCE_S, context=context)
        self._network = network
        self._port = 0

    def connect(self):
        there = self._network.connect()
        if there is None:
            raise ConnectionRefusedError("the Service has nobody, or somebody who is gone")
        there.settimeout(self.timeout)
        self._port = there.getpeername()[1]
        try:
            self.sock = self._context.wrap_socket(there, server_hostname=_HOST)
        except OSError:
            self._network.disconnect(there, self._port)
            raise

    def close(self):
        if self.sock is not None:
            self._network.disconnect(self.sock, self._port)
        super().close()


class Asker:
    """What one thread of a SteadyLoad does: ten reviews, one of a claim with a backup, one of a claim without."""

    def __init__(self, network: ClusterNetwork, ca: pathlib.Path, backed_up: str, snapshot: Snapshot):
        self._connection = _Connection(network, ssl.create_default_context(cafile=str(ca)))
        self._backed_up, self._new, self._exempt = (
            json.dumps(review_of("media", claim)).encode()
            for claim in (pvc(backed_up), pvc("never-backed-up"), pvc("exempt", **EXEMPT)))
        self._snapshot = snapshot
        self.asked = 0
        self.failed: list[str] = []    # no answer
        self.wrong: list[Review] = []  # answers, but not the right ones

    def __call__(self) -> str:
        """What failed, for SteadyLoad."""
        before = len(self.failed)
        self._ask("mutate", self._backed_up)
        self._ask("validate", self._new)
        for number in range(_CHEAP):
            self._ask("validate" if number % 2 else "mutate", self._exempt)
        return "; ".join(self.failed[before:])

    def close(self) -> None:
        self._connection.close()

    def _ask(self, webhook: str, body: bytes) -> None:
        self.asked += 1
        try:
            self._connection.request("POST", f"/{webhook}/pvc?timeout=10s", body, {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            answer = read_review(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self.failed.append(f"{type(error).__name__}: {error}")
            return
        right = answer.restores(self._snapshot.id) if body is self._backed_up else answer.is_unchanged
        if not right:
            self.wrong.append(answer)
