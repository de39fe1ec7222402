"""An older copy of the repository that stands in its place only while kopia lists is not believed."""

import shutil

from guarded_case import GuardedCase, pvc
from rig.processes import wait_until

_PATIENCE_S = 60


class OlderCopyInAnEpochRepository(GuardedCase):
    """The names of index blobs are the same before and after each listing, and kopia reads fewer."""

    guarded_options = {"flags": ("--index-timeout", "30s")}

    def test_a_pvc_with_a_backup_is_not_admitted_empty_while_kopia_lists_an_older_copy(self):
        older = self.repository.path.with_name("older")
        shutil.copytree(self.repository.path, older)
        # Of what is there now holdfast has a list, and of the copy it has none.
        other = self.backup("another")
        self.assert_restored(self.create_patiently(pvc("another")), other)
        snapshot = self.backup()
        listings = self.kopia.listings()
        with self.kopia.behaves(f"older {older} {self.repository.path}"):
            wait_until(lambda: self.waits() and self.kopia.listings() >= listings + 3, _PATIENCE_S,
                       "three listings of the older copy", every=0.2)
            wait_until(older.exists, _PATIENCE_S, "the copy is gone again", every=0.01)
        self.assert_restored(self.create_patiently(pvc()), snapshot)

    def waits(self) -> bool:
        answer = self.create(pvc())
        self.assertFalse(answer.ok, str(answer))
        self.assertIn(answer.reason, ("IndexUnavailable", "IndexRefreshing"), str(answer))
        return True


class OlderCopyInAnOldRepository(OlderCopyInAnEpochRepository):
    guarded_options = OlderCopyInAnEpochRepository.guarded_options | {"format_version": 1}
