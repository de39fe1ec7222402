"""The manifests as kustomize renders them, and words for what is in them."""

import json
import pathlib
import re
import shutil
import subprocess

from rig.components import ROOT
from rig.kube_api import Api
from rig.objects import Kind
from rig.processes import plain_environment
from rig.webhooks import NAMES
from suite import Stage

MANIFESTS = ROOT / "manifests"
OVERLAYS = ("home-nfs", "s3")
NAMESPACE = "holdfast-system"
CONFIGURATIONS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
CONFIGURATION_KINDS = [Kind("admissionregistration.k8s.io", "v1", name, f"{name.lower()}s", namespaced=False)
                       for name in CONFIGURATIONS]
MATCH_NAMESPACE = "kubernetes.io/metadata.name"

_KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../base]
components: [{components}]
configMapGenerator:
- name: holdfast-settings
  namespace: holdfast-system
  files: [holdfast.yaml]
{more}
"""


class Rendered:
    """The documents of one kustomization."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.text = _kubectl("kustomize", folder)
        self.documents = documents(self.text)

    def all(self, kind: str) -> list[dict]:
        return [document for document in self.documents if document["kind"] == kind]

    def one(self, kind: str, name: str = "holdfast") -> dict:
        [document] = [each for each in self.all(kind) if each["metadata"]["name"] == name]
        return document

    def settings(self) -> str:
        """The file of settings, by the name under which the pod mounts it."""
        volumes = {volume["name"]: volume for volume in self.pod()["volumes"]}
        return self.one("ConfigMap", volumes["settings"]["configMap"]["name"])["data"]["holdfast.yaml"]

    def pod(self) -> dict:
        return self.one("Deployment")["spec"]["template"]["spec"]

    def environment(self) -> dict[str, str]:
        """Of holdfast's container, as the kubelet would fill it in."""
        fields = {"metadata.namespace": NAMESPACE, "metadata.name": "holdfast-0"}
        return {each["name"]: each.get("value") or fields[each["valueFrom"]["fieldRef"]["fieldPath"]]
                for each in self.pod()["containers"][0]["env"]}

    def webhooks(self, kind: str) -> dict[str, dict]:
        """The entries of the configuration that is asked about PVCs, by name."""
        [name] = [NAMES[each.path(None)] for each in CONFIGURATION_KINDS if each.name == kind]
        return {entry["name"]: entry for entry in self.one(kind, name)["webhooks"]}

    def rights(self) -> list[dict]:
        """What is needed to ask the API server as holdfast's account."""
        kinds = ("Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
        return [document for document in self.documents if document["kind"] in kinds]

    def give_rights(self, api: Api) -> None:
        for document in self.rights():
            path = path_of(document)
            answer = api.request("PATCH", f"{path}?fieldManager=rig&force=true&fieldValidation=Strict", document,
                                 "application/apply-patch+yaml")
            if not answer.ok:
                raise AssertionError(f"{path}: {answer}")

    def take_rights_back(self, api: Api) -> None:
        for document in self.rights():
            if document["kind"] not in ("Namespace", "ServiceAccount"):
                api.request("DELETE", path_of(document))

    def grants(self, roles: str = "") -> set[tuple[str, str, str]]:
        """(group, resource, verb) of every rule, or of those in roles of that name."""
        return {(group, resource, verb) for role in self.all("ClusterRole") + self.all("Role")
                if role["metadata"]["name"] == (roles or role["metadata"]["name"]) for rule in role["rules"]
                for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]}


def excluded(entry: dict) -> list[str]:
    """The namespaces that a webhook's entry leaves alone."""
    [term] = [each for each in entry["namespaceSelector"]["matchExpressions"] if each["key"] == MATCH_NAMESPACE]
    assert term["operator"] == "NotIn", term
    return term["values"]


def path_of(document: dict) -> str:
    """Where the API server has it."""
    group, _, version = document["apiVersion"].rpartition("/")
    plural = f"{document['kind'].lower()}s".replace("ys", "ies").replace("sss", "sses")
    kind = Kind(group, version, document["kind"], plural, "namespace" in document["metadata"])
    return kind.path(document["metadata"].get("namespace"), document["metadata"]["name"])


def page_lines(page: str) -> list[str]:
    """The commands that a page of the docs gives."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").strip().splitlines()]


class Copy:
    """The manifests in a folder of the test's own, where it may add what a user adds."""

    def __init__(self, folder: pathlib.Path):
        self.manifests = folder / "manifests"
        shutil.copytree(MANIFESTS, self.manifests)

    def overlay(self, name: str, *components: str, settings: str, more: str = "") -> pathlib.Path:
        folder = self.manifests / "overlays" / name
        folder.mkdir()
        (folder / "holdfast.yaml").write_text(settings)
        listed = ", ".join(f"../../components/{component}" for component in components)
        (folder / "kustomization.yaml").write_text(_KUSTOMIZATION.format(components=listed, more=more))
        return folder

    def issue_certificate(self) -> pathlib.Path:
        """As docs/install.md says; returns the authority's file."""
        folder = self.manifests / "components" / "certificate-files"
        subprocess.run([Stage.holdfast, "certs", "generate", "--out", folder, "--san", f"holdfast.{NAMESPACE}.svc"],
                       check=True, capture_output=True)
        return folder / "ca.crt"


def documents(text: str) -> list[dict]:
    """Of YAML; kubectl reads it."""
    return _json_documents(_kubectl("patch", "--local", "-f", "-", "--type", "merge", "-p", "{}", "-o", "json",
                                    stdin=text))


def _kubectl(*words, stdin: str | None = None) -> str:
    """Without a cluster."""
    command = [str(Stage.components / "kubectl"), *map(str, words)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False,
                          env=plain_environment(pathlib.Path("/nonexistent")))
    if done.returncode != 0:
        raise RuntimeError(f"kubectl {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def _json_documents(text: str) -> list[dict]:
    """One after the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = decoder.raw_decode(text, at)
        found.append(document)
    return found
