"""The resource definitions of what holdfast writes for: VolSync, external-secrets and Kyverno."""

import os
import pathlib

from .components import ROOT
from .kube_api import Api
from .objects import CRD, Objects
from .processes import wait_until

# Small schemas of our own, with the fields that holdfast and its tests use.
SMALL = ROOT / "tests/data/crds"
ALL = ("replicationsources", "replicationdestinations", "kopiamaintenances", "externalsecrets",
       "clustercleanuppolicies")


def real() -> pathlib.Path | None:
    """The full definitions: in the folder that HOLDFAST_CRDS names, or beside the checkout; None: there are none."""
    folder = pathlib.Path(os.environ.get("HOLDFAST_CRDS") or ROOT.parent / "shared/crds")
    return folder if any(folder.glob("*.yaml")) else None


def best() -> pathlib.Path:
    return real() or SMALL


def install(api: Api, *plurals: str, folder: pathlib.Path | None = None) -> None:
    """All of them, or those named; from `folder`, or else the best there are. Returns when they can be used."""
    files = _files(folder or best())
    names = [_install_one(api, files[plural]) for plural in plurals or ALL]
    for name in names:
        wait_until(lambda name=name: _established(api, name), 30, f"{name} is established")


def install_folder(api: Api, folder: pathlib.Path, prefix: str = "") -> None:
    """Every definition in a folder whose file's name begins so."""
    install(api, *(plural for plural, path in _files(folder).items() if path.name.startswith(prefix)), folder=folder)


def remove(api: Api, *plurals: str) -> None:
    """With all objects of the kind, as ever. Returns when the API server has forgotten them."""
    objects = Objects(api)
    wanted = plurals or ALL
    names = [crd["metadata"]["name"] for crd in objects.items(CRD) if crd["spec"]["names"]["plural"] in wanted]
    for name in names:
        objects.delete(CRD, None, name)
    for name in names:
        wait_until(lambda name=name: objects.get(CRD, None, name) is None, 60, f"{name} is gone")


def _files(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """By plural: the files are named <group>_<plural>.yaml."""
    return {path.stem.rpartition("_")[2]: path for path in sorted(folder.glob("*_*.yaml"))}


def _install_one(api: Api, path: pathlib.Path) -> str:
    group, _, plural = path.stem.rpartition("_")
    name = f"{plural}.{group}"
    answer = api.request("PATCH", f"{CRD.path(None, name)}?fieldManager=rig&force=true", path.read_bytes(),
                         "application/apply-patch+yaml")
    if not answer.ok:
        raise RuntimeError(f"{path.name}: {answer}")
    return name


def _established(api: Api, name: str) -> bool:
    """The condition says so, and the collection answers."""
    crd = Objects(api).get(CRD, None, name)
    conditions = crd["status"].get("conditions") or []
    if not any(condition["type"] == "Established" and condition["status"] == "True" for condition in conditions):
        return False
    spec = crd["spec"]
    version = next(version["name"] for version in spec["versions"] if version["served"])
    return api.request("GET", f"/apis/{spec['group']}/{version}/{spec['names']['plural']}?limit=1").ok
