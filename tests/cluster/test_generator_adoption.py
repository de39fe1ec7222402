"""What kyverno and pvc-plumber made is taken over where the settings say so, and never to another place."""

from guarded_case import pvc
from owned_parts import PARTS, PVC_LABEL, OwnedParts
from rig.objects import EXTERNAL_SECRET, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS, Kind
from rig.processes import wait_until
from restore_case import DESTINATION, HOME_NFS, PATIENCE, SECRET


class Adoption(OwnedParts):
    settings = HOME_NFS.replace("generator:", "generator:\n  adopt: true")

    def test_objects_of_kyverno_and_pvc_plumber_are_taken_over_as_they_stand(self):
        for manager in ("kyverno", "pvc-plumber"):
            with self.subTest(manager):
                self.assert_adopted(self.plant_all(manager))
                self.opt_out()
                wait_until(self.nothing_of_ours, PATIENCE, "what was taken over goes as our own does")
                self.delete_claim()

    def assert_adopted(self, planted: dict[Kind, dict]):
        adopted = self.protect()
        for kind, before in planted.items():
            metadata = adopted[kind]["metadata"]
            self.assertEqual(metadata["uid"], before["metadata"]["uid"])
            ours = [entry["fieldsV1"] for entry in metadata["managedFields"]
                    if (entry["manager"], entry["operation"]) == ("holdfast", "Apply")]
            self.assertEqual(len(ours), 1)
            self.assertIn("f:spec", ours[0])
        self.assertEqual(adopted[RS]["spec"]["sourcePVC"], "data")
        self.assertEqual(adopted[RS]["spec"]["kopia"]["copyMethod"], "Snapshot")
        self.assertTrue(adopted[RD]["spec"]["paused"])
        self.assertEqual(adopted[RD]["spec"]["kopia"]["repository"], SECRET)
        self.assertEqual(adopted[EXTERNAL_SECRET]["spec"]["secretStoreRef"]["name"], "1password")

    def test_what_was_taken_over_has_no_label_by_which_kyverno_deletes_it(self):
        label = "generate.kyverno.io/policy-name"
        for kind in PARTS.values():
            self.plant(kind, "kyverno", **{label: "volsync-backup", "team": "films"})
        self.protect()
        wait_until(lambda: all(label not in self.part_of(kind)["metadata"]["labels"] for kind in PARTS.values()),
                   PATIENCE, "the labels are gone")
        for kind in PARTS.values():
            self.assertEqual(self.part_of(kind)["metadata"]["labels"]["team"], "films")

    def test_what_movers_of_a_source_use_is_taken_over_with_it_or_not_at_all(self):
        planted = self.plant_all("kyverno")
        planted[RS] = self.change(RS, {"spec": {"kopia": {
            "username": "data", "hostname": self.namespace, "sourcePathOverride": "/srv"}}})
        self.assertTrue(self.create(pvc(labels={"app": "films"})).ok)
        self.part.bind(self.namespace, "data")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": "hourly"}}})
        wait_until(lambda: self.messages("ForeignIdentity"), PATIENCE, "an Event says so")
        self.stays(lambda: self.part_of(EXTERNAL_SECRET) == planted[EXTERNAL_SECRET], "movers use it as it is")
        self.assert_untouched(planted)
        self.assertTrue(any(line.startswith("AdoptionWaits") for line in self.audit()["waitsFor"]))
        self.change(RS, {"spec": {"kopia": {"sourcePathOverride": "/data"}}})
        self.wait_for_ours()

    def test_an_image_of_before_does_not_outlive_the_adoption(self):
        self.plant(RD, "kyverno")
        self.part.start_restore(self.namespace, DESTINATION)
        self.part.finish_restore(self.namespace, DESTINATION)
        self.assertIsNotNone(self.image_on_destination())
        self.create_patiently(pvc())
        self.wait_for_destination()
        wait_until(lambda: self.image_on_destination() is None, PATIENCE, "the old image is taken off")

    def test_an_image_that_nobody_took_over_is_refused_with_what_to_delete_and_that_settles_it(self):
        snapshot = self.backup()
        self.plant(RD, "kyverno")
        self.part.start_restore(self.namespace, DESTINATION)
        self.assert_refused(self.create_patiently(pvc()), "ForeignDestination")  # it may show an image at any moment
        self.part.finish_restore(self.namespace, DESTINATION)
        before = self.part_of(RD)
        answer = self.create_patiently(pvc())
        self.assert_refused(answer, "ForeignDestination")
        self.assertIn(f"delete ReplicationDestination {DESTINATION} in the namespace {self.namespace}", answer.message)
        self.stays(lambda: self.part_of(RD) == before, "somebody else's PVC may be filled from it")
        self.delete_part(RD)
        self.assert_restored(self.create_patiently(pvc()), snapshot)
        self.wait_for_run()

    def test_a_source_that_backs_up_elsewhere_is_left_as_it_is_until_the_settings_name_that_place(self):
        self.plant(RS, "kyverno")
        elsewhere = self.change(RS, {"spec": {"kopia": {
            "username": "data", "hostname": self.namespace, "sourcePathOverride": "/srv"}}})
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        [said] = wait_until(lambda: self.messages("ForeignIdentity"), PATIENCE, "an Event says so")
        self.assertIn(f"data@{self.namespace}:/srv", said)
        self.assertIn('"{pvc}@{namespace}:/srv"]}`', said)
        self.wait_for_destination()
        self.wait_for_audit(source="foreign")
        self.assert_untouched({RS: elsewhere})
        self.change(RS, {"spec": {"kopia": {"sourcePathOverride": "/data"}}})
        wait_until(lambda: self.all_ours(), PATIENCE, "it is taken over as soon as that is the PVC's own place")

    def test_nobody_else_s_objects_are_taken_over(self):
        planted = self.plant_all("helm")
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        self.wait_for_foreign("secret", "destination", "source")
        self.assert_untouched(planted)

    def test_adoptable_objects_of_pvcs_that_want_no_backup_are_left_alone(self):
        planted = self.plant_all("kyverno")
        self.assertTrue(self.create(pvc(labels={"app": "films"})).ok)
        orphan = self.plant(RS, "kyverno", "ghost-backup", **{PVC_LABEL: "ghost"})
        self.stays(lambda: self.part_of(RS) == planted[RS], "it is as it was")
        self.assert_untouched(planted)
        self.assertEqual(self.objects.get(RS, self.namespace, "ghost-backup"), orphan)
