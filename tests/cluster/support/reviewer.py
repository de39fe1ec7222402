"""A client of the webhook itself: AdmissionReviews without an API server in between."""

import base64
import dataclasses
import http.client
import json
import pathlib
import ssl
import uuid


@dataclasses.dataclass(frozen=True)
class Review:
    """What was answered."""
    http_status: int
    allowed: bool
    code: int | None         # of the denial
    reason: str              # of the denial
    retry_after: int | None  # seconds
    snapshot: str | None     # that the patch promises
    reference: bool          # whether the patch sets spec.dataSourceRef

    @property
    def is_wait(self) -> bool:
        return not self.allowed and self.code == 503 and self.retry_after in range(1, 6)

    def restores(self, snapshot: str) -> bool:
        return self.allowed and self.reference and self.snapshot == snapshot

    @property
    def is_unchanged(self) -> bool:
        return self.allowed and not self.reference and self.snapshot is None


class Reviewer:
    """One connection, kept where holdfast keeps it. For one thread."""

    def __init__(self, port: int, ca: pathlib.Path, patience_s: float = 30):
        context = ssl.create_default_context(cafile=str(ca))
        self._connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=patience_s, context=context)

    def close(self) -> None:
        self._connection.close()

    def ask(self, namespace: str, document: dict, webhook: str = "mutate", budget_s: int = 10) -> Review:
        """OSError or HTTPException where there is no answer; then the next question connects anew."""
        body = json.dumps(review_of(namespace, document)).encode()
        try:
            self._connection.request("POST", f"/{webhook}/pvc?timeout={budget_s}s", body,
                                     {"Content-Type": "application/json"})
            response = self._connection.getresponse()
            return read_review(response.status, response.read())
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise


def review_of(namespace: str, document: dict) -> dict:
    """The AdmissionReview of a PVC's creation."""
    claim = document | {"metadata": document["metadata"] | {"namespace": namespace}}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": str(uuid.uuid4()), "operation": "CREATE", "namespace": namespace,
        "name": document["metadata"].get("name", ""), "kind": {"group": "", "version": "v1",
                                                               "kind": "PersistentVolumeClaim"},
        "resource": {"group": "", "version": "v1", "resource": "persistentvolumeclaims"},
        "userInfo": {"username": "system:admin"}, "object": claim}}


def read_review(http_status: int, text: bytes) -> Review:
    response = json.loads(text)["response"] if http_status == 200 else {"allowed": False}
    status = response.get("status", {})
    patch = json.loads(base64.b64decode(response.get("patch", "")) or b"[]")
    written = {step["path"]: step.get("value") for step in patch}
    return Review(http_status, response["allowed"], status.get("code"), status.get("reason", ""),
                  status.get("details", {}).get("retryAfterSeconds"),
                  written.get("/metadata/annotations/holdfast.dev~1restored-snapshot"),
                  "/spec/dataSourceRef" in written)
