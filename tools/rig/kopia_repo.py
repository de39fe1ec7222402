"""A real kopia repository on a filesystem, and what happens to one in real life."""

import dataclasses
import json
import pathlib
import shutil
import signal
import subprocess

from .processes import plain_environment, run, wait_until


@dataclasses.dataclass(frozen=True)
class Snapshot:
    id: str
    start_time: str  # as kopia printed it
    source: str      # user@host:path


class KopiaRepository:
    """Lives in `folder`; the caller removes it. Not for several threads at once."""

    def __init__(self, kopia: pathlib.Path, folder: pathlib.Path, format_version: int | None = None, *,
                 path: pathlib.Path | None = None):
        """`path`: where its files are, if not in `folder` itself."""
        self._kopia = kopia
        self._folder = folder
        self._password = "correct horse battery staple"
        self._others = 0
        self.path = path or folder / "repository"
        self.password_file = folder / "password"
        self.password_file.write_text(self._password)
        self._data = folder / "data"
        self._data.mkdir()
        (self._data / "file").write_text("content\n")
        flags = [] if format_version is None else [f"--format-version={format_version}"]
        self._create(self.path, folder / "kopia.config", flags)

    def snapshot(self, namespace: str, pvc: str, at: str | None = None, *, files: int | None = None,
                 source: str | None = None) -> Snapshot:
        """Backs up the PVC as VolSync's mover would name it, and returns when it is finished.

        `at`: what the mover's clock says, as "2006-01-02 15:04:05 UTC". `files`: so many are in the volume.
        `source`: another name than the mover's, as kopia writes it.
        """
        data = self._data if files is None else self._folder_of(files)
        clock = [f"--start-time={at}", f"--end-time={at}"] if at else []
        printed = self._run("snapshot", "create", "--no-progress", "--json", *clock,
                            f"--override-source={source or identity(namespace, pvc)}", data)
        return _read(json.loads(printed))

    def interrupted_snapshot(self, namespace: str, pvc: str) -> None:
        """A backup whose mover is killed half-way: what stays behind is a checkpoint."""
        argv = self._command("snapshot", "create", "--no-progress", "--checkpoint-interval=200ms",
                             "--stdin-file=stream", f"--override-source={identity(namespace, pvc)}", self._data)
        mover = subprocess.Popen(argv, env=self._environment(), stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            mover.stdin.write(b"half of it\n" * 1_000_000)
            mover.stdin.flush()
            wait_until(lambda: self._incomplete(identity(namespace, pvc)), 30, "a checkpoint of a running upload")
        finally:
            mover.send_signal(signal.SIGKILL)
            mover.wait()
            mover.stdin.close()

    def delete(self, *snapshots: Snapshot) -> None:
        self._run("snapshot", "delete", *(snapshot.id for snapshot in snapshots), "--delete")

    def compact(self) -> None:
        """Rewrites the index of an old-format repository, as maintenance does: all blobs of it get other names."""
        self._run("index", "optimize", "--all", "--dangerous-commands=enabled")

    def maintain(self) -> None:
        """As VolSync's KopiaMaintenance does."""
        self._run("maintenance", "run", "--full")

    def change_password(self, password: str) -> None:
        """In the repository only; restore_password() puts it into the file."""
        self._run("repository", "change-password", f"--new-password={password}")
        self._password = password

    def listing(self) -> list[dict]:
        return json.loads(self._run("snapshot", "list", "--all", "--json", "--no-retention"))

    def move_away(self) -> None:
        """As an unmounted path looks: an empty folder."""
        self.path.rename(self._away())
        self.path.mkdir()

    def move_back(self) -> None:
        shutil.rmtree(self.path)
        self._away().rename(self.path)

    def replace_with_new(self, backups: tuple[tuple[str, str], ...] = ()) -> None:
        """Another repository of the same password in this one's place, with backups of these (namespace, PVC)."""
        self.path.rename(self._away())
        config = self.create_another(self.path)
        for namespace, pvc in backups:
            self._run("snapshot", "create", "--no-progress", f"--override-source={identity(namespace, pvc)}",
                      self._data, config=config)

    def create_another(self, path: pathlib.Path) -> pathlib.Path:
        """An empty repository that has nothing to do with this one, but its password; kopia's configuration for it."""
        # A name of its own each time: kopia would take the format of the one before from its cache.
        self._others += 1
        config = self._folder / f"{path.name}-other-{self._others}.config"
        self._create(path, config, [])
        return config

    def spoil_password(self) -> None:
        self.password_file.write_text("not the password")

    def restore_password(self) -> None:
        self.password_file.write_text(self._password)

    def _folder_of(self, files: int) -> pathlib.Path:
        folder = self._folder / f"data-{files}"
        folder.mkdir(exist_ok=True)
        for number in range(files):
            (folder / f"file-{number}").write_text(f"{number}\n")
        return folder

    def _away(self) -> pathlib.Path:
        return self._folder / "repository-away"

    def _incomplete(self, source: str) -> bool:
        return any(entry.get("incomplete") for entry in self.listing() if _read(entry).source == source)

    def _storage(self, path: pathlib.Path) -> list[str]:
        """Kopia's words for a repository whose files are in this folder."""
        return ["filesystem", f"--path={path}"]

    def _create(self, path: pathlib.Path, config: pathlib.Path, flags: list[str]) -> None:
        path.mkdir(exist_ok=True)
        self._run("repository", "create", *self._storage(path),
                  f"--cache-directory={config.with_suffix('.cache')}", "--no-persist-credentials", *flags,
                  config=config)

    def _run(self, *words, config: pathlib.Path | None = None) -> str:
        return run(*self._command(*words, config=config), env=self._environment())

    def _command(self, *words, config: pathlib.Path | None = None) -> list[str]:
        return [str(word) for word in (self._kopia, *words, f"--config-file={config or self._folder / 'kopia.config'}",
                                       f"--log-dir={self._folder / 'kopia-logs'}")]

    def _environment(self) -> dict:
        return plain_environment(self._folder, KOPIA_PASSWORD=self._password, KOPIA_CHECK_FOR_UPDATES="false")


def identity(namespace: str, pvc: str) -> str:
    return f"{pvc}-backup@{namespace}:/data"


def _read(entry: dict) -> Snapshot:
    source = entry["source"]
    return Snapshot(entry["id"], entry["startTime"], f"{source['userName']}@{source['host']}:{source['path']}")
