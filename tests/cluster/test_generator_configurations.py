"""Every configuration of the generator makes objects that a real API server takes to the letter."""

import copy
import hashlib
import itertools
import json
import pathlib
import tempfile
import unittest

from guarded_case import pvc
from rendering import apply_strictly, keeps, render, render_text
from rig import crds
from rig.accounts import NAMESPACE
from rig.processes import wait_until
from suite import Stage

_numbers = itertools.count(1)

NFS = {"kind": "nfs", "server": "192.0.2.10", "path": "/tank/kopia"}
S3 = {"kind": "s3", "bucket": "backups", "endpoint": "http://s3.example.org:9000", "prefix": "kopia/",
      "region": "eu-central-1"}
STORE = {"mode": "external-secret", "store": "1password", "key": "rustfs"}
OFFSITE = {"enabled": True, "repository": "s3:https://s3.example.org/offsite", "store": "vault",
           "storeKind": "SecretStore", "key": "restic", "schedule": "M 3 * * *", "retain": {"weekly": 0, "monthly": 6}}
BACKUP = {"storageClassName": "fast", "volumeSnapshotClassName": "snap", "cacheCapacity": "512Mi",
          "cacheStorageClassName": "local", "compression": "pgzip", "parallelism": 7, "copyMethod": "Clone",
          "retain": {"hourly": 0, "daily": 30, "weekly": 8, "monthly": 12},
          "moverSecurityContext": {"runAsUser": 568, "runAsGroup": 569, "fsGroup": 570, "runAsNonRoot": True,
                                   "fsGroupChangePolicy": "OnRootMismatch", "supplementalGroups": [100, 2147483647],
                                   "seccompProfile": "RuntimeDefault"}}
LONGEST_PVC_NAME = 253
LONGEST_LABEL = 63


def generator(**settings) -> dict:
    return {"generator": settings}


def own_minute(namespace: str, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{namespace}/{name}".encode()).digest()) % 60


class Rendered(dict):
    """The objects that were printed, by `<kind>/<name>`."""

    @property
    def source(self) -> dict:
        return self["ReplicationSource/data-backup"]["spec"]

    @property
    def destination(self) -> dict:
        return self["ReplicationDestination/data-backup"]["spec"]

    @property
    def secret(self) -> dict:
        return self["ExternalSecret/volsync-data"]["spec"]


class Configurations:
    """Everything that is rendered is applied, by dry-run, with unknown fields being errors: what is asked of the
    answer is that nothing is missing or changed in it."""

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.plane, cls.api = Stage.plane, Stage.plane.api
        cls.api.create_namespace(NAMESPACE)
        crds.install(cls.api, folder=cls.definitions())
        cls.addClassCleanup(crds.install, cls.api)
        wait_until(cls.schemas_are_in_force, 30, "the API server goes by the schemas")

    @classmethod
    def schemas_are_in_force(cls) -> bool:
        """A field that only the full schemas know says which ones hold; both kinds of VolSync object have it."""
        def knows(kind: str) -> bool:
            probe = {"apiVersion": "volsync.backube/v1alpha1", "kind": kind,
                     "metadata": {"name": "probe", "namespace": NAMESPACE}, "spec": {"rclone": {}}}
            return apply_strictly(cls.api, probe, dry_run=True).ok
        full = cls.definitions() != crds.SMALL
        return all(knows(kind) == full for kind in ("ReplicationSource", "ReplicationDestination"))

    def setUp(self):
        self.namespace = f"{type(self).__name__.lower()}-{next(_numbers)}"
        self.api.create_namespace(self.namespace)

    def claim(self, name: str = "data", **more) -> dict:
        document = pvc(name, **more)
        document["metadata"]["namespace"] = self.namespace
        return document

    def rendered(self, settings: dict, *documents: dict, words: tuple[str, ...] | None = None) -> Rendered:
        """What is printed, after the API server took it."""
        found = Rendered()
        for document in render(settings, *(documents or (self.claim(),)), words=words):
            key = f'{document["kind"]}/{document["metadata"]["name"]}'
            self.assertNotIn(key, found)
            found[key] = document
            answer = apply_strictly(self.api, document, dry_run=True)
            self.assertTrue(answer.ok, f"{key}: {answer}")
            self.assertEqual(answer.warnings, [], key)
            self.assertTrue(keeps(answer.body, document), f"{key}: {answer.body} is not {document}")
        return found

    # --- repositories and secrets

    def test_without_settings_a_destination_and_a_source_are_all(self):
        found = self.rendered({})
        self.assertEqual(sorted(found), ["ReplicationDestination/data-backup", "ReplicationSource/data-backup"])
        for spec in (found.destination, found.source):
            self.assertNotIn("moverVolumes", spec["kopia"])
            self.assertEqual(spec["kopia"]["repository"], "volsync-data")

    def test_an_nfs_repository_is_mounted_into_movers(self):
        found = self.rendered(generator(repository=NFS, secret=STORE))
        volume = {"mountPath": "repository",
                  "volumeSource": {"nfs": {"server": "192.0.2.10", "path": "/tank/kopia"}}}
        for spec in (found.destination, found.source):
            self.assertEqual(spec["kopia"]["moverVolumes"], [volume])
        self.assertEqual(found.secret["target"]["template"]["data"]["KOPIA_FS_PATH"], "/mnt/repository")

    def test_a_repository_on_a_pvc_is_mounted_where_it_is_told(self):
        found = self.rendered(generator(repository={"kind": "pvc", "claim": "kopia", "mountPath": "/mnt/store"},
                                        secret=STORE))
        volume = {"mountPath": "store", "volumeSource": {"persistentVolumeClaim": {"claimName": "kopia"}}}
        self.assertEqual(found.source["kopia"]["moverVolumes"], [volume])
        self.assertEqual(found.secret["target"]["template"]["data"]["KOPIA_REPOSITORY"], "filesystem:///mnt/store")

    def test_a_repository_that_somebody_else_mounts_is_not_written(self):
        found = self.rendered(generator(repository=NFS | {"moverVolumes": False}, secret=STORE))
        self.assertNotIn("moverVolumes", found.source["kopia"])
        self.assertEqual(found.secret["target"]["template"]["data"]["KOPIA_FS_PATH"], "/repository")

    def test_an_s3_repository_is_all_in_the_secret(self):
        found = self.rendered(generator(repository=S3, secret=STORE | {
            "storeKind": "SecretStore", "property": "pw", "accessKeyProperty": "id", "secretKeyProperty": "key",
            "refreshInterval": "90m"}))
        self.assertNotIn("moverVolumes", found.source["kopia"])
        secret = found.secret
        self.assertEqual(secret["secretStoreRef"], {"kind": "SecretStore", "name": "1password"})
        self.assertEqual(secret["refreshInterval"], "90m")
        read = {entry["secretKey"]: entry["remoteRef"]["property"] for entry in secret["data"]}
        self.assertEqual(read, {"KOPIA_PASSWORD": "pw", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"})
        given = secret["target"]["template"]["data"]
        self.assertEqual(given["KOPIA_REPOSITORY"], "s3://backups/kopia")
        self.assertEqual((given["KOPIA_S3_DISABLE_TLS"], given["AWS_REGION"]), ("true", "eu-central-1"))

    def test_maintenance_is_asked_for_where_a_repository_is_known(self):
        found = self.rendered(generator(repository=NFS, secret=STORE, backup=BACKUP,
                                        maintenance={"schedule": "@daily", "secret": "kopia-upkeep"}))
        spec = found["KopiaMaintenance/holdfast-maintenance"]["spec"]
        self.assertEqual((spec["trigger"]["schedule"], spec["repository"]["repository"]), ("@daily", "kopia-upkeep"))
        self.assertEqual(found["ExternalSecret/kopia-upkeep"]["metadata"]["namespace"], NAMESPACE)
        for settings in ({"repository": S3}, {"repository": NFS, "secret": STORE}):
            self.assertIn("KopiaMaintenance/holdfast-maintenance", self.rendered(generator(**settings)))
        for settings in ({}, {"repository": NFS, "maintenance": {"enabled": False}}):
            self.assertFalse([key for key in self.rendered(generator(**settings)) if "Maintenance" in key])

    def test_an_off_site_backup_is_made_for_pvcs_that_ask(self):
        asks = self.claim("films", annotations={"holdfast.dev/offsite": "true"})
        found = self.rendered(generator(offsite=OFFSITE, backup=BACKUP), asks, self.claim())
        self.assertEqual([key for key in found if key.endswith("offsite-data")], [])
        spec = found["ReplicationSource/holdfast-offsite-films"]["spec"]
        self.assertEqual(spec["trigger"]["schedule"], f'{own_minute(self.namespace, "films")} 3 * * *')
        self.assertEqual(spec["restic"]["retain"], {"daily": 7, "monthly": 6})
        secret = found["ExternalSecret/holdfast-offsite-films"]["spec"]
        self.assertEqual(secret["target"]["template"]["data"]["RESTIC_REPOSITORY"],
                         f"s3:https://s3.example.org/offsite/{self.namespace}/films")
        self.assertEqual(secret["secretStoreRef"]["kind"], "SecretStore")

    # --- names, contracts, cleanup

    def test_strategy_v4_names_objects_as_pvc_plumber_did(self):
        found = self.rendered(generator(naming="v4", repository=NFS, secret=STORE))
        self.assertIn("ReplicationSource/data", found)
        self.assertIn("ReplicationDestination/data-dst", found)
        self.assertIn("ExternalSecret/volsync-data", found)
        kopia = found["ReplicationSource/data"]["spec"]["kopia"]
        self.assertEqual((kopia["username"], kopia["hostname"]), ("data", self.namespace))

    def test_each_contract_asks_for_its_own_labels(self):
        plumber = self.claim("plumbed", labels={"pvc-plumber.io/enabled": "true",
                                                "pvc-plumber.io/manage-volsync": "true",
                                                "pvc-plumber.io/tier": "hourly"})
        around = {"apiVersion": "v1", "kind": "Namespace",
                  "metadata": {"name": self.namespace, "labels": {"pvc-plumber.io/managed-namespace": "true"}}}
        def sources(contracts: list[str]) -> set:
            found = self.rendered({"contracts": contracts}, around, plumber, self.claim())
            return {key.removeprefix("ReplicationSource/") for key in found if key.startswith("ReplicationSource/")}
        self.assertEqual(sources(["simple"]), {"data-backup"})
        self.assertEqual(sources(["pvc-plumber-v4"]), {"plumbed-backup"})
        self.assertEqual(sources(["simple", "pvc-plumber-v4"]), {"data-backup", "plumbed-backup"})

    def test_kyverno_is_given_a_policy_where_it_cleans_up(self):
        for contracts in (["simple"], ["pvc-plumber-v4"], ["simple", "pvc-plumber-v4"]):
            found = self.rendered({"contracts": contracts} | generator(cleanup="kyverno"))
            self.assertIn("ClusterCleanupPolicy/volsync-orphan-cleanup", found)
        self.assertNotIn("ClusterCleanupPolicy/volsync-orphan-cleanup", self.rendered(generator(cleanup="builtin")))

    def test_names_over_the_limit_are_shortened_and_stay_apart(self):
        stem = "a.long-name." * 21
        names = [f"{stem}{end}" for end in ("1", "2")] + ["x" * LONGEST_PVC_NAME, "y" * (LONGEST_LABEL + 1)]
        self.assertEqual(len(names[0]), LONGEST_PVC_NAME)
        claims = [self.claim(name, annotations={"holdfast.dev/offsite": "true"}) for name in names]
        for naming in ("legacy-backup", "v4"):
            found = self.rendered(generator(naming=naming, repository=NFS, secret=STORE, offsite=OFFSITE), *claims)
            ours = [document for document in found.values() if document["metadata"]["namespace"] == self.namespace]
            self.assertEqual(len(ours), 5 * len(names))
            labels = {document["metadata"]["labels"]["volsync.backup/pvc"] for document in ours}
            self.assertEqual(len(labels), len(names))
            self.assertTrue(all(len(label) <= LONGEST_LABEL for label in labels), labels)
            self.assertEqual({document["metadata"]["annotations"]["holdfast.dev/pvc"] for document in ours}, set(names))

    # --- what a backup is like

    def test_schedules_are_spread_fixed_or_of_the_pvcs_own(self):
        hourly = self.claim(labels={"backup": "hourly"})
        minute = own_minute(self.namespace, "data")
        def schedule(claim: dict, **schedules) -> str:
            settings = generator(backup={"schedules": schedules}) if schedules else {}
            return self.rendered(settings, claim).source["trigger"]["schedule"]
        self.assertEqual(schedule(hourly), f"{minute} * * * *")
        self.assertEqual(schedule(self.claim()), f"{minute} 2 * * *")
        self.assertEqual(schedule(self.claim(), daily="15 4 * * 1-5"), "15 4 * * 1-5")
        self.assertEqual(schedule(hourly, hourly="M */6 * * *"), f"{minute} */6 * * *")
        self.assertEqual(schedule(hourly, hourly="@hourly"), "@hourly")
        own = self.claim(annotations={"holdfast.dev/schedule": "M 1,13 * * 0"})
        self.assertEqual(schedule(own, daily="15 4 * * *"), f"{minute} 1,13 * * 0")

    def test_every_setting_of_a_backup_is_written(self):
        found = self.rendered(generator(repository=NFS, backup=BACKUP))
        context = BACKUP["moverSecurityContext"] | {"seccompProfile": {"type": "RuntimeDefault"}}
        for spec in (found.source["kopia"], found.destination["kopia"]):
            self.assertEqual(spec["moverSecurityContext"], context)
            self.assertEqual(spec["volumeSnapshotClassName"], "snap")
        self.assertEqual(found.source["kopia"]["storageClassName"], "fast")
        self.assertEqual(found.destination["kopia"]["storageClassName"], "standard")
        source = found.source["kopia"]
        self.assertEqual((source["cacheCapacity"], source["cacheStorageClassName"]), ("512Mi", "local"))
        self.assertEqual([key for key in found.destination["kopia"] if "ache" in key], [])
        self.assertEqual((source["compression"], source["parallelism"], source["copyMethod"]), ("pgzip", 7, "Clone"))
        self.assertEqual(source["retain"], BACKUP["retain"])
        self.assertEqual(found.destination["kopia"]["copyMethod"], "Snapshot")

    def test_no_cache_stays_unless_a_class_is_set_for_it(self):
        found = self.rendered(generator(backup={"storageClassName": "fast"}))
        self.assertEqual([key for key in found.source["kopia"] if "ache" in key], ["cacheCapacity"])
        annotated = self.claim(annotations={"holdfast.dev/cache-storage-class": "local"})
        self.assertEqual(self.rendered({}, annotated).source["kopia"]["cacheStorageClassName"], "local")

    def test_a_storage_class_goes_over_the_settings_and_an_annotation_over_all(self):
        classes = {"standard": {"parallelism": 3, "copyMethod": "Direct", "retain": {"hourly": 5},
                                "moverSecurityContext": {"runAsUser": 0, "runAsNonRoot": False},
                                "schedules": {"daily": "5 5 * * *"}}}
        found = self.rendered(generator(backup=BACKUP | {"classes": classes}))
        kopia = found.source["kopia"]
        self.assertEqual((kopia["parallelism"], kopia["copyMethod"], kopia["compression"]), (3, "Direct", "pgzip"))
        self.assertEqual(kopia["retain"], BACKUP["retain"] | {"hourly": 5})
        self.assertEqual(kopia["moverSecurityContext"]["runAsUser"], 0)
        self.assertEqual(kopia["moverSecurityContext"]["fsGroup"], 570)
        self.assertEqual(found.source["trigger"]["schedule"], "5 5 * * *")
        own = {"schedule": "@weekly", "storage-class": "slow", "volume-snapshot-class": "rare",
               "cache-capacity": "3Gi", "compression": "none", "parallelism": "1", "copy-method": "Snapshot",
               "retain": "1/2/3/4", "run-as": "1000:2000"}
        annotated = self.claim(annotations={f"holdfast.dev/{key}": value for key, value in own.items()})
        found = self.rendered(generator(backup=BACKUP | {"classes": classes}), annotated)
        kopia = found.source["kopia"]
        self.assertEqual(found.source["trigger"]["schedule"], "@weekly")
        self.assertEqual((kopia["storageClassName"], kopia["volumeSnapshotClassName"]), ("slow", "rare"))
        self.assertEqual((kopia["cacheCapacity"], kopia["compression"]), ("3Gi", "none"))
        self.assertEqual((kopia["parallelism"], kopia["copyMethod"]), (1, "Snapshot"))
        self.assertEqual(kopia["retain"], {"hourly": 1, "daily": 2, "weekly": 3, "monthly": 4})
        context = kopia["moverSecurityContext"]
        self.assertEqual((context["runAsUser"], context["runAsGroup"], context["fsGroup"]), (1000, 2000, 2000))

    def test_pvcs_of_every_shape_have_objects_that_are_taken(self):
        found = self.rendered(generator(repository=NFS),
                              self.claim("many", accessModes=["ReadWriteMany", "ReadOnlyMany"]),
                              self.claim("classless", storageClassName=None),
                              self.claim("exact", resources={"requests": {"storage": "1073741825"}}),
                              self.claim("decimal", resources={"requests": {"storage": "1.5Gi"}}),
                              self.claim("dots.and.1"))
        self.assertEqual(found["ReplicationSource/many-backup"]["spec"]["kopia"]["accessModes"],
                         ["ReadWriteMany", "ReadOnlyMany"])
        self.assertNotIn("storageClassName", found["ReplicationSource/classless-backup"]["spec"]["kopia"])
        self.assertEqual(found["ReplicationDestination/exact-backup"]["spec"]["kopia"]["capacity"], "1073741825")

    # --- identities

    def test_an_identity_with_a_path_of_its_own_is_written_for_both_directions(self):
        settings = {"index": {"identities": ["{pvc}@{namespace}:/config"]}}
        found = self.rendered(settings)
        kopia = found.source["kopia"]
        self.assertEqual((kopia["username"], kopia["hostname"], kopia["sourcePathOverride"]),
                         ("data", self.namespace, "/config"))
        self.assertEqual(found.destination["kopia"]["sourceIdentity"],
                         {"sourceName": "data", "sourceNamespace": self.namespace, "sourcePathOverride": "/config",
                          "sourcePVCName": "data"})

    def test_a_restore_by_hand_is_taken(self):
        entry = {"id": "0123456789abcdef0123456789abcdef", "startTime": "2026-01-02T03:04:05.6Z",
                 "endTime": "2026-01-02T03:04:06Z", "rootEntry": {"summ": {"size": 5, "files": 1}},
                 "source": {"userName": "data-backup", "host": self.namespace, "path": "/data"}}
        with tempfile.TemporaryDirectory() as folder:
            catalog = pathlib.Path(folder) / "catalog.json"
            catalog.write_text(json.dumps([entry]))
            settings = {"index": {"backend": "catalog", "catalogFile": str(catalog)}} | generator(
                repository=NFS, backup=BACKUP)
            found = self.rendered(settings, words=("--restore", f"{self.namespace}/data", "--into", "rescued"))
        self.assertEqual(sorted(found), ["PersistentVolumeClaim/rescued", "ReplicationDestination/rescued"])
        kopia = found["ReplicationDestination/rescued"]["spec"]["kopia"]
        self.assertEqual((kopia["restoreAsOf"], kopia["username"]), (entry["startTime"], "data-backup"))

    # --- the printed form

    def test_the_same_file_renders_to_the_same_bytes(self):
        settings = generator(repository=NFS, secret=STORE, backup=BACKUP, offsite=OFFSITE, cleanup="kyverno")
        claims = [self.claim(name) for name in ("b", "a")]
        turned = copy.deepcopy(claims)
        for claim in turned:  # what JSON calls the same document
            claim["metadata"] = dict(reversed(claim["metadata"].items()))
        for output in ("json", "yaml"):
            first = render_text(settings, *claims, output=output)
            self.assertEqual(render_text(settings, *claims, output=output), first)
            self.assertEqual(render_text(settings, *turned, output=output), first)

    def test_kubectl_takes_the_printed_yaml(self):
        settings = generator(repository=NFS, secret=STORE, backup=BACKUP, offsite=OFFSITE, cleanup="kyverno")
        printed = render_text(settings, self.claim(annotations={"holdfast.dev/offsite": "true"}), output="yaml")
        done = self.plane.kubectl("apply", "--server-side", "--validate=strict", "--dry-run=server", "-f", "-",
                                  stdin=printed)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), printed.count("\nkind: "))


class SmallSchemas(Configurations, unittest.TestCase):
    @staticmethod
    def definitions() -> pathlib.Path:
        return crds.SMALL


@unittest.skipUnless(crds.real(), "there are no full resource definitions: HOLDFAST_CRDS names their folder")
class FullSchemas(Configurations, unittest.TestCase):
    @staticmethod
    def definitions() -> pathlib.Path:
        return crds.real()
