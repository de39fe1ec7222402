"""Images for containerd out of folders: one layer, in the form that `docker save` writes."""

import hashlib
import io
import json
import pathlib
import subprocess
import tarfile

_NOT_TAKEN = ("./proc/*", "./sys/*", "./dev/*")


def archive(name: str, root: pathlib.Path, into: pathlib.Path, *, entrypoint: list[str], command: list[str] = (),
            user: str = "", more: dict[pathlib.Path, str] | None = None) -> pathlib.Path:
    """Writes the image `name`, of the files in `root` and of `more` (a file, and its place in the image)."""
    layer = into.with_suffix(".layer")
    _write_layer(root, layer, more or {})
    with open(layer, "rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    config = json.dumps({
        "architecture": _architecture(), "os": "linux", "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "config": {"Entrypoint": entrypoint, "Cmd": list(command), "User": user,
                   "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}}).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(into, "w") as image:
        for place, content in ((config_name, config), ("manifest.json", manifest)):
            entry = tarfile.TarInfo(place)
            entry.size = len(content)
            image.addfile(entry, io.BytesIO(content))
        image.add(layer, "layer.tar")
    layer.unlink()
    return into


def _write_layer(root: pathlib.Path, layer: pathlib.Path, more: dict[pathlib.Path, str]) -> None:
    subprocess.run(["tar", "--numeric-owner", *(f"--exclude={each}" for each in _NOT_TAKEN), "-C", root, "-cf", layer,
                    "."], check=True)
    with tarfile.open(layer, "a") as tar:
        for path, place in more.items():
            entry = tar.gettarinfo(path.resolve(), place)
            entry.mode, entry.uid, entry.gid = 0o755, 0, 0
            with open(path, "rb") as content:
                tar.addfile(entry, content)


def _architecture() -> str:
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
