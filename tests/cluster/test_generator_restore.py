"""A restore counts once the promised snapshot has arrived, and only then."""

import datetime
import re

from generator_case import RULES
from guarded_case import our_reference, promise, pvc
from rig.kopia_repo import identity
from rig.objects import NAMESPACE, PVC, REPLICATION_DESTINATION as RD
from rig.processes import wait_until
from rig.volsync_part import NOTHING_RESTORED, RESTORED, counted, nothing_selected
from restore_case import DESTINATION, HOME_NFS, PATIENCE, RUN, SNAPSHOT_FILES, RestoreCase

KOPIA_SAID_LAST = "ERROR unable to open repository: permission denied: /mnt/repository/kopia.repository.f"


class Verification(RestoreCase):
    def begin(self, *names: str) -> None:
        """PVCs whose movers work."""
        for name in names:
            self.create_with_backup(name)
        for name in names:
            self.wait_for_run(name=name)
            self.part.start_restore(self.namespace, f"{name}-restore")

    def wait_until_said(self, reason: str, words: str, name: str = "data") -> str:
        def said():
            return next((text for text in self.messages(reason, name) if re.search(words, text)), None)
        try:
            return wait_until(said, PATIENCE, f"{reason} about {name}: {words}")
        except TimeoutError as error:
            raise AssertionError(f"{error}; said: {self.messages(reason, name)}") from None

    def a_minute_and_a_half_passes(self, run: str = RUN) -> None:
        """For the run: it is longer than the back-off after the first attempt."""
        past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=90)
        self.part.end_of_restore_was(self.namespace, run, past)

    def unverified(self, result: str = "unverified") -> float:
        return self.holdfast.metric("holdfast_restores_total", result=result)

    def test_a_success_that_is_none_never_opens_the_destination(self):
        others = [f"pvc-{number}-backup@elsewhere:/data" for number in range(20)]
        nothing = nothing_selected("lies-backup@here:/data", *others)
        self.assertNotIn("No eligible", nothing)  # that line is cut off
        lies = {
            "nothing": ("the mover selected no snapshot", {"logs": NOTHING_RESTORED}),
            "nothing-in-a-long-list": ("the mover selected no snapshot", {"logs": nothing}),
            "a-listed-path": ("the mover selected no snapshot", {"logs": f"{nothing}\n{RESTORED}"}),
            "part-of-a-line": ("has no line", {"logs": f"ERROR me@here:/{RESTORED}"}),
            "too-few": ("expected 1 files, and the mover restored 0", {"files": 0}),
            "too-many": ("expected 1 files, and the mover restored 7", {"files": 7}),
            "directories": ("expected 1 directories, and the mover restored 2", {"logs": counted(1, 2)}),
            "links": ("expected 0 symbolic links, and the mover restored 1", {"logs": counted(1, 1, 1)}),
            "no-word": ("has no line", {"logs": "Repository connected"}),
            "no-logs": ("operator may not read it", {"logs": ""}),
            "odd-result": ("the mover's result is Odd", {"result": "Odd"}),
        }
        before = self.unverified()
        self.begin(*lies)
        for name, (_, lie) in lies.items():
            self.part.finish_restore(self.namespace, f"{name}-restore", **lie)
        for name, (words, _) in lies.items():
            said = self.wait_until_said("RestoreNotVerified", words, name)
            self.assertRegex(said, r"the next attempt is due at \d{4}-\d\d-\d\dT")
            self.assertEqual(self.audit(name)["restore"], "unverified")
            self.assertTrue(self.audit(name)["gap"])
        self.assertEqual(self.unverified() - before, len(lies))
        self.stays(lambda: not any(self.image_on_destination(name) for name in lies), "no destination shows an image")
        logged = [line for line in self.holdfast.process.said().splitlines() if "restore not verified" in line]
        self.assertTrue(all(any(f"pvc={name}" in line for line in logged) for name in lies), logged)

    def test_the_token_of_another_run_is_not_this_one_s_success(self):
        self.begin("data")
        self.part.finish_restore(self.namespace, RUN, token="restore-once")
        self.stays(lambda: self.image_on_destination() is None, "the destination shows no image")
        self.assertEqual(self.audit()["restore"], "running")
        image = self.part.finish_restore(self.namespace, RUN)
        self.wait_for_image(image)

    def test_it_is_said_by_what_a_restore_was_verified(self):
        self.objects.merge(NAMESPACE, None, self.namespace,
                           {"metadata": {"annotations": {"volsync.backube/privileged-movers": "true"}}})
        words = {"log": {}, "counts": {"files": SNAPSHOT_FILES}}
        before = {by: self.holdfast.metric("holdfast_restores_verified_total", by=by) for by in words}
        self.begin(*words)
        for name, said in words.items():
            image = self.part.finish_restore(self.namespace, f"{name}-restore", **said)
            self.wait_for_image(image, name)
            self.assertEqual(self.audit(name)["verifiedBy"], name)
        for by, count in before.items():
            self.assertEqual(self.holdfast.metric("holdfast_restores_verified_total", by=by) - count, 1)
        self.wait_until_said("RestoreVerified", "its mover says that it is complete.*MOVER_LOG_DEBUG is not", "log")
        said = self.wait_until_said("RestoreVerified", "kopia counted what the snapshot holds", "counts")
        self.assertTrue(said.endswith("1 files, 1 directories, 0 symbolic links"), said)
        self.part.bind(self.namespace, "counts")
        self.wait_for_the_end_of_the_restore("counts")
        self.assertEqual(self.audit("counts")["verifiedBy"], "counts")

    def test_what_an_unprivileged_mover_cannot_restore_is_told(self):
        self.begin("data")
        self.wait_for_image(self.part.finish_restore(self.namespace, RUN))
        self.wait_until_said("RestoreVerified",
                             "owners and modes may not be .* the mover has no privileges and runs as uid 568")
        wait_until(lambda: "owners and modes" in self.audit().get("missing", ""), PATIENCE, "/audit says it too")

    def test_an_end_without_an_image_is_followed_by_another_attempt(self):
        self.begin("data")
        self.part.finish_restore_without_image(self.namespace, RUN)
        said = self.wait_until_said("RestoreNotVerified", "no volume snapshot was made")
        self.assertNotIn("accept-unverified", said)

    def test_the_next_attempt_waits_for_its_time_and_opens_the_destination_when_it_is_right(self):
        self.begin("data")
        first = self.rd(RUN)["spec"]["trigger"]["manual"]
        wrong = self.part.finish_restore(self.namespace, RUN, logs=NOTHING_RESTORED)
        self.wait_until_said("RestoreNotVerified", "attempt 1 .* not verified")
        self.stays(lambda: self.rd(RUN)["spec"]["trigger"]["manual"] == first, "no second attempt before its time")
        self.a_minute_and_a_half_passes()
        second = self.wait_for_run(2)
        token = second["spec"]["trigger"]["manual"]
        self.assertNotEqual(token, first)
        self.wait_until_said("RestoreStarted", f"attempt 2, token {token}")
        self.assertEqual(second["status"]["latestImage"], self.part.reference(wrong))
        self.part.start_restore(self.namespace, RUN)
        self.stays(lambda: self.image_on_destination() is None, "the first attempt's image is not offered")
        right = self.part.finish_restore(self.namespace, RUN, files=SNAPSHOT_FILES)
        self.wait_for_image(right)

    def test_a_person_accepts_an_attempt_by_its_token_and_only_by_that(self):
        self.begin("data")
        image = self.part.finish_restore(self.namespace, RUN, logs=NOTHING_RESTORED)
        said = self.wait_until_said("RestoreNotVerified", "holdfast.dev/accept-unverified")
        token = self.rd(RUN)["spec"]["trigger"]["manual"]
        self.assertIn(f"`holdfast.dev/accept-unverified: {token}`", said)
        self.annotate(accept_unverified=token[:-1] + "2")
        self.stays(lambda: self.image_on_destination() is None, "another attempt's token opens nothing")
        self.annotate(accept_unverified=token)
        self.wait_for_image(image)
        self.wait_until_said("RestoreAcceptedUnverified", "not verified")
        self.part.bind(self.namespace, "data")
        self.wait_for_the_end_of_the_restore()
        wait_until(self.rs, PATIENCE, "backups begin")

    def test_a_failed_mover_is_quoted_and_left_to_volsync(self):
        before = self.unverified("failed")
        self.begin("data")
        token = self.rd(RUN)["spec"]["trigger"]["manual"]
        self.part.fail_restore(self.namespace, RUN, logs="Connecting…\n" + KOPIA_SAID_LAST)
        said = self.wait_until_said("RestoreNotVerified", "VolSync tries again by itself")
        self.assertIn(KOPIA_SAID_LAST, said)
        self.assertEqual(self.unverified("failed") - before, 1)
        self.assertEqual(self.rd(RUN)["spec"]["trigger"]["manual"], token)
        image = self.part.finish_restore(self.namespace, RUN)
        self.wait_for_image(image)

    def test_a_pvc_without_a_pod_waits_at_a_published_image_and_nothing_is_written(self):
        self.begin("data")
        image = self.part.finish_restore(self.namespace, RUN, files=SNAPSHOT_FILES)
        self.wait_for_image(image)
        wait_until(lambda: "RestorePublished" in self.reasons(), PATIENCE, "the Event that says so")
        since = self.plane.audit.now()
        self.stays(lambda: self.image_on_destination() == self.part.reference(image), "the destination shows the image",
                   seconds=6)
        ours = [request for request in self.asked(since).writes if request.namespace == self.namespace]
        self.assertEqual(ours, [])
        self.assertEqual((self.audit()["restore"], self.audit()["verdict"]), ("published", "restore"))
        self.part.bind(self.namespace, "data")
        self.wait_for_the_end_of_the_restore()

    def test_an_older_snapshot_is_not_taken_for_the_promised_one_that_was_deleted(self):
        self.backup()
        promised = self.create_with_backup()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        self.repository.delete(promised)
        image = self.part.finish_restore(self.namespace, RUN)
        said = self.wait_until_said("RestoreNotVerified", f"snapshot {promised.id} .* is not in .* any more")
        self.assertIn("delete the PVC and create it again to restore the newest that is left", said)
        self.assertIsNone(self.image_on_destination())
        self.annotate(accept_unverified=self.rd(RUN)["spec"]["trigger"]["manual"])
        self.wait_for_image(image)

    def test_a_snapshot_that_is_gone_is_not_asked_for_again(self):
        snapshot = self.create_with_backup()
        token = self.wait_for_run()["spec"]["trigger"]["manual"]
        self.repository.delete(snapshot)
        self.part.finish_restore(self.namespace, RUN, logs=NOTHING_RESTORED)
        self.wait_until_said("RestoreNotVerified", f"the promised snapshot {snapshot.id} .* is not in .* any more; "
                                                   "no complete backup of it is left there")
        self.a_minute_and_a_half_passes()
        self.stays(lambda: len(self.messages("RestoreNotVerified")) == 1, "that is said, and nothing else")
        self.assertEqual(self.rd(RUN)["spec"]["trigger"]["manual"], token)
        self.assertIsNone(self.image_on_destination())

    def test_while_the_repository_cannot_be_read_a_finished_restore_waits(self):
        self.begin("data")
        with self.kopia.behaves("fail"):
            self.backup("another")  # so that there is something new to list
            image = self.part.finish_restore(self.namespace, RUN)
            wait_until(lambda: any(text.startswith("EvidenceUnknown") for text in self.audit().get("waitsFor", [])),
                       PATIENCE, "what it waits for is said")
            self.assertEqual(self.audit()["restore"], "checking")
            self.stays(lambda: self.image_on_destination() is None, "the destination shows no image")
            self.assertEqual(self.messages("RestoreNotVerified"), [])
        self.wait_for_image(image)


class Deletion(RestoreCase):
    STAGES = ("open", "running", "unverified", "published")

    def bring_to_their_stages(self) -> None:
        for name in self.STAGES[1:]:
            self.create_with_backup(name)
        for name in self.STAGES[1:]:
            self.wait_for_run(name=name)
            self.part.start_restore(self.namespace, f"{name}-restore")
        self.part.finish_restore(self.namespace, "unverified-restore", logs=NOTHING_RESTORED)
        self.wait_for_image(self.part.finish_restore(self.namespace, "published-restore", files=1), "published")
        wait_until(lambda: "RestoreNotVerified" in self.reasons("unverified"), PATIENCE, "the Event that says so")
        self.create_with_backup("open")

    def token(self, name: str) -> str:
        return self.rd(f"{name}-restore")["spec"]["trigger"]["manual"]

    def test_a_pvc_deleted_at_any_stage_leaves_nothing_and_its_successor_gets_its_own_restore(self):
        self.bring_to_their_stages()
        before = {name: self.token(name) for name in self.STAGES[1:]}
        self.objects.delete_all(PVC, self.namespace)
        wait_until(lambda: not self.objects.items(PVC, self.namespace) and self.nothing_of_ours(), PATIENCE,
                   "nothing of ours is left")
        for name in self.STAGES:
            self.create_with_backup(name)
        for name in self.STAGES:
            self.wait_for_run(name=name)
            self.assertNotEqual(self.token(name), before.get(name))
            self.assertIsNone(self.image_on_destination(name))
        # The end of a mover that worked for the PVC before.
        self.part.finish_restore(self.namespace, "running-restore", token=before["running"], files=SNAPSHOT_FILES)
        self.stays(lambda: self.image_on_destination("running") is None, "the destination shows no image")
        image = self.part.finish_restore(self.namespace, "running-restore")
        self.wait_for_image(image, "running")

    def test_nothing_is_published_twice(self):
        self.create_with_backup()
        self.wait_for_run()
        image = self.part.finish_restore(self.namespace, RUN, files=SNAPSHOT_FILES)
        self.wait_for_image(image)
        self.objects.delete(PVC, self.namespace, "data")
        wait_until(lambda: self.claim() is None and self.nothing_of_ours(), PATIENCE, "nothing of ours is left")
        published = self.asked_of_destination()
        self.create_again()
        self.wait_for_run()
        self.stays(lambda: self.image_on_destination() is None, "the destination of the new PVC is shut")
        self.assertEqual(self.asked_of_destination(), published)

    def asked_of_destination(self) -> int:
        """How often its status was written."""
        return len([request for request in self.asked().of("replicationdestinations/status", "patch")
                    if (request.namespace, request.name) == (self.namespace, DESTINATION)])


class StaleImage(RestoreCase):
    """An image that a crash in the middle left on a destination, while nobody can take it off."""

    MAY_NOT_CLEAR = [rule | {"verbs": ["get", "list", "watch"]} if "replicationdestinations/status" in rule["resources"]
                     or "replicationdestinations" in rule["resources"] else rule for rule in RULES]

    def leave_an_image(self) -> None:
        """On a destination of ours whose PVC is gone."""
        self.objects.create(RD, self.namespace, {
            "metadata": {"name": DESTINATION, "labels": {"app.kubernetes.io/managed-by": "holdfast",
                                                  "volsync.backup/pvc": "data"},
                         "annotations": {"holdfast.dev/pvc": f"{self.namespace}/data"}},
            "spec": {"paused": True, "trigger": {"manual": "holdfast-idle"}, "kopia": {
                "repository": "volsync-data", "copyMethod": "Snapshot", "capacity": "1Gi",
                "accessModes": ["ReadWriteOnce"]}}})
        self.objects.set_status(RD, self.namespace, DESTINATION, {
            "latestImage": self.part.reference(self.part.image(self.namespace, "left-behind"))})

    def test_an_image_left_on_a_destination_is_refused_at_admission_until_it_is_cleared(self):
        snapshot = self.backup()
        self.account.allow(self.MAY_NOT_CLEAR)
        self.addCleanup(self.account.allow, RULES)
        wait_until(lambda: not self.may_write_status(), PATIENCE, "the rule holds")
        self.leave_an_image()
        self.assert_waits(self.create(pvc()), "RestoreImageStale")
        self.assertIsNone(self.claim())
        self.account.allow(RULES)
        wait_until(lambda: self.image_on_destination() is None, PATIENCE, "the image is taken off")
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def may_write_status(self) -> bool:
        answer = self.account.api().request(
            "PATCH", RD.path(self.namespace, "no-such-destination", "status"), {"status": {}}, "application/merge-patch+json")
        return answer.status != 403


class Promises(RestoreCase):
    """What is asked of VolSync is what was promised, byte for byte."""

    settings = HOME_NFS + """
restoreFrom:
  - {from: shop/books, to: shop-copy/data}
restoreIdentities: any
"""

    def assert_asks_for(self, snapshot) -> None:
        kopia = self.wait_for_run()["spec"]["kopia"]
        self.assertEqual(kopia["restoreAsOf"], snapshot.start_time)
        user, _, rest = snapshot.source.partition("@")
        self.assertEqual((kopia["username"], kopia["hostname"]), (user, rest.partition(":")[0]))
        self.assertNotIn("sourceIdentity", kopia)

    def restored_with(self, snapshot, **annotations: str) -> None:
        document = pvc(annotations={f"holdfast.dev/restore-{key.replace('_', '-')}": value
                                    for key, value in annotations.items()})
        answer = self.create_patiently(document)
        self.assertTrue(answer.ok, str(answer))
        found = answer.body["metadata"]["annotations"]
        self.assertEqual(found, found | promise(snapshot))
        self.assertEqual(answer.body["spec"]["dataSourceRef"], our_reference("data"))
        self.assert_asks_for(snapshot)

    def test_the_newest_backup_is_asked_for_by_its_own_start_time_and_identity(self):
        self.backup()
        self.restored_with(self.backup())

    def test_a_time_asks_for_the_backup_of_that_time(self):
        then = self.backup()
        self.backup()
        self.restored_with(then, as_of=then.start_time)

    def test_the_backup_of_another_pvc_is_asked_for_under_its_name(self):
        snapshot = self.repository.snapshot("shop", "books")
        self.namespace = "shop-copy"
        self.api.create_namespace(self.namespace)
        self.addCleanup(self.objects.delete_all, PVC, self.namespace)
        self.restored_with(snapshot, **{"from": "shop/books"})

    def test_an_identity_is_asked_for_as_it_is_written(self):
        self.backup()
        legacy = self.repository.snapshot("shop.of.before", "My_Books")
        self.restored_with(legacy, identity=identity("shop.of.before", "My_Books"))
