"""A Secret as the kubelet mounts it: links to a folder that is replaced as a whole."""

import itertools
import pathlib
import shutil

NAMES = ("tls.crt", "tls.key", "ca.crt")


class MountedSecret:
    """Lives in `path`, which the caller removes."""

    def __init__(self, path: pathlib.Path, content: dict[str, bytes]):
        self.path = path
        self._numbers = itertools.count(1)
        path.mkdir()
        self.swap(content)
        for name in NAMES:
            (path / name).symlink_to(pathlib.Path("..data") / name)

    def swap(self, content: dict[str, bytes]) -> None:
        """All files at once, by one rename."""
        data, link = self.path / "..data", self.path / "..data_tmp"
        before = data.resolve() if data.exists() else None
        version = self.path / f"..version-{next(self._numbers)}"
        version.mkdir()
        for name, text in content.items():
            (version / name).write_bytes(text)
        link.symlink_to(version.name)
        link.rename(data)
        if before is not None:
            shutil.rmtree(before)


def content_of(folder: pathlib.Path) -> dict[str, bytes]:
    """Of a folder that `holdfast certs generate` has filled."""
    return {name: (folder / name).read_bytes() for name in NAMES}
