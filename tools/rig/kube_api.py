"""A small, fast Kubernetes API client: one kept-alive connection per thread, no retries of its own."""

import copy
import dataclasses
import http.client
import json
import pathlib
import ssl
import threading
import time

PVCS = "/api/v1/namespaces/{}/persistentvolumeclaims"
_LONGEST_IDLE_S = 60  # the API server closes a connection that was idle for 90


@dataclasses.dataclass
class Answer:
    status: int
    body: dict
    warnings: list[str]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        return self.body.get("reason", "")

    @property
    def message(self) -> str:
        return self.body.get("message", "")

    @property
    def retry_after(self) -> int | None:
        return self.body.get("details", {}).get("retryAfterSeconds")

    def __str__(self):
        return f"{self.status} {self.reason} {self.message}".strip()


class Api:
    """May be used from any thread. Who asks is said by `credentials`: a certificate and its key, or a token."""

    def __init__(self, host: str, port: int, ca: pathlib.Path, *credentials: pathlib.Path | str):
        self.address = (host, port)
        self._tls = ssl.create_default_context(cafile=str(ca))
        self._headers = {}
        if len(credentials) == 2:
            self._tls.load_cert_chain(*credentials)
        elif credentials:
            self._headers["Authorization"] = f"Bearer {credentials[0]}"
        self._own = threading.local()
        self._generation = 0

    def forget_connections(self) -> None:
        """For when the server was replaced: every thread connects again with its next request."""
        self._generation += 1

    def impersonating(self, user: str) -> "Api":
        """The same API, asked in the name of that user, who may do everything."""
        other = copy.copy(self)
        other._own = threading.local()
        other._headers = self._headers | {"Impersonate-User": user, "Impersonate-Group": "system:masters"}
        return other

    def request(self, method: str, path: str, body: dict | bytes | None = None,
                content_type: str = "application/json") -> Answer:
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = self._headers if data is None else self._headers | {"Content-Type": content_type}
        response, text = self._exchange(method, path, data, headers)
        try:
            document = json.loads(text)
        except ValueError:
            document = {"message": text.decode(errors="replace")}
        if not isinstance(document, dict):
            document = {"message": str(document)}
        warnings = [_warning_text(value) for value in response.headers.get_all("Warning") or []]
        return Answer(response.status, document, warnings)

    def create_namespace(self, name: str, labels: dict | None = None) -> None:
        metadata = {"name": name, "labels": labels or {}}
        answer = self.request("POST", "/api/v1/namespaces", {"metadata": metadata})
        if not answer.ok and answer.reason != "AlreadyExists":
            raise RuntimeError(f"namespace {name}: {answer}")

    def create_pvc(self, namespace: str, document: dict, dry_run: bool = False) -> Answer:
        return self.request("POST", PVCS.format(namespace) + ("?dryRun=All" if dry_run else ""), document)

    def get_pvc(self, namespace: str, name: str) -> Answer:
        return self.request("GET", f"{PVCS.format(namespace)}/{name}")

    def put(self, collection: str, document: dict) -> None:
        """Creates the document, replacing one of its name."""
        name = document["metadata"]["name"]
        self.delete(collection, name)
        answer = self.request("POST", collection, document)
        if not answer.ok:
            raise RuntimeError(f"{collection} {name}: {answer}")

    def delete(self, collection: str, name: str) -> None:
        answer = self.request("DELETE", f"{collection}/{name}")
        if not answer.ok and answer.status != 404:
            raise RuntimeError(f"{collection} {name}: {answer}")

    def _exchange(self, method, path, data, headers) -> tuple[http.client.HTTPResponse, bytes]:
        connection = self._connection()
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return response, response.read()
        except (OSError, http.client.HTTPException):
            self._own.connection = None
            connection.close()
            raise

    def _connection(self) -> http.client.HTTPSConnection:
        own = self._own
        now = time.monotonic()
        good = getattr(own, "connection", None) is not None and own.generation == self._generation
        if not good or now - own.used > _LONGEST_IDLE_S:
            own.generation = self._generation
            own.connection = http.client.HTTPSConnection(*self.address, timeout=60, context=self._tls)
        own.used = now
        return own.connection


def _warning_text(header: str) -> str:
    """The text of `299 - "the text"`."""
    _, _, quoted = header.partition('"')
    return quoted.rpartition('"')[0].replace('\\"', '"')
