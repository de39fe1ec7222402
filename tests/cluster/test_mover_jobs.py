"""Mover Jobs get the repository from `/mutate/job`, and the API server never sees another pod template at an update."""

import base64
import pathlib
import tempfile

from guarded_case import GuardedCase
from real_operator import real_operator
from rig.objects import JOB, PVC, REPLICATION_SOURCE as RS, SECRET, Objects, Refused
from rig.processes import wait_until
from rig.webhooks import MUTATING, client_config
from suite import Stage

SETTINGS = """
generator:
  enabled: false
  repository: {kind: nfs, server: 192.0.2.10, path: /tank/kopia, inject: true, jitter: 30s}
"""
MADE_BY_VOLSYNC = {"app.kubernetes.io/created-by": "volsync"}
VOLUME = {"name": "repository", "nfs": {"server": "192.0.2.10", "path": "/tank/kopia"}}
MOUNT = {"name": "repository", "mountPath": "/repository"}
_NAME = "holdfast-jobs"


def mover_job(labels: dict, name: str = "volsync-src-data-backup") -> dict:
    """As VolSync writes it, with a container before the mover's own and nothing of ours."""
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": labels},
            "spec": {"backoffLimit": 2, "template": {"spec": {
                "restartPolicy": "Never",
                "initContainers": [{"name": "prepare", "image": "example.org/prepare:1"}],
                "containers": [{"name": "kopia", "image": "example.org/mover:1",
                                "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
                               {"name": "beside", "image": "example.org/beside:1"}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}}}}


def pod_of(job: dict) -> dict:
    return job["spec"]["template"]["spec"]


def registration(port: int, ca: pathlib.Path) -> dict:
    """As docs/webhooks.md says, but without the objectSelector: Jobs of others must not mind."""
    bundle = base64.b64encode(ca.read_bytes()).decode()
    return {"metadata": {"name": _NAME}, "webhooks": [{
        "name": "jobs.holdfast.dev", "clientConfig": client_config(port, "/mutate/job", bundle),
        "rules": [{"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
                   "resources": ["jobs"]}],
        "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "reinvocationPolicy": "IfNeeded"}]}


class Injected(GuardedCase):
    """A holdfast that the API server asks about every Job."""

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-jobs-")))
        (folder / "settings.yaml").write_text(SETTINGS)
        cls.guarded_options = {"flags": ("--config", str(folder / "settings.yaml"))}
        super().setUpClass()
        cls.objects = Objects(cls.api)
        cls.addClassCleanup(cls.api.delete, MUTATING, _NAME)
        cls.api.put(MUTATING, registration(cls.holdfast.webhook_port, cls.guarded.certificates / "ca.crt"))
        cls.api.create_namespace("mover-jobs-probe")
        wait_until(cls._is_asked, 20, "the API server asks holdfast about Jobs")

    @classmethod
    def _is_asked(cls) -> bool:
        path = f"{JOB.path('mover-jobs-probe')}?dryRun=All"
        cls.api.request("POST", path, mover_job({}, "probe"))
        return cls.holdfast.admissions(webhook="job") > 0

    def job(self, name: str = "volsync-src-data-backup") -> dict:
        return self.objects.get(JOB, self.namespace, name)

    def update(self, document: dict) -> dict:
        """As VolSync updates: the whole object, its own pod template in it."""
        stored = self.job(document["metadata"]["name"])
        template = stored["spec"]["template"] | {"spec": stored["spec"]["template"]["spec"] | pod_of(document)}
        body = stored | {"spec": stored["spec"] | {"template": template}}
        path = JOB.path(self.namespace, document["metadata"]["name"])
        answer = self.api.request("PUT", path, body)
        if not answer.ok:
            raise Refused("PUT", answer)
        return answer.body


class MoverJobs(Injected):
    def test_a_new_mover_job_has_the_repository_in_every_container(self):
        pod = pod_of(self.objects.create(JOB, self.namespace, mover_job(MADE_BY_VOLSYNC)))
        self.assertEqual(pod["volumes"][1:], [VOLUME])
        for container in (*pod["containers"], pod["initContainers"][1]):
            self.assertEqual([mount for mount in container["volumeMounts"] if mount["name"] == "repository"], [MOUNT])
        self.assertEqual([container["name"] for container in pod["initContainers"]], ["holdfast-delay", "prepare"])
        self.assertIn(int(pod["initContainers"][0]["command"][1]), range(31))

    def test_an_update_by_volsync_is_accepted_and_changes_nothing(self):
        created = self.objects.create(JOB, self.namespace, mover_job(MADE_BY_VOLSYNC))
        before = self.holdfast.admissions(webhook="job", code="RepositoryInjected")
        updated = self.update(mover_job(MADE_BY_VOLSYNC))
        self.assertEqual(self.holdfast.admissions(webhook="job", code="RepositoryInjected"), before + 1)
        self.assertEqual(pod_of(updated), pod_of(created))
        self.assertEqual(updated["metadata"]["uid"], created["metadata"]["uid"])
        self.assertEqual(updated["metadata"]["resourceVersion"], created["metadata"]["resourceVersion"])

    def test_without_the_webhook_at_updates_the_api_server_refuses_them(self):
        """Why both operations are needed: this is where VolSync deletes the Job and makes it anew, for ever."""
        self.objects.create(JOB, self.namespace, mover_job(MADE_BY_VOLSYNC))
        self.api.delete(MUTATING, _NAME)
        self.addCleanup(wait_until, self._is_asked, 20, "the API server asks again")
        self.addCleanup(self.api.put, MUTATING,
                        registration(self.holdfast.webhook_port, self.guarded.certificates / "ca.crt"))
        wait_until(self._an_update_is_refused, 20, "the API server goes by the removal")

    def _an_update_is_refused(self) -> bool:
        try:
            self.update(mover_job(MADE_BY_VOLSYNC))
        except Refused as refused:
            self.assertEqual(refused.answer.status, 422)
            self.assertIn("immutable", refused.answer.message)
            return True
        return False

    def test_a_change_of_labels_is_no_matter(self):
        created = self.objects.create(JOB, self.namespace, mover_job(MADE_BY_VOLSYNC))
        changed = self.objects.merge(JOB, self.namespace, "volsync-src-data-backup",
                                     {"metadata": {"labels": {"x": "y"}}})
        self.assertEqual(pod_of(changed), pod_of(created))

    def test_jobs_of_others_are_left_as_they_are(self):
        pod = pod_of(self.objects.create(JOB, self.namespace, mover_job({"app": "report"}, "report")))
        self.assertEqual([volume["name"] for volume in pod["volumes"]], ["data"])
        self.assertEqual([container["name"] for container in pod["initContainers"]], ["prepare"])

    def test_a_restore_has_the_repository_and_does_not_wait(self):
        document = mover_job(MADE_BY_VOLSYNC, "volsync-dst-data-restore")
        pod = pod_of(self.objects.create(JOB, self.namespace, document))
        self.assertIn(VOLUME, pod["volumes"])
        self.assertEqual([container["name"] for container in pod["initContainers"]], ["prepare"])


class Operator(Injected):
    """The real operator of upstream, whose restic mover stands in for kopia's: its Job is kept in the same way."""

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        operator = real_operator()
        super().setUpClass()
        cls.enterClassContext(operator)

    def mover(self) -> dict | None:
        return self.job("volsync-src-data")

    def start_backup(self) -> None:
        claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                 "resources": {"requests": {"storage": "1Gi"}}}
        self.objects.create(PVC, self.namespace, {"metadata": {"name": "data"}, "spec": claim})
        self.objects.create(SECRET, self.namespace, {"metadata": {"name": "restic"}, "stringData": {
            "RESTIC_REPOSITORY": "/repository", "RESTIC_PASSWORD": "of the rig"}})
        self.objects.create(RS, self.namespace, {"metadata": {"name": "data"}, "spec": {
            "sourcePVC": "data", "trigger": {"manual": "now"},
            "restic": {"repository": "restic", "copyMethod": "Direct", "retain": {"daily": 1}}}})

    def test_its_mover_job_has_the_repository_and_survives_every_reconcile(self):
        self.start_backup()
        job = wait_until(self.mover, 30, "the operator makes the mover's Job")
        self.assertIn(VOLUME, pod_of(job)["volumes"])
        for container in pod_of(job)["containers"]:
            self.assertIn(MOUNT, container["volumeMounts"])
        for attempt in range(3):
            seen = self.holdfast.admissions(webhook="job", code="RepositoryInjected")
            self.objects.merge(RS, self.namespace, "data", {"metadata": {"labels": {"attempt": str(attempt)}}})
            wait_until(lambda seen=seen: self.holdfast.admissions(webhook="job", code="RepositoryInjected") > seen, 30,
                       "the operator updates the Job")
        self.assertEqual(self.mover()["metadata"]["uid"], job["metadata"]["uid"])
        self.assertEqual(pod_of(self.mover()), pod_of(job))
