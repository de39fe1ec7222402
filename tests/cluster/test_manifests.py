"""The manifests render, are as promised, are taken by a real API server, and give the rights that are used."""

import base64
import contextlib
import itertools
import pathlib
import re
import subprocess
import tempfile
import unittest

from guarded_case import pvc
from installation import CONFIGURATIONS, MANIFESTS, NAMESPACE, OVERLAYS, Copy, Rendered, documents, excluded
from rig import crds
from rig.components import ROOT
from rig.objects import LEASE, POD, PV, PVC, REPLICATION_SOURCE as RS, Objects
from rig.processes import plain_environment, run, wait_until
from rig.webhooks import EXCLUDED_NAMESPACES, MUTATING, NAMES, OURS, VALIDATING
from restore_case import RUN, RestoreCase
from suite import Stage

ALWAYS_EXCLUDED = {*EXCLUDED_NAMESPACES[:5], NAMESPACE}
OPT_INS = {"backup.holdfast.dev", "exempt.holdfast.dev", "plumber.holdfast.dev"}
OF_STRICT = {"strict.holdfast.dev", "strict-unmanaged.holdfast.dev"}
PEERS = ("certificates", "issuers", "servicemonitors", "prometheusrules")
CATALOG = "index: {backend: catalog, catalogFile: /repository/catalog.json}\n"
MOUNTED = ("index: {backend: kopia-fs, path: /repository}\n"
           "generator: {repository: {kind: nfs, server: 192.0.2.1, path: /tank}}\n")
EVERYTHING = ("nfs", "external-secrets", "kyverno-cleanup", "job-injection", "repository-init", "network-policy",
              "monitoring", "pod-insight", "secret-copy", "strict", "certificate-files")


def shell_blocks() -> list[str]:
    """Of docs/install.md."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / "docs/install.md").read_text(), re.DOTALL)


class ManifestCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-manifests-"))
        cls.copy = Copy(pathlib.Path(folder))
        cls.authority = cls.copy.issue_certificate()


class Rendering(ManifestCase):
    """What kustomize makes of them; no cluster is needed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rendered = {name: Rendered(MANIFESTS / "overlays" / name) for name in OVERLAYS}
        cls.everything = Rendered(cls.copy.overlay("everything", *EVERYTHING, settings=MOUNTED))
        cls.self_signed = Rendered(cls.copy.overlay("self-signed", "nfs", "job-injection", "self-signed",
                                                    settings=CATALOG))

    def each(self) -> list[Rendered]:
        return [*self.rendered.values(), self.everything, self.self_signed]

    def test_every_component_goes_with_the_base(self):
        names = {path.name for path in (MANIFESTS / "components").iterdir()}
        self.assertEqual(names - {"s3", "cert-manager", "self-signed"}, set(EVERYTHING))  # the first two: in overlays
        for name in sorted(names):
            with self.subTest(name):
                rendered = Rendered(self.copy.overlay(f"only-{name}", name, settings=CATALOG))
                self.assertEqual(len(rendered.all("Deployment")), 1)

    def test_both_configurations_leave_the_same_namespaces_alone(self):
        for rendered in self.each():
            for kind in CONFIGURATIONS:
                for entry in rendered.webhooks(kind).values():
                    self.assertEqual(set(excluded(entry)), ALWAYS_EXCLUDED, entry["name"])

    def test_one_patch_excludes_one_more_namespace_in_both(self):
        patch = "".join(f"    - {{op: add, path: /webhooks/{number}/namespaceSelector/matchExpressions/0/values/-, "
                        "value: databases}\n" for number in range(len(OPT_INS)))
        more = f"patches:\n- target: {{group: admissionregistration.k8s.io, name: '(zz-)?holdfast'}}\n  patch: |-\n{patch}"
        rendered = Rendered(self.copy.overlay("one-more", settings=CATALOG, more=more))
        for kind in CONFIGURATIONS:
            for entry in rendered.webhooks(kind).values():
                self.assertEqual(set(excluded(entry)), ALWAYS_EXCLUDED | {"databases"}, entry["name"])

    def test_every_way_of_opting_in_is_guarded_and_fails_closed(self):
        for rendered in self.each():
            for kind, path in zip(CONFIGURATIONS, ("/mutate/pvc", "/validate/pvc")):
                entries = rendered.webhooks(kind)
                self.assertEqual(set(entries) - OF_STRICT, OPT_INS)
                for entry in entries.values():
                    self.assertEqual(entry["clientConfig"]["service"]["path"], path)
                    self.assertEqual((entry["failurePolicy"], entry["sideEffects"], entry["timeoutSeconds"],
                                      entry["matchPolicy"]), ("Fail", "None", 10, "Equivalent"))
                    self.assertEqual(entry.get("reinvocationPolicy"), "IfNeeded" if kind[0] == "M" else None)

    def test_the_two_configurations_ask_about_the_same_claims(self):
        def asked(entry: dict) -> dict:
            return {key: value for key, value in entry.items() if key not in ("clientConfig", "reinvocationPolicy")}
        for rendered in self.each():
            mutating, validating = (rendered.webhooks(kind) for kind in CONFIGURATIONS)
            self.assertEqual({name: asked(entry) for name, entry in mutating.items()},
                             {name: asked(entry) for name, entry in validating.items()})

    def test_a_claim_matches_one_entry_at_most(self):
        """Of two namespaces: one that pvc-plumber manages, and another. With mode strict it is one always."""
        def holds(term: dict, labels: dict) -> bool:
            there = labels.get(term["key"])
            return {"Exists": there is not None, "DoesNotExist": there is None, "In": there in term.get("values", ()),
                    "NotIn": there not in term.get("values", ())}[term["operator"]]

        def matches(entry: dict, labels: dict, namespace: dict) -> bool:
            return all(holds(term, of) for selector, of in (("objectSelector", labels), ("namespaceSelector", namespace))
                       for term in entry[selector]["matchExpressions"])
        keys = ("backup", "backup-exempt", "pvc-plumber.io/enabled")
        entries = self.everything.webhooks(CONFIGURATIONS[0]).values()
        for chosen, namespace in itertools.product(range(2 ** len(keys)), (
                {}, {"pvc-plumber.io/managed-namespace": "true"}, {"pvc-plumber.io/managed-namespace": "no"})):
            labels = {key: "true" for number, key in enumerate(keys) if chosen >> number & 1}
            self.assertEqual(sum(matches(entry, labels, namespace) for entry in entries), 1, (labels, namespace))

    def test_the_authority_of_the_files_is_published_in_every_configuration(self):
        wanted = self.authority.read_bytes()
        configurations = [each for kind in CONFIGURATIONS for each in self.everything.all(kind)]
        self.assertEqual(len(configurations), 3)
        for configuration in configurations:
            for entry in configuration["webhooks"]:
                self.assertEqual(base64.b64decode(entry["clientConfig"]["caBundle"]), wanted)

    def test_each_way_to_a_certificate_sets_its_mode(self):
        self.assertEqual(self.self_signed.environment()["HOLDFAST_CERTS_MODE"], "self")
        self.assertEqual(self.rendered["home-nfs"].environment()["HOLDFAST_CERTS_MODE"], "cert-manager")
        self.assertNotIn("HOLDFAST_CERTS_MODE", self.everything.environment())

    def test_a_holdfast_that_makes_its_certificate_mounts_none_and_may_write_its_own_configurations_only(self):
        self.assertNotIn("certificate", [volume["name"] for volume in self.self_signed.pod()["volumes"]])
        [rule] = self.self_signed.one("ClusterRole", "holdfast-certificate")["rules"]
        ours = {each["metadata"]["name"] for kind in CONFIGURATIONS for each in self.self_signed.all(kind)}
        self.assertEqual((set(rule["resourceNames"]), rule["verbs"]), (ours, ["patch"]))
        named = [rule for rule in self.self_signed.one("Role", "holdfast-certificate")["rules"]
                 if rule["verbs"] != ["create"]]
        self.assertEqual([rule["resourceNames"] for rule in named], [["holdfast-self-signed"]])

    def test_the_pod_keeps_to_what_a_hardened_cluster_allows(self):
        for rendered in self.each():
            pod, [container] = rendered.pod(), rendered.pod()["containers"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertEqual(container["securityContext"], {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
            self.assertFalse([each for each in container["env"] if "secretKeyRef" in each.get("valueFrom", {})])

    def test_overlays_install_this_version_and_leave_the_registry_to_the_user(self):
        [version] = re.findall(r"project\(holdfast VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
        for rendered in self.rendered.values():
            self.assertEqual(rendered.pod()["containers"][0]["image"], f"holdfast:{version}")

    def test_files_that_the_settings_name_are_mounted(self):
        for rendered in self.each():
            points = [mount["mountPath"] for mount in rendered.pod()["containers"][0]["volumeMounts"]]
            named = [value for value in rendered.environment().values() if value.startswith("/")]
            named += re.findall(r"^ *(?:path|catalogFile): (/\S+)", rendered.settings(), re.MULTILINE)
            self.assertGreaterEqual(len(named), 3)
            for path in named:
                self.assertTrue(any(f"{path}/".startswith(f"{point}/") for point in points), f"{path}: {points}")

    def test_movers_and_holdfast_are_the_same_user(self):
        rendered = self.rendered["home-nfs"]
        [user] = re.findall(r"runAsUser: (\d+)", rendered.settings())
        self.assertEqual(rendered.pod()["securityContext"]["runAsUser"], int(user))

    def test_movers_and_holdfast_look_at_the_same_export(self):
        rendered = self.rendered["home-nfs"]
        nfs = rendered.one("PersistentVolume", "holdfast-repository")["spec"]["nfs"]
        self.assertIn(f"kind: nfs, server: {nfs['server']}, path: {nfs['path']}}}", rendered.settings())

    def test_the_volume_hides_nothing_and_never_hangs_for_ever(self):
        options = self.rendered["home-nfs"].one("PersistentVolume", "holdfast-repository")["spec"]["mountOptions"]
        self.assertLessEqual({"actimeo=0", "soft"}, set(options))

    def test_the_settings_are_accepted(self):
        for rendered in self.each():
            done = self.doctor(rendered)
            self.assertNotEqual(done.returncode, 2, done.stderr)
            self.assertRegex(done.stdout, r"(?m)^ok +configuration: mode (enforce|strict), backend ")

    def doctor(self, rendered: Rendered) -> subprocess.CompletedProcess:
        with tempfile.TemporaryDirectory(prefix="holdfast-settings-") as folder:
            path = pathlib.Path(folder, "holdfast.yaml")
            path.write_text(rendered.settings())
            environment = plain_environment(pathlib.Path(folder), **rendered.environment() | {
                "HOLDFAST_CONFIG": str(path), "HOLDFAST_CACHE_DIR": folder, "HOLDFAST_INDEX_TIMEOUT": "1s"})
            return subprocess.run([Stage.holdfast, "doctor"], env=environment, capture_output=True, text=True,
                                  timeout=120, check=False)

    def test_a_repository_is_created_once_and_never_again(self):
        [container] = self.everything.one("Job", "holdfast-repository-init")["spec"]["template"]["spec"]["containers"]
        self.assertEqual(container["command"], ["kopia"])
        with tempfile.TemporaryDirectory(prefix="holdfast-init-") as folder:
            pathlib.Path(folder, "repository").mkdir()
            words = [re.sub(r"=/", f"={folder}/", word) for word in container["args"]]
            environment = plain_environment(pathlib.Path(folder), KOPIA_PASSWORD="secret",
                                            KOPIA_CHECK_FOR_UPDATES="false")
            run(Stage.components / "kopia", *words, env=environment)
            before = self.identity(folder)
            again = subprocess.run([str(Stage.components / "kopia"), *words], env=environment, capture_output=True,
                                   check=False)
            self.assertNotEqual(again.returncode, 0)
            self.assertEqual(self.identity(folder), before)

    def identity(self, folder: str) -> str:
        return run(Stage.holdfast, "repository-id", "--index-backend", "kopia-fs", "--index-path",
                   f"{folder}/repository")

    def test_examples_come_first_and_lead_to_an_overlay(self):
        application, photos = documents((MANIFESTS / "examples/argocd.yaml").read_text())
        self.assertIn("retry", photos["spec"]["syncPolicy"])
        self.assertLess(int(application["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]), 0)
        holdfast, after = documents((MANIFESTS / "examples/flux.yaml").read_text())
        self.assertIn({"name": holdfast["metadata"]["name"]}, after["spec"]["dependsOn"])
        for path in (application["spec"]["source"]["path"], holdfast["spec"]["path"]):
            self.assertTrue((ROOT / path / "kustomization.yaml").exists(), path)


class Applied(ManifestCase):
    """A whole overlay on a real API server, with every field held against the schemas."""

    overlay = "home-nfs"
    expected_seconds = 60

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plane = cls.plane = Stage.plane
        cls.objects = Objects(plane.api)
        crds.install(plane.api, *PEERS, folder=crds.SMALL)
        crds.install(plane.api)
        cls.enterClassContext(plane.controller_manager())
        cls.folder = cls.make_overlay()
        cls.rendered = Rendered(cls.folder)
        cls.addClassCleanup(cls.delete)
        plane.api.create_namespace(NAMESPACE)  # a dry run needs what the overlay brings
        cls.apply("--dry-run=server")
        cls.apply()

    @classmethod
    def make_overlay(cls) -> pathlib.Path:
        return MANIFESTS / "overlays" / cls.overlay

    @classmethod
    def kubectl(cls, *words) -> str:
        done = cls.plane.kubectl(*words)
        if done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
        return done.stdout

    @classmethod
    def apply(cls, *flags: str) -> None:
        cls.kubectl("apply", "-k", cls.folder, "--server-side", "--force-conflicts", "--validate=strict", *flags)

    @classmethod
    def delete(cls) -> None:
        cls.kubectl("delete", "-k", cls.folder, "--ignore-not-found", "--timeout=120s")

    def test_applied_again_it_changes_nothing(self):
        self.assertEqual(self.kubectl("diff", "-k", self.folder, "--server-side"), "")

    def test_the_pod_may_run_and_nobody_is_warned(self):
        self.assert_may_run(self.rendered.pod())

    def assert_may_run(self, pod: dict):
        answer = self.plane.api.request("POST", f"{POD.path(NAMESPACE)}?dryRun=All&fieldValidation=Strict", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": pod})
        self.assertTrue(answer.ok, str(answer))
        self.assertEqual(answer.warnings, [])

    def test_a_labelled_claim_is_held_back_while_nobody_answers_and_others_are_not(self):
        self.plane.api.create_namespace("manifests-probe")
        labelled = wait_until(lambda: self.denied("manifests-probe", {"backup": "daily"}), 20,
                              "the webhooks are in force")
        self.assertIn(".holdfast.dev", labelled.message)
        self.assertEqual(self.create("manifests-probe", {}).ok, self.overlay != "everything", "strict minds all")
        self.assertTrue(self.create("manifests-probe", {"app.kubernetes.io/created-by": "volsync"}).ok)
        self.assertTrue(self.create(NAMESPACE, {"backup": "daily"}).ok, "our own namespace is not guarded")

    def denied(self, namespace: str, labels: dict):
        answer = self.create(namespace, labels)
        return None if answer.ok else answer

    def create(self, namespace: str, labels: dict):
        return self.plane.api.create_pvc(namespace, pvc("probe", labels=labels), dry_run=True)


class HomeNfs(Applied):
    def test_the_repository_s_volume_is_bound_to_our_claim(self):
        wait_until(lambda: self.phase() == "Bound", 60, "the claim is bound")
        volume = self.objects.get(PV, None, "holdfast-repository")
        self.assertEqual(volume["spec"]["claimRef"]["namespace"], NAMESPACE)

    def phase(self) -> str:
        return self.objects.get(PVC, NAMESPACE, "holdfast-repository")["status"]["phase"]

    def test_the_maintenance_may_mount_the_export(self):
        answer = self.plane.api.request("POST", f"{POD.path(NAMESPACE)}?dryRun=All", {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": {
                "containers": [{"name": "kopia", "image": "example.org/mover:1"}],
                "volumes": [{"name": "repository", "nfs": {"server": "192.0.2.10", "path": "/tank"}}]}})
        self.assertTrue(answer.ok, str(answer))


class S3(Applied):
    overlay = "s3"

    def test_an_authority_patched_in_by_hand_is_kept_by_later_applies(self):
        [block] = [block for block in shell_blocks() if "caBundle" in block]
        environment = self.plane.kubectl_environment()
        environment["PATH"] = f"{Stage.components}:{environment['PATH']}"
        run("bash", "-ec", f"cd '{self.authority.parent}'\n{block}", env=environment)
        self.apply()
        for path in (MUTATING, VALIDATING):
            for entry in self.plane.api.request("GET", OURS[path]).body["webhooks"]:
                self.assertEqual(base64.b64decode(entry["clientConfig"]["caBundle"]), self.authority.read_bytes())


class Everything(Applied):
    overlay = "everything"

    @classmethod
    def make_overlay(cls) -> pathlib.Path:
        return cls.copy.overlay("everything", *EVERYTHING, settings=CATALOG)

    def test_the_job_that_creates_the_repository_may_run_and_nobody_is_warned(self):
        job = self.rendered.one("Job", "holdfast-repository-init")
        self.assert_may_run(job["spec"]["template"]["spec"])

    def test_admission_is_opened_by_one_line_and_closed_by_an_apply(self):
        self.addCleanup(self.apply)
        [line] = {line for block in shell_blocks() for line in block.splitlines()
                  if "delete mutatingwebhookconfiguration," in line}
        self.kubectl(*line.split()[1:])
        self.plane.api.create_namespace("manifests-rescue")
        wait_until(lambda: self.create("manifests-rescue", {"backup": "daily"}).ok, 20, "admission is open")
        self.apply()
        wait_until(lambda: self.denied("manifests-rescue", {"backup": "daily"}), 20, "admission is guarded again")

    def test_uninstalled_in_one_go_it_leaves_no_configuration_behind(self):
        self.addCleanup(self.apply)
        self.delete()
        for path in (MUTATING, VALIDATING):
            names = [item["metadata"]["name"] for item in self.plane.api.request("GET", path).body["items"]]
            self.assertNotIn(NAMES[path], names)
            self.assertEqual([name for name in names if name.startswith("holdfast")], [])
        self.plane.api.create_namespace("manifests-after")
        wait_until(lambda: self.create("manifests-after", {"backup": "daily"}).ok, 20, "claims are let through again")


del Applied  # the base is no test itself


# Why a right that this story does not use is given all the same.
UNUSED = {
    ("", "namespaces", "get"): "holdfast doctor asks for it as for every watched kind",
    ("", "configmaps", "list"): "only where off-site backups are made",
    ("", "events", "list"): "only where a mover or a restore does not get on, for what others say of it",
    ("", "events", "get"): "a replica that takes over counts up what the one before has said",
    ("", "events", "patch"): "the same",
    ("volsync.backube", "replicationsources", "create"): "the API server asks for it when an apply creates",
    ("volsync.backube", "replicationdestinations", "create"): "the same",
    ("volsync.backube", "kopiamaintenances", "create"): "the same",
    ("volsync.backube", "kopiamaintenances", "list"): "holdfast doctor asks for it as for all that holdfast owns",
    ("volsync.backube", "kopiamaintenances", "watch"): "the same",
    ("volsync.backube", "kopiamaintenances", "delete"): "only where an earlier setting has left one",
    ("external-secrets.io", "externalsecrets", "create"): "the API server asks for it when an apply creates",
    ("kyverno.io", "clustercleanuppolicies", "delete"): "only where an earlier setting has left one",
}


class Rights(RestoreCase):
    """A holdfast with the settings of home-nfs, as the account of the manifests and with exactly its rights."""

    rules: list = []
    expected_seconds = 40

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.rendered = Rendered(MANIFESTS / "overlays" / "home-nfs")
        cls.settings = cls.rendered.settings()
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.addClassCleanup(cls.rendered.take_rights_back, cls.objects.api)
        cls.rendered.give_rights(cls.objects.api)
        cls.objects.delete(LEASE, NAMESPACE, "holdfast")

    def test_every_right_is_used_and_none_is_missing(self):
        self.live_a_whole_life()
        self.look_with_doctor("home-nfs")
        self.look_with_doctor("s3")
        self.assertEqual([(each.verb, each.resource, each.name) for each in self.asked().refused], [])
        with contextlib.suppress(TimeoutError):  # what is amiss is said below
            wait_until(lambda: self.unused() <= UNUSED.keys(), 10, "the audit log has it all")
        self.assertEqual(self.unused() - UNUSED.keys(), set(), "rights that nobody uses")
        self.assertEqual(UNUSED.keys() - self.rendered.grants(), set(), "reasons for rights that are not given")

    def unused(self) -> set:
        asked = self.asked().count().keys()
        return {grant for grant in self.rendered.grants() if (grant[2], grant[1]) not in asked}

    def live_a_whole_life(self):
        """From Fresh to a backup, an end, a verified restore, and a label that is taken away."""
        self.be_asked_beside_a_source()
        self.create_patiently(pvc())
        self.wait_for_destination()
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, 20, "the source")
        snapshot = self.backup()
        self.part.finish_backup(self.namespace, "data-backup")
        self.delete_claim()
        wait_until(self.nothing_of_ours, 30, "our objects go with the PVC")
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        self.wait_for_destination()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        self.part.finish_restore(self.namespace, RUN)
        wait_until(self.image_on_destination, 20, "the image is on the destination")
        self.part.bind(self.namespace, "data")
        self.wait_for_the_end_of_the_restore()
        wait_until(self.rs, 20, "backups begin")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": None}}})
        wait_until(self.nothing_of_ours, 20, "our objects go with the label")

    def be_asked_beside_a_source(self):
        """As it stands where Git has it and the PVC is still to come."""
        self.objects.create(RS, self.namespace, {"metadata": {"name": "data-backup"}, "spec": {
            "sourcePVC": "data", "trigger": {"schedule": "0 0 1 1 *"},
            "kopia": {"repository": "volsync-data", "copyMethod": "Snapshot"}}})
        self.create_patiently(pvc(), dry_run=True)
        self.objects.delete(RS, self.namespace, "data-backup")

    def look_with_doctor(self, overlay: str):
        guarded = self.guarded
        path = guarded.folder / f"{overlay}.yaml"
        path.write_text(Rendered(MANIFESTS / "overlays" / overlay).settings())
        command = [Stage.holdfast, "doctor", "--config", path, "--index-backend", "kopia-fs", "--index-path",
                   guarded.repository.path, "--kopia-password-file", guarded.repository.password_file,
                   "--kopia-binary", Stage.components / "kopia", "--repository-id", guarded.repository_id,
                   "--webhook-cert-dir", guarded.certificates, "--kubeconfig", self.account.kubeconfig()]
        environment = plain_environment(guarded.folder, **self.guarded_options["environment"])
        done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertRegex(done.stdout, r"(?m)^ok +permissions: ", done.stdout + done.stderr)
        self.assertNotRegex(done.stdout, r"(?m)^unknown ")
