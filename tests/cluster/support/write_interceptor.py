"""Somebody who acts between the arrival of a write and its effect: a race, won every time."""

import contextlib
import pathlib
import threading

from review_server import review_server
from rig.accounts import ServiceAccount
from rig.kube_api import Api
from rig.objects import Kind
from rig.processes import wait_until
from rig.webhooks import VALIDATING

_NAME = "zz-write-interceptor"


class WriteInterceptor:
    """`acts`: how often it has, once at most; `asked`: how often it was asked."""

    def __init__(self, act, name: str, subresource: str):
        self._act = act
        self._subject = (name, subresource)
        self._lock = threading.Lock()
        self.acts = 0
        self.asked = 0

    def respond(self, request: dict) -> dict:
        with self._lock:
            self.asked += 1
            if self.acts or (request["name"], request.get("subResource", "")) != self._subject:
                return {}
            self.acts = 1
        self._act()
        return {}


@contextlib.contextmanager
def write_interceptor(api: Api, certificates: pathlib.Path, account: ServiceAccount, kind: Kind, namespace: str,
                      name: str, act, *, subresource: str = ""):
    """Calls `act()` when `account` first writes that object, before the API server has stored it."""
    somebody = WriteInterceptor(act, name, subresource)
    with review_server(certificates, somebody.respond) as client:
        api.put(VALIDATING, {"metadata": {"name": _NAME}, "webhooks": [{
            "name": "write-interceptor.example.org", "clientConfig": client,
            "rules": [{"apiGroups": [kind.group], "apiVersions": [kind.version], "operations": ["CREATE", "UPDATE"],
                       "resources": [kind.plural, f"{kind.plural}/status"]}],
            "matchConditions": [{"name": "user", "expression": f"request.userInfo.username == '{account.user}'"}],
            "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        }]})
        try:
            wait_until(lambda: _is_asked(somebody, account, kind, namespace), 30, "the API server asks the interceptor")
            yield somebody
        finally:
            api.delete(VALIDATING, _NAME)


def _is_asked(somebody: WriteInterceptor, account: ServiceAccount, kind: Kind, namespace: str) -> bool:
    probe = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "probe"}, "spec": {}}
    account.api().request("POST", f"{kind.path(namespace)}?dryRun=All", probe)
    return somebody.asked > 0
