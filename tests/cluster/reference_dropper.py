"""A mutating webhook of somebody else that runs after holdfast's and takes `dataSourceRef` off every PVC."""

import base64
import contextlib
import json
import pathlib

from review_server import review_server
from rig.kube_api import Api
from rig.webhooks import MUTATING, pvc_creates

# Webhook configurations run in the order of their names.
_NAME = "zz-reference-dropper"
_LABEL = "drop-reference"


def _drop(request: dict) -> dict:
    fields = [field for field in ("dataSourceRef", "dataSource") if field in request["object"]["spec"]]
    if not fields:
        return {}
    patch = [{"op": "remove", "path": f"/spec/{field}"} for field in fields]
    return {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}


@contextlib.contextmanager
def reference_dropper(api: Api, certificates: pathlib.Path, reinvocation: str):
    """For PVCs with the label `drop-reference`; `reinvocation` is Never or IfNeeded."""
    with review_server(certificates, _drop) as client:
        api.put(MUTATING, {"metadata": {"name": _NAME}, "webhooks": [{
            "name": "dropper.example.org", "clientConfig": client,
            "rules": pvc_creates(), "objectSelector": {"matchExpressions": [{"key": _LABEL, "operator": "Exists"}]},
            "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "reinvocationPolicy": reinvocation,
        }]})
        try:
            yield {_LABEL: "true"}
        finally:
            api.delete(MUTATING, _NAME)
