"""What a running process has cost, as the kernel counts it."""

import dataclasses
import pathlib
import re

_MEMORY = re.compile(r"^(VmHWM|VmRSS|RssAnon):\s+(\d+) kB$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Cost:
    cpu_s: float    # of the threads that run now
    rss_mb: float   # now
    peak_mb: float  # of rss_mb, since it started
    anon_mb: float  # the part of rss_mb that is no file's


def cost_of(pid: int) -> Cost:
    """Without its children."""
    process = pathlib.Path("/proc") / str(pid)
    running_ns = sum(int((task / "schedstat").read_text().split()[0]) for task in (process / "task").iterdir())
    mb = {name: int(kb) / 1024 for name, kb in _MEMORY.findall((process / "status").read_text())}
    return Cost(running_ns / 1e9, mb["VmRSS"], mb["VmHWM"], mb["RssAnon"])
