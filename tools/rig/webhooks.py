"""The webhook configurations that put a holdfast in front of an API server."""

import base64
import collections.abc
import pathlib

from .kube_api import Api

EXCLUDED_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease", "volsync-system", "kyverno", "holdfast")

MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"

NAMES = {MUTATING: "zz-holdfast", VALIDATING: "holdfast"}  # mutating webhooks are asked in the order of their names
OURS = {path: f"{path}/{name}" for path, name in NAMES.items()}

_ClientConfig = collections.abc.Callable[[str], dict]  # by the path of an endpoint


def _expression(key: str, operator: str) -> dict:
    return {"key": key, "operator": operator}


# One entry per way of opting in, so that no PVC that did not opt in is ever sent; each PVC matches one entry only.
_OPT_INS = {
    "backup": [_expression("backup", "Exists")],
    "exempt": [_expression("backup-exempt", "Exists"), _expression("backup", "DoesNotExist")],
    "plumber": [_expression("pvc-plumber.io/enabled", "Exists"), _expression("backup", "DoesNotExist"),
                _expression("backup-exempt", "DoesNotExist")],
}


def install(api: Api, port: int, ca: pathlib.Path, excluded: tuple[str, ...] = EXCLUDED_NAMESPACES) -> None:
    bundle = base64.b64encode(ca.read_bytes()).decode()
    _install(api, lambda path: client_config(port, path, bundle), excluded)


def install_for_service(api: Api, namespace: str, name: str, port: int) -> None:
    """As manifests have them: holdfast is found by its Service, and no caBundle says whom to believe."""
    _install(api, lambda path: {"service": {"namespace": namespace, "name": name, "path": path, "port": port}},
             (*EXCLUDED_NAMESPACES, namespace))


def _install(api: Api, client: _ClientConfig, excluded: tuple[str, ...]) -> None:
    api.put(VALIDATING, _configuration("ValidatingWebhookConfiguration", NAMES[VALIDATING], client("/validate/pvc"), excluded))
    mutating = _configuration("MutatingWebhookConfiguration", NAMES[MUTATING], client("/mutate/pvc"), excluded)
    for webhook in mutating["webhooks"]:
        webhook["reinvocationPolicy"] = "IfNeeded"
    api.put(MUTATING, mutating)


def remove(api: Api) -> None:
    for path, name in NAMES.items():
        api.delete(path, name)


def client_config(port: int, path: str, bundle: str) -> dict:
    return {"url": f"https://127.0.0.1:{port}{path}", "caBundle": bundle}


def pvc_creates() -> list[dict]:
    return [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
             "resources": ["persistentvolumeclaims"], "scope": "Namespaced"}]


def _configuration(kind: str, name: str, client: dict, excluded: tuple[str, ...]) -> dict:
    namespaces = [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(excluded)}]
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "webhooks": [{
        "name": f"{opt_in}.holdfast.dev",
        "clientConfig": client,
        "rules": pvc_creates(),
        "namespaceSelector": {"matchExpressions": namespaces},
        "objectSelector": {"matchExpressions": expressions},
        "failurePolicy": "Fail", "sideEffects": "None", "timeoutSeconds": 10, "matchPolicy": "Equivalent",
        "admissionReviewVersions": ["v1"],
    } for opt_in, expressions in _OPT_INS.items()]}
