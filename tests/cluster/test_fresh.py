"""A PVC starts empty only where it is proven that it has no backup."""

import datetime

from clock import SteppedClock
from fault_table import fault
from guarded_case import GuardedCase, promise, pvc


class Fresh(GuardedCase):
    def test_without_a_backup_a_pvc_is_created_unchanged(self):
        sent = pvc(annotations={"keep": "me"})
        self.assert_unchanged(self.create_patiently(sent), sent)

    def test_a_pvc_without_annotations_stays_without(self):
        answer = self.create_patiently(pvc())
        self.assertTrue(answer.ok, str(answer))
        self.assertNotIn("annotations", answer.body["metadata"])

    def test_a_promise_sent_by_the_client_is_removed(self):
        lie = {key: "lie" for key in promise(self.backup("another"))}
        answer = self.create_patiently(pvc(annotations=lie | {"keep": "me"}))
        self.assertTrue(answer.ok, str(answer))
        self.assertEqual(answer.body["metadata"]["annotations"], {"keep": "me"})

    def test_an_interrupted_backup_does_not_count(self):
        self.repository.interrupted_snapshot(self.namespace, "data")
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent), sent)

    def test_a_generated_name_is_decided_once_it_is_known(self):
        document = pvc()
        document["metadata"] = {"generateName": "data-", "labels": {"backup": "daily"}}
        answer = self.create(document)
        self.assertTrue(answer.ok, str(answer))
        self.assertNotIn("dataSourceRef", answer.body["spec"])
        self.repository.move_away()
        try:
            self.assert_waits(self.create(document), "IndexUnavailable")
        finally:
            self.repository.move_back()

    def test_an_unknown_tier_is_admitted_with_a_warning(self):
        sent = pvc(labels={"backup": "weekly"})
        answer = self.create(sent)
        self.assert_unchanged(answer, sent)
        self.assert_warned(answer, "UnknownTier")

    def test_a_misspelt_annotation_is_kept_with_a_warning_that_has_the_right_one(self):
        sent = pvc(annotations={"holdfast.dev/restor-as-of": "2026-01-31T12:00:00Z"})
        answer = self.create_patiently(sent)
        self.assert_unchanged(answer, sent)
        self.assert_warned(answer, "UnknownAnnotation")
        self.assertIn("did you mean the annotation `holdfast.dev/restore-as-of`?", answer.warnings[0])
        self.assertEqual(len(answer.warnings), 1, answer.warnings)

    def test_annotations_that_only_the_generator_reads_are_known(self):
        sent = pvc(annotations={"holdfast.dev/schedule": "M 3 * * *", "holdfast.dev/retain": "24/7/4/2"})
        answer = self.create_patiently(sent)
        self.assert_unchanged(answer, sent)
        self.assertEqual(answer.warnings, [])

    def test_who_skips_a_restore_is_told_of_the_backup_that_is_ignored(self):
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc(), dry_run=True), snapshot)
        sent = pvc(annotations={"volsync.backup/skip-restore": "true",
                                "volsync.backup/skip-restore-reason": "a fresh start is wanted"})
        answer = self.create(sent)
        self.assert_unchanged(answer, sent)
        self.assert_warned(answer, "BackupsIgnored")
        self.assertIn(snapshot.id, answer.warnings[-1])


class FreshInAnOldRepository(GuardedCase):
    guarded_options = {"format_version": 1}

    def test_an_interrupted_backup_does_not_count(self):
        self.repository.interrupted_snapshot(self.namespace, "data")
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent), sent)

    @fault("API server, etcd and clocks", "the clock is stepped back",
           sent="an hour back for holdfast's kopia, between two backups in a repository of the old format",
           expected="Restore of the second: no cache is believed by its date")
    def test_a_backup_is_seen_although_the_clock_was_stepped_back(self):
        with SteppedClock() as clock, self.kopia.behaves(f"clock {clock.url}"):
            clock.ahead = datetime.timedelta(hours=1)
            self.backup("before")
            answer = self.create_patiently(pvc("without"))
            self.assertTrue(answer.ok, str(answer))
            listings = self.kopia.listings()
            clock.ahead = datetime.timedelta()
            snapshot = self.backup()
            self.assert_restored(self.create_patiently(pvc()), snapshot)
            self.assertGreater(self.kopia.listings(), listings)
            self.observed("restored, by a new listing")


class Unpinned(GuardedCase):
    guarded_options = {"pinned": False}

    def test_a_backup_is_restored(self):
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_an_empty_start_is_refused_with_the_line_for_git(self):
        answer = self.create(pvc())
        self.assert_refused(answer, "RepositoryUnpinned")
        self.assertIn(self.guarded.repository_id, answer.message)


class OlderCopy(GuardedCase):
    """A repository that has the right identity and stopped some days ago, until somebody backs up into it."""

    guarded_options = {"flags": ("--fresh-limit", "48h")}

    def test_nothing_starts_empty_before_the_repository_is_of_these_days(self):
        self.assertTrue(self.create_patiently(pvc("first")).ok, "there is no snapshot that could be old")
        old = self.repository.snapshot(self.namespace, "known", "2026-01-31 12:00:00 UTC")
        answer = self.create_patiently(pvc())
        self.assert_refused(answer, "RepositoryOutdated")
        self.assertIn("2026-01-31T12:00:00Z", answer.message)
        [line] = [line for line in self.holdfast.get("/readyz")[1].splitlines() if line.startswith("repository: ")]
        self.assertIn("nothing may start empty", line)
        self.assert_restored(self.create_patiently(pvc("known")), old)
        self.backup("another")
        sent = pvc()
        self.assert_unchanged(self.create_patiently(sent), sent)
        [line] = [line for line in self.holdfast.get("/readyz")[1].splitlines() if line.startswith("repository: ")]
        self.assertTrue(line.startswith("repository: ok, the newest snapshot of all is 0m old ("), line)
