"""A repository that takes longer to read than a request may take, while backups go on."""

import contextlib
import threading

from guarded_case import GuardedCase, pvc


class SlowListing(GuardedCase):
    expected_seconds = 90
    LISTING_S = 12  # an API server waits for 10
    guarded_options = {"flags": ("--index-timeout", "20s")}

    @contextlib.contextmanager
    def backups_going_on(self):
        """Of another PVC, one after the other."""
        done = threading.Event()

        def write():
            while not done.wait(0.5):
                self.repository.snapshot(self.namespace, "busy")
        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def test_restores_are_served_and_nothing_starts_empty_until_it_is_proven(self):
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc(), dry_run=True), snapshot)
        sent = pvc("without")
        with self.kopia.behaves(f"slow {self.LISTING_S}"):
            with self.backups_going_on():
                self.backup("busy")
                self.assert_restored(self.create_patiently(pvc()), snapshot)
                for _ in range(2):
                    self.assert_waits(self.create(sent), "IndexRefreshing", "IndexUnavailable")
            self.assert_unchanged(self.create_patiently(sent), sent)
