"""What the manifests send to holdfast, and what it says there, is what `holdfast decide` says of the same documents.

For every combination of the labels by which PVCs and namespaces opt in or out, with the selectors of the manifests in a
real API server.
"""

import base64
import itertools
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from guarded_case import pvc
from installation import CONFIGURATION_KINDS, Copy, Rendered
from rig import webhooks
from rig.accounts import ServiceAccount
from rig.holdfast import Holdfast, generate_certificates
from rig.kube_api import Answer
from rig.objects import Objects
from rig.processes import plain_environment, wait_until
from suite import Stage

SETTINGS = "index: {{backend: catalog, catalogFile: {folder}/catalog.json}}\nmode: {mode}\ncontracts: [{contracts}]\n"
INSTALLED = "index: {backend: catalog, catalogFile: /repository/catalog.json}\n"
MANAGED = "pvc-plumber.io/managed-namespace"
NAMESPACES = {"selected-plain": {}, "selected-managed": {MANAGED: "true"}, "selected-not-so": {MANAGED: "false"}}
PLUMBER = {"pvc-plumber.io/enabled": "true", "pvc-plumber.io/manage-volsync": "true", "pvc-plumber.io/tier": "daily"}
LABELS = [{**backup, **exempt, **plumber} for backup, exempt, plumber in itertools.product(
    ({}, {"backup": "daily"}, {"backup": "weekly"}),
    ({}, {"backup-exempt": "true"}, {"backup-exempt": "false"}),
    ({}, PLUMBER, {**PLUMBER, "pvc-plumber.io/tier": "weekly"}, {"pvc-plumber.io/enabled": "true"},
     {"pvc-plumber.io/enabled": "false"}))]
CONTRACTS = ("simple", "pvc-plumber-v4", "simple, pvc-plumber-v4")
_DECISION = re.compile(r"msg=decision namespace=(\S+) pvc=(\S+) .*?\bwebhook=mutate .*?\bcode=(\w+)")


class Selectors(unittest.TestCase):
    expected_seconds = 40
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.objects = Objects(Stage.plane.api)
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-selected-")))
        (cls.folder / "catalog.json").write_text("[]")
        cls.certificates = generate_certificates(Stage.holdfast, cls.folder / "certs")
        cls.copy = Copy(cls.folder)
        rendered = Rendered(cls.copy.overlay("account", settings=INSTALLED))
        cls.addClassCleanup(rendered.take_rights_back, Stage.plane.api)
        rendered.give_rights(Stage.plane.api)
        cls.account = ServiceAccount(Stage.plane, cls.folder / "account", None)
        for name, labels in NAMESPACES.items():
            Stage.plane.api.create_namespace(name, labels)

    def test_agree_in_every_mode_and_with_every_contract(self):
        for mode, contracts in itertools.product(("enforce", "strict"), CONTRACTS):
            name = f"{mode}-{contracts.replace(', ', '-')}"
            with self.subTest(name):
                self.assert_agree(name, mode, contracts)

    def assert_agree(self, name: str, mode: str, contracts: str) -> None:
        settings = self.folder / f"{name}.yaml"
        settings.write_text(SETTINGS.format(folder=self.folder, mode=mode, contracts=contracts))
        holdfast = Holdfast(Stage.holdfast, self.folder, self.certificates, "--config", str(settings),
                            "--generator=off", "--drain", "0s", "--kubeconfig", str(self.account.kubeconfig()),
                            name=name)
        try:
            self.register(holdfast, "strict" if mode == "strict" else "")
            for namespace, number in itertools.product(NAMESPACES, range(len(LABELS))):
                self.create(namespace, f"claim-{number}", LABELS[number])
            # A line of the log follows its answer.
            self.create("selected-plain", "last", {"backup-exempt": "true"})
            wait_until(lambda: ("selected-plain", "last") in self.said(holdfast), 20, "the last one is logged")
            said = self.said(holdfast)
        finally:
            webhooks.remove(Stage.plane.api)
            holdfast.stop()
        decided = self.decided(settings)
        # What is not sent is admitted as it is.
        differ = {(namespace, json.dumps(LABELS[int(name.removeprefix("claim-"))])): (said.get((namespace, name)), code)
                  for (namespace, name), code in decided.items() if said.get((namespace, name), "NotOptedIn") != code}
        self.assertEqual(differ, {}, "(said at admission, said by decide)")
        self.assertEqual(len(decided), len(NAMESPACES) * len(LABELS))
        self.assertIn("NoBackup", said.values())

    def register(self, holdfast: Holdfast, component: str) -> None:
        rendered = Rendered(self.copy.overlay(holdfast.process.log.stem, *filter(None, [component]), settings=INSTALLED))
        bundle = base64.b64encode((self.certificates / "ca.crt").read_bytes()).decode()
        for kind in CONFIGURATION_KINDS:
            for document in rendered.all(kind.name):
                for entry in document["webhooks"]:
                    path = entry["clientConfig"]["service"]["path"]
                    entry["clientConfig"] = webhooks.client_config(holdfast.webhook_port, path, bundle)
                self.objects.apply(kind, None, document, force=True)
        probes = [{"backup-exempt": "true"}, {}] if component else [{"backup-exempt": "true"}]
        for labels in probes:
            wait_until(lambda labels=labels: self.create("selected-managed", "probe", labels).status == 403, 20,
                       "holdfast is asked")

    @staticmethod
    def create(namespace: str, name: str, labels: dict) -> Answer:
        return Stage.plane.api.create_pvc(namespace, pvc(name, labels=labels), dry_run=True)

    @staticmethod
    def said(holdfast: Holdfast) -> dict[tuple[str, str], str]:
        """The codes of what the mutating webhook said, by namespace and PVC."""
        return {(namespace, name): code for namespace, name, code in _DECISION.findall(holdfast.process.said())}

    def decided(self, settings: pathlib.Path) -> dict[tuple[str, str], str]:
        documents = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
                     for name, labels in NAMESPACES.items()]
        for namespace in NAMESPACES:
            for number, labels in enumerate(LABELS):
                claim = pvc(f"claim-{number}", labels=labels)
                claim["metadata"]["namespace"] = namespace
                documents.append(claim)
        (self.folder / "documents.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
        done = subprocess.run([Stage.holdfast, "decide", "--config", settings, "-o", "json", "-f",
                               self.folder / "documents.json"], capture_output=True, text=True, check=False,
                              env=plain_environment(self.folder))
        return {(each["namespace"], each["pvc"]): each["code"] for each in json.loads(done.stdout)}
