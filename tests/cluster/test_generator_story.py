"""The whole story of one PVC, from the first creation to the restore of its backup into a new one."""

from guarded_case import our_reference, pvc
from rig.objects import EXTERNAL_SECRET, KOPIA_MAINTENANCE, PVC, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import RUN, SECRET, SNAPSHOT_FILES, SOURCE, RestoreCase


class Story(RestoreCase):
    def test_from_the_first_creation_to_the_restore(self):
        # Nothing exists: Fresh. The destination and the secret stand at once, the source waits for Bound.
        created = self.create_patiently(pvc(labels={"backup": "hourly"}))
        self.assertTrue(created.ok, str(created))
        self.assertNotIn("dataSourceRef", created.body["spec"])
        destination = self.wait_for_destination()
        self.assertTrue(destination["spec"]["paused"])
        self.assertEqual(destination["metadata"]["ownerReferences"][0]["uid"], created.body["metadata"]["uid"])
        secret = wait_until(lambda: self.objects.get(EXTERNAL_SECRET, self.namespace, SECRET), 10, "the secret")
        self.assertEqual(secret["spec"]["secretStoreRef"], {"kind": "ClusterSecretStore", "name": "1password"})
        self.stays(lambda: self.rs() is None, "no source before the PVC is bound")
        self.assertTrue(any(text.startswith("NotBound") for text in self.audit()["waitsFor"]), self.audit())

        self.part.bind(self.namespace, "data")
        source = wait_until(self.rs, 20, "the source is there once the PVC is bound")
        self.assertEqual(source["spec"]["sourcePVC"], "data")
        self.assertRegex(source["spec"]["trigger"]["schedule"], r"^[1-5]?\d \* \* \* \*$")
        kopia = source["spec"]["kopia"]
        self.assertEqual((kopia["username"], kopia["hostname"]), ("data-backup", self.namespace))
        self.assertEqual(kopia["moverSecurityContext"]["runAsUser"], 568)
        self.wait_for_audit(source="scheduled")

        # A backup, the end of the PVC, and of all that was made for it.
        snapshot = self.backup()
        self.part.finish_backup(self.namespace, SOURCE)
        self.delete_claim()
        wait_until(self.nothing_of_ours, 20, "our objects go with the PVC")

        # The same PVC again: a promise, kept behind a destination that stays shut until the restore is verified.
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        self.wait_for_destination()
        run = self.wait_for_run()
        self.assertEqual(run["spec"]["kopia"]["restoreAsOf"], snapshot.start_time)
        self.assertNotIn("paused", run["spec"])
        self.assertIsNone(self.image_on_destination())
        self.part.start_restore(self.namespace, RUN)
        image = self.part.finish_restore(self.namespace, RUN, files=SNAPSHOT_FILES)
        wait_until(self.image_on_destination, 20, "the image is on the destination")
        self.assertEqual(self.image_on_destination(), self.part.reference(image))
        self.assertIsNone(self.rs())

        # Bound: the destination shows no image, the run is gone, backups begin.
        self.part.bind(self.namespace, "data")
        wait_until(lambda: self.image_on_destination() is None and self.rd(RUN) is None, 20, "the restore is closed")
        wait_until(self.rs, 20, "backups begin")
        self.assertTrue({"RestoreStarted", "RestoreVerified", "RestorePublished", "RestoreDone"} <= self.reasons(),
                        self.reasons())
        self.assertEqual(self.holdfast.metric("holdfast_restores_total", result="verified"), 1)

    def test_maintenance_is_asked_for_once_per_repository(self):
        found = wait_until(lambda: self.objects.get(KOPIA_MAINTENANCE, self.account.namespace, "holdfast-maintenance"),
                           20, "the maintenance of the repository")
        self.assertEqual(found["spec"]["trigger"]["schedule"], "0 */12 * * *")

    def test_a_changed_tier_propagates(self):
        self.create_patiently(pvc(labels={"backup": "daily"}))
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, 20, "the source")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": "hourly"}}})
        wait_until(lambda: self.rs()["spec"]["trigger"]["schedule"].endswith(" * * * *"), 10, "the new schedule")

    def test_a_source_is_not_edited_while_it_synchronises(self):
        self.create_patiently(pvc(labels={"backup": "daily"}))
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, 20, "the source")
        self.part.start_backup(self.namespace, SOURCE)
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": "hourly"}}})
        self.stays(lambda: " 2 " in self.rs()["spec"]["trigger"]["schedule"], "the schedule is left as it is")
        self.part.finish_backup(self.namespace, SOURCE)
        wait_until(lambda: self.rs()["spec"]["trigger"]["schedule"].endswith(" * * * *"), 10, "the new schedule")

    def test_without_the_label_our_objects_go_and_the_pvc_stays(self):
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, 20, "the source")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": None}}})
        wait_until(self.nothing_of_ours, 10, "our objects go with the label")
        self.assertIsNotNone(self.claim())

    def test_an_exemption_with_a_reason_takes_our_objects_away(self):
        self.create_patiently(pvc())
        self.wait_for_destination()
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {
            "labels": {"backup-exempt": "true"},
            "annotations": {"volsync.backup/backup-exempt-reason": "a cache"}}})
        wait_until(self.nothing_of_ours, 10, "our objects go with the exemption")

    def test_older_backups_that_were_not_restored_hold_the_source(self):
        self.backup()
        self.create_patiently(pvc(annotations={"volsync.backup/skip-restore": "true",
                                               "volsync.backup/skip-restore-reason": "for now"}))
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, 20, "the source of a PVC whose author skipped the restore")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"annotations": {
            "volsync.backup/skip-restore": None, "volsync.backup/skip-restore-reason": None}}})
        self.objects.delete(RS, self.namespace, SOURCE)
        wait_until(lambda: "BackupsNotRestored" in self.reasons(), 20, "the hold is said by an Event")
        self.assertIsNone(self.rs())
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"annotations": {
            "holdfast.dev/accept-older-backups": "they are of another application"}}})
        wait_until(self.rs, 20, "the source, once a person has said so")

    def test_our_reference_points_at_our_destination(self):
        self.create_with_backup()
        self.assertEqual(self.claim()["spec"]["dataSourceRef"], our_reference("data"))
