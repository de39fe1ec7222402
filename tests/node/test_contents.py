"""What a volume may hold and how it may be named: all of it comes back, or docs/restore.md says what does not."""

from node_case import PATIENCE_S, POD, SUMS, NodeCase
from rig.node_storage import LATE_CLASS
from rig.objects import JOB, NAMESPACE, PVC, REPLICATION_SOURCE, VOLUME_SNAPSHOT, Kind
from rig.processes import wait_until

_CRON_JOB = Kind("batch", "v1", "CronJob", "cronjobs")
_PRIVILEGED = {"volsync.backube/privileged-movers": "true"}
# With owners and modes, which a privileged mover keeps.
_ALL = "cd /data; find . -printf '%y %#m %U:%G %s %p %l\\n' | sort; " + SUMS.removeprefix("cd /data; ")


class Contents(NodeCase):
    only_long = True

    def comes_back(self, script: str, name: str = "data", sums: str = SUMS, user: int = 65532, **how) -> str:
        """Writes, backs up, deletes, creates again; what was and is in it."""
        place = f"/{name}"
        self.give_secret(name)
        self.create(name, **how)
        self.in_pod(script.replace("/data", place), name, user=user)
        before = self.in_pod(sums.replace("/data", place), name, user=user)
        self.backed_up(name)
        self.delete(name)
        self.create(name, **how)
        if how.get("storageClassName") != LATE_CLASS:
            self.bound(name)
        self.assert_same(self.in_pod(sums.replace("/data", place), name, user=user), before)
        return before

    def test_an_empty_volume_has_no_backup_and_starts_empty_again(self):
        """The mover leaves an empty one out and reports success."""
        self.give_secret()
        self.create()
        self.synchronized()
        self.assertEqual(self.backups(), [])
        self.delete()
        self.create()
        claim = self.bound()
        self.assertNotIn("dataSourceRef", claim["spec"])
        self.assertNotIn("holdfast.dev/restored-snapshot", claim["metadata"].get("annotations", {}))

    def test_only_directories(self):
        self.assertIn("d ./a/b/c", self.comes_back("cd /data; mkdir -p a/b/c d"))

    def test_a_volume_that_waits_for_its_first_pod(self):
        self.comes_back("echo kept >/data/file", storageClassName=LATE_CLASS)

    def test_a_name_with_dots_that_is_long(self):
        self.comes_back("echo kept >/data/file", "my.app.data-with-a-long-name.of.some-fifty-bytes.and.more")

    def test_ten_thousand_files(self):
        script = ("cd /data; for d in $(seq 1 100); do mkdir $d; for f in $(seq 1 100); do echo $d-$f >$d/$f; done; "
                  "done")
        self.assertGreater(len(self.comes_back(script).splitlines()), 10_000)

    def test_a_sparse_file(self):
        self.comes_back("cd /data; truncate -s 64M sparse; printf end | dd of=sparse bs=1 seek=60000000 conv=notrunc "
                        "status=none")

    def test_odd_names_and_links(self):
        self.comes_back(r"""cd /data; touch 'with space' $'new\nline' "quote'" 'back\slash' 'ünïcode' .dot -- '-dash'
            ln -s /nowhere dangling; ln -s . loop; echo one >one; ln -s one relative""")

    def test_owners_and_modes_with_privileged_movers(self):
        """Where no fsGroup is given to all files: the class changes them only with the volume's root."""
        self.objects.merge(NAMESPACE, None, self.namespace, {"metadata": {"annotations": _PRIVILEGED}})
        script = """cd /data; echo key >key; chmod 600 key; chown 1000:1000 key; mkdir db; chmod 700 db; chown 999:999 db
            echo set >setuid; chmod 4755 setuid; mkdir sticky; chmod 1777 sticky; echo none >none; chmod 000 none"""
        self.give_secret()
        self.create(storageClassName=LATE_CLASS)
        self.in_pod(":")
        self.in_pod(script, user=0)
        before = self.in_pod(_ALL, user=0)
        self.sync_as_root()
        self.delete()
        self.create(storageClassName=LATE_CLASS)
        self.assert_same(self.in_pod(_ALL, user=0), before)

    def sync_as_root(self) -> None:
        """A privileged mover writes what only root may read: whoever does that runs holdfast as root, or shares a group."""
        self.backed_up()
        self.cluster.give_repository_to_movers()

    def test_maintenance_runs_as_the_movers_do(self):
        """By its CronJob: what the fork makes for a manual trigger runs as user 1000 in any case."""
        namespace = "holdfast-system"
        [cron] = wait_until(lambda: self.objects.items(_CRON_JOB, namespace), PATIENCE_S, "its CronJob", every=0.5)
        self.installation.shell(f"kubectl -n {namespace} create job maintenance-now "
                                f"--from=cronjob/{cron['metadata']['name']}")
        self.addCleanup(self.objects.delete, JOB, namespace, "maintenance-now")

        def ended():
            status = self.objects.get(JOB, namespace, "maintenance-now").get("status", {})
            return status.get("succeeded") or status.get("failed")
        wait_until(ended, PATIENCE_S, "the maintenance ends", every=0.5)
        self.assertEqual(self.objects.get(JOB, namespace, "maintenance-now")["status"].get("succeeded"), 1)

    def test_a_request_that_the_driver_rounds_up(self):
        self.comes_back("echo kept >/data/file", size="1500001Ki")

    def test_a_volume_snapshot_larger_than_the_request(self):
        """The driver here makes volumes as small as anybody asks: that it rounds up is written into the snapshot."""
        before = self.comes_back("echo kept >/data/file")
        self.delete()
        self.create()
        wait_until(lambda: self.mover_jobs("dst-data-restore"), PATIENCE_S, "the mover's Job")
        self.scale_holdfast(0)
        image = wait_until(lambda: self.restore_run()["status"].get("latestImage"), PATIENCE_S, "the image", every=0.5)
        wait_until(lambda: self.snapshot(image["name"])["status"].get("readyToUse"), PATIENCE_S, "it is ready", every=0.5)
        self.objects.set_status(VOLUME_SNAPSHOT, self.namespace, image["name"], {"restoreSize": "2Gi"})
        self.scale_holdfast(2)
        message = self.wait_for_event("RestoreSizeExceedsRequest")
        print(f"     {message}")
        self.assertIn("request at least 2Gi", message)
        self.assertEqual(self.snapshot(image["name"])["status"]["restoreSize"], "2Gi")
        self.assertIn("RestoreSizeExceedsRequest", self.gaps())
        self.assertIsNone(self.destination_image())
        self.delete()
        self.create(size="2Gi")
        self.bound()
        self.assert_same(self.in_pod(SUMS), before)

    def snapshot(self, name: str) -> dict:
        return self.objects.get(VOLUME_SNAPSHOT, self.namespace, name)

    def scale_holdfast(self, replicas: int) -> None:
        kubectl = "kubectl -n holdfast-system"
        self.installation.shell(f"{kubectl} scale deployment holdfast --replicas={replicas}")
        if replicas:
            return self.installation.shell(f"{kubectl} rollout status deployment holdfast --timeout={PATIENCE_S}s")
        wait_until(lambda: not self.objects.items(POD, "holdfast-system", labels="app.kubernetes.io/name=holdfast"),
                   PATIENCE_S, "no holdfast runs", every=0.5)

    def test_a_class_for_temporary_volumes_leaves_no_cache(self):
        """Of another class, and of the same driver."""
        self.comes_back("echo kept >/data/file", annotations={"holdfast.dev/storage-class": LATE_CLASS})
        source = self.objects.get(REPLICATION_SOURCE, self.namespace, "data-backup")
        self.assertEqual(source["spec"]["kopia"]["storageClassName"], LATE_CLASS)
        claims = [claim["metadata"]["name"] for claim in self.objects.items(PVC, self.namespace)]
        self.assertEqual([name for name in claims if name.endswith("-cache")], [], claims)

    def test_files_that_the_mover_may_not_read_are_told(self):
        """The root of the volume belongs to the movers' group, so that Kubernetes leaves all else as it is."""
        self.give_secret()
        self.create(storageClassName=LATE_CLASS)
        self.in_pod("echo kept >/data/file")
        self.in_pod("echo key >/data/key; chmod 600 /data/key", user=0)
        self.start_backup()
        print(f"     {self.wait_for_event('MoverFailing', seconds=60)}")
        wait_until(lambda: "SnapshotHasErrors" in self.gaps(), 60, f"the gap is told, of {self.gaps()}", every=1)
        self.assertGreater(self.backups()[-1]["rootEntry"]["summ"]["numFailed"], 0)
