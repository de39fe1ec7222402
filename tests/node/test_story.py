"""The main story, as README's three commands begin it."""

from node_case import FILL, SUMS, NodeCase
from readme import commands  # of tests/cluster/support


class Story(NodeCase):
    """`heading`: of README's commands. `claim`: whose file the last of them applies."""

    heading = "With kustomize"
    claim = "photos"

    def setUp(self):
        self.namespace = "media"
        self.addCleanup(self.delete, self.claim)

    def test_a_volume_is_backed_up_deleted_and_comes_back_whole(self):
        self.apply()
        self.bound(self.claim)
        self.in_pod(FILL.replace("/data", f"/{self.claim}"), self.claim)
        before = self.sums()
        self.assertGreater(len(before.splitlines()), 300)
        entry = self.backed_up(self.claim)
        print(f"     backed up: {entry['rootEntry']['summ']['files']} files, {entry['rootEntry']['summ']['size']} bytes")
        self.delete(self.claim)
        jobs = set()
        self.timed_restore(self.claim, creating=self.apply, looking=lambda: jobs.update(
            job["metadata"]["uid"] for job in self.mover_jobs(f"dst-{self.claim}-restore")))
        self.assert_same(self.sums(), before)
        self.assertEqual(len(jobs), 1, "the mover ran once")
        self.assertEqual(self.events("RestoreNotVerified", self.claim), [])
        print(f"     {self.wait_for_event('RestoreVerified', self.claim)}")
        self.wait_for_source(self.claim)
        print("     " + self.installation.holdfast("why", f"media/{self.claim}").strip().replace("\n", "\n     "))

    def apply(self) -> None:
        self.installation.shell(commands(self.heading)[-1])

    def sums(self) -> str:
        return self.in_pod(SUMS.replace("/data", f"/{self.claim}"), self.claim)
