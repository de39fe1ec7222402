"""What comes late: backups that should have been made by now, and proofs of a repository that is long to read."""

import datetime
import json

from guarded_case import pvc
from rig.objects import PVC, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import PATIENCE, PLAIN, SOURCE, RestoreCase

DAY = datetime.timedelta(days=1)


def ago(long: datetime.timedelta) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) - long


class LateBackups(RestoreCase):
    expected_seconds = 60
    settings = PLAIN
    flags = (*RestoreCase.flags, "--sweep", "10s")  # the repository is looked at then

    def begin(self) -> None:
        """An hourly PVC, new and well, whose ReplicationSource was made two days ago."""
        self.assertTrue(self.create_patiently(pvc(labels={"backup": "hourly"})).ok)
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "backups begin")
        self.wait_for_gap()
        self.plane.backdate(RS, self.namespace, SOURCE, ago(2 * DAY))

    def audited(self) -> set[str]:
        """The same by `holdfast audit`."""
        done = self.command("audit", "-o", "json")
        found = json.loads(done.stdout)["items"]
        [item] = [each for each in found if (each["namespace"], each["pvc"]) == (self.namespace, "data")]
        self.assertEqual(done.returncode, 1 if any(each["gap"] for each in found) else 0, done.stderr)
        return {line.partition(":")[0] for line in item.get("gaps", [])}

    def wait_for_gap(self, *reasons: str) -> None:
        """Those and no other, wherever gaps are told."""
        wait_until(lambda: self.gap_series() == set(reasons), PATIENCE, f"the metrics say {reasons}")
        self.assertEqual(self.audited(), set(reasons))

    def test_a_pvc_without_a_first_backup_in_time_is_a_gap_until_there_is_one(self):
        self.begin()
        self.wait_for_gap("NoFirstBackup")
        self.backup()
        self.wait_for_gap()

    def test_a_pvc_whose_newest_backup_is_overdue_is_a_gap_until_it_is_exempt(self):
        self.begin()
        self.repository.snapshot(self.namespace, "data", ago(DAY).strftime("%Y-%m-%d %H:%M:%S UTC"))
        self.wait_for_gap("BackupOverdue")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {
            "labels": {"backup-exempt": "true"},
            "annotations": {"volsync.backup/backup-exempt-reason": "its data can be made again"}}})
        self.wait_for_gap()

    def test_a_newer_backup_ends_the_gap_of_an_overdue_one(self):
        self.begin()
        self.repository.snapshot(self.namespace, "data", ago(DAY).strftime("%Y-%m-%d %H:%M:%S UTC"))
        self.wait_for_gap("BackupOverdue")
        self.backup()
        self.wait_for_gap()


class LateProof(RestoreCase):
    """The generator acts on what is known of the repository for no longer than a minute, counted from when it knows it."""

    expected_seconds = 100
    LISTING_S = 67  # longer than that, from wherever in the first seconds of the listing the generator asked
    flags = (*RestoreCase.flags, "--index-timeout", "2m")

    def changed(self) -> float:
        """So many looks at the repository found it changed."""
        return self.holdfast.metric("holdfast_index_proofs_total", result="changed")

    def test_a_listing_of_more_than_a_minute_is_acted_on_when_it_is_there(self):
        self.assertTrue(self.create_patiently(pvc()).ok)
        self.wait_for_destination()
        listings = self.kopia.listings()
        with self.kopia.behaves(f"slow {self.LISTING_S}"):
            self.backup("another")
            self.part.bind(self.namespace, "data")
            wait_until(lambda: self.kopia.listings() > listings, PATIENCE, "the repository is listed anew")
            looks = self.changed()
            # One of two is the generator's: by itself holdfast looks every ten seconds, the generator asks within five.
            wait_until(lambda: self.changed() >= looks + 2, PATIENCE, "the generator has asked")
        with self.kopia.behaves("hang"):  # no later listing comes to its end
            self.backup("another")
            self.assertIsNone(self.rs())
            wait_until(self.rs, self.LISTING_S + PATIENCE / 2, "backups begin")
