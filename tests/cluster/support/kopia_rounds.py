"""What can happen to a real repository between two reviews, and what is true of it afterwards."""

import contextlib
import os
import random
import signal

from kopia_switch import KopiaSwitch
from rig.kopia_repo import KopiaRepository, Snapshot

PVCS = (("media", "photos"), ("media", "db"), ("tools", "photos"), ("tools", "my.app"), ("web", "data"))
_MOST = 8  # snapshots of a PVC: above 10 kopia's own retention would begin to remove the oldest
_LISTING_FAULTS = ("die", "half", "fail", "garbage", "silence", "complaint", "hang")


class Rounds:
    """One action at a time. What it chooses depends on `chance` and on what it did before, never on the time.

    `snapshots`: the complete ones in the right repository, oldest first. `old_format`: its password cannot change."""

    def __init__(self, repository: KopiaRepository, switch: KopiaSwitch, chance: random.Random, old_format: bool):
        self.snapshots: dict[tuple[str, str], list[Snapshot]] = {pvc: [] for pvc in PVCS}
        self.place = "right"          # or "away", or "other"
        # Whether holdfast has a list of what is in the repository now. None: it may have one, because it has just been
        # started, or kopia may have had nothing to write.
        self.listed: bool | None = None
        self._old_format = old_format
        self._repository = repository
        self._switch = switch
        self._chance = chance
        self._passwords = 1
        self._password_is_right = True
        self._fault = ""
        self._mishap = contextlib.ExitStack()
        self._deck: list[str] = []
        self._other = repository.path.with_name("other")
        self._aside = repository.path.with_name("aside")
        self._make_other()

    @property
    def readable(self) -> bool:
        """Whether a listing can succeed."""
        return self.place == "right" and self._password_is_right and not self._fault

    @property
    def hangs(self) -> bool:
        return self._fault == "hang"

    def newest(self, pvc: tuple[str, str]) -> Snapshot | None:
        return self.snapshots[pvc][-1] if self.snapshots[pvc] else None

    def act(self) -> str:
        """Does one thing, and says which."""
        mend = self._mend()
        name = mend if mend and self._chance.random() < 0.7 else self._draw()
        self._actions()[name][1]()
        return name

    def names(self) -> set[str]:
        """Of all actions that there are in such a repository."""
        return set(self._actions()) - ({"the password is changed"} if self._old_format else set())

    def close(self) -> None:
        self._mishap.close()

    def _actions(self) -> dict[str, tuple[int, object, bool]]:
        """By name: how often, what, and whether it can be done now."""
        right = self.place == "right"
        some = right and any(self.snapshots.values())
        whole = self.readable
        room = bool(self._with_room())
        faults = {f"kopia: {fault}": (1, lambda fault=fault: self._misbehave(fault), whole and room)
                  for fault in _LISTING_FAULTS}
        return faults | {
            "a backup completes": (14, self._back_up, right and room),
            "a snapshot is deleted": (5, self._delete_one, some),
            "all snapshots of a PVC are deleted": (5, self._delete_all, some),
            "an upload is interrupted": (1, self._interrupt, right),
            "indexes are compacted": (3, lambda: self._tidy_up(self._repository.compact), right),
            "maintenance runs": (1, lambda: self._tidy_up(self._repository.maintain), right),
            "kopia gives notice": (1, self._give_notice, whole and room),
            "the repository is away": (3, self._move_away, right),
            "the repository is back": (0, self._move_back, self.place == "away"),
            "another repository is in its place": (3, self._swap_in, right),
            "the right repository is in its place": (0, self._swap_out, self.place == "other"),
            "the password file is wrong": (2, self._spoil_password, self._password_is_right),
            "the password is changed": (1, self._change_password, whole and not self._old_format),
            "the password file is right": (0, self._mend_password, not self._password_is_right),
            "kopia is itself again": (0, self._behave, bool(self._fault)),
            "nothing": (2, lambda: None, True)}

    def _mend(self) -> str:
        """What would make one thing right again; empty: all is right."""
        if self.place != "right":
            return "the repository is back" if self.place == "away" else "the right repository is in its place"
        if self._fault:
            return "kopia is itself again"
        return "" if self._password_is_right else "the password file is right"

    def _draw(self) -> str:
        """From a deck of cards rather than by dice: so everything gets its turn."""
        actions = self._actions()
        for _ in range(2):
            for position, name in enumerate(self._deck):
                if actions[name][2]:
                    return self._deck.pop(position)
            more = [name for name, (often, _, _) in actions.items() for _ in range(often)]
            self._chance.shuffle(more)
            self._deck += more
        raise AssertionError("there is always `nothing` to do")

    def _write(self, command, *arguments):
        self.listed = False
        return command(*arguments)

    def _tidy_up(self, command) -> None:
        self.listed = self.listed and None
        command()

    def _back_up(self) -> None:
        pvc = self._chance.choice(self._with_room())
        self.snapshots[pvc].append(self._write(self._repository.snapshot, *pvc))

    def _delete_one(self) -> None:
        pvc = self._some_with_backups()
        self._write(self._repository.delete, self.snapshots[pvc].pop(self._chance.randrange(len(self.snapshots[pvc]))))

    def _delete_all(self) -> None:
        pvc = self._some_with_backups()
        self._write(self._repository.delete, *self.snapshots[pvc])
        self.snapshots[pvc].clear()

    def _with_room(self) -> list[tuple[str, str]]:
        return [pvc for pvc in PVCS if len(self.snapshots[pvc]) < _MOST]

    def _some_with_backups(self) -> tuple[str, str]:
        return self._chance.choice([pvc for pvc in PVCS if self.snapshots[pvc]])

    def _interrupt(self) -> None:
        self._write(self._repository.interrupted_snapshot, *self._chance.choice(PVCS))

    def _move_away(self) -> None:
        self._repository.move_away()
        self.place = "away"

    def _move_back(self) -> None:
        self._repository.move_back()
        self.place = "right"

    def _make_other(self) -> None:
        """Another repository, with backups of its own for some of the same PVCs."""
        self._repository.replace_with_new(PVCS[:3])
        self._repository.path.rename(self._other)
        self._repository.path.mkdir()
        self._repository.move_back()

    def _swap_in(self) -> None:
        self._repository.path.rename(self._aside)
        self._other.rename(self._repository.path)
        self.place = "other"

    def _swap_out(self) -> None:
        self._repository.path.rename(self._other)
        self._aside.rename(self._repository.path)
        self.place = "right"

    def _spoil_password(self) -> None:
        self._repository.spoil_password()
        self._password_is_right = False

    def _change_password(self) -> None:
        """In the repository; the file comes later."""
        self._passwords += 1
        self._write(self._repository.change_password, f"correct horse number {self._passwords}")
        self._password_is_right = False

    def _mend_password(self) -> None:
        self._repository.restore_password()
        self._password_is_right = True

    def _misbehave(self, fault: str) -> None:
        """From now on; and a backup makes a new listing necessary."""
        self._mishap.enter_context(self._switch.behaves(fault))
        self._fault = fault
        self._back_up()

    def _give_notice(self) -> None:
        """Of many index blobs, which is no fault."""
        self._mishap.enter_context(self._switch.behaves("notice"))
        self._back_up()

    def _behave(self) -> None:
        self._mishap.close()
        if self.hangs and (process := self._switch.hung_process()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._fault = ""
