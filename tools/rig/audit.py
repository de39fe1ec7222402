"""What the API server's audit log tells: who asked for what, and what came of it."""

import dataclasses
import datetime
import json
import pathlib

# Who runs as a service account in these tests is a program under test: all it asks leaves a line. Of everybody else,
# writes of PVCs, with what admission webhooks had to say about them.
POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  userGroups: ["system:serviceaccounts"]
- level: Metadata
  verbs: [create, update, patch, delete]
  resources: [{group: "", resources: [persistentvolumeclaims]}]
- level: None
"""

READS = ("get", "list", "watch")


@dataclasses.dataclass(frozen=True)
class Request:
    at: datetime.datetime  # when the API server received it
    verb: str              # get, list, watch, create, update, patch, delete, deletecollection
    resource: str          # "leases", "replicationsources/status"; the path of a request for no resource
    namespace: str
    name: str
    code: int              # of a watch that goes on, 200
    agent: str = ""        # as it calls itself: "holdfast-generator", "holdfast-webhook"
    query: str = ""        # "fieldManager=holdfast&force=true"

    @property
    def is_read(self) -> bool:
        return self.verb in READS


@dataclasses.dataclass(frozen=True)
class Requests:
    """Oldest first."""
    all: list[Request]

    @property
    def reads(self) -> list[Request]:
        return [request for request in self.all if request.is_read]

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.all if not request.is_read]

    @property
    def refused(self) -> list[Request]:
        """For want of permission."""
        return [request for request in self.all if request.code == 403]

    def by(self, agent: str) -> "Requests":
        return Requests([request for request in self.all if request.agent == agent])

    def of(self, resource: str, *verbs: str) -> list[Request]:
        return [request for request in self.all
                if request.resource == resource and (not verbs or request.verb in verbs)]

    def count(self) -> dict[tuple[str, str], int]:
        """By (verb, resource)."""
        counts: dict[tuple[str, str], int] = {}
        for request in self.all:
            key = (request.verb, request.resource)
            counts[key] = counts.get(key, 0) + 1
        return counts


class AuditLog:
    """A line may follow its answer by some milliseconds: wait for what is expected, settle for what is not."""

    def __init__(self, path: pathlib.Path):
        self._path = path

    @staticmethod
    def now() -> datetime.datetime:
        """A mark for `since`."""
        return datetime.datetime.now(datetime.timezone.utc)

    def requests_of(self, user: str, since: datetime.datetime | None = None) -> Requests:
        """All that this user (`system:serviceaccount:<namespace>:<name>`) asked, or all from that time on."""
        latest = {}  # a watch leaves a line at its begin and one at its end
        for event in self._events(f'"{user}"'):
            if event["user"]["username"] == user:
                latest[event["auditID"]] = event
        requests = (_request(event) for event in latest.values())
        return Requests(sorted((request for request in requests if since is None or request.at >= since),
                               key=lambda request: request.at))

    def pvc_events(self, namespace: str, verb: str = "create") -> list[dict]:
        """The entries about PVCs of a namespace, oldest first."""
        return [event for event in self._events(f'"{namespace}"')
                if event["verb"] == verb and event.get("objectRef", {}).get("namespace") == namespace
                and event["objectRef"]["resource"] == "persistentvolumeclaims"]

    def _events(self, word: str) -> list[dict]:
        # The last line may be half written.
        whole, _, _ = self._path.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if word in line]


def _request(event: dict) -> Request:
    subject = event.get("objectRef", {})
    resource = "/".join(filter(None, (subject.get("resource"), subject.get("subresource"))))
    return Request(datetime.datetime.fromisoformat(event["requestReceivedTimestamp"]), event["verb"],
                   resource or event["requestURI"], subject.get("namespace", ""), subject.get("name", ""),
                   event.get("responseStatus", {}).get("code", 0), event.get("userAgent", ""),
                   event["requestURI"].partition("?")[2])
