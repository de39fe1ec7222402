"""holdfast on the node as README's commands install it: with kustomize, until a test asks for Helm, and for more of it."""

from readme import commands, photos  # of tests/cluster/support
from rig.node_cluster import EXPORT, USER, NodeCluster
from rig.node_install import OVERLAY, Installation
from rig.node_storage import CLASS, LATE_CLASS
from rig.objects import NAMESPACE, Objects
from rig.processes import wait_until

_MIN_AGE = "1s"  # that a test can wait for
# As many a cluster has it: the group of all files is changed only where that of the volume's root is another.
_CLASSES = f"{{{LATE_CLASS}: {{moverSecurityContext: {{fsGroupChangePolicy: OnRootMismatch}}}}}}"
_installed: dict[str, Installation] = {}


def with_kustomize(cluster: NodeCluster) -> Installation:
    """Runs README's commands, all but the last, the first time that it is asked."""
    if "kustomize" not in _installed:
        installation = _new(cluster, "kustomize", claim="photos")
        installation.prepare_overlay(minAge=_MIN_AGE)
        installation.edit(f"{OVERLAY}/holdfast.yaml", "  backup:\n", f"  backup:\n    classes: {_CLASSES}\n")
        for command in commands("With kustomize")[:-1]:
            installation.shell(command)
    return _installed["kustomize"]


def mover_secret(name: str, password: str) -> dict:
    """What movers need beside a claim, as docs/install.md has it."""
    return {"metadata": {"name": name},
            "stringData": {"KOPIA_REPOSITORY": "filesystem:///mnt/repository", "KOPIA_PASSWORD": password}}


def with_helm(cluster: NodeCluster) -> Installation:
    """In the place of what kustomize installed, which is gone for good."""
    if "helm" not in _installed:
        if "kustomize" in _installed:
            _uninstall(cluster, _installed["kustomize"])
        installation = _new(cluster, "helm", claim="videos")
        for command in commands("With Helm")[:-1]:
            command = command.replace("registry.example.org/holdfast", cluster.image.rpartition(":")[0])
            installation.shell(f"{command} --set settings.generator.minAge={_MIN_AGE}")
    return _installed["helm"]


def with_insight(cluster: NodeCluster) -> Installation:
    """Helm's, as docs/movers.md has it for an NFS server that makes one user of all: movers run as the data's owner."""
    installation = with_helm(cluster)
    if "insight" not in _installed:
        _installed["insight"] = installation
        cluster.node.export(*EXPORT, cluster.repository.path, all_squash=USER)
        # The server is a FUSE file system here, of which holdfast cannot know that nothing is cached.
        installation.shell(
            "helm upgrade holdfast manifests/chart --namespace holdfast-system --reuse-values --wait --set podInsight=true "
            "--set settings.generator.repository.allSquash=true,settings.index.allowCachedMount=true "
            "--set settings.generator.backup.moverSecurityContext.auto=true")
    return installation


def _new(cluster: NodeCluster, name: str, claim: str) -> Installation:
    installation = _installed[name] = Installation(cluster, name)
    cluster.node.api.create_namespace("media")
    (installation.folder / "photos.yaml").write_text(photos().replace("longhorn", CLASS).replace("photos", claim))
    return installation


def _uninstall(cluster: NodeCluster, installation: Installation) -> None:
    """As docs/install.md says."""
    installation.shell("kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration "
                       "-l app.kubernetes.io/name=holdfast")
    installation.shell(f"kubectl delete -k {OVERLAY} --ignore-not-found")
    wait_until(lambda: Objects(cluster.node.api).get(NAMESPACE, None, "holdfast-system") is None, 120,
               "holdfast's namespace is gone")

