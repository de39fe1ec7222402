"""Restores that are not the plain one: an older state, several at once, in trouble, and with each way to verify."""

import time

from node_case import FILL, PATIENCE_S, SUMS, NodeCase
from rig.objects import NAMESPACE, PVC
from rig.processes import wait_until


class Restores(NodeCase):
    def prepared(self, *names: str, script: str = FILL, by_hand: bool = True) -> dict[str, str]:
        """Claims with a backup of their files, by name what SUMS says of them. `by_hand`: movers' Secrets are the test's,
        and not holdfast's."""
        names = names or ("data",)
        if by_hand:
            self.give_secret(*names)
        for name in names:
            self.create(name)
        self.in_pod("\n".join(script.replace("/data", f"/{name}") for name in names), *names)
        self.backed_up(*names)
        return self.sums(*names)

    def sums(self, *names: str) -> dict[str, str]:
        script = "\necho ====\n".join(SUMS.replace("/data", f"/{name}") for name in names)
        return dict(zip(names, self.in_pod(script, *names).split("====\n"), strict=True))

    def assert_restored(self, before: dict[str, str]) -> None:
        for name in before:
            self.bound(name)
        for name, now in self.sums(*before).items():
            self.assert_same(now, before[name])

    def test_an_older_state_comes_back_where_it_is_asked_for(self):
        before = self.prepared(script="echo first >/data/file")
        time.sleep(1)
        between = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        time.sleep(1)
        self.in_pod("echo second >/data/file; echo new >/data/other")
        self.backed_up()
        self.delete()
        self.create(annotations={"holdfast.dev/restore-as-of": between})
        self.assert_restored(before)

    def test_four_claims_at_once_come_back_each_with_its_own(self):
        before = self.prepared("one", "two", "three", "four", by_hand=False)
        self.assertEqual(len(set(before.values())), 4)
        for name in before:
            self.delete(name)
        began = time.monotonic()
        for name in before:
            self.create(name)
        self.assert_restored(before)
        print(f"     four at once: bound and compared after {time.monotonic() - began:.1f} s")

    def test_a_whole_namespace_deleted_and_created_anew_comes_back(self):
        before = self.prepared("first", "second", by_hand=False)
        self.objects.delete(NAMESPACE, None, self.namespace)
        wait_until(lambda: self.objects.get(NAMESPACE, None, self.namespace) is None, PATIENCE_S, "it is gone")
        self.node.api.create_namespace(self.namespace)
        for name in before:
            self.create(name)
        self.assert_restored(before)

    def test_a_restore_goes_on_after_holdfast_was_killed_while_the_mover_worked(self):
        before = self.prepared()
        self.delete()
        self.create()
        wait_until(lambda: self.mover_jobs("dst-data-restore"), PATIENCE_S, "the mover's Job")
        killed = self.cluster.kill_holdfast()
        self.assertEqual(len(killed), 2)
        began = time.monotonic()
        self.assert_restored(before)
        print(f"     bound and compared {time.monotonic() - began:.1f} s after both replicas were killed")

    def test_a_wrong_password_is_told_and_the_restore_comes_when_it_is_corrected(self):
        before = self.prepared()
        self.delete()
        self.give_secret(password="not the password")
        self.create()
        wait_until(lambda: any(job.get("status", {}).get("failed") for job in self.mover_jobs("dst-data-restore")),
                   PATIENCE_S, "a pod of the mover's Job has failed", every=0.2)
        print(f"     {self.wait_for_event('MoverFailing', seconds=10)}")
        self.assertIn("MoverFailing", self.gaps())
        self.assertEqual(self.objects.get(PVC, self.namespace, "data")["status"]["phase"], "Pending")
        self.give_secret()
        self.bound(seconds=180)
        self.assert_restored(before)

    def test_a_mover_that_selects_nothing_is_not_believed(self):
        """Its Secret leads to another place in the same export, where the mover makes a repository of its own."""
        self.prepared()
        self.delete()
        self.lead_movers_to("elsewhere")
        self.create()
        message = self.wait_for_event("RestoreNotVerified")
        print(f"     {message}")
        self.assertIn("selected no", message)
        run = self.restore_run()["status"]
        self.assertEqual(run["latestMoverStatus"]["result"], "Successful")
        self.assertIn("latestImage", run)
        self.assertIsNone(self.destination_image(), "what was not verified is not published")
        self.assertEqual(self.objects.get(PVC, self.namespace, "data")["status"]["phase"], "Pending")

    def test_counts_are_compared_where_the_operator_keeps_whole_logs(self):
        before = self.prepared()
        self.delete()
        self.cluster.volsync.set_mover_log_debug(True)
        self.addCleanup(self.cluster.volsync.wait_until_ready)
        self.addCleanup(self.cluster.volsync.set_mover_log_debug, False)
        self.cluster.volsync.wait_until_ready()
        self.timed_restore()
        message = self.wait_for_event("RestoreVerified", seconds=10)
        print(f"     {message}")
        self.assertIn("kopia counted what the snapshot holds", message)
        self.assert_restored(before)
