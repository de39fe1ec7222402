"""holdfast on the node as README's commands install it."""

import re

from rig.components import ROOT
from rig.node_cluster import NodeCluster
from rig.node_install import Installation
from rig.node_storage import CLASS

README = ROOT / "README.md"

_installed: dict[NodeCluster, Installation] = {}


def installed(cluster: NodeCluster) -> Installation:
    """Runs README's commands for kustomize, all but the last, the first time that it is asked."""
    if cluster not in _installed:
        cluster.node.api.create_namespace("media")
        installation = Installation(cluster, "kustomize")
        installation.prepare_overlay(minAge="1s")
        (installation.folder / "photos.yaml").write_text(photos())
        for command in commands("With kustomize")[:-1]:
            installation.shell(command)
        _installed[cluster] = installation
    return _installed[cluster]


def commands(heading: str) -> list[str]:
    """Of that section of README."""
    section = README.read_text().split(f"\n### {heading}\n")[1].split("\n##")[0]
    [block] = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return block.replace("\\\n", " ").strip().splitlines()


def photos() -> str:
    """The claim that README shows, of a storage class that the node has."""
    [block] = re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    return block.replace("longhorn", CLASS)
