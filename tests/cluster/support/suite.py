"""The frame around the tests: a control plane for each worker, a line of progress each, a count at the end."""

import dataclasses
import os
import pathlib
import sys
import time
import typing
import unittest

import workers
from rig import components
from rig.control_plane import ControlPlane
from workers import Tally


class Stage:
    """What every test stands on; set once, before the first test."""
    plane: ControlPlane
    components: pathlib.Path
    holdfast: pathlib.Path
    current: type[unittest.TestCase] | None = None  # the class whose fixtures stand


def run(folder: pathlib.Path, holdfast: pathlib.Path, only: list[str], jobs: int) -> int:
    groups = _groups(folder, only)
    if not os.access(holdfast, os.X_OK):
        print(f"tests/cluster: {holdfast} is not there: build it first")
        return 2
    try:
        Stage.components = components.find()
    except components.Unavailable as reason:
        print(f"SKIPPED all of tests/cluster: the real components are not to be had: {reason}")
        print(f"0 passed, 0 failed, {sum(map(len, groups.values()))} skipped")
        return 0
    Stage.holdfast = holdfast
    tally = Tally()
    if min(jobs, len(groups)) > 1:
        workers.share(sorted(groups, key=lambda name: -_expected_seconds(groups[name])), min(jobs, len(groups)), tally)
    else:
        _perform(groups.values(), tally)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped", flush=True)
    return 1 if tally.failed else 0


def run_alone(test: unittest.TestCase, holdfast: pathlib.Path) -> int:
    """One test, on a control plane of its own."""
    Stage.components, Stage.holdfast = components.find(), holdfast
    tally = Tally()
    _perform([[test]], tally)
    return 0 if tally == Tally(passed=1) else 1


def serve(folder: pathlib.Path, holdfast: pathlib.Path, only: list[str]) -> int:
    """A worker: performs the classes whose names come in, one a line, on a control plane of its own."""
    groups = _groups(folder, only)
    Stage.components, Stage.holdfast = components.find(), holdfast

    def asked():
        for line in sys.stdin:
            before = dataclasses.replace(tally)
            yield groups[line.strip()]
            workers.report(tally.since(before))
    tally = Tally()
    _perform(asked(), tally)
    return 0


def _perform(groups: typing.Iterable[list[unittest.TestCase]], tally: Tally) -> None:
    with ControlPlane(Stage.components) as Stage.plane:
        result = Progress(tally)
        try:
            for tests in groups:
                unittest.TestSuite(tests).run(result)
        finally:
            if Stage.current:  # unittest leaves fixtures standing when it is interrupted
                Stage.current.doClassCleanups()


def _expected_seconds(tests: list[unittest.TestCase]) -> float:
    return getattr(type(tests[0]), "expected_seconds", 8 * len(tests))


def _groups(folder: pathlib.Path, only: list[str]) -> dict[str, list[unittest.TestCase]]:
    """The tests by their classes."""
    groups = {}
    for test in select(unittest.defaultTestLoader.discover(str(folder), "test_*.py"), only):
        groups.setdefault(f"{type(test).__module__}.{type(test).__qualname__}", []).append(test)
    return groups


def select(tests, only):
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from select(test, only)
        elif not only or any(word in test.id() for word in only):
            yield test


def _cause(traceback: str) -> str:
    """The exception's line: the first after the frames, which are indented."""
    lines = traceback.strip().splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith("  File ")]
    return next((line for line in lines[frames[-1] if frames else 0:] if not line.startswith(" ")), "")


class Progress(unittest.TestResult):
    """Prints `ok   restore: a backup finished just before a creation is seen (3.1 s)`, and the cause of a failure."""

    def __init__(self, tally: Tally):
        super().__init__()
        self._tally = tally
        self._began = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()

    def addSuccess(self, test):
        super().addSuccess(test)
        self._tally.passed += 1
        self._say("ok  ", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._tally.failed += 1
        self._say("FAIL", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._tally.failed += 1
        self._say("FAIL", test, self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tally.skipped += 1
        self._say("SKIP", test, reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._tally.failed += 1
            self._say("FAIL", subtest, self._exc_info_to_string(err, test))

    def _say(self, word: str, test, more: str = ""):
        part = ""
        if hasattr(test, "test_case"):  # a part of a test, by unittest's `subTest`
            part, test = f" {test._subDescription()}", test.test_case  # pylint: disable=protected-access
        theme = type(test).__module__.removeprefix("test_")
        name = getattr(test, "_testMethodName", None)
        title = f"{theme}: {name.removeprefix('test_').replace('_', ' ')}{part}" if name else test.id()
        cause = f": {_cause(more)}" if word == "FAIL" else ""
        print(f"{word} {title} ({time.monotonic() - self._began:.1f} s){cause}", flush=True)
        if more:
            print("     " + more.strip().replace("\n", "\n     "), flush=True)
