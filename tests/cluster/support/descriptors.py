"""A limit on the descriptors of a program that runs already."""

import contextlib
import os
import pathlib
import resource


@contextlib.contextmanager
def few_descriptors(pid: int, more: int):
    """It may open so many more than it has now, until the end of the block."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    highest = max(int(number) for number in os.listdir(pathlib.Path("/proc") / str(pid) / "fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1 + more, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
