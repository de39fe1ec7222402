"""The stage itself: what the tests of the generator stand on does what it says."""

import contextlib
import itertools
import pathlib
import subprocess
import tempfile
import time
import unittest

from rig import crds
from rig.accounts import ServiceAccount, rule
from rig.audit import AuditLog
from rig.kube_api import Api
from rig.objects import (CLEANUP_POLICY, CONFIG_MAP, EVENT, EXTERNAL_SECRET, KOPIA_MAINTENANCE, PV, PVC,
                         REPLICATION_DESTINATION, REPLICATION_SOURCE, VOLUME_SNAPSHOT, Objects, Refused)
from rig.processes import run, wait_until
from rig.tcp_proxy import TcpProxy
from rig.volsync import install_storage_crds
from rig.volsync_part import RESTORED, VolSyncPart, counted, nothing_selected
from suite import Stage

OURS = {"app.kubernetes.io/managed-by": "holdfast"}
_numbers = itertools.count(1)


class RigCase(unittest.TestCase):
    """A namespace per test."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.plane = Stage.plane
        cls.api = Stage.plane.api
        cls.objects = Objects(cls.api)
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-rig-test-")))

    def setUp(self):
        self.namespace = f"rig-{next(_numbers)}"
        self.api.create_namespace(self.namespace)

    def account(self, rules: list[dict]) -> ServiceAccount:
        return ServiceAccount(self.plane, self.folder / self.namespace, rules, namespace=self.namespace)

    def assert_refused(self, status: int, what, *args, **more):
        with self.assertRaises(Refused) as caught:
            what(*args, **more)
        self.assertEqual(caught.exception.answer.status, status, str(caught.exception))


def destination(name: str = "data-backup", **spec) -> dict:
    return {"metadata": {"name": name, "labels": OURS},
            "spec": {"paused": True, "trigger": {"manual": "idle"}} | spec}


def source(name: str = "data-backup", **trigger) -> dict:
    return {"metadata": {"name": name, "labels": OURS},
            "spec": {"sourcePVC": "data", "trigger": trigger or {"schedule": "7 * * * *"}}}


class Definitions(RigCase):
    def test_every_field_that_holdfast_writes_is_known_to_the_small_schemas(self):
        self._accept_all(crds.SMALL)

    def test_every_field_that_holdfast_writes_is_known_to_the_real_schemas(self):
        if crds.real() is None:
            self.skipTest("the real resource definitions are not here")
        self._accept_all(crds.real())

    def test_a_field_that_the_schema_does_not_know_is_refused(self):
        crds.install(self.api, folder=crds.SMALL)
        with self.assertRaises(Refused) as caught:
            self.objects.apply(REPLICATION_DESTINATION, self.namespace, destination(kopia={"restoreAsof": "today"}))
        self.assertIn(".spec.kopia.restoreAsof: field not declared in schema", str(caught.exception))

    def test_a_definition_can_come_late(self):
        crds.remove(self.api, "kopiamaintenances")
        self.assertEqual(self.objects.items(KOPIA_MAINTENANCE, self.namespace), [])
        # Its handler may outlive it by a moment, and says 403 then.
        wait_until(lambda: self.refusal() == 404, 20, "the kind is not known any more")
        crds.install(self.api, "kopiamaintenances")
        self.objects.create(KOPIA_MAINTENANCE, self.namespace, maintenance())

    def refusal(self) -> int:
        with self.assertRaises(Refused) as caught:
            self.objects.create(KOPIA_MAINTENANCE, self.namespace, maintenance())
        return caught.exception.answer.status

    def _accept_all(self, folder: pathlib.Path):
        crds.remove(self.api)
        crds.install(self.api, folder=folder)
        for kind, document in everything():
            with self.subTest(kind.name):
                namespace = self.namespace if kind.namespaced else None
                self.objects.apply(kind, namespace, document, manager="holdfast")
                stored = self.objects.get(kind, namespace, document["metadata"]["name"])
                self.assertEqual(stored["spec"], stored["spec"] | document["spec"] | _defaulted(stored, document))
        self.assertEqual(self.objects.count_ours(self.namespace), {
            "replicationsources": 1, "replicationdestinations": 1, "kopiamaintenances": 1, "externalsecrets": 1})


def _defaulted(stored: dict, document: dict) -> dict:
    """Fields that the API server may have put more into."""
    return {key: stored["spec"][key] for key in ("target", "data", "context") if key in document["spec"]}


def everything() -> list[tuple]:
    """One object of each kind with all that product section 5 puts into it."""
    mover = {
        "repository": "volsync-data", "copyMethod": "Snapshot", "storageClassName": "standard",
        "volumeSnapshotClassName": "standard", "capacity": "1Gi", "accessModes": ["ReadWriteOnce"],
        "cacheCapacity": "2Gi", "moverSecurityContext": {"runAsUser": 568, "runAsGroup": 568, "fsGroup": 568},
        "moverVolumes": [{"mountPath": "repository",
                          "volumeSource": {"nfs": {"server": "192.0.2.1", "path": "/backups"}}}]}
    kopia = mover | {"username": "data-backup", "hostname": "media"}
    run = {"paused": False, "trigger": {"manual": "restore-1"}, "kopia": kopia | {
        "restoreAsOf": "2026-11-21T08:00:00.12Z", "cleanupTempPVC": True, "enableFileDeletion": True,
        "sourceIdentity": {"sourcePathOverride": "/data"}}}
    backup = {"sourcePVC": "data", "trigger": {"schedule": "7 * * * *"}, "kopia": kopia | {
        "compression": "zstd-fastest", "parallelism": 2, "sourcePathOverride": "/data",
        "retain": {"hourly": 24, "daily": 7, "weekly": 4, "monthly": 2}}}
    secret = {"refreshInterval": "1h", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "1password"},
              "target": {"name": "volsync-data", "creationPolicy": "Owner", "template": {
                  "engineVersion": "v2", "mergePolicy": "Merge",
                  "data": {"KOPIA_REPOSITORY": "filesystem:///repository", "KOPIA_FS_PATH": "/repository"}}},
              "data": [{"secretKey": "KOPIA_PASSWORD", "remoteRef": {"key": "rustfs", "property": "kopia_password"}}]}
    policy = {"schedule": "*/15 * * * *", "match": {"any": [{"resources": {
        "kinds": ["ReplicationSource", "ReplicationDestination", "ExternalSecret"],
        "selector": {"matchLabels": OURS}}}]},
        "context": [{"name": "pvcs", "apiCall": {"urlPath": "/api/v1/persistentvolumeclaims",
                                                 "jmesPath": "items[].metadata.name"}}],
        "conditions": {"all": [{"key": "{{ pvcs }}", "operator": "AnyNotIn", "value": ["data"]}]}}
    return [(REPLICATION_DESTINATION, _named("data-restore", run)), (REPLICATION_SOURCE, _named("data-backup", backup)),
            (KOPIA_MAINTENANCE, maintenance()), (EXTERNAL_SECRET, _named("volsync-data", secret)),
            (CLEANUP_POLICY, _named("volsync-orphan-cleanup", policy))]


def maintenance() -> dict:
    return _named("repository", {"repository": {"repository": "volsync-maintenance"}, "enabled": True,
                                 "trigger": {"schedule": "0 */12 * * *"}})


def _named(name: str, spec: dict) -> dict:
    return {"metadata": {"name": name, "labels": OURS}, "spec": spec}


class Outages(RigCase):
    def test_a_restarted_api_server_has_its_port_and_its_objects(self):
        self.objects.create(CONFIG_MAP, self.namespace, {"metadata": {"name": "kept"}})
        port = self.plane.port
        self.plane.restart_api_server()
        self.assertEqual(self.plane.port, port)
        self.assertIsNotNone(self.objects.get(CONFIG_MAP, self.namespace, "kept"))

    def test_an_api_server_that_is_down_refuses_connections(self):
        with self.plane.api_server_down():
            with self.assertRaises(ConnectionRefusedError):
                self.api.request("GET", "/readyz")
        self.assertEqual(self.api.request("GET", "/readyz").status, 200)

    def test_a_frozen_api_server_answers_when_it_thaws(self):
        with self.plane.api_server_frozen():
            with self.assertRaises(RuntimeError) as caught:
                self._curl(self.plane.port, "--max-time", "2")
            self.assertIn("(28)", str(caught.exception))
        self.assertEqual(self._curl(self.plane.port, "--max-time", "30"), "ok")

    def test_a_cut_wire_is_there_for_the_next_connection(self):
        with TcpProxy(self.plane.port) as wire:
            api = self._api(wire.port)
            self.assertTrue(api.request("GET", "/readyz").ok)
            wire.cut()
            with self.assertRaises(OSError):
                api.request("GET", "/readyz")
            self.assertTrue(api.request("GET", "/readyz").ok)
            self.assertEqual(wire.accepted, 2)

    def test_a_refusing_wire_refuses_until_it_does_not(self):
        with TcpProxy(self.plane.port) as wire:
            api = self._api(wire.port)
            with wire.refusing():
                with self.assertRaises(ConnectionRefusedError):
                    api.request("GET", "/readyz")
            self.assertTrue(api.request("GET", "/readyz").ok)

    def test_a_stalled_wire_is_silent_and_then_flows_on(self):
        with TcpProxy(self.plane.port) as wire:
            with wire.stalled():
                with self.assertRaises(RuntimeError) as caught:
                    self._curl(wire.port, "--max-time", "2")
                self.assertIn("(28)", str(caught.exception))
            self.assertEqual(self._curl(wire.port, "--max-time", "30"), "ok")

    def _api(self, port: int) -> Api:
        folder = self.plane.folder
        return Api("127.0.0.1", port, self.plane.ca, folder / "admin.crt", folder / "admin.key")

    def _curl(self, port: int, *flags: str) -> str:
        folder = self.plane.folder
        return run("curl", "-sS", "--cacert", self.plane.ca, "--cert", folder / "admin.crt", "--key",
                   folder / "admin.key", *flags, f"https://127.0.0.1:{port}/readyz")


class Accounts(RigCase):
    RULES = [rule("", "configmaps", "get list watch create")]

    def test_an_account_may_do_what_its_rules_say_and_no_more(self):
        mine = Objects(self.account(self.RULES).api())
        mine.create(CONFIG_MAP, self.namespace, {"metadata": {"name": "mine"}})
        self.assert_refused(403, mine.delete, CONFIG_MAP, self.namespace, "mine")
        self.assert_refused(403, mine.items, PVC)

    def test_rules_can_change_under_way(self):
        account = self.account(self.RULES)
        mine = Objects(account.api())
        account.allow([rule("", "persistentvolumeclaims", "list")])
        wait_until(lambda: self._allowed(mine, PVC), 10, "the new rules count")
        self.assert_refused(403, mine.items, CONFIG_MAP)

    def test_the_audit_log_counts_what_an_account_reads_and_writes(self):
        account = self.account(self.RULES)
        mine = Objects(account.api())
        mine.items(CONFIG_MAP, self.namespace)
        since = AuditLog.now()
        mine.create(CONFIG_MAP, self.namespace, {"metadata": {"name": "mine"}})
        mine.get(CONFIG_MAP, self.namespace, "mine")
        self.assert_refused(403, mine.merge, CONFIG_MAP, self.namespace, "mine", {"data": {"a": "b"}})
        self.objects.get(CONFIG_MAP, self.namespace, "mine")  # somebody else's
        seen = wait_until(lambda: self._seen(account, 3, since), 5, "three requests in the audit log")
        self.assertEqual([(r.verb, r.resource, r.name, r.code) for r in seen.all],
                         [("create", "configmaps", "mine", 201), ("get", "configmaps", "mine", 200),
                          ("patch", "configmaps", "mine", 403)])
        self.assertEqual((len(seen.reads), len(seen.writes), len(seen.refused)), (1, 2, 1))

    def test_a_watch_that_goes_on_is_one_read(self):
        account = self.account(self.RULES)
        with self._watch(account):
            seen = wait_until(lambda: self._seen(account, 1), 10, "the watch is in the audit log")
            self.assertEqual([(r.verb, r.resource, r.code) for r in seen.reads], [("watch", "configmaps", 200)])
        self.assertEqual(len(self._seen(account, 1).all), 1)

    def test_a_subresource_is_named_in_the_audit_log(self):
        account = self.account([rule("", "persistentvolumeclaims/status", "patch")])
        self.objects.create(PVC, self.namespace, claim())
        Objects(account.api()).set_pvc_phase(self.namespace, "data", "Lost")
        [request] = wait_until(lambda: self._seen(account, 1), 5, "the request is in the audit log").writes
        self.assertEqual((request.verb, request.resource), ("patch", "persistentvolumeclaims/status"))

    def test_a_rotated_token_and_a_kubeconfig_that_names_its_file(self):
        account = self.account([rule("", "configmaps", "list")])
        config = account.kubeconfig()
        before = account.token_file.read_text()
        account.rotate()
        self.assertNotEqual(account.token_file.read_text(), before)
        self.assertEqual(self._kubectl(config).returncode, 0)
        account.spoil_token()
        spoilt = self._kubectl(config)
        self.assertNotEqual(spoilt.returncode, 0)
        self.assertIn("nauthorized", spoilt.stderr)

    def test_a_revoked_token_is_good_no_more(self):
        account = self.account([rule("", "configmaps", "list")])
        mine = account.api()
        path = CONFIG_MAP.path(self.namespace)
        self.assertTrue(mine.request("GET", path).ok)
        account.revoke()
        wait_until(lambda: mine.request("GET", path).status == 401, 30, "the token is refused", every=0.5)

    def test_a_launched_program_finds_what_a_pod_finds(self):
        account = self.account(self.RULES)
        found = run(*account.pod_launcher(), "sh", "-c", "cd /var/run/secrets/kubernetes.io/serviceaccount && "
                    "cat namespace && ls && echo $KUBERNETES_SERVICE_HOST $KUBERNETES_SERVICE_PORT",
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **account.pod_environment()})
        self.assertEqual(found.split(), [self.namespace + "ca.crt", "namespace", "token", "127.0.0.1",
                                         str(self.plane.port)])

    @contextlib.contextmanager
    def _watch(self, account: ServiceAccount):
        """A watch of all config maps that goes on until the end of the block."""
        watch = subprocess.Popen(
            ["curl", "-sS", "--cacert", self.plane.ca, "-H", f"Authorization: Bearer {account.token_file.read_text()}",
             f"https://127.0.0.1:{self.plane.port}{CONFIG_MAP.path(None)}?watch=1"], stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            watch.terminate()
            watch.wait()

    def _kubectl(self, config: pathlib.Path):
        return self.plane.kubectl("--kubeconfig", config, "get", "configmaps", "-n", self.namespace)

    def _seen(self, account: ServiceAccount, count: int, since=None):
        seen = self.plane.audit.requests_of(account.user, since)
        return seen if len(seen.all) >= count else None

    @staticmethod
    def _allowed(objects: Objects, kind) -> bool:
        try:
            objects.items(kind)
            return True
        except Refused:
            return False


def claim(name: str = "data") -> dict:
    return {"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                                                 "resources": {"requests": {"storage": "1Gi"}}}}


class Parts(RigCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        crds.install(cls.api)
        cls.part = VolSyncPart(cls.api)

    def status(self, kind, name: str) -> dict:
        return self.objects.get(kind, self.namespace, name)["status"]

    def condition(self, kind, name: str) -> tuple[str, str]:
        [condition] = self.status(kind, name)["conditions"]
        return condition["status"], condition["reason"]

    def test_an_idle_destination_has_its_token_and_no_image(self):
        self.objects.create(REPLICATION_DESTINATION, self.namespace, destination())
        self.part.idle_destination(self.namespace, "data-backup")
        status = self.status(REPLICATION_DESTINATION, "data-backup")
        self.assertEqual(status["lastManualSync"], "idle")
        self.assertNotIn("latestImage", status)

    def test_a_restore_runs_and_ends_with_an_image(self):
        if not (Stage.components / "crds").exists():
            self.skipTest("the definition of VolumeSnapshot is not among the components")
        install_storage_crds(self.plane, Stage.components)
        self.objects.create(REPLICATION_DESTINATION, self.namespace,
                            destination("data-restore", paused=False, trigger={"manual": "restore-1"}))
        self.part.start_restore(self.namespace, "data-restore")
        self.assertEqual(self.condition(REPLICATION_DESTINATION, "data-restore"), ("True", "SyncInProgress"))
        image = self.part.finish_restore(self.namespace, "data-restore")
        status = self.status(REPLICATION_DESTINATION, "data-restore")
        self.assertEqual(status["lastManualSync"], "restore-1")
        self.assertEqual(status["latestImage"]["name"], image)
        self.assertEqual(status["latestMoverStatus"], {"result": "Successful", "logs": RESTORED})
        self.assertNotIn("lastSyncStartTime", status)
        self.assertEqual(self.condition(REPLICATION_DESTINATION, "data-restore"), ("False", "WaitingForManual"))
        self.assertTrue(self.objects.get(VOLUME_SNAPSHOT, self.namespace, image)["status"]["readyToUse"])

    def test_a_restore_s_log_is_what_the_operator_keeps_of_it(self):
        self.assertIn("\nRestored 12 files, 3 directories and 1 symbolic links (1.2 MB).\n", counted(12, 3, 1))
        self.assertIn(f"\n{RESTORED}\n", counted(12))
        found = [f"data@ns-{number}:/data" for number in range(30)]
        said = nothing_selected("a@b:/data", *found)
        self.assertEqual(len(said), 1024)
        self.assertNotIn("No eligible snapshots", said)
        self.assertTrue(said.endswith(" - Last snapshot: 2026-11-21T08:46:10.5Z"))
        self.assertEqual(nothing_selected("a@b:/data"), "No eligible snapshots found\nNo snapshots found for a@b:/data")

    def test_a_failed_restore_goes_on(self):
        self.objects.create(REPLICATION_DESTINATION, self.namespace, destination("data-restore"))
        self.part.fail_restore(self.namespace, "data-restore")
        status = self.status(REPLICATION_DESTINATION, "data-restore")
        self.assertEqual(status["latestMoverStatus"]["result"], "Failed")
        self.assertEqual(status.get("lastManualSync"), None)
        self.assertIn("lastSyncStartTime", status)

    def test_a_backup_runs_and_ends(self):
        self.objects.create(REPLICATION_SOURCE, self.namespace, source())
        self.part.start_backup(self.namespace, "data-backup")
        self.assertEqual(self.condition(REPLICATION_SOURCE, "data-backup"), ("True", "SyncInProgress"))
        self.part.finish_backup(self.namespace, "data-backup")
        status = self.status(REPLICATION_SOURCE, "data-backup")
        self.assertEqual(status["latestMoverStatus"]["result"], "Successful")
        self.assertIn("nextSyncTime", status)
        self.assertEqual(self.condition(REPLICATION_SOURCE, "data-backup"), ("False", "WaitingForSchedule"))

    def test_a_bound_pvc_stays_bound_with_a_controller_manager_too(self):
        with self.plane.controller_manager():
            self.objects.create(PVC, self.namespace, claim())
            volume = self.part.bind(self.namespace, "data")
            wait_until(lambda: self.objects.get(PV, None, volume)["status"]["phase"] == "Bound", 20, "volume is bound")
            time.sleep(1)  # for the controller manager to object
            stored = self.objects.get(PVC, self.namespace, "data")
            self.assertEqual((stored["status"]["phase"], stored["spec"]["volumeName"]), ("Bound", volume))

    def test_what_a_test_leaves_can_be_cleared_away(self):
        with self.plane.controller_manager():
            for number in range(3):
                self.objects.create(PVC, self.namespace, claim(f"data-{number}"))
            self.objects.delete_all(PVC, self.namespace)
            wait_until(lambda: not self.objects.items(PVC, self.namespace), 30, "the PVCs are gone")

    def test_events_about_an_object_are_found_in_order(self):
        self.objects.create(PVC, self.namespace, claim())
        for number, name in enumerate(("data", "other", "data")):
            self.objects.create(EVENT, self.namespace, {
                "metadata": {"name": f"e{number}"}, "reason": f"Reason{number}",
                "involvedObject": {"kind": "PersistentVolumeClaim", "namespace": self.namespace, "name": name}})
        reasons = [event["reason"] for event in self.objects.events_about(self.namespace, "data", PVC)]
        self.assertEqual([reason for reason in reasons if reason.startswith("Reason")], ["Reason0", "Reason2"])
