"""What the generator does while its API server, its wire, its token, its rights or its kinds are not as they should be."""

import contextlib
import signal
import threading
import time

from fault_case import FaultCase
from fault_table import fault
from generator_case import RULES
from guarded_case import pvc
from write_interceptor import write_interceptor
from rig import crds
from rig.audit import AuditLog
from rig.objects import KOPIA_MAINTENANCE, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import DESTINATION, PATIENCE, RUN, SOURCE

AREA = "API server, etcd and clocks"
MANY = [f"data-{number}" for number in range(30)]
VOLSYNC = ("replicationsources", "replicationdestinations", "kopiamaintenances")
BY_HAND = {"trigger": {"manual": "by-hand"}}


class Outages(FaultCase):
    def begin_much_work(self) -> None:
        """Returns when the first objects are there and others, in all probability, not yet."""
        self.create_unprotected(*MANY)
        self.holdfast.process.signal(signal.SIGSTOP)  # or it would be done before the last has opted in
        try:
            self.opt_in(*MANY)
        finally:
            self.holdfast.process.signal(signal.SIGCONT)
        wait_until(lambda: self.objects.items(RD, self.namespace), PATIENCE, "the first destination", every=0.01)

    def change_unseen(self) -> None:
        """While holdfast cannot see it: one PVC comes, one goes, one opts out."""
        self.disown("gone")
        self.delete_pvc("gone")
        self.opt_out("left")
        self.opt_in("new")

    def assert_caught_up(self) -> None:
        began = time.monotonic()
        self.wait_for_parts("new")
        self.wait_for_none("gone", "left")
        self.observed("what came has its objects, what went or opted out has none", time.monotonic() - began)

    def assert_all_made_once(self) -> None:
        began = time.monotonic()
        self.wait_for_parts(*MANY)
        self.assert_made_once(*MANY)
        self.observed(f"{2 * len(MANY)} objects, each made once", time.monotonic() - began)

    @fault(AREA, "the API server is restarted in the middle of work",
           sent="SIGKILL to kube-apiserver while the objects of 30 PVCs are made",
           expected="each object made exactly once")
    def test_a_restart_of_the_api_server_in_the_middle_of_work_neither_repeats_nor_forgets_any(self):
        self.begin_much_work()
        self.plane.restart_api_server()
        self.assert_all_made_once()
        wait_until(lambda: self.health() == "ok", PATIENCE, "all is well again")

    @fault(AREA, "the API server freezes in the middle of work",
           sent="SIGSTOP to kube-apiserver while the objects of 30 PVCs are made, until the lead is lost",
           expected="no lead without answers; each object made exactly once")
    def test_an_api_server_that_freezes_in_the_middle_of_work_ends_the_lead_until_it_thaws(self):
        self.begin_much_work()
        with self.plane.api_server_frozen():
            wait_until(lambda: not self.leads(), PATIENCE, "without an answer it does not lead")
            self.assertEqual(self.holdfast.get("/livez")[0], 200)
        self.assert_all_made_once()

    @fault(AREA, "a watch is cut", sent="every connection reset and new ones refused while PVCs come, go and opt out",
           expected="caught up without a new list")
    def test_a_watch_that_was_cut_goes_on_where_it_was(self):
        self.create_unprotected("new")
        self.protect("gone", "left")
        with self.wire.refusing():
            cut = AuditLog.now()
            self.change_unseen()
        self.assert_caught_up()
        self.assertEqual(self.asked(cut).of("persistentvolumeclaims", "list"), [])

    @fault(AREA, "the wire falls silent", sent="no byte passes between holdfast and the API server, and nobody is told",
           expected="no lead without answers; caught up afterwards")
    def test_a_wire_that_falls_silent_ends_the_lead_and_is_caught_up_with(self):
        self.create_unprotected("new")
        self.protect("gone", "left")
        with self.wire.stalled():
            self.change_unseen()
            wait_until(lambda: not self.leads(), PATIENCE, "behind a silent wire it does not lead")
            self.assertIsNone(self.destination("new"))
        self.assert_caught_up()

    @fault(AREA, "a watch is too old to go on",
           sent="the API server forgets what happened while the wire was cut (410 Gone)",
           expected="caught up from a new list")
    def test_a_watch_whose_version_is_too_old_is_begun_anew_from_a_list(self):
        self.create_unprotected("new")
        self.protect("gone", "left")
        seen = self.objects.get(PVC, self.namespace, "left")["metadata"]["resourceVersion"]
        with self.wire.refusing():
            self.change_unseen()
            self.plane.restart_api_server()  # its memory of changes begins now
            self.assertEqual(self.watch_from(seen)["code"], 410)
            restarted = AuditLog.now()
        self.assert_caught_up()
        for resource in ("persistentvolumeclaims", "replicationdestinations", "externalsecrets"):
            self.assertTrue(self.asked(restarted).of(resource, "list"), resource)

    def watch_from(self, version: str) -> dict:
        """The first event of such a watch."""
        path = f"{PVC.path(None)}?watch=1&timeoutSeconds=5&resourceVersion={version}"
        return self.api.request("GET", path).body["object"]


class Tokens(FaultCase):
    @fault(AREA, "the token expires", sent="the old token is revoked, the file holds a new one",
           expected="the new one is used; no restart")
    def test_a_rotated_token_is_used_when_the_old_one_is_good_no_more(self):
        self.protect("before")
        old = self.account.api()
        self.account.revoke()
        self.account.rotate()
        wait_until(lambda: old.request("GET", PVC.path(None)).status == 401, PATIENCE, "the old token is refused")
        self.wire.cut()
        began = time.monotonic()
        self.protect("after")
        wait_until(lambda: self.health() == "ok" and self.leads(), PATIENCE, "all is well")
        self.observed("401 with the old token; leads and writes with the new one", time.monotonic() - began)

    @fault(AREA, "the token is not good", sent="a token that nobody issued, then a good one",
           expected="no lead, /readyz says so; well again with a good one")
    def test_a_token_that_is_not_good_is_reported_and_a_good_one_is_enough(self):
        self.create_unprotected("data")
        self.account.spoil_token()
        wait_until(lambda: not self.leads(), PATIENCE, "without a token it does not lead")
        # Not earlier: the file is read again after two seconds, and a watch lives on with the token that began it.
        self.wire.cut()
        self.wait_for_health("persistentvolumeclaims: Unauthorized")
        self.opt_in("data")
        self.assertIsNone(self.destination("data"))
        self.account.rotate()
        began = time.monotonic()
        self.wait_for_parts("data")
        wait_until(lambda: self.health() == "ok", PATIENCE, "all is well")
        self.observed("no lead, nothing written; then everything", time.monotonic() - began)


class Rights(FaultCase):
    def lacks(self, group: str) -> None:
        """From now on, and until the end of the test."""
        self.account.allow([rule for rule in RULES if rule["apiGroups"] != [group]])
        self.addCleanup(self.account.allow, RULES)

    def test_a_kind_that_is_forbidden_is_missing_alone_is_reported_and_appears_with_the_right(self):
        self.lacks("external-secrets.io")
        self.wire.cut()
        self.wait_for_health("externalsecrets: Forbidden")
        self.create_patiently(pvc())
        self.part.bind(self.namespace, "data")
        wait_until(lambda: self.destination("data") and self.source("data"), PATIENCE, "the other kinds")
        self.assertIsNone(self.secret("data"))
        self.assertIn("Forbidden", self.waits_for())
        self.wait_for_audit(gap=True)
        self.account.allow(RULES)
        self.wait_for_parts("data")
        self.assertNotIn("Forbidden", self.waits_for())
        wait_until(lambda: self.health() == "ok", PATIENCE, "all is well")

    def test_a_kind_that_may_be_read_and_not_written_is_reported_with_the_words_of_the_api_server(self):
        self.account.allow([{**rule, "verbs": ["get", "list", "watch"]}
                            if rule["apiGroups"] == ["external-secrets.io"] else rule for rule in RULES])
        self.addCleanup(self.account.allow, RULES)
        self.create_patiently(pvc())
        wait_until(lambda: self.destination("data"), PATIENCE, "the other kinds")
        wait_until(lambda: "WriteFailed" in self.reasons(), PATIENCE, "an Event says so")
        self.assertIn("WriteFailed", self.waits_for())
        self.account.allow(RULES)
        self.wait_for_parts("data")

    def test_a_definition_that_is_removed_hurts_nothing_else(self):
        self.protect("before")
        crds.remove(self.api, "externalsecrets")
        try:
            self.wait_for_health("the API server does not know externalsecrets")
            self.create_patiently(pvc())
            self.part.bind(self.namespace, "data")
            wait_until(lambda: self.destination("data") and self.source("data"), PATIENCE, "the other kinds")
            self.assertIn("KindNotInstalled", self.waits_for())
        finally:
            crds.install(self.api, "externalsecrets")
        self.wait_for_parts("before", "data")


class LateDefinitions(FaultCase):
    definitions = ("clustercleanuppolicies",)

    def test_what_volsync_and_external_secrets_bring_late_is_reported_and_then_used(self):
        self.wait_for_health(*(f"the API server does not know {plural}" for plural in
                               ("replicationsources", "replicationdestinations", "externalsecrets")))
        answer = self.create_patiently(pvc())
        self.assertTrue(answer.ok, str(answer))
        self.part.bind(self.namespace, "data")
        wait_until(lambda: "KindNotInstalled" in self.waits_for(), PATIENCE, "/audit says so")
        self.wait_for_audit(gap=True)
        crds.install(self.api, *VOLSYNC, "externalsecrets")
        self.wait_for_parts("data")
        wait_until(lambda: self.source("data"), PATIENCE, "the source")
        wait_until(lambda: self.objects.get(KOPIA_MAINTENANCE, self.account.namespace, "holdfast-maintenance"),
                   PATIENCE, "the maintenance of the repository")
        wait_until(lambda: self.health() == "ok", PATIENCE, "all is well")


class Conflicts(FaultCase):
    def meddle_with_destination(self, act, subresource: str = ""):
        return write_interceptor(self.api, self.guarded.certificates, self.account, RD, self.namespace, DESTINATION, act,
                       subresource=subresource)

    def put_foreign_destination(self) -> None:
        self.objects.create(RD, self.namespace, {"metadata": {"name": DESTINATION, "labels": {"made-by": "hand"}},
                                                 "spec": BY_HAND})

    def touch_destination(self) -> None:
        self.objects.merge(RD, self.namespace, DESTINATION, {"metadata": {"annotations": {"example.org/touched": "yes"}}})

    def codes(self, resource: str, name: str, since=None) -> list[int]:
        """How holdfast's writes of that object were answered."""
        return [request.code for request in self.asked(since or self.since).of(resource)
                if not request.is_read and (request.namespace, request.name) == (self.namespace, name)]

    @contextlib.contextmanager
    def somebody_insists_on(self, kind, name: str, schedule: str):
        """Yields a list that grows with every change of theirs."""
        changes, done = [], threading.Event()

        def insist():
            while not done.wait(0.02):
                if self.schedule(kind, name) != schedule:
                    self.objects.merge(kind, self.namespace, name, {"spec": {"trigger": {"schedule": schedule}}})
                    changes.append(schedule)
        thread = threading.Thread(target=insist)
        thread.start()
        try:
            yield changes
        finally:
            done.set()
            thread.join()

    def schedule(self, kind, name: str) -> str:
        return self.objects.get(kind, self.namespace, name)["spec"]["trigger"]["schedule"]

    def test_an_object_that_somebody_makes_at_the_same_moment_is_theirs_and_is_reported(self):
        self.create_unprotected("data")
        with self.meddle_with_destination(self.put_foreign_destination) as somebody:
            self.opt_in("data")
            wait_until(lambda: "ForeignObject" in self.reasons(), PATIENCE, "an Event names it")
        self.assertEqual(somebody.acts, 1)
        self.assertEqual(self.codes("replicationdestinations", DESTINATION), [409])
        self.assertEqual(self.destination("data")["spec"], BY_HAND)
        self.wait_for_audit(destination="foreign")
        self.objects.delete(RD, self.namespace, DESTINATION)
        self.wait_for_parts("data")
        self.assertTrue(self.destination("data")["spec"]["paused"])

    def test_a_destination_that_changes_while_it_is_opened_is_opened_all_the_same(self):
        self.create_with_backup()
        self.wait_for_destination()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        with self.meddle_with_destination(self.touch_destination, "status") as somebody:
            image = self.part.finish_restore(self.namespace, RUN)
            wait_until(self.image_on_destination, PATIENCE, "the image is on the destination")
        self.assertEqual(self.image_on_destination(), self.part.reference(image))
        self.assertEqual(somebody.acts, 1)
        self.assertEqual(self.codes("replicationdestinations/status", DESTINATION), [409, 200])

    def test_with_somebody_who_undoes_every_change_it_does_not_fight(self):
        self.protect("data")
        self.part.bind(self.namespace, "data")
        wanted = wait_until(lambda: self.source("data"), PATIENCE, "the source")["spec"]["trigger"]["schedule"]
        began = AuditLog.now()
        with self.somebody_insists_on(RS, SOURCE, "59 23 31 12 *") as changes:
            wait_until(lambda: len(changes) > 8, PATIENCE, "both have changed it often")
            time.sleep(5)
        self.assertLess(len(self.codes("replicationsources", SOURCE, began)), 20)
        self.assertIn("written too often", self.holdfast.process.said())
        wait_until(lambda: self.schedule(RS, SOURCE) == wanted, PATIENCE, "in the end it is as the PVC wants it")
