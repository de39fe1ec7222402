"""The judge of the long run sees every wrong answer."""

import unittest

from reviewer import Review
from soak_truth import Truth
from suite import Stage

FRESH = Review(200, True, None, "", None, None, False)
DENIED = Review(200, False, 503, "IndexUnavailable", 2, None, False)


def restore(snapshot: str) -> Review:
    return Review(200, True, None, "", None, snapshot, True)


class Judge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        Stage.current = cls

    def setUp(self):
        self.truth = Truth()

    def back_up(self, *snapshots: str) -> None:
        for snapshot in snapshots:
            self.truth.begin_backup("data")
            self.truth.end_backup("data", snapshot)

    def wrong(self, review: Review, webhook: str = "mutate", complete_before: int | None = None) -> bool:
        known = self.truth.complete("data") if complete_before is None else complete_before
        before = len(self.truth.wrong)
        self.truth.judge("data", webhook, known, review)
        return len(self.truth.wrong) > before

    def test_empty_is_right_without_a_backup_and_wrong_with_one(self):
        self.assertFalse(self.wrong(FRESH))
        self.back_up("one")
        self.assertTrue(self.wrong(FRESH))
        self.assertTrue(self.wrong(FRESH, webhook="validate"))

    def test_the_newest_snapshot_is_right_and_an_older_one_is_wrong(self):
        self.back_up("one", "two")
        self.assertFalse(self.wrong(restore("two")))
        self.assertTrue(self.wrong(restore("one")))
        self.assertFalse(self.wrong(restore("one"), complete_before=1))
        self.assertTrue(self.wrong(restore("nobody's")))

    def test_a_snapshot_that_is_promised_before_it_is_known_must_turn_out_to_be_the_one(self):
        self.truth.begin_backup("data")
        self.assertFalse(self.wrong(restore("one")))
        self.truth.end_backup("data", "another")
        self.assertEqual(len(self.truth.wrong), 1)

    def test_an_admission_at_the_validating_destination_without_a_promise_is_wrong(self):
        self.back_up("one")
        self.assertTrue(self.wrong(restore("one"), webhook="validate"))

    def test_a_denial_is_never_wrong(self):
        self.back_up("one")
        self.assertFalse(self.wrong(DENIED))
        self.assertEqual(self.truth.count("IndexUnavailable"), 1)
