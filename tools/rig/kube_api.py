"""A small, fast Kubernetes API client: one kept-alive connection per thread, no retries of its own."""

import dataclasses
import http.client
import json
import pathlib
import ssl
import threading

PVCS = "/api/v1/namespaces/{}/persistentvolumeclaims"


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
    """May be used from any thread."""

    def __init__(self, host: str, port: int, ca: pathlib.Path, certificate: pathlib.Path, key: pathlib.Path):
        self._address = (host, port)
        self._files = (str(ca), str(certificate), str(key))
        self._tls: ssl.SSLContext | None = None
        self._own = threading.local()

    def request(self, method: str, path: str, body: dict | None = None,
                content_type: str = "application/json") -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if data is None else {"Content-Type": content_type}
        response = self._exchange(method, path, data, headers)
        text = response.read()
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

    def _exchange(self, method, path, data, headers) -> http.client.HTTPResponse:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._connect()
        try:
            connection.request(method, path, data, headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException):
            self._own.connection = None
            connection.close()
            raise

    def _connect(self) -> http.client.HTTPSConnection:
        if self._tls is None:
            ca, certificate, key = self._files
            tls = ssl.create_default_context(cafile=ca)
            tls.load_cert_chain(certificate, key)
            self._tls = tls
        return http.client.HTTPSConnection(*self._address, timeout=60, context=self._tls)


def _warning_text(header: str) -> str:
    """The text of `299 - "the text"`."""
    _, _, quoted = header.partition('"')
    return quoted.rpartition('"')[0].replace('\\"', '"')
