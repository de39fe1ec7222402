"""Backups that were seen once are missed when they are gone, by every replica, until a person accepts it."""

import re

from guarded_case import pvc
from rig.kopia_repo import identity
from rig.kube_api import Answer
from rig.objects import CONFIG_MAP
from rig.processes import wait_until
from restore_case import PATIENCE
from test_generator_leaders import ReplicaCase

_LINE = re.compile(r'`holdfast\.dev/accept-vanished: "([0-9a-f]{16}): <reason>"`')


class Tombstones(ReplicaCase):
    flags = ("--generator=on", "--min-age", "0s", "--sweep", "10s")

    @property
    def memory_name(self) -> str:
        return f"holdfast-seen-{self.guarded.repository_id[:16]}"

    def memory(self) -> str | None:
        found = self.objects.get(CONFIG_MAP, self.account.namespace, self.memory_name)
        return found and found["data"]["identities"]

    def remembers(self, name: str = "data") -> bool:
        return f" {identity(self.namespace, name)}\n" in (self.memory() or "")

    def lose_a_backup(self, name: str = "data") -> None:
        snapshot = self.backup(name)
        wait_until(lambda: self.remembers(name), PATIENCE, "the backup is remembered")
        self.repository.delete(snapshot)

    def assert_vanished(self, answer: Answer) -> str:
        """The tombstone's id, from the line that the message gives."""
        self.assert_refused(answer, "BackupsVanished")
        self.assertIn(identity(self.namespace, "data"), answer.message)
        self.assertRegex(answer.message, _LINE)
        return _LINE.search(answer.message)[1]

    def tombstones_line(self) -> str:
        [line] = [line for line in self.holdfast.get("/readyz")[1].splitlines() if line.startswith("tombstones: ")]
        return line

    def test_vanished_backups_are_missed_until_a_person_accepts_it(self):
        self.lose_a_backup()
        tombstone = self.assert_vanished(self.create_patiently(pvc()))

        # A replica that began after the loss knows of it too.
        second = self.start_replica("second", "--generator=on", "--drain", "20s")
        self.guarded.point_webhooks_at(second.holdfast.webhook_port)
        self.addCleanup(self.guarded.point_webhooks_at, self.holdfast.webhook_port)
        self.assertEqual(self.assert_vanished(self.create_patiently(pvc())), tombstone)

        # Another id, or no reason, accepts nothing; the message says which one would.
        for value in ("0123456789abcdef: wiped on purpose", f"{tombstone}: "):
            answer = self.create_patiently(pvc(annotations={"holdfast.dev/accept-vanished": value}))
            self.assertEqual(self.assert_vanished(answer), tombstone)

        # Asking is free: neither a dry-run nor a denial clears anything.
        accepted = pvc(annotations={"holdfast.dev/accept-vanished": f"{tombstone}: wiped on purpose"})
        answer = self.create(accepted, dry_run=True)
        self.assertTrue(answer.ok, str(answer))
        self.stays(self.remembers, "the tombstone is there after a dry-run", 20)
        self.assertEqual(self.assert_vanished(self.create_patiently(pvc())), tombstone)

        self.assert_unchanged(self.create_patiently(accepted), accepted)
        wait_until(lambda: not self.remembers(), PATIENCE, "the leader clears the tombstone")
        self.delete_claim()
        wait_until(self.nothing_of_ours, PATIENCE, "our objects go with the PVC")
        self.assertTrue(self.create_patiently(pvc()).ok)

    def test_a_backup_that_comes_after_it_is_restored_as_ever(self):
        self.lose_a_backup()
        self.assert_vanished(self.create_patiently(pvc()))
        snapshot = self.backup()
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_a_memory_that_was_deleted_is_written_anew(self):
        self.lose_a_backup()
        tombstone = self.assert_vanished(self.create_patiently(pvc()))
        self.objects.delete(CONFIG_MAP, self.account.namespace, self.memory_name)
        answer = self.create(pvc())
        if answer.status == 503:  # nothing says meanwhile that nothing was seen
            self.assert_waits(answer, "ClusterUnavailable")
        wait_until(self.remembers, PATIENCE, "the memory is there again")
        self.assertEqual(self.assert_vanished(self.create_patiently(pvc())), tombstone)
        self.assertIn("memory of seen backups lost", self.holdfast.process.said())

    def test_an_older_copy_of_the_memory_takes_nothing_away(self):
        older = self.memory()
        self.lose_a_backup()
        tombstone = self.assert_vanished(self.create_patiently(pvc()))
        self.objects.merge(CONFIG_MAP, self.account.namespace, self.memory_name, {"data": {"identities": older}})
        self.assertEqual(self.assert_vanished(self.create_patiently(pvc())), tombstone)
        wait_until(self.remembers, PATIENCE, "what is missing is written back")
        self.assertIn("memory of seen backups shrunk", self.holdfast.process.said())
        self.assertGreaterEqual(self.holdfast.metric("holdfast_memory_shrunk_total", memory="seen"), 1)

    def test_whoever_may_not_read_the_memory_lets_nothing_start_empty_and_says_so(self):
        snapshot = self.backup("other")
        wait_until(lambda: self.tombstones_line() == "tombstones: ok", PATIENCE, "the memory is well")
        self.account.allow([each for each in self.rules if each["resources"] != ["configmaps"]])
        self.addCleanup(wait_until, lambda: self.tombstones_line() == "tombstones: ok", PATIENCE, "all is well again")
        self.addCleanup(self.account.allow, self.rules)
        wait_until(lambda: "forbidden" in self.tombstones_line(), PATIENCE, "/readyz says what is missing")
        self.assert_waits(self.create(pvc()), "ClusterUnavailable")
        self.assert_restored(self.create_patiently(pvc("other")), snapshot)
