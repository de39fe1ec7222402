"""Kopia killed, stopped, without memory, without room for its cache, and on a file system that hangs."""

import contextlib
import os
import pathlib
import subprocess
import time
import unittest

from endurance_case import PATIENCE, EnduranceCase
from fault_table import fault
from guarded_case import pvc
from hanging_repository import HangingRepository
from rig.processes import process_exists, run, wait_until

AREA = "Kopia and its repository"
EXEMPT = {"labels": {"backup-exempt": "true"}, "annotations": {"volsync.backup/backup-exempt-reason": "scratch"}}


class Kopia(EnduranceCase):
    def endure(self, behaviour: str, least_answers: int = 2) -> float:
        """Seconds of recovery. A backup makes a new listing necessary; until it has come there is no right answer."""
        self.snapshot = self.backup()
        with self.kopia.behaves(behaviour), self.asking():
            wait_until(lambda: self.answers.count() >= least_answers, PATIENCE, "some answers have come")
        self.assertEqual(self.answers.count("Restore"), 0, str(self.answers))
        return self.recover()

    @fault(AREA, "kopia is killed while it lists", sent="SIGKILL to the real kopia, 50 ms after it began, each time",
           expected="Wait, until a listing is whole")
    def test_a_kopia_that_is_killed_is_a_pause(self):
        self.report("kopia killed each time", self.endure("die", 5))

    @fault(AREA, "kopia is stopped", sent="SIGSTOP to the real kopia as soon as it begins to list",
           expected="Wait; after `index.timeout` (here 4 s) it is ended, although it is stopped")
    def test_a_kopia_that_is_stopped_is_a_pause_and_is_ended(self):
        recovery = self.endure("stop")
        stopped = self.kopia.hung_process()
        wait_until(lambda: not process_exists(stopped), PATIENCE, "the stopped kopia is ended")
        self.report("the stopped kopia was ended", recovery)

    @fault(AREA, "kopia has no memory", sent="the real kopia under a limit of 200 MB of address space, so that it dies",
           expected="Wait, until a listing is whole")
    def test_a_kopia_without_memory_is_a_pause(self):
        self.report("kopia died each time", self.endure("starve", 5))


class FullDisk(EnduranceCase):
    @contextlib.contextmanager
    def small_cache(self):
        """The cache folder is a file system of 4 MB. Its path is given."""
        cache = self.guarded.folder / "holdfast" / "cache"
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", cache],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no file system can be mounted here: {mounted.stderr.strip()}")
        try:
            yield cache
        finally:
            run("umount", "--lazy", cache)

    @staticmethod
    def fill(folder: pathlib.Path) -> pathlib.Path:
        filler = folder / "filler"
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        return filler

    @fault(AREA, "the disk of the cache is full", sent="the cache folder is a file system of 4 MB without a free byte",
           expected="Wait or the right verdict; well again when there is room")
    def test_a_full_disk_under_the_cache_is_a_pause_at_most(self):
        with self.small_cache() as cache:
            filler = self.fill(cache)
            self.snapshot = self.backup()
            with self.asking():
                wait_until(lambda: self.answers.count() >= 5, PATIENCE, "some answers have come")
            self.assertEqual(os.statvfs(cache).f_bavail, 0)
            filler.unlink()
            self.report("no byte was free all the time", self.recover())


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse"), "needs root and /dev/fuse")
class HangingFileSystem(EnduranceCase):
    guarded_type = HangingRepository
    guarded_options = {"flags": ("--allow-cached-mount",)}

    @fault(AREA, "the repository's file system hangs",
           sent="the server of the FUSE file system under it is stopped: every call hangs in the kernel",
           expected="Wait, from the second on at once; what needs no repository is answered as ever; at most 4 threads "
                    "hang")
    def test_a_file_system_that_hangs_is_a_pause_and_stops_nothing_else(self):
        began = time.monotonic()
        with self.guarded.hanging(), self.asking():
            wait_until(lambda: self.answers.count() >= 3, PATIENCE, "some answers have come")
            for number in range(20):
                sent = pvc(f"exempt-{number}", **EXEMPT)
                self.assert_unchanged(self.create(sent), sent)
            self.assertEqual(self.holdfast.get("/livez")[0], 200)
            self.assertEqual(self.holdfast.get("/healthz")[0], 503)
            asked = time.monotonic()
            for _ in range(3):
                self.ask()
            at_once_s = (time.monotonic() - asked) / 3
            self.assertLess(at_once_s, 2)
        self.assertEqual(self.answers.count("Restore"), 0, str(self.answers))
        hung_s = time.monotonic() - began
        self.report(f"hung for {hung_s:.0f} s; 20 exempt PVCs were admitted meanwhile; a Wait in {at_once_s * 1000:.0f} ms",
                    self.recover())

    @fault(AREA, "the file system hangs while kopia lists",
           sent="a new backup, then the file system's server is stopped in the middle of a listing",
           expected="Wait; kopia is ended; well again without a restart")
    def test_a_file_system_that_hangs_under_a_listing_is_a_pause(self):
        self.snapshot = self.backup()
        with self.kopia.behaves("slow"), self.asking():
            listings = self.kopia.listings()
            wait_until(lambda: self.kopia.listings() > listings, PATIENCE, "kopia lists", every=0.005)
            with self.guarded.hanging():
                answers = self.answers.count()
                wait_until(lambda: self.answers.count() >= answers + 2, PATIENCE, "some answers have come")
        self.report("kopia hung with its file system", self.recover())
