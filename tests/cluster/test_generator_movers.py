"""Movers that fail are told with their first failed pod, long before VolSync gives its Job up."""

import json
import re

from generator_case import RULES
from guarded_case import pvc
from rig.accounts import rule
from rig.objects import POD
from rig.processes import wait_until
from restore_case import HOME_NFS, PATIENCE, RUN, SOURCE, RestoreCase
from suite import Stage

BACKUP_JOB, RESTORE_JOB = f"volsync-src-{SOURCE}", f"volsync-dst-{RUN}"


# Whose Secret is somebody else's: nothing but a mover can be a gap.
PLAIN = re.sub(r"\n  secret: .*", "", HOME_NFS)


class Movers(RestoreCase):
    settings = PLAIN

    def wait_until_told(self, words: str) -> str:
        def told():
            return next((text for text in self.messages("MoverFailing") if re.search(words, text)), None)
        return wait_until(told, PATIENCE, f"MoverFailing: {words}")

    def begin_backup(self) -> None:
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "the source")
        self.part.start_backup(self.namespace, SOURCE)

    def why(self) -> str:
        return json.dumps(self.audit())


class Failing(Movers):
    expected_seconds = 30

    def test_a_backup_s_first_failed_pod_is_told_and_forgotten_when_the_job_comes_through(self):
        self.begin_backup()
        self.assertFalse(self.audit()["gap"])
        self.part.fail_mover_pod(self.namespace, BACKUP_JOB)
        said = self.wait_until_told(r"a backup goes on failing: the mover has failed once \(of 9 tries\)")
        self.assertIn(f"kubectl -n {self.namespace} logs job/{BACKUP_JOB}", said)
        self.wait_for_audit(gap=True)
        self.assertIn("MoverFailing", self.why())
        self.part.finish_backup(self.namespace, SOURCE)
        wait_until(lambda: not self.audit()["gap"], PATIENCE, "all is well again")

    def test_a_restore_s_first_failed_pod_is_told_while_it_runs(self):
        self.create_with_backup()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        self.part.start_mover_job(self.namespace, RESTORE_JOB)
        self.part.fail_mover_pod(self.namespace, RESTORE_JOB)
        self.wait_until_told(r"the restore goes on failing: the mover has failed once \(of 9 tries\)")
        self.wait_for_audit(restore="running")

    def test_a_job_that_only_has_the_name_is_not_believed(self):
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "the source")
        self.part.start_mover_job(self.namespace, BACKUP_JOB)
        self.part.disown_mover_job(self.namespace, BACKUP_JOB)
        self.part.fail_mover_pod(self.namespace, BACKUP_JOB)
        self.stays(lambda: not self.messages("MoverFailing"), "nothing is told")


class Insight(Movers):
    expected_seconds = 30
    flags = ("--generator=on", "--min-age", "0s", "--pod-insight=on")
    rules = [*RULES, rule("", "pods", "list watch")]
    settings = PLAIN.replace("kind: nfs, server: 192.0.2.10, path: /tank/kopia",
                                "kind: nfs, server: 192.0.2.10, path: /tank/kopia, allSquash: true").replace(
        "{runAsUser: 568,", "{auto: true, runAsUser: 568,")

    def make_pod(self, name: str, document: dict, status: dict) -> None:
        answer = Stage.plane.api.request("POST", POD.path(self.namespace), {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **document.get("metadata", {})},
            "spec": document["spec"]})
        self.assertTrue(answer.ok, str(answer))
        self.objects.set_status(POD, self.namespace, name, status)

    def test_the_pod_says_how_it_failed(self):
        self.begin_backup()
        self.part.fail_mover_pod(self.namespace, BACKUP_JOB, "OOMKilled")
        self.wait_until_told("last: container kopia ended with exit code 1, OOMKilled")

    def test_a_backup_runs_as_the_pod_that_uses_the_claim(self):
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "the source")
        self.assertEqual(self.mover_ids(), (568, 568, 568))
        self.make_pod("app", {"spec": {
            "securityContext": {"runAsUser": 999, "runAsGroup": 998},
            "containers": [{"name": "app", "image": "example.org/app:1",
                            "volumeMounts": [{"name": "data", "mountPath": "/data"}]}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}}, {"phase": "Running"})
        wait_until(lambda: self.mover_ids() == (999, 998, None), PATIENCE, "movers run as the pod does")

    def mover_ids(self) -> tuple:
        context = self.rs()["spec"]["kopia"]["moverSecurityContext"]
        return tuple(context.get(key) for key in ("runAsUser", "runAsGroup", "fsGroup"))
