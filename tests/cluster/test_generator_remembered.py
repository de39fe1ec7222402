"""What is remembered of a PVC outlives the objects that said it."""

from guarded_case import pvc
from rig.kopia_repo import identity
from rig.objects import CONFIG_MAP, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import DESTINATION, HOME_NFS, PATIENCE, RUN, SOURCE, RestoreCase


class VerifiedRestore(RestoreCase):
    def restore(self) -> str:
        """A PVC that was restored and is backed up; what its destination says of that."""
        self.offer()
        self.part.bind(self.namespace, "data")
        self.wait_for_the_end_of_the_restore()
        wait_until(self.rs, PATIENCE, "backups begin")
        wait_until(lambda: self.claim()["metadata"]["uid"] in self.memory(), PATIENCE, "it is remembered")
        return self.mark()

    def offer(self) -> None:
        """The PVC may be filled at any moment."""
        self.create_with_backup()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        self.wait_for_image(self.part.finish_restore(self.namespace, RUN))

    def mark(self) -> str | None:
        destination = self.rd(DESTINATION)
        return destination and destination["metadata"]["annotations"].get("holdfast.dev/verified")

    def memory(self) -> str:
        found = self.objects.get(CONFIG_MAP, self.account.namespace, "holdfast-verified")
        return found["data"]["pvcs"] if found else ""

    def label(self, tier: str | None) -> None:
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": tier}}})

    def test_a_label_that_was_away_for_a_while_does_not_end_the_backups_of_a_restored_pvc(self):
        mark = self.restore()
        self.assertTrue(mark.startswith(self.claim()["metadata"]["uid"] + "/"))
        self.label(None)
        wait_until(self.nothing_of_ours, PATIENCE, "its objects are gone")
        self.label("hourly")
        wait_until(self.rs, PATIENCE, "it is backed up again")
        self.assertEqual(self.mark(), mark)
        self.assertNotIn("RestoreNotVerified", self.reasons())

    def test_what_a_pvc_is_offered_is_remembered_already_whatever_becomes_of_its_destination(self):
        self.offer()
        self.assertIn(self.claim()["metadata"]["uid"], self.memory())
        mark = self.mark()
        with self.holdfast.process.stopped():  # it sees nothing in between
            self.part.bind(self.namespace, "data")
            self.objects.delete(RD, self.namespace, DESTINATION)
            self.objects.delete(RD, self.namespace, RUN)
        wait_until(self.rs, PATIENCE, "it is backed up")
        self.assertEqual(self.mark(), mark)
        self.assertNotIn("RestoreNotVerified", self.reasons())

    def test_a_pvc_that_is_filled_while_its_label_is_away_is_backed_up_afterwards(self):
        self.offer()
        mark = self.mark()
        self.label(None)
        wait_until(self.nothing_of_ours, PATIENCE, "its objects are gone")
        self.part.bind(self.namespace, "data")  # from what the populator had begun with
        self.label("hourly")
        wait_until(self.rs, PATIENCE, "it is backed up")
        self.assertEqual(self.mark(), mark)
        self.assertNotIn("RestoreNotVerified", self.reasons())

    def test_what_somebody_else_offers_a_pvc_that_waits_is_not_taken_for_what_was_verified(self):
        self.offer()
        self.label(None)
        wait_until(self.nothing_of_ours, PATIENCE, "its objects are gone")
        self.objects.create(RD, self.namespace, {"metadata": {"name": DESTINATION}, "spec": {"trigger": {"manual": "mine"}}})
        self.part.finish_restore(self.namespace, DESTINATION)
        uid = self.claim()["metadata"]["uid"]
        wait_until(lambda: f"{uid} - -" in self.memory(), PATIENCE, "what was verified is taken back")
        self.part.bind(self.namespace, "data")
        self.objects.delete(RD, self.namespace, DESTINATION)
        self.label("hourly")
        wait_until(lambda: "RestoreNotVerified" in self.reasons(), PATIENCE, "a person is to look")
        self.assertIsNone(self.rs())

    def test_objects_that_somebody_deletes_say_again_what_was_verified(self):
        mark = self.restore()
        uids = {kind: self.objects.get(kind, self.namespace, name)["metadata"]["uid"]
                for kind, name in ((RD, DESTINATION), (RS, SOURCE))}
        self.objects.delete(RS, self.namespace, SOURCE)
        self.objects.delete(RD, self.namespace, DESTINATION)

        def is_new(kind, name):
            found = self.objects.get(kind, self.namespace, name)
            return found is not None and found["metadata"]["uid"] != uids[kind]
        wait_until(lambda: is_new(RD, DESTINATION) and is_new(RS, SOURCE), PATIENCE, "both are made again")
        wait_until(lambda: self.mark() == mark, PATIENCE, "the destination says it again")
        self.assertNotIn("RestoreNotVerified", self.reasons())

    def test_without_the_right_to_write_the_memory_the_destination_stays(self):
        self.restore()
        self.account.allow([each for each in self.rules if each["resources"] != ["configmaps"]])
        self.addCleanup(self.account.allow, self.rules)
        self.objects.merge(CONFIG_MAP, self.account.namespace, "holdfast-verified", {"data": {"pvcs": ""}})
        self.create_with_backup("more")
        self.wait_for_run(name="more")
        self.part.start_restore(self.namespace, "more-restore")
        self.wait_for_image(self.part.finish_restore(self.namespace, "more-restore"), "more")
        self.part.bind(self.namespace, "more")
        self.wait_for_the_end_of_the_restore("more")
        self.objects.merge(PVC, self.namespace, "more", {"metadata": {"labels": {"backup": None}}})
        wait_until(lambda: self.objects.get(RS, self.namespace, "more-backup") is None, PATIENCE, "its source goes")
        self.stays(lambda: self.rd("more-backup") is not None, "its destination stays")
        self.account.allow(self.rules)
        wait_until(lambda: self.rd("more-backup") is None, PATIENCE, "it goes when it is remembered")
        self.assertIn(self.claim("more")["metadata"]["uid"], self.memory())


class OffSite(RestoreCase):
    settings = HOME_NFS + """
  offsite: {enabled: true, repository: "s3:https://192.0.2.11/offsite", store: 1password, key: restic}
"""
    EARLIER = "holdfast-seen-ffeeddccbbaa9988"

    def test_no_off_site_backup_of_a_new_volume_begins_over_what_an_earlier_repository_held(self):
        self.objects.create(CONFIG_MAP, self.account.namespace, {
            "metadata": {"name": self.EARLIER, "labels": {"app.kubernetes.io/managed-by": "holdfast"}},
            "data": {"identities": f"2026-01-01T00:00:00Z {identity(self.namespace, 'data')}\n"}})
        self.addCleanup(self.objects.delete, CONFIG_MAP, self.account.namespace, self.EARLIER)
        since = self.plane.audit.now()
        wait_until(lambda: len(self.asked(since).of("configmaps", "list")) > 1, PATIENCE, "holdfast has looked at it")
        self.assertTrue(self.create_patiently(pvc(annotations={"holdfast.dev/offsite": "true"})).ok)
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "the source")
        wait_until(lambda: "OffsiteNotRestored" in self.reasons(), PATIENCE, "the Event that says why")
        self.stays(lambda: self.offsite_source() is None, "no off-site source")
        wait_until(lambda: "OffsiteNotRestored" in str(self.audit()["gaps"]), PATIENCE, "/audit says it too")
        self.annotate(accept_older_backups="restored from the off-site copy")
        wait_until(self.offsite_source, PATIENCE, "the off-site source")

    def offsite_source(self) -> dict | None:
        return self.objects.get(RS, self.namespace, "holdfast-offsite-data")
