"""Whose an object is: holdfast keeps its own as they should be, and touches nobody else's."""

import copy
import re

from guarded_case import pvc
from rendering import keeps
from rig.audit import AuditLog
from rig.objects import (EXTERNAL_SECRET, NAMESPACE, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS,
                         Kind)
from rig.processes import wait_until
from storied import DOOR, HOME_NFS, PATIENCE, RUN, SECRET, SOURCE, Storied

MANAGER = "app.kubernetes.io/managed-by"
PVC_LABEL = "volsync.backup/pvc"
PARTS = {SECRET: EXTERNAL_SECRET, f"{DOOR} ": RD, SOURCE: RS}  # a door and a source may bear one name
SPECS = {
    EXTERNAL_SECRET: {"refreshInterval": "7h", "secretStoreRef": {"kind": "SecretStore", "name": "theirs"},
                      "data": [{"secretKey": "password", "remoteRef": {"key": "theirs"}}],
                      "target": {"name": "theirs"}},
    RD: {"trigger": {"manual": "theirs"}, "kopia": {"repository": "theirs", "copyMethod": "Snapshot",
                                                    "capacity": "9Gi", "accessModes": ["ReadWriteOnce"]}},
    RS: {"sourcePVC": "theirs", "trigger": {"schedule": "0 0 1 1 *"}, "kopia": {"repository": "theirs",
                                                                               "copyMethod": "Clone"}}}
_METADATA = [{"metadata": {"labels": {PVC_LABEL: "other"}}},
             {"metadata": {"annotations": {"holdfast.dev/applied": None}}}]
_LOG_OF_REMOVAL = re.compile(r'msg="?(to be deleted|deleted)"? .*name=(\S+)')


class Owned(Storied):
    """The parts of the PVC `data`, whoever made them."""

    def part_of(self, kind: Kind) -> dict | None:
        return self.objects.get(kind, self.namespace, _name(kind))

    def plant(self, kind: Kind, manager: str | None = None, name: str = "", **labels: str) -> dict:
        """An object of somebody else's, under the name that ours would have."""
        labels = labels | ({MANAGER: manager} if manager else {})
        return self.objects.create(kind, self.namespace, {
            "metadata": {"name": name or _name(kind), "labels": labels}, "spec": copy.deepcopy(SPECS[kind])})

    def plant_all(self, manager: str | None = None) -> dict[Kind, dict]:
        return {kind: self.plant(kind, manager) for kind in PARTS.values()}

    def protect(self) -> dict[Kind, dict]:
        """The PVC `data`, bound, with all its parts in place."""
        answer = self.create_patiently(pvc())
        self.assertTrue(answer.ok, str(answer))
        self.part.bind(self.namespace, "data")
        return self.wait_for_ours()

    def wait_for_ours(self) -> dict[Kind, dict]:
        return wait_until(self.all_ours, PATIENCE, "all parts are holdfast's")

    def all_ours(self) -> dict[Kind, dict] | None:
        """Those of the PVC that is there now."""
        uid = self.claim()["metadata"]["uid"]
        parts = {kind: self.part_of(kind) for kind in PARTS.values()}
        return parts if all(part and _is_ours(part, uid) for part in parts.values()) else None

    def change(self, kind: Kind, patch: dict) -> dict:
        return self.objects.merge(kind, self.namespace, _name(kind), patch)

    def delete_part(self, kind: Kind) -> None:
        self.objects.delete(kind, self.namespace, _name(kind))

    def opt_out(self) -> None:
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": None}}})

    def wait_for_foreign(self, *parts: str) -> dict:
        """Those parts of `/audit` say so, and an Event; what `/audit` says."""
        wait_until(lambda: all(self.audit().get(part) == "foreign" for part in parts), PATIENCE, "said to be foreign")
        wait_until(lambda: "ForeignObject" in self.reasons(), PATIENCE, "an Event says that it is foreign")
        return self.audit()

    def assert_untouched(self, planted: dict[Kind, dict]) -> None:
        for kind, before in planted.items():
            self.assertEqual(self.part_of(kind), before, kind.name)

    def writes_in_namespace(self, since) -> list:
        return [request for request in self.asked(since).writes
                if request.namespace == self.namespace and request.resource != "events"]


class Ownership(Owned):
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
            self.assertNotIn("adopt", sentence)
        self.assert_untouched(planted)
        self.assertEqual(self.writes_in_namespace(since), [])
        for kind in planted:
            self.delete_part(kind)
        self.wait_for_ours()
        wait_until(lambda: "ForeignObject" not in str(self.audit()), PATIENCE, "nothing foreign is reported any more")

    def test_a_foreign_door_refuses_a_creation_that_should_be_restored(self):
        snapshot = self.backup()
        self.plant(RD, "somebody")
        self.assert_refused(self.create_patiently(pvc()), "ForeignDestination")
        self.delete_part(RD)
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def test_a_foreign_run_stops_the_restore_until_it_goes(self):
        theirs = self.plant(RD, name=RUN)
        self.create_with_backup()
        wait_until(lambda: any(RUN in text for text in self.messages("ForeignObject")), PATIENCE, "the run is reported")
        self.stays(lambda: self.image_on_door() is None, "the door is shut")
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
        self.opt_out()
        wait_until(lambda: not self.audit()["protected"], PATIENCE, "the PVC is seen to want no backup")
        self.stays(lambda: all(map(self.part_of, planted)), "theirs are there")
        self.assert_untouched(planted)

    # --- our objects

    def test_a_deleted_object_of_ours_comes_back(self):
        before = self.protect()
        for kind in before:
            self.delete_part(kind)
        after = self.wait_for_ours()
        for kind, old in before.items():
            self.assertNotEqual(after[kind]["metadata"]["uid"], old["metadata"]["uid"])
            self.assertEqual(after[kind]["spec"], old["spec"])

    def test_a_changed_door_is_repaired(self):
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
        self.protect()
        for kind in PARTS.values():
            self.change(kind, {"metadata": {"annotations": {"holdfast.dev/pvc": "another"},
                                            "labels": {PVC_LABEL: "another"}}})
        def all_name_it():
            parts = self.all_ours()
            return parts and all(part["metadata"]["annotations"]["holdfast.dev/pvc"] == "data"
                                 and part["metadata"]["labels"][PVC_LABEL] == "data" for part in parts.values())
        wait_until(all_name_it, PATIENCE, "all parts name their PVC again")
        self.stays(all_name_it, "they stay so")

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
        self.assertEqual(len(self.rd(DOOR)["metadata"]["ownerReferences"]), len(owners))

    def test_an_object_without_our_label_is_somebody_elses_from_then_on(self):
        planted = {}
        self.protect()
        for kind in PARTS.values():
            planted[kind] = self.change(kind, {"metadata": {"labels": {MANAGER: None}}})
        self.wait_for_foreign("secret", "destination", "source")
        self.assertTrue(self.audit()["gap"])
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


class Adoption(Owned):
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

    def test_an_image_of_before_does_not_outlive_the_adoption(self):
        self.plant(RD, "kyverno")
        self.part.start_restore(self.namespace, DOOR)
        self.part.finish_restore(self.namespace, DOOR, files=1)
        self.assertIsNotNone(self.image_on_door())
        self.create_patiently(pvc())
        self.wait_for_door()
        wait_until(lambda: self.image_on_door() is None, PATIENCE, "the old image is taken off")

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


def _name(kind: Kind) -> str:
    return next(name.strip() for name, of in PARTS.items() if of == kind)


def _is_ours(document: dict, uid: str) -> bool:
    metadata = document["metadata"]
    owners = [owner["uid"] for owner in metadata.get("ownerReferences", ())]
    return metadata.get("labels", {}).get(MANAGER) == "holdfast" and uid in owners
