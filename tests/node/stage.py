"""The frame around the tests: one node for all of them, a line of progress each, a count at the end."""

import pathlib
import time
import unittest

import suite  # of tests/cluster/support: what selects and reports tests
from rig import components
from rig.enclosure import Unavailable
from rig.node_cluster import NodeCluster
from workers import Tally


class Stage:
    """What every test stands on; set once, before the first test."""
    cluster: NodeCluster


def run(folder: pathlib.Path, holdfast: pathlib.Path, only: list[str], long: bool) -> int:
    found = list(suite.select(unittest.defaultTestLoader.discover(str(folder), "test_*.py"), only))
    tests = [test for test in found if long or not getattr(test, "only_long", False)]
    if len(tests) < len(found):
        print(f"     {len(found) - len(tests)} scenarios more with --long (make test-long)")
    began = time.monotonic()
    tally = Tally()
    try:
        with NodeCluster(components.find(), holdfast) as Stage.cluster:
            print(f"     a node with storage, VolSync and its images in {time.monotonic() - began:.0f} s", flush=True)
            unittest.TestSuite(tests).run(suite.Progress(tally))
        _expect_nothing_left(tally)
    except (Unavailable, components.Unavailable) as reason:
        print(f"SKIPPED all of tests/node, no restore is seen on a real node: {reason}")
        print(f"0 passed, 0 failed, {len(tests)} skipped")
        return 0
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 1 if tally.failed else 0


def _expect_nothing_left(tally: Tally) -> None:
    """A test of its own, after the node's end."""
    left = Stage.cluster.node.enclosure.left_behind()
    if left:
        tally.failed += 1
        print(f"FAIL stage: the node leaves nothing behind: {left}")
    else:
        tally.passed += 1
        print("ok   stage: the node leaves nothing behind")
