"""What the manifests put in front of the API server concerns the creation of claims that opted in, and nothing else.

Nobody answers here: a request that is meant for holdfast ends with the API server's complaint about that, and every
other request must not notice.
"""

import itertools
import pathlib
import tempfile
import unittest

from guarded_case import pvc
from installation import CONFIGURATION_KINDS, NAMESPACE, Copy, Rendered
from rig.kube_api import PVCS, Api
from rig.objects import JOB, PVC, Kind, Objects
from rig.processes import wait_until
from rig.webhooks import EXCLUDED_NAMESPACES
from suite import Stage

SETTINGS = "index: {backend: catalog, catalogFile: /repository/catalog.json}\n"
PLAIN, MANAGED = "blast-plain", "blast-managed"
NAMESPACES = (PLAIN, MANAGED, *EXCLUDED_NAMESPACES[:5], NAMESPACE)
BACKUP, EXEMPT, PLUMBER = "backup", "backup-exempt", "pvc-plumber.io/enabled"
OF_VOLSYNC = {"app.kubernetes.io/created-by": "volsync"}
ALL_LABELS = {BACKUP: "daily", EXEMPT: "true", PLUMBER: "true", **OF_VOLSYNC}
USERS = ("system:kube-controller-manager", "system:kube-scheduler", "system:node:worker",
         "system:serviceaccount:kube-system:statefulset-controller", "system:serviceaccount:volsync-system:volsync",
         f"system:serviceaccount:{NAMESPACE}:holdfast")


class BlastRadius(unittest.TestCase):
    """With the components that `components` names."""

    components: tuple[str, ...] = ()
    users: tuple[str, ...] = ("system:admin",)
    expected_seconds = 15

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.api = Stage.plane.api
        cls.objects = Objects(cls.api)
        for name in NAMESPACES:
            cls.api.create_namespace(name, {"pvc-plumber.io/managed-namespace": "true"} if name == MANAGED else {})
        cls.make_what_is_there_before()
        with tempfile.TemporaryDirectory(prefix="holdfast-blast-") as folder:
            rendered = Rendered(Copy(pathlib.Path(folder)).overlay("blast", *cls.components, settings=SETTINGS))
        for kind in CONFIGURATION_KINDS:
            for document in rendered.all(kind.name):
                cls.addClassCleanup(cls.objects.delete, kind, None, document["metadata"]["name"])
                cls.objects.apply(kind, None, document, force=True)
        for labels in ({BACKUP: "daily"}, {EXEMPT: "true"}):
            wait_until(lambda labels=labels: cls.is_asked(cls.create(PLAIN, labels)), 20, "the webhooks are in force")
        wait_until(lambda: cls.is_asked(cls.write_job("POST", "new")) == ("job-injection" in cls.components), 20,
                   "the webhook for Jobs is as the components say")

    @classmethod
    def make_what_is_there_before(cls):
        cls.objects.apply(PVC, PLAIN, pvc("there", labels=ALL_LABELS))
        cls.addClassCleanup(cls.objects.delete_all, PVC, PLAIN)
        cls.objects.apply(JOB, PLAIN, job("there", OF_VOLSYNC))
        cls.addClassCleanup(cls.objects.delete_all, JOB, PLAIN)

    @classmethod
    def create(cls, namespace: str, labels: dict):
        return cls.api.create_pvc(namespace, pvc("blast", labels=labels), dry_run=True)

    @classmethod
    def write_job(cls, method: str, name: str, labels: dict | None = None):
        document = job(name, OF_VOLSYNC if labels is None else labels)
        if method == "POST":
            return cls.api.request(method, f"{JOB.path(PLAIN)}?dryRun=All", document)
        return cls.api.request(method, f"{JOB.path(PLAIN, name)}?dryRun=All", {"metadata": {"annotations": {"a": "b"}}},
                               "application/merge-patch+json")

    @staticmethod
    def is_asked(answer) -> bool:
        """Whether the request was meant for holdfast."""
        return "failed calling webhook" in answer.message and ".holdfast.dev" in answer.message

    def wanted(self, namespace: str, labels: dict) -> bool:
        """Whether the creation of a claim like that is holdfast's business."""
        if namespace not in (PLAIN, MANAGED):
            return False
        if BACKUP in labels or EXEMPT in labels:
            return True
        if PLUMBER in labels and namespace == MANAGED:
            return True
        return "strict" in self.components and not OF_VOLSYNC.items() <= labels.items()

    def test_a_creation_is_ours_by_its_labels_and_its_namespace_alone(self):
        values = {BACKUP: "daily", EXEMPT: "true", PLUMBER: "true", "app.kubernetes.io/created-by": "volsync"}
        for count in range(len(values) + 1):
            for chosen in itertools.combinations(values, count):
                labels = {key: values[key] for key in chosen}
                for namespace in NAMESPACES:
                    asked = self.is_asked(self.create(namespace, labels))
                    self.assertEqual(asked, self.wanted(namespace, labels), f"{namespace}: {labels}")

    def test_a_claim_that_is_there_can_be_changed_and_deleted(self):
        path = f"{PVCS.format(PLAIN)}/there"
        patch = {"metadata": {"annotations": {"a": "b"}}}
        for words in (("PATCH", f"{path}?dryRun=All", patch, "application/merge-patch+json"),
                      ("PATCH", f"{path}/status?dryRun=All", patch, "application/merge-patch+json"),
                      ("DELETE", f"{path}?dryRun=All"), ("GET", path), ("GET", PVCS.format(PLAIN)),
                      ("DELETE", f"{PVCS.format(PLAIN)}?dryRun=All")):
            answer = self.api.request(*words)
            self.assertTrue(answer.ok, f"{words}: {answer}")

    def test_mover_jobs_are_ours_only_where_that_component_is_on(self):
        on = "job-injection" in self.components
        self.assertEqual(self.is_asked(self.write_job("POST", "new")), on)
        self.assertEqual(self.is_asked(self.write_job("PATCH", "there")), on)
        self.assertTrue(self.write_job("POST", "other", {}).ok)
        self.assertTrue(self.api.request("DELETE", f"{JOB.path(PLAIN, 'there')}?dryRun=All").ok)

    def test_no_other_kind_is_ours_whoever_creates_it(self):
        kinds = self.kinds_that_can_be_created()
        self.assertGreater(len(kinds), 40)
        for user in self.users:
            api = self.api.impersonating(user)
            for kind in kinds:
                self.assertNotIn("holdfast.dev", self.create_anything(api, kind), f"{kind.name} by {user}")
            self.assertTrue(self.is_asked(api.create_pvc(PLAIN, pvc("blast"), dry_run=True)), user)

    def kinds_that_can_be_created(self) -> list[Kind]:
        """All but claims and, where they are ours, Jobs."""
        groups = self.api.request("GET", "/apis").body["groups"]
        places = [("", "v1", "/api/v1")] + [(group["name"], version["version"], f"/apis/{version['groupVersion']}")
                                            for group in groups for version in group["versions"]]
        return [Kind(group, version, each["kind"], each["name"], each["namespaced"]) for group, version, path in places
                for each in self.api.request("GET", path).body["resources"]
                if "create" in each["verbs"] and "/" not in each["name"]
                and each["kind"] not in ("PersistentVolumeClaim", "Job")]

    @staticmethod
    def create_anything(api: Api, kind: Kind) -> str:
        """What the API server says; the object need not be a good one, because webhooks are asked before that."""
        document = {"apiVersion": kind.api_version, "kind": kind.name,
                    "metadata": {"name": "blast", "labels": ALL_LABELS}}
        return api.request("POST", f"{kind.path(PLAIN)}?dryRun=All", document).message


class Everything(BlastRadius):
    components = ("strict", "job-injection")
    users = USERS
    expected_seconds = 30


def job(name: str, labels: dict) -> dict:
    container = {"name": "mover", "image": "example.org/mover:1"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": labels}, "spec": {
        "suspend": True, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}}
