"""What holdfast asks of the storage: classes of the right driver, no cache that stays, and no more room than is requested."""

from generator_case import RULES
from guarded_case import pvc
from rig.objects import PVC, REPLICATION_SOURCE as RS, STORAGE_CLASS, VOLUME_SNAPSHOT, VOLUME_SNAPSHOT_CLASS
from rig.processes import wait_until
from restore_case import HOME_NFS, PATIENCE, RUN, RestoreCase

DRIVER, OTHER_DRIVER = "rig.example.org/none", "rig.example.org/other"  # the first is that of `standard`
SET = HOME_NFS.replace("volumeSnapshotClassName: longhorn-snapclass",
                       "volumeSnapshotClassName: twin-snapshots\n    storageClassName: twin")


class Classes(RestoreCase):
    """`twin` and `twin-snapshots` are set; they are of the driver of `standard`. `other` is not."""

    settings = SET

    @classmethod
    def prepare(cls):
        for name, driver in (("twin", DRIVER), ("other", OTHER_DRIVER)):
            cls.objects.apply(STORAGE_CLASS, None, {"metadata": {"name": name}, "provisioner": driver}, force=True)
            cls.addClassCleanup(cls.objects.delete, STORAGE_CLASS, None, name)
        cls.objects.apply(VOLUME_SNAPSHOT_CLASS, None, {
            "metadata": {"name": "twin-snapshots"}, "driver": DRIVER, "deletionPolicy": "Delete"}, force=True)
        cls.addClassCleanup(cls.objects.delete, VOLUME_SNAPSHOT_CLASS, None, "twin-snapshots")

    def source_of(self, name: str, **spec) -> dict:
        """Its kopia part, of a PVC that is bound."""
        self.assertTrue(self.create_patiently(pvc(name, **spec)).ok)
        self.part.bind(self.namespace, name)
        source = wait_until(lambda: self.objects.get(RS, self.namespace, f"{name}-backup"), PATIENCE, f"{name} is backed up")
        return source["spec"]["kopia"]

    def waits_for(self, name: str) -> list[str]:
        return [line for line in self.audit(name).get("waitsFor", []) if line.startswith("StorageClassUnfit")]


class SetClasses(Classes):
    def test_a_set_class_counts_only_for_pvcs_of_its_driver(self):
        kopia = self.source_of("data")
        self.assertEqual((kopia["storageClassName"], kopia["volumeSnapshotClassName"]), ("twin", "twin-snapshots"))
        self.assertEqual(self.waits_for("data"), [])
        kopia = self.source_of("apart", storageClassName="other")
        self.assertEqual(kopia["storageClassName"], "other")
        self.assertNotIn("volumeSnapshotClassName", kopia)
        [said] = self.waits_for("apart")
        self.assertIn(f"StorageClass twin (its provisioner is {DRIVER}, that of the PVC's own class other is {OTHER_DRIVER})",
                      said)
        self.assertFalse(any(line.startswith("StorageClassUnfit") for line in self.audit("apart").get("gaps", [])))

    def test_a_restore_is_of_the_pvcs_own_class(self):
        self.create_with_backup()
        for kopia in (self.wait_for_destination()["spec"]["kopia"], self.wait_for_run()["spec"]["kopia"]):
            self.assertEqual((kopia["storageClassName"], kopia["volumeSnapshotClassName"]),
                             ("standard", "twin-snapshots"))

    def test_a_class_that_is_gone_is_let_go(self):
        self.addCleanup(self.prepare)
        self.assertEqual(self.source_of("data")["storageClassName"], "twin")
        self.objects.delete(STORAGE_CLASS, None, "twin")
        wait_until(lambda: self.rs()["spec"]["kopia"]["storageClassName"] == "standard", PATIENCE, "the class is let go")
        self.assertIn("there is no such class", self.waits_for("data")[0])

    def test_no_cache_stays(self):
        kopia = self.source_of("data")
        self.assertEqual([key for key in kopia if "ache" in key], ["cacheCapacity"])
        self.annotate(cache_storage_class="other")
        wait_until(lambda: self.rs()["spec"]["kopia"].get("cacheStorageClassName") == "other", PATIENCE,
                   "a cache that was asked for")


class UnknownClasses(Classes):
    rules = [each for each in RULES if "storageclasses" not in str(each)]

    def test_a_class_that_may_not_be_looked_up_is_left_out_and_that_is_said(self):
        self.assertEqual(self.source_of("data")["storageClassName"], "standard")
        [said] = self.waits_for("data")
        self.assertIn("holdfast may not list StorageClasses", said)
        self.assertEqual(self.source_of("own", storageClassName="twin")["storageClassName"], "twin")
        self.assertEqual(self.waits_for("own"), [])


class Sizes(RestoreCase):
    def restored_into(self, name: str, **image) -> str:
        """The name of the VolumeSnapshot that is to be offered."""
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        snapshot = self.part.image(self.namespace, name, **image)
        return self.part.finish_restore(self.namespace, RUN, image=snapshot)

    def test_a_snapshot_larger_than_the_request_is_not_published_and_how_much_to_request_is_said(self):
        self.create_with_backup()
        self.restored_into("too-large", size="2Gi")
        wait_until(lambda: self.messages("RestoreSizeExceedsRequest"), PATIENCE, "it is said")
        [said] = self.messages("RestoreSizeExceedsRequest")
        self.assertIn("it requests 1Gi", said)
        self.assertIn("request at least 2Gi", said)
        self.stays(lambda: self.image_on_destination() is None, "the destination shows no image")
        self.assertTrue(any(line.startswith("RestoreSizeExceedsRequest") for line in self.audit()["gaps"]))
        self.delete_claim()
        wait_until(self.nothing_of_ours, PATIENCE, "our objects go with the PVC")
        self.create_patiently(pvc(resources={"requests": {"storage": "2Gi"}}))
        self.wait_for_image(self.restored_into("covered", size="2Gi"))

    def test_a_snapshot_that_is_not_ready_is_published_when_it_is(self):
        self.create_with_backup()
        image = self.restored_into("soon", ready=False)
        wait_until(lambda: any(line.startswith("RestoreImageNotReady") for line in self.audit().get("waitsFor", [])),
                   PATIENCE, "it waits for the snapshot")
        self.assertIsNone(self.image_on_destination())
        self.objects.set_status(VOLUME_SNAPSHOT, self.namespace, image, {"readyToUse": True, "restoreSize": "1Gi"})
        self.wait_for_image(image)

    def test_a_volume_larger_than_its_request_is_a_gap_before_the_day_of_the_restore(self):
        self.assertTrue(self.create_patiently(pvc()).ok)
        self.part.bind(self.namespace, "data")
        wait_until(self.rs, PATIENCE, "backups begin")
        self.assertEqual(self.told_too_small(), [])
        self.objects.set_status(PVC, self.namespace, "data", {"capacity": {"storage": "2Gi"}})
        [gap] = wait_until(self.told_too_small, PATIENCE, "the gap is told")
        self.assertIn("it requests 1Gi, and its volume has 2Gi", gap)
        gaps = self.holdfast.metric("holdfast_pvc_gap", namespace=self.namespace, pvc="data", reason="RequestTooSmall")
        self.assertEqual(gaps, 1)

    def told_too_small(self) -> list[str]:
        return [line for line in self.audit().get("gaps", []) if line.startswith("RequestTooSmall")]


del Classes  # the base is no test itself
