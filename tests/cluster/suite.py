"""The frame around the tests: one control plane for all, a line of progress each, a count at the end."""

import os
import pathlib
import time
import unittest

from rig import components
from rig.control_plane import ControlPlane


class Stage:
    """What every test stands on; set once, before the first test."""
    plane: ControlPlane
    components: pathlib.Path
    holdfast: pathlib.Path
    current: type[unittest.TestCase] | None = None  # the class whose fixtures stand


def run(folder: pathlib.Path, holdfast: pathlib.Path, only: list[str]) -> int:
    tests = list(_select(unittest.defaultTestLoader.discover(str(folder), "test_*.py"), only))
    if not os.access(holdfast, os.X_OK):
        print(f"tests/cluster: {holdfast} is not there: build it first")
        return 2
    try:
        Stage.components = components.find()
    except components.Unavailable as reason:
        print(f"SKIPPED all of tests/cluster: the real components are not to be had: {reason}")
        print(f"0 passed, 0 failed, {len(tests)} skipped")
        return 0
    Stage.holdfast = holdfast
    with ControlPlane(Stage.components) as Stage.plane:
        result = _Progress()
        try:
            unittest.TestSuite(tests).run(result)
        finally:
            if Stage.current:  # unittest leaves fixtures standing when it is interrupted
                Stage.current.doClassCleanups()
    return result.conclude()


def _select(tests, only):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from _select(test, only)
        elif not only or any(word in test.id() for word in only):
            yield test


class _Progress(unittest.TestResult):
    """Prints `ok   restore: a backup finished just before a creation is seen (3.1 s)`."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self._began = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1
        self._say("ok  ", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._say("FAIL", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._say("FAIL", test, self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("SKIP", test, reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._say("FAIL", subtest, self._exc_info_to_string(err, test))

    def conclude(self) -> int:
        failed = len(self.failures) + len(self.errors)
        print(f"{self.passed} passed, {failed} failed, {len(self.skipped)} skipped", flush=True)
        return 1 if failed else 0

    def _say(self, word: str, test, more: str = ""):
        theme = type(test).__module__.removeprefix("test_")
        name = getattr(test, "_testMethodName", None)
        title = f"{theme}: {name.removeprefix('test_').replace('_', ' ')}" if name else test.id()
        print(f"{word} {title} ({time.monotonic() - self._began:.1f} s)", flush=True)
        if more:
            print("     " + more.strip().replace("\n", "\n     "), flush=True)
