"""What a process holds, and that it lets go of it again."""

import dataclasses
import os
import pathlib

from rig.meter import cost_of


@dataclasses.dataclass(frozen=True)
class VitalSigns:
    """At one moment."""
    rss_mb: float
    descriptors: int
    threads: int

    @staticmethod
    def of(pid: int) -> "VitalSigns":
        process = pathlib.Path("/proc") / str(pid)
        return VitalSigns(cost_of(pid).rss_mb, len(os.listdir(process / "fd")), len(os.listdir(process / "task")))

    def __str__(self):
        return f"{self.rss_mb:.0f} MB, {self.descriptors} descriptors, {self.threads} threads"


def forget_peak(pid: int) -> None:
    """From now on `peak_mb` speaks of what comes."""
    (pathlib.Path("/proc") / str(pid) / "clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    return cost_of(pid).peak_mb
