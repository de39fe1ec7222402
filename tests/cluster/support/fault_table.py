"""The faults that the suite inflicts, as rows of a table: what was sent, what had to come, what came, how it ended."""

import contextlib
import dataclasses
import datetime
import functools
import json
import os
import pathlib
import platform
import unittest

# In this order in the table.
AREAS = ("Network", "Kopia and its repository", "API server, etcd and clocks", "The process itself")
_ROWS = "HOLDFAST_FAULT_ROWS"  # environment: the file that the tests of all workers add their rows to

_HEAD = """\
# What holdfast does when something is wrong

Each row is a test that ran against the real program with a real kube-apiserver, etcd and kopia repository. The suite
wrote this page itself (`tests/cluster/run --holdfast build/holdfast --fault-table docs/faults.md`); `make test` writes
the same table, with the numbers of its own machine, to `build/faults.md`.

What holds for every row, because the test fails otherwise: a PVC that has a backup was never admitted empty; every
answer was either the right verdict or a denial; the program was neither restarted nor did it end (where the fault was
not its end); and, where vital signs are given, its memory stayed within 64 MB of what it was before (with large bodies
under way within 190 MB), and its open descriptors and threads came back to their number. "Wait" is a denial with code
503 and `retryAfterSeconds`, after which kubectl, Argo CD and Flux try again by themselves. The recovery is the time from
the end of the fault to the first right answer, with the waiting that a client does; it is a measurement and no promise.

This run: {when}, {machine}.
"""


@dataclasses.dataclass(frozen=True)
class Row:
    area: str
    fault: str
    sent: str
    expected: str
    observed: str
    recovery_s: float | None = None  # None: nothing to recover from


def fault(area: str, name: str, *, sent: str, expected: str):
    """Marks a test as the inflicting of a fault; it says what came of it with `self.observed(…)`, once.

    The names are compared with the committed table without running anything, so they are literals.
    """
    assert area in AREAS, area

    def mark(test):
        @functools.wraps(test)
        def inflict(self):
            what = "FAILED", None
            try:
                test(self)
                what = self.observation
            except unittest.SkipTest as reason:
                what = f"not done on this machine: {reason}", None
                raise
            finally:
                _add(Row(area, name, sent, expected, *what))
        return inflict
    return mark


@contextlib.contextmanager
def collected(table: pathlib.Path | None):
    """Until its end, rows of this process and its children are kept; then they are written to `table`."""
    if table is None:
        yield
        return
    rows = table.with_suffix(".rows")
    rows.parent.mkdir(parents=True, exist_ok=True)
    rows.write_text("")
    os.environ[_ROWS] = str(rows.resolve())
    try:
        yield
        table.write_text(_render([Row(**json.loads(line)) for line in rows.read_text().splitlines()]))
    finally:
        del os.environ[_ROWS]
        rows.unlink()


def _add(row: Row) -> None:
    """One write, so that rows of several processes do not mix."""
    if path := os.environ.get(_ROWS):
        with open(path, "a", encoding="utf-8") as rows:
            rows.write(json.dumps(dataclasses.asdict(row)) + "\n")


def _render(rows: list[Row]) -> str:
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    parts = [_HEAD.format(when=when, machine=_machine())]
    for area in AREAS:
        lines = [_line(row) for row in sorted(rows, key=lambda row: row.fault) if row.area == area]
        if lines:
            parts.append("\n".join([f"## {area}", "", "| fault | sent | had to come | came | recovery |",
                                    "| --- | --- | --- | --- | --- |", *lines, ""]))
    return "\n".join(parts)


def _line(row: Row) -> str:
    cells = (row.fault, row.sent, row.expected, row.observed, _recovery(row.recovery_s))
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _recovery(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds >= 0.1 else "at once"


def _machine() -> str:
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (f"{os.cpu_count()} processors shared with the rest of the suite, {memory_gb:.0f} GB of memory, "
            f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}")
