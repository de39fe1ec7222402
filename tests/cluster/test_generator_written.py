"""What a running holdfast writes is what `holdfast render` prints, and nothing is written twice."""

import json
import pathlib

from guarded_case import promise, pvc
from rendering import apply_strictly, keeps, kind_of, render
from rig.audit import READS, AuditLog
from rig.objects import CLEANUP_POLICY, KOPIA_MAINTENANCE, NAMESPACE, PVC, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import PATIENCE, RUN, RestoreCase

OTHER_NAMESPACE = "generator-written-elsewhere"
HASH = "holdfast.dev/applied"
COPIES = "generator-written-copies"
SETTINGS = {
    "restoreFrom": [{"from": f"{OTHER_NAMESPACE}/films", "to": f"{COPIES}/data"}],
    "restoreIdentities": "any",
    "generator": {
        "secret": {"mode": "external-secret", "store": "1password", "key": "rustfs"},
        "repository": {"kind": "nfs", "server": "192.0.2.10", "path": "/tank/kopia"},
        "cleanup": "kyverno",
        "offsite": {"enabled": True, "repository": "s3:https://s3.example.org/offsite", "store": "vault",
                    "key": "restic"},
        "backup": {"compression": "pgzip", "moverSecurityContext": {"runAsUser": 568, "fsGroup": 568},
                   "classes": {"standard": {"parallelism": 4}}}}}
V4_SETTINGS = {
    "contracts": ["simple", "pvc-plumber-v4"],
    "index": {"identities": ["{pvc}-backup@{namespace}:/data"]},
    "generator": {"naming": "v4", "cleanup": "kyverno",
                  "secret": {"mode": "external-secret", "store": "1password", "key": "rustfs"},
                  "repository": {"kind": "s3", "bucket": "backups", "endpoint": "s3.example.org"}}}
PLUMBER_LABELS = {"pvc-plumber.io/enabled": "true", "pvc-plumber.io/manage-volsync": "true",
                  "pvc-plumber.io/tier": "hourly"}


class Written(RestoreCase):
    settings = json.dumps(SETTINGS)

    def claims(self) -> list[dict]:
        return [self.api.get_pvc(self.namespace, item["metadata"]["name"]).body
                for item in self.objects.items(PVC, self.namespace)]

    def stored_like(self, document: dict) -> dict | None:
        metadata = document["metadata"]
        return self.objects.get(kind_of(document), metadata.get("namespace"), metadata["name"])

    def is_as_printed(self, document: dict) -> bool:
        return keeps(self.stored_like(document), document)

    def writes_since(self, since) -> list:
        return [request for request in self.asked(since).writes
                if request.namespace == self.namespace and request.resource != "events"]

    def test_what_is_written_is_what_is_printed_and_applying_it_changes_nothing(self):
        longest = "n" * 253
        annotations = {"holdfast.dev/offsite": "true", "holdfast.dev/schedule": "M 1,13 * * *",
                       "holdfast.dev/retain": "1/2/3/4", "holdfast.dev/run-as": "1000:1000"}
        for claim in (pvc(annotations=annotations), pvc(longest)):
            self.create_patiently(claim)
            self.part.bind(self.namespace, claim["metadata"]["name"])
        printed = render(SETTINGS, *self.claims())
        self.assertEqual(len(printed), 5 + 3 + 3)  # with the maintenance, its secret and the policy
        for document in printed:
            wait_until(lambda: self.is_as_printed(document), PATIENCE,
                       f'{document["kind"]} {document["metadata"]["name"]} is as printed')
        before = [self.stored_like(document) for document in printed]
        since = AuditLog.now()
        # Under holdfast's own name: what it had written beside that would be taken away.
        for document in printed:
            answer = apply_strictly(self.api, document, dry_run=False)
            self.assertTrue(answer.ok, str(answer))
        self.stays(lambda: not self.writes_since(since), "nothing is written again")
        self.assertEqual([self.stored_like(document) for document in printed], before)

    def test_of_a_pvc_from_git_no_owner_is_printed_and_nothing_else_is_different(self):
        self.create_patiently(pvc())
        [live] = self.claims()
        printed = render(SETTINGS, live)
        owned = [document for document in printed if "ownerReferences" in document["metadata"]]
        self.assertEqual({owner["uid"] for document in owned for owner in document["metadata"]["ownerReferences"]},
                         {live["metadata"]["uid"]})
        self.assertEqual(len(owned), 3)
        for document in owned:
            del document["metadata"]["ownerReferences"]
        del live["metadata"]["uid"]
        from_git = render(SETTINGS, live)
        for document in (*printed, *from_git):
            document["metadata"].get("annotations", {}).pop(HASH, None)
        self.assertEqual(from_git, printed)

    def test_every_write_is_validated_strictly_and_under_our_name(self):
        self.create_patiently(pvc())
        self.wait_for_destination()
        writes = [request for request in self.asked().writes if request.verb not in (*READS, "delete")]
        self.assertTrue({"replicationdestinations", "kopiamaintenances"} <= {write.resource for write in writes})
        for write in writes:
            self.assertIn("fieldManager=holdfast", write.query, write)
            self.assertIn("fieldValidation=Strict", write.query, write)

    def test_a_restore_of_an_explicit_identity_asks_for_that_one(self):
        self.backup()
        other = self.repository.snapshot(OTHER_NAMESPACE, "books")
        answer = self.create_patiently(pvc(annotations={"holdfast.dev/restore-identity": other.source}))
        self.assert_restored(answer, other)
        self.assert_restores("books-backup", OTHER_NAMESPACE, other)

    def test_a_restore_from_another_pvc_asks_for_that_ones_backup(self):
        self.namespace = COPIES
        self.api.create_namespace(COPIES)
        self.addCleanup(self.objects.delete_all, PVC, COPIES)
        other = self.repository.snapshot(OTHER_NAMESPACE, "films")
        answer = self.create_patiently(pvc(annotations={"holdfast.dev/restore-from": f"{OTHER_NAMESPACE}/films"}))
        self.assert_restored(answer, other)
        self.assert_restores("films-backup", OTHER_NAMESPACE, other)

    def assert_restores(self, user: str, host: str, snapshot):
        run = self.wait_for_run()
        kopia = run["spec"]["kopia"]
        self.assertEqual((kopia["username"], kopia["hostname"]), (user, host))
        self.assertEqual(kopia["restoreAsOf"], snapshot.start_time)
        destination = self.wait_for_destination()["spec"]["kopia"]
        self.assertEqual((destination["username"], destination["hostname"]), ("data-backup", self.namespace))


class Renamed(RestoreCase):
    """The names of pvc-plumber v4, its contract beside ours, S3, an identity of the settings, and kyverno."""

    settings = json.dumps(V4_SETTINGS)

    def test_a_promise_refers_to_the_destination_of_the_strategy(self):
        self.objects.merge(NAMESPACE, None, self.namespace,
                           {"metadata": {"labels": {"pvc-plumber.io/managed-namespace": "true"}}})
        snapshot = self.backup()
        answer = self.create_patiently(pvc(labels=PLUMBER_LABELS))
        self.assertTrue(answer.ok, str(answer))
        self.assertEqual(answer.body["spec"]["dataSourceRef"]["name"], "data-dst")
        self.assertTrue(keeps(answer.body["metadata"]["annotations"], promise(snapshot)))
        wait_until(lambda: self.rd("data-dst"), PATIENCE, "the destination stands")
        kopia = self.wait_for_run()["spec"]["kopia"]
        self.assertEqual((kopia["username"], kopia["restoreAsOf"]), ("data-backup", snapshot.start_time))
        self.assertNotIn("moverVolumes", kopia)
        self.assertEqual(self.rd(RUN)["metadata"]["labels"]["volsync.backup/pvc"], "data")

    def test_what_is_left_to_kyverno_stays_until_holdfast_cleans_up_itself(self):
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(lambda: self.objects.get(RS, self.namespace, "data"), PATIENCE, "the source")
        self.assertIsNotNone(self.objects.get(CLEANUP_POLICY, None, "volsync-orphan-cleanup"))
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": None}}})
        wait_until(lambda: not self.audit()["protected"], PATIENCE, "the PVC is seen to want no backup")
        self.stays(lambda: len(self.objects.count_ours(self.namespace)) == 3, "all is left to kyverno")
        self.restart(V4_SETTINGS | {"generator": V4_SETTINGS["generator"] | {
            "cleanup": "builtin", "maintenance": {"enabled": False}}})
        wait_until(self.nothing_of_ours, PATIENCE, "our objects go")
        wait_until(lambda: self.objects.get(CLEANUP_POLICY, None, "volsync-orphan-cleanup") is None, PATIENCE,
                   "the policy goes")
        self.assertEqual(self.objects.items(KOPIA_MAINTENANCE, self.account.namespace), [])

    def restart(self, settings: dict) -> None:
        """Another holdfast takes over, by other settings."""
        flags = self.guarded_options["flags"]
        pathlib.Path(flags[flags.index("--config") + 1]).write_text(json.dumps(settings))
        before = self.holdfast
        type(self).holdfast = self.guarded.start_instance("after-restart")
        self.guarded.point_webhooks_at(self.holdfast.webhook_port)
        before.stop()
