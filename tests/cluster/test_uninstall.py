"""holdfast is removed, in any order and even when it does not run, and nothing of it stands in anybody's way then."""

import json
import random

import chart
from guarded_case import pvc
from installation import CONFIGURATIONS, NAMESPACE, Rendered, page_lines, path_of
from installed_case import InstalledCase
from networked_case import PATIENCE_S
from rig.objects import NAMESPACE as NAMESPACES
from rig.processes import wait_until

CLUSTER_SCOPED = ("clusterroles", "clusterrolebindings", "mutatingwebhookconfigurations",
                  "validatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
                  "persistentvolumes", "namespaces")


class Uninstall(InstalledCase):
    expected_seconds = 80

    def begin(self):
        """With a holdfast that is installed."""
        if not self.kubelet.may_start or self.objects.get(NAMESPACES, None, NAMESPACE) is None:
            self.kubelet.may_start = True
            self.install()
        self.before = self.kept()
        self.assertNotIn(None, self.before)

    def test_in_any_order_while_it_runs(self):
        self.begin()
        self.delete(self.shuffled())

    def test_in_any_order_with_the_webhooks_last_while_it_is_dead(self):
        self.begin()
        self.die()
        self.delete(sorted(self.shuffled(), key=lambda document: document["kind"] in CONFIGURATIONS))

    def shuffled(self) -> list[dict]:
        seed = random.randrange(2**32)
        print(f"     in the order of seed {seed}")
        documents = Rendered(self.overlay).documents
        random.Random(seed).shuffle(documents)
        return documents

    def delete(self, documents: list[dict]):
        for document in documents:
            answer = self.api.request("DELETE", path_of(document))
            gone_with_namespace = answer.status == 404 and "namespace" in document["metadata"]
            self.assertTrue(answer.ok or gone_with_namespace, f"{document['kind']}: {answer}")
        self.assert_nothing_is_left()

    def test_by_kustomize_while_it_is_dead(self):
        self.begin()
        self.die()
        self.run_as_a_user(f"kubectl delete -k {self.overlay} --timeout={PATIENCE_S}s")
        self.assert_nothing_is_left()

    def test_put_back_and_removed_by_helm_while_it_is_dead(self):
        self.run_as_a_user(f"kubectl delete -k {self.overlay} --ignore-not-found --timeout={PATIENCE_S}s")
        self.wait_until_gone()
        self.before = self.kept()
        self.install_with_helm()
        self.die()
        self.open_and_close_admission()
        self.run_as_a_user(f"helm uninstall holdfast --namespace {NAMESPACE} --wait")
        self.assert_nothing_is_left(namespaces={NAMESPACE})  # which Helm did not make
        self.objects.delete(NAMESPACES, None, NAMESPACE)
        self.wait_until_gone()

    def open_and_close_admission(self):
        """As docs/rescue.md has it for Helm."""
        [line] = [line for line in page_lines("docs/rescue.md") if line.startswith("helm upgrade ")]
        [opening] = [line for line in page_lines("docs/rescue.md") if line.startswith("kubectl delete ")]
        self.run_as_a_user(opening)
        wait_until(lambda: not self.blocked(), PATIENCE_S, "admission is open")
        self.run_as_a_user(line)
        wait_until(self.blocked, PATIENCE_S, "admission is guarded again")

    def install_with_helm(self):
        self.kubelet.may_start = True
        values = {"image": {"repository": "example.org/holdfast", "tag": "current"}, "namespace": {"create": False},
                  "repository": {"kind": "nfs", "id": "", "password": "secret",
                                 "nfs": {"server": "192.0.2.1", "path": "/tank"}},
                  "certificate": chart.files_of(self.authority.parent), "monitoring": {"enabled": False}}
        (self.folder / "values.json").write_text(json.dumps(values))
        self.run_as_a_user(f"helm install holdfast manifests/chart --namespace {NAMESPACE} --create-namespace --wait "
                            "--values values.json")
        self.wait_until_asked()

    def die(self):
        self.kubelet.kill_all()
        wait_until(lambda: not self.kubelet.served, PATIENCE_S, "the Service has nobody")
        answer = self.api.create_pvc("media", pvc("held-back"), dry_run=True)
        self.assertIn("failed calling webhook", answer.message)

    def assert_nothing_is_left(self, namespaces: frozenset | set = frozenset()):
        if not namespaces:
            self.wait_until_gone()
        self.assertEqual(self.cluster_scoped(), {("namespaces", name) for name in namespaces})
        self.assertEqual(self.kept(), self.before, "what exists is not touched")
        wait_until(lambda: not self.blocked(), PATIENCE_S, "the API server has forgotten the webhooks")

    def cluster_scoped(self) -> set[tuple[str, str]]:
        """What is named or labelled as ours."""
        listed = self.plane.kubectl("get", ",".join(CLUSTER_SCOPED), "-o", "json")
        self.assertEqual(listed.returncode, 0, listed.stderr)
        metadata = [(item["kind"], item["metadata"]) for item in json.loads(listed.stdout)["items"]]
        return {(f"{kind.lower()}s", each["name"]) for kind, each in metadata if "holdfast" in each["name"]
                or each.get("labels", {}).get("app.kubernetes.io/name") == "holdfast"}

    def blocked(self) -> list[str]:
        """What cannot be created."""
        pod = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "main", "image": "none"}]}}
        labels = [{}, {"backup": "daily"}, {"backup-exempt": "true"}, {"pvc-plumber.io/enabled": "true"}]
        answers = [self.api.create_pvc("media", pvc("after", labels=each), dry_run=True) for each in labels]
        answers += [self.api.request("POST", "/api/v1/namespaces/media/pods?dryRun=All", pod),
                    self.api.request("POST", "/api/v1/namespaces?dryRun=All", {"metadata": {"name": "after"}})]
        return [str(answer) for answer in answers if not answer.ok]
