"""What pods say of themselves is known: movers run as those to whom the data belongs, and say why they fail."""

from as_installed import with_insight
from node_case import PATIENCE_S, POD, NodeCase
from rig.objects import REPLICATION_SOURCE
from rig.processes import wait_until

_APPLICATION = 1000
# The root of a new volume is root's, and a mover without privileges cannot give it away.
_LOOK = "cd /data; find . -mindepth 1 -printf '%y %U:%G %s %p\\n' | sort"


class WithInsight(NodeCase):
    install = staticmethod(with_insight)
    only_long = True

    def setUp(self):
        super().setUp()
        self.give_secret()

    def mover(self, destination: dict) -> dict:
        return destination["spec"]["kopia"]["moverSecurityContext"]

    def run_as(self) -> int | None:
        source = self.objects.get(REPLICATION_SOURCE, self.namespace, "data-backup")
        return self.mover(source).get("runAsUser") if source else None

    def application_at_work(self) -> None:
        """Backups follow it while it has the volume; it is gone afterwards, and they go on following."""
        pod = self.start_pod("sleep infinity", user=_APPLICATION)
        wait_until(lambda: self.run_as() == _APPLICATION, PATIENCE_S, "backups run as the application", every=0.5)
        self.objects.delete(POD, self.namespace, pod)
        self.assertEqual(self.run_as(), _APPLICATION)

    def test_files_that_only_their_owner_may_read_come_back_with_their_owner(self):
        self.create()
        self.in_pod(f"chown {_APPLICATION}:{_APPLICATION} /data", user=0)
        self.in_pod("cd /data; echo key >key; mkdir db; echo row >db/row; chmod 600 key db/row; chmod 700 db",
                    user=_APPLICATION)
        before = self.in_pod(_LOOK, user=0)
        self.assertIn(f"f {_APPLICATION}:{_APPLICATION} 4 ./key", before)
        self.application_at_work()
        self.assertEqual(self.backed_up()["rootEntry"]["summ"].get("numFailed", 0), 0)
        self.delete()
        self.create()
        run = wait_until(self.restore_run, PATIENCE_S, "the restore run")
        self.assertEqual(self.mover(run)["runAsUser"], _APPLICATION)
        self.bound()
        self.assert_same(self.in_pod(_LOOK, user=0), before)

    def test_a_mover_that_fails_is_told_with_its_pods_own_words(self):
        self.create()
        self.in_pod("echo kept >/data/file")
        self.backed_up()
        self.give_secret(password="not the password")
        self.start_backup()
        message = self.wait_for_event("MoverFailing", seconds=60)
        print(f"     {message}")
        self.assertRegex(message, "; last: .*exit code [1-9]")
        self.assertIn("MoverFailing", self.gaps())
        self.give_secret()
