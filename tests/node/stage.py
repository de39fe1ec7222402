"""The frame around the tests: one node for all of them, a line of progress each, a count at the end."""

import pathlib
import time
import unittest

import suite  # of tests/cluster: what selects and reports tests
from rig import components
from rig.enclosure import Unavailable
from rig.node_cluster import NodeCluster
from workers import Tally


class Stage:
    """What every test stands on; set once, before the first test."""
    cluster: NodeCluster
    long = False
    started_s = 0.0  # how long the node took


def run(folder: pathlib.Path, holdfast: pathlib.Path, only: list[str], long: bool) -> int:
    Stage.long = long
    tests = list(suite.select(unittest.defaultTestLoader.discover(str(folder), "test_*.py"), only))
    began = time.monotonic()
    tally = Tally()
    try:
        found = components.find()
        with NodeCluster(found, holdfast) as Stage.cluster:
            suite.Stage.components, suite.Stage.holdfast = found, holdfast
            Stage.started_s = time.monotonic() - began
            print(f"     a node with storage, VolSync and its images in {Stage.started_s:.0f} s", flush=True)
            unittest.TestSuite(tests).run(suite.Progress(tally))
            # The fixtures of a class stand when unittest is interrupted; with the node everything in it ends.
    except (Unavailable, components.Unavailable) as reason:
        print(f"SKIPPED all of tests/node, no restore is seen on a real node: {reason}")
        print(f"0 passed, 0 failed, {len(tests)} skipped")
        return 0
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 1 if tally.failed else 0
