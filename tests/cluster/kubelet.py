"""Runs holdfast as a node would run the pod of its Deployment: the settings, files, environment and account of that."""

import base64
import pathlib
import shlex

from installation import NAMESPACE
from rig.accounts import ServiceAccount
from rig.control_plane import ControlPlane
from rig.holdfast import Holdfast
from rig.objects import CONFIG_MAP, SECRET, Kind, Objects
from rig.processes import plain_environment
from suite import Stage

DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments")

# What `kubectl exec deploy/holdfast -- …` does where there is no node to do it; all else is kubectl's own.
_KUBECTL = """\
#!/bin/sh
case " $* " in
*" exec deploy/holdfast -- holdfast "*)
  while [ "$1" != -- ]; do shift; done
  shift 2
  set -a; . {environment}; exec {holdfast} "$@" ;;
*) exec {kubectl} "$@" ;;
esac
"""


class Kubelet:
    """For one pod at a time. `repository`: the folder that the claim of that name leads to."""

    def __init__(self, plane: ControlPlane, folder: pathlib.Path, repository: pathlib.Path):
        self._objects = Objects(plane.api)
        self._plane = plane
        self._folder = folder
        self._repository = repository
        self._started = 0
        self.pod: Holdfast | None = None

    def start(self) -> Holdfast:
        """In place of the one before, as after a change of the Deployment."""
        self.stop()
        self._started += 1
        environment = self._environment(self._folder / f"root-{self._started}")
        self._let_exec_know(environment)
        self.pod = Holdfast(Stage.holdfast, self._folder, self._folder, "--drain", "0s", name=f"pod-{self._started}",
                            environment=environment)
        return self.pod

    def stop(self) -> None:
        if self.pod:
            self.pod.stop()
            self.pod = None

    def shell_environment(self) -> dict[str, str]:
        """In which kubectl reaches the pod, and helm is there."""
        found = plain_environment(self._folder, KUBECONFIG=str(self._plane.kubeconfig))
        return found | {"PATH": f"{self._folder / 'bin'}:{Stage.components}:{found['PATH']}"}

    def _environment(self, root: pathlib.Path) -> dict[str, str]:
        spec = self._objects.get(DEPLOYMENT, NAMESPACE, "holdfast")["spec"]["template"]["spec"]
        [container] = spec["containers"]
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for mount in container["volumeMounts"]:
            self._mount(volumes[mount["name"]], root / mount["mountPath"].lstrip("/"))
        found = {each["name"]: each["value"] for each in container["env"] if "value" in each}
        found = {name: f"{root}{value}" if value.startswith("/") else value for name, value in found.items()}
        return found | self._of_this_machine(root, spec["serviceAccountName"])

    def _mount(self, volume: dict, path: pathlib.Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if "persistentVolumeClaim" in volume:
            path.symlink_to(self._repository)
            return
        path.mkdir()
        if "configMap" in volume:
            for name, text in self._objects.get(CONFIG_MAP, NAMESPACE, volume["configMap"]["name"])["data"].items():
                (path / name).write_text(text)
        if "secret" in volume:
            for name, text in self._objects.get(SECRET, NAMESPACE, volume["secret"]["secretName"])["data"].items():
                (path / name).write_bytes(base64.b64decode(text))

    def _of_this_machine(self, root: pathlib.Path, account: str) -> dict[str, str]:
        """Where the container has other paths than we, the account's token, and a log that the rig can read."""
        given = ServiceAccount(self._plane, root / "account", [], name=account)
        return {"POD_NAMESPACE": NAMESPACE, "POD_NAME": f"holdfast-{self._started}",
                "HOLDFAST_INDEX_PATH": str(root / "repository"),
                "HOLDFAST_KOPIA_BINARY": str(Stage.components / "kopia"),
                "HOLDFAST_KUBECONFIG": str(given.kubeconfig()), "HOLDFAST_LOG_FORMAT": "text"}

    def _let_exec_know(self, environment: dict[str, str]) -> None:
        path = self._folder / "pod.env"
        path.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items()))
        tools = self._folder / "bin"
        tools.mkdir(exist_ok=True)
        kubectl = tools / "kubectl"
        kubectl.write_text(_KUBECTL.format(environment=path, holdfast=Stage.holdfast,
                                           kubectl=Stage.components / "kubectl"))
        kubectl.chmod(0o755)
