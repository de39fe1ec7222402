"""The Helm chart installs what kustomize installs, refuses what it does not know, and is taken by a real API server."""

import json
import pathlib
import subprocess
import tempfile
import unittest

import chart
from chart import CHART
from guarded_case import pvc
from installation import MANIFESTS, NAMESPACE, Copy, Rendered, documents
from rig import crds
from rig.components import ROOT
from rig.processes import wait_until
from rig.webhooks import MUTATING, VALIDATING
from suite import Stage

CATALOG = {"index": {"backend": "catalog", "catalogFile": "/repository/catalog.json"}}
V4 = {"contracts": ["simple", "pvc-plumber-v4"], "generator": {"naming": "v4", "cleanup": "kyverno"}, **CATALOG}
NFS = {"kind": "nfs", "nfs": {"server": "192.168.10.133", "path": "/mnt/BigTank/k8s/volsync-kopia-nfs"}}
FILES = {"index": {"backend": "kopia-fs", "path": "/repository"}}
INJECT = {**FILES, "generator": {
    "repository": {"kind": "nfs", "server": "192.0.2.1", "path": "/tank", "inject": True},
    "backup": {"moverSecurityContext": {"runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532}}}}
MOUNTED = {**FILES, "generator": {"repository": {"kind": "pvc", "claim": "kopia"}}}
STORE = {"enabled": True, "store": "1password", "key": "rustfs"}
RELEASE_NAMESPACE = "chart-release"  # not that of other tests, who leave an account there
OFF = {"enabled": False}
ON = {"enabled": True}
# As the overlays of these names are.
HOME_NFS = {
    "repository": NFS, "user": {"runAsUser": 568, "runAsGroup": 568, "fsGroup": 568},
    "externalSecrets": {**STORE, "passwordProperty": "kopia_password", "refreshInterval": "1h"},
    "settings": {"generator": {"backup": {"storageClassName": "longhorn", "cacheCapacity": "2Gi",
                                          "volumeSnapshotClassName": "longhorn-snapclass"}}},
    "certificate": {"mode": "cert-manager"}, "monitoring": ON, "namespace": {"create": True}}
S3 = {
    "repository": {"kind": "s3", "s3": {"endpoint": "https://s3.storage.svc:9000", "bucket": "volsync-kopia",
                                        "region": "us-east-1"}},
    "externalSecrets": STORE, "certificate": {"mode": "cert-manager"}, "networkPolicy": {"egressPorts": [9000]},
    "namespace": {"create": True}}
IMAGE = "images:\n- {name: holdfast, newName: holdfast, newTag: 0.1.0}\n"
SERVER = """\
patches:
- target: {kind: PersistentVolume, name: holdfast-repository}
  patch: |-
    - {op: replace, path: /spec/nfs, value: {server: 192.0.2.1, path: /tank}}
"""
# An overlay of these components with these settings and patches, and the values of the chart that are to be the same.
PAIRS = {
    "self-signed": (("self-signed",), CATALOG, "", {"settings": CATALOG, "networkPolicy": OFF}),
    "strict": (("strict", "network-policy", "self-signed"), CATALOG, "", {"mode": "strict", "settings": CATALOG}),
    "copies": (("self-signed", "secret-copy"), MOUNTED, "",
               {"settings": MOUNTED, "networkPolicy": OFF, "secretCopy": True}),
    "plumber": (("kyverno-cleanup", "cert-manager", "network-policy"), V4, "",
                {"settings": V4, "certificate": {"mode": "cert-manager"}}),
    "everything": (("nfs", "job-injection", "repository-init", "network-policy", "monitoring", "pod-insight", "strict",
                    "certificate-files"), INJECT, SERVER,
                   {"mode": "strict", "monitoring": ON, "podInsight": True,
                    "settings": {"generator": {"repository": {"inject": True}}},
                    "repository": {"kind": "nfs", "create": True, "nfs": {"server": "192.0.2.1", "path": "/tank"}}}),
}
DIGEST = "sha256:" + "0" * 64
EXTRAS = {
    "image": {"repository": "registry.example.org/holdfast", "tag": "1", "digest": DIGEST},
    "commonLabels": {"team": "storage", "app.kubernetes.io/name": "other"},
    "serviceAccount": {"annotations": {"example.org/role": "reader"}},
    "webhook": {"timeoutSeconds": 25, "port": 9444}, "ops": {"port": 8081}, "hostNetwork": True,
    "podDisruptionBudget": {"maxUnavailable": "50%"},
    "topologySpreadConstraints": [{"topologyKey": "rack", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
                                   "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "holdfast"}}}],
    "livenessProbe": {"periodSeconds": 30}, "podSecurityContext": {"supplementalGroups": [100]},
    "extraArgs": ["--fit", "warn"],
    "extraObjects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-more"}},
                     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: text}\n"]}
REFUSED = {
    "additional properties 'replcas'": {"replcas": 2},
    "at '/replicas': got string": {"replicas": "two"},
    "at '/mode'": {"mode": "lenient"},
    "additional properties 'sever'": {"repository": {"nfs": {"sever": "nas"}}},
    "at '/repository/nfs/mountOptions'": {"repository": {"nfs": {"mountOptions": ["soft"]}}},
    "additional properties 'generater'": {"settings": {"generater": {}}},
    "at '/excludedNamespaces/0'": {"excludedNamespaces": ["Not_A_Name"]},
    "at '/image/digest'": {"image": {"digest": "latest"}},
    "at '/webhook/timeoutSeconds'": {"webhook": {"timeoutSeconds": 31}},
    "at '/webhook/port'": {"webhook": {"port": 443}},
    "at '/podDisruptionBudget/maxUnavailable'": {"podDisruptionBudget": {"maxUnavailable": 0}},
    "at '/user/runAsUser'": {"user": {"runAsUser": 0}},
    "repository.nfs.server: ": {"repository": {"kind": "nfs"}},
    "repository.s3.bucket: ": {"repository": {"kind": "s3", "s3": {"endpoint": "s3.example.org"}}},
    "repository.create: ": {"repository": {"create": True}},
    "externalSecrets.store: ": {"externalSecrets": ON},
    "externalSecrets.enabled: ": {"externalSecrets": STORE, "repository": {"password": "secret"}},
    "secretCopy: ": {"secretCopy": True, "externalSecrets": STORE},
    "secretCopy: externalSecrets or settings": {
        "secretCopy": True, "settings": {"generator": {"secret": {"mode": "none"}}}},
    "settings.mode: the chart says that itself; use the value mode": {"settings": {"mode": "audit"}},
    "settings.webhook.port: ": {"settings": {"webhook": {"port": 9444}}},
    "settings.generator.podInsight: ": {"podInsight": True, "settings": {"generator": {"podInsight": "off"}}},
    "settings.index.s3.accessKeyFile: ": {**S3, "settings": {"index": {"s3": {"accessKeyFile": "/elsewhere"}}}},
    "certificate.crt: ": {"certificate": {"mode": "files"}},
}


class Rendering(unittest.TestCase):
    """No cluster is needed."""

    maxDiff = None
    expected_seconds = 40

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-chart-"))
        cls.copy = Copy(pathlib.Path(folder))
        cls.files = chart.files_of(cls.copy.issue_certificate().parent)

    def test_shares_its_files_with_kustomize(self):
        done = subprocess.run([ROOT / "tools/chart", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), "run tools/chart")

    def test_is_to_helm_s_liking(self):
        done = chart.helm("lint", "--strict", CHART)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotRegex(done.stdout, "WARNING|ERROR")

    def test_is_of_this_version(self):
        [line] = [line for line in (ROOT / "CMakeLists.txt").read_text().splitlines()
                  if line.startswith("project(holdfast VERSION ")]
        about = chart.yaml((CHART / "Chart.yaml").read_text())
        self.assertEqual({about["version"], about["appVersion"]}, {line.split()[2].rstrip(")")})

    def test_installs_what_the_overlays_install(self):
        for name, values in (("home-nfs", HOME_NFS), ("s3", S3)):
            with self.subTest(name):
                self.assert_same(MANIFESTS / "overlays" / name, values)

    def test_installs_what_the_components_install(self):
        for name, (components, settings, patches, values) in PAIRS.items():
            with self.subTest(name):
                overlay = self.copy.overlay(name, *components, settings=json.dumps(settings), more=IMAGE + patches)
                certificate = {"certificate": self.files} if "certificate-files" in components else {}
                self.assert_same(overlay, {**values, **certificate, "namespace": {"create": True},
                                           "networkPolicy": {"enabled": "network-policy" in components}})

    def assert_same(self, overlay: pathlib.Path, values: dict):
        wanted = chart.normal(Rendered(overlay).documents)
        found = chart.normal(documents(chart.template(values)))
        self.assertEqual(sorted(found), sorted(wanted))
        for name, document in wanted.items():
            self.assertEqual(found[name], document, name)

    def test_every_component_is_in_a_pair(self):
        overlays = "".join((MANIFESTS / "overlays" / name / "kustomization.yaml").read_text()
                           for name in ("home-nfs", "s3"))
        for component in (MANIFESTS / "components").iterdir():
            named = any(component.name in components for components, *_ in PAIRS.values())
            self.assertTrue(named or f"components/{component.name}" in overlays, component.name)

    def test_what_it_does_not_know_is_an_error_that_names_it(self):
        for complaint, values in REFUSED.items():
            with self.subTest(complaint), self.assertRaises(RuntimeError) as raised:
                chart.template(values)
            self.assertIn(complaint, str(raised.exception))

    def test_every_value_is_in_the_schema_and_in_the_file(self):
        schema = json.loads((CHART / "values.schema.json").read_text())
        del schema["properties"]["global"]  # Helm's own
        self.assert_keys(chart.yaml((CHART / "values.yaml").read_text()), schema, "values")

    def assert_keys(self, values: dict, schema: dict, where: str):
        if where == "values.settings":
            return
        self.assertIs(schema["additionalProperties"], False, where)
        self.assertEqual(set(values), set(schema["properties"]), where)
        for key, value in values.items():
            if schema["properties"][key].get("properties"):
                self.assert_keys(value, schema["properties"][key], f"{where}.{key}")

    def test_settings_go_over_what_the_values_make(self):
        values = {"repository": {**NFS, "id": "abcd"}, "settings": {"index": {"path": "/elsewhere"}, "fit": "warn"}}
        [settings] = [each["data"] for each in chart.normal(documents(chart.template(values))).values()
                      if each["metadata"]["name"] == "holdfast-settings"]
        self.assertEqual(settings["index"], {"backend": "kopia-fs", "path": "/elsewhere", "repositoryId": "abcd"})
        self.assertEqual((settings["fit"], settings["generator"]["repository"]["kind"]), ("warn", "nfs"))

    def test_secrets_among_the_values_become_secrets_and_nothing_else(self):
        s3 = {"endpoint": "s3.example.org", "bucket": "b", "accessKey": "AKIA-access\n", "secretKey": "top-secret\n"}
        text = chart.template({"repository": {"kind": "s3", "s3": s3, "password": "pass-word\n"}})
        found = chart.normal(documents(text))
        self.assertEqual(found["Secret holdfast-repository"]["data"], {"password": "pass-word"})
        self.assertEqual(found["Secret holdfast-s3"]["data"], {"access-key": "AKIA-access", "secret-key": "top-secret"})
        for secret in ("AKIA-access", "top-secret", "pass-word"):
            self.assertNotIn(secret, text)

    def test_what_a_value_says_stands_where_it_belongs(self):
        listed = documents(chart.template(EXTRAS))
        found = {f"{each['kind']} {each['metadata']['name']}": each for each in listed}
        self.assertLessEqual({"ConfigMap holdfast-more", "ConfigMap text"}, set(found))
        own = {name: each for name, each in found.items() if name not in ("ConfigMap holdfast-more", "ConfigMap text")}
        for name, document in own.items():
            labels = document["metadata"]["labels"]
            self.assertEqual((labels["team"], labels["app.kubernetes.io/name"]), ("storage", "holdfast"), name)
        self.assertEqual(own["ServiceAccount holdfast"]["metadata"]["annotations"], {"example.org/role": "reader"})
        self.assertEqual(own["PodDisruptionBudget holdfast"]["spec"]["maxUnavailable"], "50%")
        for name in ("MutatingWebhookConfiguration zz-holdfast", "ValidatingWebhookConfiguration holdfast"):
            self.assertEqual({entry["timeoutSeconds"] for entry in own[name]["webhooks"]}, {25})
        template = own["Deployment holdfast"]["spec"]["template"]
        self.assertEqual(template["metadata"]["labels"], {"team": "storage", "app.kubernetes.io/name": "holdfast"})
        pod = template["spec"]
        self.assertEqual((pod["hostNetwork"], pod["dnsPolicy"]), (True, "ClusterFirstWithHostNet"))
        self.assertEqual(pod["topologySpreadConstraints"], EXTRAS["topologySpreadConstraints"])
        self.assertEqual(pod["securityContext"]["supplementalGroups"], [100])
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        [container] = pod["containers"]
        self.assertEqual(container["image"], f"registry.example.org/holdfast:1@{DIGEST}")
        self.assertEqual(container["args"], ["serve", "--fit", "warn"])
        self.assertEqual(container["livenessProbe"]["periodSeconds"], 30)
        self.assertEqual([port["containerPort"] for port in container["ports"]], [9444, 8081])
        environment = {each["name"]: each.get("value") for each in container["env"]}
        self.assertEqual((environment["HOLDFAST_WEBHOOK_PORT"], environment["HOLDFAST_OPS_PORT"]), ("9444", "8081"))

    def test_the_examples_have_values_that_it_takes(self):
        repository, release = documents((MANIFESTS / "examples/helm-flux.yaml").read_text())
        self.assertEqual(release["spec"]["chartRef"]["name"], repository["metadata"]["name"])
        [application] = documents((MANIFESTS / "examples/helm-argocd.yaml").read_text())
        source = application["spec"]["source"]
        version = chart.yaml((CHART / "Chart.yaml").read_text())["version"]
        self.assertEqual({repository["spec"]["ref"]["tag"], source["targetRevision"]}, {version})
        self.assertEqual(release["spec"]["values"], source["helm"]["valuesObject"])
        text = chart.template(release["spec"]["values"])
        self.assertIn("image: registry.example.org/holdfast:", text)

    def test_no_budget_where_none_is_wanted(self):
        self.assertNotIn("PodDisruptionBudget", chart.template({"podDisruptionBudget": OFF}))

    def test_the_dashboard_is_where_grafana_s_sidecar_looks(self):
        [dashboard] = [each for each in documents(chart.template({"monitoring": ON}))
                       if each["metadata"]["name"] == "holdfast-dashboard"]
        self.assertEqual(dashboard["metadata"]["labels"]["grafana_dashboard"], "1")
        self.assertEqual(json.loads(dashboard["data"]["holdfast.json"])["title"], "holdfast")

    def test_packed_it_is_the_same(self):
        with tempfile.TemporaryDirectory(prefix="holdfast-package-") as folder:
            done = chart.helm("package", CHART, "--destination", folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            [package] = pathlib.Path(folder).glob("*.tgz")
            self.assertEqual(chart.template(HOME_NFS, package), chart.template(HOME_NFS))

    def test_a_large_user_id_stays_a_number(self):
        values = {"repository": NFS, "user": dict.fromkeys(("runAsUser", "runAsGroup", "fsGroup"), 1000650000)}
        self.assertEqual(chart.template(values).count(": 1000650000\n"), 6)

    def test_another_namespace_is_meant_everywhere(self):
        done = chart.helm("template", "holdfast", CHART, "--namespace", "elsewhere", "--set", "mode=strict",
                          "--set", "certificate.mode=cert-manager", "--set", "monitoring.enabled=true")
        self.assertEqual(done.returncode, 0, done.stderr)
        text = done.stdout.split("holdfast.json:")[0] + done.stdout.split("holdfast.json:")[1].partition("\n")[2]
        self.assertNotIn(NAMESPACE, text)
        self.assertIn("request.namespace != 'elsewhere'", text)

    def test_other_settings_replace_the_pods(self):
        def settings(**more: str) -> str:
            [deployment] = [each for each in documents(chart.template({"settings": {**CATALOG, **more}}))
                            if each["kind"] == "Deployment"]
            return deployment["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]
        self.assertEqual(settings(), settings())
        self.assertNotEqual(settings(), settings(fit="warn"))


class Installed(unittest.TestCase):
    """By Helm, on a real API server."""

    maxDiff = None
    expected_seconds = 50

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        plane = cls.plane = Stage.plane
        crds.install(plane.api, "certificates", "issuers", "servicemonitors", "prometheusrules", folder=crds.SMALL)
        crds.install(plane.api)
        cls.enterClassContext(plane.controller_manager())
        for name in (NAMESPACE, RELEASE_NAMESPACE):
            plane.api.create_namespace(name)
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-chart-")))
        copy = Copy(cls.folder)
        cls.sets = {
            "default": {}, "home-nfs": HOME_NFS, "s3": S3, "monitoring off": {**HOME_NFS, "monitoring": OFF},
            "self-signed": PAIRS["self-signed"][3], "strict": PAIRS["strict"][3], "plumber": PAIRS["plumber"][3],
            "extras": EXTRAS,
            "everything": {**PAIRS["everything"][3], "certificate": chart.files_of(copy.issue_certificate().parent)}}
        cls.sets = {name: {**values, "namespace": {"create": False}} for name, values in cls.sets.items()}

    def test_every_set_of_values_is_taken_to_the_letter(self):
        for name, values in self.sets.items():
            with self.subTest(name):
                done = self.plane.kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server",
                                          "--validate=strict", "-f", "-", stdin=chart.template(values))
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_installed_changed_and_removed(self):
        self.addCleanup(self.helm, "uninstall", "holdfast", "--ignore-not-found")
        self.install("home-nfs")
        self.assert_guards()
        self.install("strict")
        self.assert_guards()
        self.assertFalse(self.create({}).ok, "strict minds all")
        self.install("everything")
        self.assertEqual(len(self.configurations()), 3)
        for configuration in self.configurations():
            for entry in configuration["webhooks"]:
                self.assertEqual(chart.decoded(entry["clientConfig"]["caBundle"]),
                                 self.sets["everything"]["certificate"]["ca"])
        self.helm("uninstall", "holdfast")
        self.assertEqual(self.configurations(), [])
        wait_until(lambda: self.create({"backup": "daily"}).ok, 20, "claims are let through again")

    def install(self, name: str) -> None:
        path = self.folder / "values.json"
        path.write_text(json.dumps(self.sets[name]))
        self.helm("upgrade", "--install", "holdfast", CHART, "--values", path)

    def helm(self, *words) -> None:
        done = chart.helm(*words, "--namespace", RELEASE_NAMESPACE,
                          environment={"KUBECONFIG": str(self.plane.kubeconfig)})
        self.assertEqual(done.returncode, 0, done.stderr)

    def assert_guards(self) -> None:
        self.plane.api.create_namespace("chart-probe")
        wait_until(lambda: not self.create({"backup": "daily"}).ok, 20, "the webhooks are in force")
        answer = self.plane.api.create_pvc(RELEASE_NAMESPACE, pvc("probe", labels={"backup": "daily"}), True)
        self.assertTrue(answer.ok, "our own namespace is not guarded")

    def create(self, labels: dict):
        return self.plane.api.create_pvc("chart-probe", pvc("probe", labels=labels), True)

    def configurations(self) -> list[dict]:
        return [item for path in (MUTATING, VALIDATING) for item in self.plane.api.request("GET", path).body["items"]
                if "holdfast" in item["metadata"]["name"]]
