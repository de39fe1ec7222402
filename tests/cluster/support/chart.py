"""The Helm chart: rendered, and brought into the form in which it can be held against kustomize."""

import base64
import json
import pathlib
import re
import subprocess
import tempfile
import textwrap

from installation import CONFIGURATIONS, MANIFESTS, NAMESPACE, documents
from rig.processes import plain_environment
from suite import Stage

CHART = MANIFESTS / "chart"
# What Helm's objects say about Helm.
_OF_HELM = {"helm.sh/chart", "app.kubernetes.io/managed-by"}
_SETTINGS = re.compile(r"^holdfast-settings-[a-z0-9]{10}$")
_BY_NAME = {"env": "name", "volumes": "name", "volumeMounts": "mountPath"}


def helm(*words, environment: dict | None = None) -> subprocess.CompletedProcess:
    with tempfile.TemporaryDirectory(prefix="holdfast-helm-") as home:
        return subprocess.run([str(Stage.components / "helm"), *map(str, words)], capture_output=True, text=True,
                              env=plain_environment(pathlib.Path(home), **(environment or {})), check=False)


def template(values: dict, folder: pathlib.Path = CHART) -> str:
    """The text; RuntimeError where the chart refuses the values."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="holdfast-values-") as file:
        json.dump(values, file)
        file.flush()
        done = helm("template", "holdfast", folder, "--namespace", NAMESPACE, "--values", file.name)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout


def yaml(text: str) -> dict:
    """Of a file that is no Kubernetes object; kubectl reads it."""
    body = textwrap.indent(text, "  ")
    [document] = documents(f"apiVersion: holdfast.dev/v1\nkind: Any\nmetadata: {{name: any}}\nspec:\n{body}")
    return document.get("spec") or {}


def normal(rendered: list[dict]) -> dict[str, dict]:
    """By kind and name, without what tells Helm's objects from kustomize's."""
    found = {}
    for document in map(_normal, rendered):
        found[f"{document['kind']} {document['metadata']['name']}"] = document
    return found


def _normal(document: dict) -> dict:
    metadata = document["metadata"]
    labels = {key: value for key, value in metadata.pop("labels", {}).items() if key not in _OF_HELM}
    if document["kind"] in ("ConfigMap", "ExternalSecret", "Secret"):
        labels.pop("app.kubernetes.io/name", None)  # made by the overlay, which labels nothing
    metadata["labels"] = labels
    if "holdfast.yaml" in document.get("data", {}):
        metadata["name"] = "holdfast-settings"
        document["data"] = yaml(document["data"]["holdfast.yaml"])
    if document["kind"] == "Secret":
        document["data"] = {key: decoded(value) for key, value in document["data"].items()}
    if document["kind"] in CONFIGURATIONS:
        for entry in document["webhooks"]:
            entry["clientConfig"]["caBundle"] = decoded(entry["clientConfig"].get("caBundle", ""))
    if document["kind"] == "Deployment":
        _normal_pod(document["spec"]["template"]["spec"])
    return document


def _normal_pod(pod: dict) -> None:
    for owner in (pod, *pod["containers"]):
        for key, name in _BY_NAME.items():
            if key in owner:
                owner[key].sort(key=lambda each, name=name: each[name])
    for volume in pod["volumes"]:
        if _SETTINGS.match(volume.get("configMap", {}).get("name", "")):
            volume["configMap"]["name"] = "holdfast-settings"


def files_of(folder: pathlib.Path) -> dict:
    """The value `certificate` for the files that the component certificate-files takes."""
    return {"mode": "files", **{key: (folder / name).read_text() for key, name in
                                (("crt", "tls.crt"), ("key", "tls.key"), ("ca", "ca.crt"))}}


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()
