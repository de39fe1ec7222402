"""VolSync's real operator, for the classes of tests that stand beside it."""

import unittest

from rig import volsync
from suite import Stage


def real_operator(*, fork: bool = False) -> volsync.Volsync:
    """Not started yet. Skips the class where it is not to be had."""
    try:
        return volsync.Volsync(Stage.plane, Stage.components, fork=fork)
    except volsync.Unavailable as reason:
        raise unittest.SkipTest(str(reason)) from None
