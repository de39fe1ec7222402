"""Whose an object is: holdfast keeps its own as they should be, and touches nobody else's."""

import json

import re
import time

from guarded_case import pvc
from owned_parts import MANAGER, PARTS, PVC_LABEL, OwnedParts, is_ours
from rendering import keeps, render
from rig.audit import AuditLog
from rig.objects import (EXTERNAL_SECRET, JOB, KOPIA_MAINTENANCE, NAMESPACE, PVC, REPLICATION_DESTINATION as RD,
                         REPLICATION_SOURCE as RS, Kind)
from rig.processes import wait_until
from restore_case import DESTINATION, PATIENCE, RUN, SOURCE

_METADATA = [{"metadata": {"labels": {PVC_LABEL: "other"}}},
             {"metadata": {"annotations": {"holdfast.dev/applied": None}}}]
_LOG_OF_REMOVAL = re.compile(r'msg="?(to be deleted|deleted)"? .*name=(\S+)')


class Ownership(OwnedParts):
    # --- others' objects

    def test_foreign_objects_are_left_alone_and_reported_until_they_go(self):
        since = AuditLog.now()
        planted = self.plant_all()
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        said = self.wait_for_foreign("secret", "destination", "source")
        self.assertTrue(said["gap"])
        for name, kind in PARTS.items():
            [sentence] = [text for text in said["waitsFor"]
                          if text.startswith(f"ForeignObject: {kind.name} {name.strip()} ")]
            self.assertIn("it names no manager", sentence)
            self.assertIn("take it over with `holdfast adopt --apply`", sentence)
            self.assertNotIn("generator.adopt", sentence)
        self.assert_untouched(planted)
        self.assertEqual(self.writes_in_namespace(since), [])
        for kind in planted:
            self.delete_part(kind)
        self.wait_for_ours()
        wait_until(lambda: "ForeignObject" not in str(self.audit()), PATIENCE, "nothing foreign is reported any more")

    def test_a_foreign_destination_refuses_a_creation_that_should_be_restored(self):
        snapshot = self.backup()
        self.plant(RD, "somebody")
        self.assert_refused(self.create_patiently(pvc()), "ForeignDestination")
        self.delete_part(RD)
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_a_foreign_run_stops_the_restore_until_it_goes(self):
        theirs = self.plant(RD, name=RUN)
        self.create_with_backup()
        wait_until(lambda: any(RUN in text for text in self.messages("ForeignObject")), PATIENCE, "the run is reported")
        self.stays(lambda: self.image_on_destination() is None, "the destination shows no image")
        self.assertEqual(self.rd(RUN), theirs)
        self.objects.delete(RD, self.namespace, RUN)
        self.wait_for_run()

    def test_objects_of_kyverno_and_pvc_plumber_are_left_alone_and_adopt_is_named(self):
        planted = {RD: self.plant(RD, "kyverno"), RS: self.plant(RS, "pvc-plumber"),
                   EXTERNAL_SECRET: self.plant(EXTERNAL_SECRET, "kyverno", **{PVC_LABEL: "data"})}
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        said = self.wait_for_foreign("secret", "destination", "source")
        sentences = [text for text in said["waitsFor"] if text.startswith("ForeignObject")]
        self.assertEqual(len(sentences), len(planted))
        for sentence in sentences:
            self.assertIn("generator.adopt: true", sentence)
        self.assert_planned(planted)
        self.opt_out()
        wait_until(lambda: not self.audit()["protected"], PATIENCE, "the PVC is seen to want no backup")
        self.stays(lambda: all(map(self.part_of, planted)), "theirs are there")
        self.assert_untouched(planted)

    def assert_planned(self, planted: dict):
        """`adopt --plan` says what would change, field by field, and writes nothing."""
        done = self.command("adopt", "--plan", f"{self.namespace}/data", "-o", "json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        [item] = json.loads(done.stdout)["items"]
        self.assertTrue(item["whole"])
        found = {part["kind"]: part for part in item["objects"]}
        self.assertEqual({kind: part["manager"] for kind, part in found.items()},
                         {"ReplicationDestination": "kyverno", "ReplicationSource": "pvc-plumber",
                          "ExternalSecret": "kyverno"})
        changes = {change["field"]: change for change in found["ReplicationSource"]["changes"]}
        self.assertEqual(changes["spec.kopia.copyMethod"],
                         {"field": "spec.kopia.copyMethod", "before": '"Clone"', "after": '"Snapshot"'})
        self.assertNotIn("spec.trigger.schedule", changes)
        self.assertNotIn("before", changes["spec.kopia.compression"])
        self.assert_untouched(planted)
        text = self.command("adopt", "--plan", self.namespace).stdout
        self.assertIn("ReplicationSource data-backup of pvc-plumber: is taken over", text)
        self.assertIn("1 PVC with objects of others, 1 of them taken over as a whole; nothing was written", text)

    def test_no_second_source_is_made_beside_another_s_of_the_same_pvc(self):
        def source(name: str, **mover) -> None:
            self.objects.create(RS, self.namespace, {"metadata": {"name": name}, "spec": {
                "sourcePVC": "data", "trigger": {"schedule": "0 0 1 1 *"}, **mover}})
        source("nightly", kopia={"repository": "theirs", "username": "nightly", "hostname": self.namespace,
                                 "copyMethod": "Clone"})
        source("second-copy", restic={"repository": "theirs", "copyMethod": "Clone"})
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(lambda: "ForeignSource" in self.reasons(), PATIENCE, "an Event says so")
        said = self.audit()
        self.assertTrue(said["gap"])
        self.assertEqual(said["otherSources"], ["nightly (kopia)", "second-copy (restic)"])
        [sentence] = [text for text in said["waitsFor"] if text.startswith("ForeignSource: ")]
        self.assertIn(f"backs the PVC up as nightly@{self.namespace}:/data", sentence)
        self.stays(lambda: self.part_of(RS) is None, "there is no source of holdfast's")
        self.objects.delete(RS, self.namespace, "nightly")
        self.wait_for_ours()
        wait_until(lambda: self.audit().get("otherSources") == ["second-copy (restic)"], PATIENCE,
                   "only the second copy is left")
        self.assertFalse([gap for gap in self.audit()["gaps"] if "ForeignSource" in gap or "second-copy" in gap])

    def test_no_source_is_made_under_an_identity_that_another_pvc_is_backed_up_under(self):
        self.objects.create(RS, self.namespace, {"metadata": {"name": "keep"}, "spec": {
            "sourcePVC": "photos", "trigger": {"schedule": "0 0 1 1 *"},
            "kopia": {"repository": "theirs", "username": "data-backup", "hostname": self.namespace}}})
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(lambda: "IdentityTaken" in self.reasons(), PATIENCE, "an Event says so")
        self.assertIn(f"where the backups of {self.namespace}/photos lie", self.messages("IdentityTaken")[0])
        self.wait_for_audit(gap=True)
        self.stays(lambda: self.part_of(RS) is None, "there is no source of holdfast's")
        self.objects.delete(RS, self.namespace, "keep")
        self.wait_for_ours()

    # --- our objects

    def test_a_deleted_object_of_ours_comes_back(self):
        before = self.protect()
        for kind in before:
            self.delete_part(kind)
        after = self.wait_for_ours()
        for kind, old in before.items():
            self.assertNotEqual(after[kind]["metadata"]["uid"], old["metadata"]["uid"])
            self.assertEqual(after[kind]["spec"], old["spec"])

    def test_a_changed_destination_is_repaired(self):
        self.assert_all_repaired(RD, [
            {"spec": {"paused": False}}, {"spec": {"trigger": {"manual": "restore-once"}}},
            {"spec": {"kopia": {"username": "another"}}}, *_METADATA, {"metadata": {"ownerReferences": None}}])

    def test_a_changed_source_is_repaired(self):
        self.assert_all_repaired(RS, [
            {"spec": {"sourcePVC": "other"}}, {"spec": {"trigger": {"schedule": "0 0 1 1 *"}}},
            {"spec": {"kopia": {"retain": {"hourly": None}}}}, {"spec": {"kopia": {"moverVolumes": []}}},
            {"spec": {"kopia": {"sourcePathOverride": "/elsewhere"}}}, *_METADATA])

    def test_a_changed_secret_is_repaired(self):
        self.assert_all_repaired(EXTERNAL_SECRET, [
            {"spec": {"data": [{"secretKey": "other", "remoteRef": {"key": "other"}}]}},
            {"spec": {"target": {"template": None}}}, *_METADATA, {"metadata": {"ownerReferences": None}}])

    def assert_all_repaired(self, kind: Kind, patches: list[dict]):
        """One after another, and the object stays the same one."""
        before = self.protect()[kind]
        wanted = {"spec": before["spec"], "metadata": {
            key: before["metadata"][key] for key in ("uid", "labels", "annotations", "ownerReferences")}}
        for patch in patches:
            with self.subTest(patch):
                self.assertFalse(keeps(self.change(kind, patch), wanted))
                wait_until(lambda: keeps(self.part_of(kind), wanted), PATIENCE, f"{kind.name} is repaired")

    def test_a_source_that_names_no_owner_is_made_anew(self):
        before = self.protect()[RS]
        self.change(RS, {"metadata": {"ownerReferences": None}})
        after = self.wait_for_ours()[RS]
        self.assertNotEqual(after["metadata"]["uid"], before["metadata"]["uid"])
        self.assertEqual(after["spec"], before["spec"])

    def test_an_object_that_is_made_to_name_another_pvc_comes_back_to_its_own(self):
        before = self.protect()
        for kind in PARTS.values():
            self.change(kind, {"metadata": {"annotations": {"holdfast.dev/pvc": "another"},
                                            "labels": {PVC_LABEL: "another"}}})
        def all_name_it():
            parts = self.all_ours()
            return parts and all(part["metadata"]["annotations"]["holdfast.dev/pvc"] == "data"
                                 and part["metadata"]["labels"][PVC_LABEL] == "data" for part in parts.values())
        wait_until(all_name_it, PATIENCE, "all parts name their PVC again")
        self.stays(all_name_it, "they stay so")
        for kind, old in before.items():
            self.assertEqual(self.part_of(kind)["metadata"]["uid"], old["metadata"]["uid"], kind.name)

    def test_a_source_that_synchronises_is_no_orphan_because_somebody_edits_its_annotation(self):
        uid = self.protect()[RS]["metadata"]["uid"]
        self.part.start_backup(self.namespace, SOURCE)
        since = AuditLog.now()
        self.change(RS, {"metadata": {"annotations": {"holdfast.dev/pvc": "ghost"}}})
        wait_until(lambda: any(text.startswith("Synchronizing: ") for text in self.audit().get("waitsFor", [])),
                   PATIENCE, "the repair is put off")
        self.stays(lambda: not self.writes_in_namespace(since), "nothing is written or deleted meanwhile")
        self.part.finish_backup(self.namespace, SOURCE)
        wait_until(lambda: self.rs()["metadata"]["annotations"]["holdfast.dev/pvc"] == "data", PATIENCE, "the repair")
        self.assertEqual(self.rs()["metadata"]["uid"], uid)

    def test_backups_that_somebody_stops_stay_stopped_and_are_reported_until_they_go_on(self):
        self.protect()
        for word, code, patch, undo in (
                ("paused", "BackupsPaused", {"paused": True}, {"paused": None}),
                ("manual", "BackupsManual", {"trigger": {"manual": "once"}}, {"trigger": {"manual": None}})):
            with self.subTest(word):
                stopped = self.change(RS, {"spec": patch})
                wait_until(lambda: self.audit()["source"] == word, PATIENCE, "it is seen")
                self.assertIn(f"{code}: the PVC is not backed up on schedule", str(self.audit()["waitsFor"]))
                wait_until(lambda: self.messages(code), PATIENCE, "an Event says so")
                self.assertEqual(self.rs()["spec"], stopped["spec"])
                self.change(RS, {"spec": undo})
                wait_until(lambda: self.audit()["source"] == "scheduled" and code not in str(self.audit()), PATIENCE,
                           "backups go on")
                self.assertEqual(len(self.messages(code)), 1)

    def test_what_others_add_to_our_objects_stays(self):
        before = self.protect()
        theirs = {"metadata": {"labels": {"team": "films"}, "annotations": {"note": "keep"}}}
        more = {RS: {"spec": {"kopia": {"moverPodLabels": {"team": "films"}, "retain": {"yearly": 3}}}},
                RD: {"spec": {"kopia": {"moverPodLabels": {"team": "films"}}}},
                EXTERNAL_SECRET: {"spec": {"target": {"deletionPolicy": "Retain"}}}}
        for kind in before:
            self.change(kind, theirs | more[kind])
        owners = before[RS]["metadata"]["ownerReferences"] + [{
            "apiVersion": "v1", "kind": "Namespace", "name": self.namespace,
            "uid": self.objects.get(NAMESPACE, None, self.namespace)["metadata"]["uid"]}]
        self.change(RD, {"metadata": {"ownerReferences": owners}})
        since = AuditLog.now()
        self.stays(lambda: not self.writes_in_namespace(since), "nothing is written")
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": "hourly"}}})
        wait_until(lambda: self.rs()["spec"]["trigger"]["schedule"].endswith(" * * * *"), PATIENCE, "the new schedule")
        for kind in before:
            self.assertTrue(keeps(self.part_of(kind), theirs | more[kind]), self.part_of(kind))
        self.assertEqual(len(self.rd(DESTINATION)["metadata"]["ownerReferences"]), len(owners))

    def test_an_object_without_our_label_is_somebody_elses_from_then_on(self):
        planted = {}
        self.protect()
        for kind in PARTS.values():
            planted[kind] = self.change(kind, {"metadata": {"labels": {MANAGER: None}}})
        self.wait_for_foreign("secret", "destination", "source")
        self.wait_for_audit(gap=True)
        self.assert_untouched(planted)
        for kind in planted:
            self.change(kind, {"metadata": {"labels": {MANAGER: "holdfast"}}})
        wait_until(lambda: "ForeignObject" not in str(self.audit()), PATIENCE, "they are holdfast's again")
        self.wait_for_ours()

    # --- the end of a PVC

    def test_orphans_are_listed_and_deleted_and_nothing_else_is(self):
        orphans = [self.plant(kind, "holdfast", f"ghost-{kind.plural}", **{PVC_LABEL: "ghost"})
                   for kind in PARTS.values()]
        others = [self.plant(RS, None, "no-manager", **{PVC_LABEL: "ghost"}),
                  self.plant(RS, "helm", "of-helm", **{PVC_LABEL: "ghost"}),
                  self.plant(RD, "kyverno", "of-kyverno", **{PVC_LABEL: "ghost"}),
                  self.plant(RS, "holdfast", "of-no-pvc")]
        def left():
            return {item["metadata"]["name"] for kind in PARTS.values()
                    for item in self.objects.items(kind, self.namespace)}
        names = {other["metadata"]["name"] for other in others}
        wait_until(lambda: left() == names, PATIENCE, "the orphans are gone")
        self.stays(lambda: left() == names, "the others are there")
        for orphan in orphans:
            name = orphan["metadata"]["name"]
            told = [word for word, of in _LOG_OF_REMOVAL.findall(self.holdfast.process.said()) if of == name]
            self.assertEqual(told, ["to be deleted", "deleted"], name)
        nameless = [line for line in self.holdfast.process.said().splitlines() if "names no PVC" in line]
        self.assertEqual(sum(f"namespace={self.namespace} name=of-no-pvc" in line for line in nameless), 1, nameless)

    def test_a_pvc_created_again_at_once_has_all_objects_to_itself(self):
        old = self.protect()
        self.objects.delete(PVC, self.namespace, "data")
        answer = wait_until(lambda: (got := self.create_patiently(pvc())).ok and got, PATIENCE, "it is created again")
        self.assertNotEqual(answer.body["metadata"]["uid"], old[RS]["metadata"]["ownerReferences"][0]["uid"])
        self.part.bind(self.namespace, "data")
        self.wait_for_ours()
        self.stays(self.all_ours, "all are of the new PVC")
        self.assertNotEqual(self.rs()["metadata"]["uid"], old[RS]["metadata"]["uid"])

    def test_a_namespace_goes_without_a_storm_of_errors(self):
        names = [f"data-{number}" for number in range(5)]
        for name in names:
            self.create_patiently(pvc(name))
            self.part.bind(self.namespace, name)
        wait_until(lambda: self.objects.count_ours(self.namespace).get(RS.plural) == len(names), PATIENCE,
                   "all sources")
        since = AuditLog.now()
        self.objects.delete(NAMESPACE, None, self.namespace)
        wait_until(lambda: self.objects.get(NAMESPACE, None, self.namespace) is None, 120, "the namespace is gone", 0.3)
        self.assertEqual(self.objects.count_ours(self.namespace), {})
        failed = [request for request in self.asked(since).writes
                  if request.namespace == self.namespace and request.code >= 400]
        # An object may go in the moment in which it is written or deleted: that is one each, and no more.
        self.assertLessEqual(len(failed), 4 * len(names), failed)
        created = [request for request in failed if request.code == 403]
        self.assertLessEqual(len(created), len(names), created)


class Swept(OwnedParts):
    """What no watch tells: only the sweep notices."""

    flags = (*OwnedParts.flags, "--sweep", "10s")

    def maintenance(self) -> dict | None:
        return next(iter(self.objects.items(KOPIA_MAINTENANCE, self.account.namespace)), None)

    def test_an_edited_and_a_deleted_maintenance_come_back(self):
        before = wait_until(self.maintenance, PATIENCE, "the maintenance")
        place = (KOPIA_MAINTENANCE, self.account.namespace, before["metadata"]["name"])
        edited = self.objects.merge(*place, {"spec": {"trigger": {"schedule": "0 0 1 1 *"}}})
        self.assertNotEqual(edited["spec"], before["spec"])
        wait_until(lambda: self.maintenance()["spec"] == before["spec"], PATIENCE, "it is repaired")
        self.objects.delete(*place)
        after = wait_until(self.maintenance, PATIENCE, "it is made anew")
        self.assertEqual(after["spec"], before["spec"])
        self.assertNotEqual(after["metadata"]["uid"], before["metadata"]["uid"])

    def maintenance_line(self) -> str:
        [line] = [line for line in self.holdfast.get("/readyz")[1].splitlines() if line.startswith("maintenance: ")]
        return line

    def test_what_becomes_of_the_maintenance_is_told(self):
        namespace, name = self.account.namespace, wait_until(self.maintenance, PATIENCE, "it")["metadata"]["name"]
        self.part.set_up_maintenance(namespace, name)
        for job in ("maintenance-1", "maintenance-2"):
            self.addCleanup(self.objects.delete, JOB, namespace, job)
        wait_until(lambda: self.maintenance_line() == "maintenance: ok", PATIENCE, "it is well")
        self.part.end_maintenance(namespace, name, "maintenance-1", failed=True)
        wait_until(lambda: "JobFailed: Job maintenance-1 failed (BackoffLimitExceeded" in self.maintenance_line(),
                   PATIENCE, "a failed Job is told, although the KopiaMaintenance is ready")
        self.assertEqual(self.holdfast.metric("holdfast_maintenance_problem", reason="JobFailed"), 1)
        time.sleep(1.1)  # Jobs are told apart by the second in which they were made
        self.part.end_maintenance(namespace, name, "maintenance-2", failed=False)
        wait_until(lambda: self.maintenance_line() == "maintenance: ok", PATIENCE, "one that succeeds ends it")
        self.assertEqual(self.holdfast.metric("holdfast_maintenance_problem", reason="JobFailed"), 0)
        self.assertGreater(self.holdfast.metric("holdfast_maintenance_last_success_timestamp_seconds"), 1.7e9)

    def test_a_foreign_object_that_leaves_a_shortened_name_makes_room_for_ours(self):
        longest = "n" * 253
        [destination] = [document["metadata"]["name"] for document in render({}, pvc(longest))
                  if document["kind"] == RD.name]
        self.assertFalse(destination.startswith(longest))
        self.plant(RD, "somebody", destination)
        self.create_patiently(pvc(longest))
        wait_until(lambda: self.audit(longest)["destination"] == "foreign", PATIENCE, "it is reported")
        self.stays(lambda: self.audit(longest)["destination"] == "foreign", "nothing is left to do for the PVC")
        self.objects.delete(RD, self.namespace, destination)
        uid = self.claim(longest)["metadata"]["uid"]
        wait_until(lambda: (found := self.rd(destination)) and is_ours(found, uid), PATIENCE, "the destination is holdfast's")
