"""What a volume may hold and how it may be named: all of it comes back, or docs/restore.md says what does not."""

import unittest

import stage
from node_case import PATIENCE_S, SUMS, NodeCase
from rig.node_storage import LATE_CLASS
from rig.objects import KOPIA_MAINTENANCE, PVC, Kind
from rig.processes import wait_until

_PRIVILEGED = {"volsync.backube/privileged-movers": "true"}
# With owners and modes, which a privileged mover keeps.
_ALL = "cd /data; find . -printf '%y %#m %U:%G %s %p %l\\n' | sort; " + SUMS.removeprefix("cd /data; ")


def long_only(test):
    """What takes long and seldom finds anything."""
    return unittest.skipUnless(stage.Stage.long, "only with --long")(test)


class Contents(NodeCase):
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

    def test_only_directories(self):
        self.assertIn("d ./a/b/c", self.comes_back("cd /data; mkdir -p a/b/c d"))

    def test_a_volume_that_waits_for_its_first_pod(self):
        self.comes_back("echo kept >/data/file", storageClassName=LATE_CLASS)

    def test_a_name_with_dots_that_is_long(self):
        self.comes_back("echo kept >/data/file", "my.app.data-with-a-long-name.of.some-fifty-bytes.and.more")

    @long_only
    def test_ten_thousand_files(self):
        script = ("cd /data; for d in $(seq 1 100); do mkdir $d; for f in $(seq 1 100); do echo $d-$f >$d/$f; done; "
                  "done")
        self.assertGreater(len(self.comes_back(script).splitlines()), 10_000)

    @long_only
    def test_a_sparse_file(self):
        self.comes_back("cd /data; truncate -s 64M sparse; printf end | dd of=sparse bs=1 seek=60000000 conv=notrunc "
                        "status=none")

    @long_only
    def test_odd_names_and_links(self):
        self.comes_back(r"""cd /data; touch 'with space' $'new\nline' "quote'" 'back\slash' 'ünïcode' .dot -- '-dash'
            ln -s /nowhere dangling; ln -s . loop; echo one >one; ln -s one relative""")

    @long_only
    def test_owners_and_modes_with_privileged_movers(self):
        for key, value in _PRIVILEGED.items():
            self.objects.merge(Kind("", "v1", "Namespace", "namespaces", namespaced=False), None, self.namespace,
                               {"metadata": {"annotations": {key: value}}})
        self.addCleanup(self.cluster.give_repository_to_movers)
        script = """cd /data; echo key >key; chmod 600 key; chown 1000:1000 key; mkdir db; chmod 700 db; chown 999:999 db
            echo set >setuid; chmod 4755 setuid; mkdir sticky; chmod 1777 sticky; echo none >none; chmod 000 none"""
        self.give_secret()
        self.create()
        self.in_pod(script, user=0)
        before = self.in_pod(_ALL, user=0)
        self.sync_as_root()
        self.delete()
        self.create()
        self.bound()
        self.assert_same(self.in_pod(_ALL, user=0), before)

    def sync_as_root(self) -> None:
        """A privileged mover writes what only root may read: whoever does that runs holdfast as root, or shares a group."""
        self.backed_up()
        self.cluster.give_repository_to_movers()

    @long_only
    def test_maintenance_runs_as_the_movers_do(self):
        maintenance = self.objects.items(KOPIA_MAINTENANCE, "holdfast-system")
        self.assertEqual(len(maintenance), 1)
        self.objects.merge(KOPIA_MAINTENANCE, "holdfast-system", maintenance[0]["metadata"]["name"],
                           {"spec": {"trigger": {"manual": "now"}}})

    @long_only
    def test_a_request_that_the_driver_rounds_up(self):
        self.comes_back("echo kept >/data/file", size="1500001Ki")
