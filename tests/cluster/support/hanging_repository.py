"""A guarded control plane whose repository lies behind a file system that can hang."""

import contextlib
import ctypes
import os
import pathlib
import signal
import sys

from rig import fuse_mirror
from rig.guarded import Guarded
from rig.kopia_repo import KopiaRepository
from rig.processes import Child, wait_until

_DETACH = 2  # MNT_DETACH


class HangingRepository(Guarded):
    """Movers write into the folder itself; holdfast and its kopia read through the mirror. Root only."""

    def __exit__(self, *_):
        # The server first: with it goes every call that hangs.
        if hasattr(self, "_mirror"):
            self._mirror.signal(signal.SIGCONT)
            ctypes.CDLL(None).umount2(os.fsencode(self._point), _DETACH)
            self._mirror.end()
        super().__exit__()

    @contextlib.contextmanager
    def hanging(self):
        """No call on the file system comes back, until the end of the block."""
        self._mirror.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._mirror.signal(signal.SIGCONT)

    def _make_repository(self) -> KopiaRepository:
        repository = super()._make_repository()
        self._point = self.folder / "mirror"
        self._point.mkdir()
        self._mirror = Child([sys.executable, "-B", fuse_mirror.__file__, repository.path, self._point],
                             self.folder / "mirror.log")
        wait_until(self._is_mounted, 30, "the mirror is mounted")
        return repository

    def _is_mounted(self) -> bool:
        if not self._mirror.alive():
            raise ChildProcessError(f"the mirror ended: {self._mirror.last_words()}")
        return f" {self._point} fuse " in pathlib.Path("/proc/mounts").read_text()

    def _index_flags(self) -> list[str]:
        return ["--index-backend", "kopia-fs", "--index-path", str(self._point)]
