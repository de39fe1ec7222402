"""What an earlier version of holdfast leaves in a cluster: recorded from one, and put into a cluster that never saw it.

tests/data/upgrade.json was written by record(), with the program of commit 16bf357 under test. Names and settings are
those of InstalledCase, so that a version that wants the same finds nothing to do.
"""

import hashlib
import json
import pathlib

from guarded_case import pvc
from installation import NAMESPACE
from rig.components import ROOT
from rig.objects import CONFIG_MAP, KOPIA_MAINTENANCE, PVC, REPLICATION_DESTINATION, REPLICATION_SOURCE, Objects
from rig.volsync_part import VolSyncPart

FILE = ROOT / "tests/data/upgrade.json"
CLAIM, VANISHED = "kept", "vanished"  # in `media`; backups of the second were seen, and are gone
_KINDS = {kind.name: kind for kind in (REPLICATION_SOURCE, REPLICATION_DESTINATION, KOPIA_MAINTENANCE)}
_DIGEST = "holdfast.dev/applied"  # of the object as it was applied, without this annotation


def memory_name(repository: str) -> str:
    return f"holdfast-seen-{repository[:16]}"


def left(objects: Objects) -> list[dict]:
    """The objects that holdfast keeps for the claim, and the maintenance of the repository."""
    return [item | {"kind": name, "apiVersion": kind.api_version} for name, kind in _KINDS.items()
            for item in objects.items(kind, labels="app.kubernetes.io/managed-by=holdfast")
            if item["metadata"]["namespace"] == NAMESPACE or item["metadata"]["name"].startswith(CLAIM)]


def record(objects: Objects, repository: str, path: pathlib.Path) -> None:
    found = [_applied(item) for item in left(objects)]
    for item in found:
        if item["metadata"]["annotations"][_DIGEST] != _digest(item):
            raise AssertionError(f"{item['kind']}: the digest is made in another way")
        for owner in item["metadata"].get("ownerReferences", []):
            owner["uid"] = ""
    memory = objects.get(CONFIG_MAP, NAMESPACE, memory_name(repository))
    text = json.dumps({"objects": found, "memory": _applied(memory)}, indent=1, sort_keys=True)
    path.write_text(text.replace(repository[:16], "{repository16}") + "\n")


def _applied(item: dict) -> dict:
    """As holdfast had applied it."""
    [fields] = [each["fieldsV1"] for each in item["metadata"]["managedFields"]
                if each["manager"] == "holdfast" and "subresource" not in each]
    kept = _owned(item, fields)
    name = {key: item["metadata"][key] for key in ("name", "namespace")}
    return kept | {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": kept["metadata"] | name}


def _owned(value, fields: dict):
    if not isinstance(value, dict) or not fields:
        return value
    return {key: _owned(part, fields[f"f:{key}"]) for key, part in value.items() if f"f:{key}" in fields}


def _digest(item: dict) -> str:
    annotations = {key: value for key, value in item["metadata"]["annotations"].items() if key != _DIGEST}
    metadata = {key: value for key, value in item["metadata"].items() if key != "annotations"}
    bare = item | {"metadata": metadata | ({"annotations": annotations} if annotations else {})}
    return hashlib.sha256(json.dumps(bare, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def restore(objects: Objects, repository: str) -> None:
    """Written by the manager `holdfast`, with the claim bound and VolSync's words in the status."""
    state = json.loads(FILE.read_text().replace("{repository16}", repository[:16]))
    claim = objects.create(PVC, "media", pvc(CLAIM))
    for item in state["objects"]:
        for owner in item["metadata"].get("ownerReferences", []):
            owner["uid"] = claim["metadata"]["uid"]
        item["metadata"]["annotations"][_DIGEST] = _digest(item)
        objects.apply(_KINDS[item["kind"]], item["metadata"]["namespace"], item, manager="holdfast")
    objects.apply(CONFIG_MAP, NAMESPACE, state["memory"], manager="holdfast")
    part = VolSyncPart(objects.api)
    part.idle_destination("media", f"{CLAIM}-backup")
    part.bind("media", CLAIM)
