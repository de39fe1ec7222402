"""Mutating webhooks of somebody else that run after holdfast's, or before it."""

import base64
import collections.abc
import contextlib
import json
import pathlib

from review_server import review_server
from rig.kube_api import Api
from rig.webhooks import MUTATING, pvc_creates

# Webhook configurations run in the order of their names.
_LATER = "zz-later-mutator"
_EARLIER = "kyverno-like-mutator"


@contextlib.contextmanager
def reference_dropper(api: Api, certificates: pathlib.Path, reinvocation: str):
    """Takes `dataSourceRef` off PVCs with the labels that it yields; `reinvocation` is Never or IfNeeded."""
    with _mutator(api, certificates, "drop-reference", _drop, reinvocation) as labels:
        yield labels


@contextlib.contextmanager
def labeller(api: Api, certificates: pathlib.Path, later: bool):
    """Adds holdfast's label to PVCs with the labels that it yields."""
    with _mutator(api, certificates, "wants-backups", _label, "IfNeeded", _LATER if later else _EARLIER) as labels:
        yield labels


def _drop(request: dict) -> list[dict]:
    return [{"op": "remove", "path": f"/spec/{field}"} for field in ("dataSourceRef", "dataSource")
            if field in request["object"]["spec"]]


def _label(request: dict) -> list[dict]:
    return [{"op": "add", "path": "/metadata/labels/backup", "value": "daily"}]


@contextlib.contextmanager
def _mutator(api: Api, certificates: pathlib.Path, label: str, steps: collections.abc.Callable[[dict], list[dict]],
             reinvocation: str, name: str = _LATER):
    def respond(request: dict) -> dict:
        patch = steps(request)
        if not patch:
            return {}
        return {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}

    with review_server(certificates, respond) as client:
        api.put(MUTATING, {"metadata": {"name": name}, "webhooks": [{
            "name": "later.example.org", "clientConfig": client,
            "rules": pvc_creates(), "objectSelector": {"matchExpressions": [{"key": label, "operator": "Exists"}]},
            "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "reinvocationPolicy": reinvocation,
        }]})
        try:
            yield {label: "true"}
        finally:
            api.delete(MUTATING, name)
