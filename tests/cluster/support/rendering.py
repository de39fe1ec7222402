"""What `holdfast render` prints, and whether an API server takes it to the letter."""

import json
import pathlib
import tempfile
import urllib.parse

from rig.accounts import NAMESPACE
from rig.kube_api import Answer, Api
from rig.objects import CLEANUP_POLICY, GENERATED, PVC, Kind
from rig.processes import plain_environment, run
from suite import Stage

_KINDS = {kind.name: kind for kind in (*GENERATED, CLEANUP_POLICY, PVC)}


def render_text(settings: dict, *documents: dict, output: str = "json", words: tuple[str, ...] | None = None) -> str:
    """Of these documents as a file; `words`: of something else, such as --restore."""
    with tempfile.TemporaryDirectory(prefix="holdfast-render-") as name:
        folder = pathlib.Path(name)
        (folder / "settings.yaml").write_text(json.dumps(settings))
        (folder / "input.yaml").write_text("\n---\n".join(json.dumps(document) for document in documents))
        return run(Stage.holdfast, "render", "--config", folder / "settings.yaml", "-o", output,
                   *(words or ("-f", folder / "input.yaml")),
                   env=plain_environment(folder, POD_NAMESPACE=NAMESPACE))


def render(settings: dict, *documents: dict, words: tuple[str, ...] | None = None) -> list[dict]:
    return json.loads(render_text(settings, *documents, words=words))["items"]


def kind_of(document: dict) -> Kind:
    return _KINDS[document["kind"]]


def apply_strictly(api: Api, document: dict, *, dry_run: bool) -> Answer:
    """As holdfast itself does, but never against somebody else's fields."""
    query = {"fieldManager": "holdfast", "fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
    metadata = document["metadata"]
    path = kind_of(document).path(metadata.get("namespace"), metadata["name"])
    return api.request("PATCH", f"{path}?{urllib.parse.urlencode(query)}", document, "application/apply-patch+yaml")


def keeps(whole, part) -> bool:
    """Whether all of `part` is in `whole`, as it was; a list is one value."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and keeps(whole[key], value) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(whole) == len(part) and all(map(keeps, whole, part))
    return whole == part
