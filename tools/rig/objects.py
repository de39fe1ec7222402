"""The kinds of objects that tests touch, and what can be done with an object of any kind."""

import dataclasses
import urllib.parse

from .kube_api import Answer, Api

OURS = "app.kubernetes.io/managed-by=holdfast"


@dataclasses.dataclass(frozen=True)
class Kind:
    group: str  # empty for the core group
    version: str
    name: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """The address of one object, of its subresource, or of the collection; namespace None: all namespaces."""
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if self.namespaced and namespace is not None:
            parts += ["namespaces", namespace]
        return "/".join(part for part in (*parts, self.plural, name, subresource) if part)


NAMESPACE = Kind("", "v1", "Namespace", "namespaces", namespaced=False)
PVC = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
PV = Kind("", "v1", "PersistentVolume", "persistentvolumes", namespaced=False)
SECRET = Kind("", "v1", "Secret", "secrets")
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps")
SERVICE_ACCOUNT = Kind("", "v1", "ServiceAccount", "serviceaccounts")
EVENT = Kind("", "v1", "Event", "events")
POD = Kind("", "v1", "Pod", "pods")
JOB = Kind("batch", "v1", "Job", "jobs")
LEASE = Kind("coordination.k8s.io", "v1", "Lease", "leases")
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", namespaced=False)
CLUSTER_ROLE = Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDING = Kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings",
                            namespaced=False)
CRD = Kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False)
REPLICATION_SOURCE = Kind("volsync.backube", "v1alpha1", "ReplicationSource", "replicationsources")
REPLICATION_DESTINATION = Kind("volsync.backube", "v1alpha1", "ReplicationDestination", "replicationdestinations")
KOPIA_MAINTENANCE = Kind("volsync.backube", "v1alpha1", "KopiaMaintenance", "kopiamaintenances")
EXTERNAL_SECRET = Kind("external-secrets.io", "v1", "ExternalSecret", "externalsecrets")
CLEANUP_POLICY = Kind("kyverno.io", "v2", "ClusterCleanupPolicy", "clustercleanuppolicies", namespaced=False)
VOLUME_SNAPSHOT = Kind("snapshot.storage.k8s.io", "v1", "VolumeSnapshot", "volumesnapshots")
VOLUME_SNAPSHOT_CLASS = Kind("snapshot.storage.k8s.io", "v1", "VolumeSnapshotClass", "volumesnapshotclasses",
                             namespaced=False)

# What the generator makes in a namespace.
GENERATED = (REPLICATION_SOURCE, REPLICATION_DESTINATION, KOPIA_MAINTENANCE, EXTERNAL_SECRET)


class Refused(Exception):
    """The API server said no; `answer` is what it said."""

    def __init__(self, what: str, answer: Answer):
        super().__init__(f"{what}: {answer}")
        self.answer = answer


class Objects:
    """Every method raises Refused unless the API server agrees. May be used from any thread."""

    def __init__(self, api: Api):
        self.api = api

    def create(self, kind: Kind, namespace: str | None, document: dict) -> dict:
        return self._ask("POST", kind.path(namespace), _complete(kind, document))

    def get(self, kind: Kind, namespace: str | None, name: str) -> dict | None:
        """None where there is no such object, or no such kind."""
        return self._ask("GET", kind.path(namespace, name), missing=None)

    def items(self, kind: Kind, namespace: str | None = None, *, labels: str = "", fields: str = "") -> list[dict]:
        """None of a kind that the API server does not know."""
        query = urllib.parse.urlencode({"labelSelector": labels, "fieldSelector": fields})
        return self._ask("GET", f"{kind.path(namespace)}?{query}", missing={"items": []})["items"]

    def delete(self, kind: Kind, namespace: str | None, name: str) -> None:
        """Content with an object that is not there. Finalizers and garbage need a kube-controller-manager."""
        self._ask("DELETE", kind.path(namespace, name), missing={})

    def delete_all(self, kind: Kind, namespace: str | None = None) -> None:
        """Of that namespace, or of all. Returns at once; what has a finalizer goes when that is honoured."""
        if not kind.namespaced:
            self._ask("DELETE", kind.path(None), missing={})
            return
        namespaces = [namespace] if namespace else {item["metadata"]["namespace"] for item in self.items(kind)}
        for each in namespaces:
            self._ask("DELETE", kind.path(each), missing={})

    def merge(self, kind: Kind, namespace: str | None, name: str, patch: dict, subresource: str = "") -> dict:
        """A JSON merge patch: null takes a field away, a list replaces a list."""
        return self._ask("PATCH", kind.path(namespace, name, subresource), patch, "application/merge-patch+json")

    def apply(self, kind: Kind, namespace: str | None, document: dict, *, manager: str = "rig", force: bool = False,
              subresource: str = "") -> dict:
        """Server-side apply; a field that the schema does not know is an error."""
        query = urllib.parse.urlencode({"fieldManager": manager, "force": str(force).lower(),
                                        "fieldValidation": "Strict"})
        path = kind.path(namespace, document["metadata"]["name"], subresource)
        return self._ask("PATCH", f"{path}?{query}", _complete(kind, document), "application/apply-patch+yaml")

    def set_status(self, kind: Kind, namespace: str | None, name: str, status: dict) -> dict:
        """Merges into the status subresource."""
        return self.merge(kind, namespace, name, {"status": status}, "status")

    def set_pvc_phase(self, namespace: str, name: str, phase: str, capacity: str | None = None) -> dict:
        """Pending, Bound or Lost. A kube-controller-manager takes back a Bound without a volume: VolSyncPart.bind."""
        return self.set_status(PVC, namespace, name,
                               {"phase": phase} | ({"capacity": {"storage": capacity}} if capacity else {}))

    def events_about(self, namespace: str, name: str, kind: Kind | None = None) -> list[dict]:
        """Events on that object, oldest first."""
        fields = f"involvedObject.name={name}" + (f",involvedObject.kind={kind.name}" if kind else "")
        events = self.items(EVENT, namespace, fields=fields)
        return sorted(events, key=lambda event: int(event["metadata"]["resourceVersion"]))

    def count_ours(self, namespace: str) -> dict[str, int]:
        """How many objects of holdfast's there are of each kind; kinds without any are left out."""
        counts = {kind.plural: len(self.items(kind, namespace, labels=OURS)) for kind in GENERATED}
        return {plural: count for plural, count in counts.items() if count}

    def _ask(self, method: str, path: str, body: dict | None = None, content_type: str = "application/json",
             **on_404) -> dict | None:
        answer = self.api.request(method, path, body, content_type)
        if answer.status == 404 and "missing" in on_404:
            return on_404["missing"]
        if not answer.ok:
            raise Refused(f"{method} {path}", answer)
        return answer.body


def _complete(kind: Kind, document: dict) -> dict:
    return {"apiVersion": kind.api_version, "kind": kind.name} | document
