"""One pod of holdfast, as a process: the settings, files, environment and account that its spec gives it."""

import base64
import pathlib
import shlex
import shutil

from rig.accounts import ServiceAccount
from rig.control_plane import ControlPlane
from rig.holdfast import Holdfast
from rig.objects import CONFIG_MAP, SECRET, Kind, Objects
from suite import Stage


class Missing(Exception):
    """What the pod wants to mount is not there (yet)."""


class Pod:
    """Started by start(), for the thread that asks. `repository`: where the volume of that name leads."""

    def __init__(self, plane: ControlPlane, folder: pathlib.Path, document: dict, repository: pathlib.Path):
        self._plane = plane
        self._objects = Objects(plane.api)
        self._folder = folder
        self._spec = document["spec"]
        self._repository = repository
        self.name = document["metadata"]["name"]
        self.namespace = document["metadata"]["namespace"]
        self.image = self._spec["containers"][0]["image"]
        self.mount = folder / self.name / "repository"
        self.environment: dict[str, str] = {}
        self.holdfast: Holdfast | None = None
        self.starts = 0

    def start(self, program: pathlib.Path) -> None:
        """Missing where a volume is not there; else returns when it listens."""
        self.starts += 1
        root = self._folder / self.name
        self.environment = self._environment(root)
        self.holdfast = Holdfast(program, self._folder, root / "certs", name=f"{self.name}-{self.starts}",
                                 environment=self.environment)

    @property
    def alive(self) -> bool:
        return self.holdfast is not None and self.holdfast.process.alive()

    def ready(self) -> bool:
        return self.alive and self.holdfast.get("/readyz")[0] == 200

    def kill(self) -> None:
        if self.holdfast:
            self.holdfast.process.end(seconds=0)

    def shell_words(self) -> str:
        """Its environment, for a shell to read."""
        return "".join(f"{name}={shlex.quote(value)}\n" for name, value in self.environment.items())

    def unmount(self) -> None:
        """This pod sees its repository no more; others do."""
        self.mount.unlink()
        self.mount.mkdir()

    def mount_again(self) -> None:
        shutil.rmtree(self.mount)
        self.mount.symlink_to(self._repository)

    def _environment(self, root: pathlib.Path) -> dict[str, str]:
        [container] = self._spec["containers"]
        volumes = {volume["name"]: volume for volume in self._spec["volumes"]}
        for mount in container["volumeMounts"]:
            self._mount(volumes[mount["name"]], root / mount["mountPath"].lstrip("/"))
        found = {each["name"]: each["value"] for each in container["env"] if "value" in each}
        found = {name: f"{root}{value}" if value.startswith("/") else value for name, value in found.items()}
        return found | self._of_this_machine(root)

    def _mount(self, volume: dict, path: pathlib.Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if "persistentVolumeClaim" in volume:
            if not path.is_symlink():
                path.symlink_to(self._repository)
            return
        path.mkdir(exist_ok=True)
        if "configMap" in volume:
            for name, text in self._data(CONFIG_MAP, volume["configMap"]["name"]).items():
                (path / name).write_text(text)
        if "secret" in volume:
            for name, text in self._data(SECRET, volume["secret"]["secretName"]).items():
                (path / name).write_bytes(base64.b64decode(text))

    def _data(self, kind: Kind, name: str) -> dict[str, str]:
        found = self._objects.get(kind, self.namespace, name)
        if found is None:
            raise Missing(f"{kind.name} {name}")
        return found["data"]

    def _of_this_machine(self, root: pathlib.Path) -> dict[str, str]:
        """Where the container has other paths than we, the account's token, and a log that the rig can read."""
        account = ServiceAccount(self._plane, root / "account", None, namespace=self.namespace,
                                 name=self._spec["serviceAccountName"])
        return {"POD_NAMESPACE": self.namespace, "POD_NAME": self.name,
                "HOLDFAST_INDEX_PATH": str(self.mount), "HOLDFAST_KOPIA_BINARY": str(Stage.components / "kopia"),
                "HOLDFAST_KUBECONFIG": str(account.kubeconfig()), "HOLDFAST_LOG_FORMAT": "text"}
