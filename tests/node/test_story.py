"""The main story, as README's three commands begin it."""

from as_installed import commands
from node_case import FILL, SUMS, NodeCase


class Story(NodeCase):
    def test_a_volume_is_backed_up_deleted_and_comes_back_whole(self):
        self.namespace = "media"
        self.give_secret("photos")
        self.installation.shell(commands("With kustomize")[-1])
        self.bound("photos")
        fill, sums = FILL.replace("/data", "/photos"), SUMS.replace("/data", "/photos")
        self.in_pod(fill, "photos")
        before = self.in_pod(sums, "photos")
        self.assertGreater(len(before.splitlines()), 300)
        entry = self.backed_up("photos")
        print(f"     backed up: {entry['stats']['fileCount']} files, {entry['stats']['totalSize']} bytes")
        self.delete("photos")
        times = self.timed_restore_of_readme()
        self.assert_same(self.in_pod(sums, "photos"), before)
        self.assertEqual(len(self.mover_jobs_seen), 1, "the mover ran once")
        self.assertLess(times.ours, 30)
        why = self.installation.holdfast("why", "media/photos")
        print("     " + why.strip().replace("\n", "\n     "))
        self.assertEqual(self.events("RestoreNotVerified", "photos"), [])

    def timed_restore_of_readme(self):
        self.mover_jobs_seen = set()
        return self.timed_restore("photos", creating=lambda: self.installation.shell(commands("With kustomize")[-1]),
                                  looking=lambda: self.mover_jobs_seen.update(
                                      job["metadata"]["uid"] for job in self.mover_jobs("dst-photos-restore")))
