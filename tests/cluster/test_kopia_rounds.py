"""Whatever happens to a real repository, in any order: every answer is right for what is in it at that moment.

HOLDFAST_ROUNDS_SEED chooses the order; the one that was used is printed, and is part of every failure."""

import collections
import contextlib
import json
import os
import pathlib
import random
import tempfile
import time
import unittest

from guarded_case import pvc as manifest
from kopia_rounds import PVCS, Rounds
from kopia_switch import KopiaSwitch
from reviewer import Review, Reviewer
from rig.holdfast import Holdfast, generate_certificates, repository_id
from rig.kopia_repo import KopiaRepository
from suite import Stage

PATIENCE_S = 60
_NOT_NOW = ("IndexUnavailable", "IndexRefreshing")


class RoundsInAnEpochRepository(unittest.TestCase):
    """No API server: reviews go straight to a holdfast that reads the repository."""

    FORMAT_VERSION = 3
    ROUNDS = 150
    expected_seconds = 120

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        cls.seed = int(os.environ.get("HOLDFAST_ROUNDS_SEED") or random.SystemRandom().randrange(2**32))
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-rounds-")))
        switch = KopiaSwitch(cls.folder, Stage.components)
        store = cls.folder / "store"
        store.mkdir()
        repository = KopiaRepository(Stage.components / "kopia", store, cls.FORMAT_VERSION)
        cls.rounds = Rounds(repository, switch, random.Random(cls.seed), cls.FORMAT_VERSION == 1)
        cls.addClassCleanup(cls.rounds.close)
        certificates = generate_certificates(Stage.holdfast, cls.folder / "certs")
        where = ["--index-backend", "kopia-fs", "--index-path", str(repository.path)]
        cls.holdfast = Holdfast(
            Stage.holdfast, cls.folder, certificates, *where, "--kopia-password-file", str(repository.password_file),
            "--kopia-binary", str(switch.program), "--repository-id", repository_id(Stage.holdfast, *where),
            "--index-timeout", "4s", "--drain", "1s")
        cls.addClassCleanup(cls.holdfast.stop)
        cls.reviewer = cls.enterClassContext(
            contextlib.closing(Reviewer(cls.holdfast.webhook_port, certificates / "ca.crt")))

    def test_every_answer_is_right_whatever_happened_before_it(self):
        print(f"     HOLDFAST_ROUNDS_SEED={self.seed} format version {self.FORMAT_VERSION}", flush=True)
        self.chance = random.Random(self.seed + 1)
        self.story, self.answers = [], collections.Counter()
        for _ in range(self.ROUNDS):
            self.story.append(self.rounds.act())
            self.ask_around()
        print(f"     {dict(self.answers)}", flush=True)
        self.assert_everything_occurred()

    def ask_around(self) -> None:
        if self.rounds.hangs and not self.rounds.listed:
            return self.judge(self.chance.choice(PVCS), self.ask_impatiently)
        asked = self.chance.sample(PVCS, 3)
        for pvc in asked:
            self.judge(pvc, self.ask)
        self.judge_exists(asked[0])

    def judge(self, pvc, ask) -> None:
        """`ask(namespace, name)`."""
        rounds = self.rounds
        if self.proves_nothing():
            answer = ask(*pvc)
            if answer.is_wait or rounds.listed is not None:
                self.assertTrue(answer.is_wait and answer.reason in _NOT_NOW, self.told(pvc, answer))
                self.answers["wait"] += 1
                return
        else:
            answer = self.patiently(lambda: ask(*pvc), lambda answer: answer.is_wait)
        if rounds.place == "other":
            self.assertEqual((answer.code, answer.reason), (403, "RepositoryChanged"), self.told(pvc, answer))
            self.answers["refuse"] += 1
            return
        self.judge_admission(pvc, answer)

    def proves_nothing(self) -> bool:
        """Holdfast cannot read the repository, or has no list of it and can make none."""
        place, listed = self.rounds.place, self.rounds.listed
        return place == "away" or (place == "right" and not listed and not self.rounds.readable)

    def judge_admission(self, pvc, answer: Review) -> None:
        self.rounds.listed = True
        expected = self.rounds.newest(pvc)
        good = answer.restores(expected.id) if expected else answer.is_unchanged
        self.assertTrue(good, self.told(pvc, answer))
        self.answers["restore" if expected else "fresh"] += 1

    def judge_exists(self, pvc) -> None:
        """Asked right after judge(), which has found out what holdfast knows."""
        if self.proves_nothing() and self.rounds.listed is None:
            return
        known = self.rounds.place == "right" and bool(self.rounds.listed)
        page = self.patiently(lambda: json.loads(self.holdfast.get(f"/exists/{pvc[0]}/{pvc[1]}")[1]),
                              lambda page: known and not page["authoritative"])
        expected = "unknown" if not known else "restore" if self.rounds.newest(pvc) else "fresh"
        self.assertEqual((page["decision"], page["exists"], page["authoritative"]),
                         (expected, expected != "fresh", known), self.told(pvc, page))
        self.answers[f"exists: {expected}"] += 1

    def told(self, pvc, answer) -> str:
        """All that is needed to see what went wrong, and to see it again."""
        return (f"HOLDFAST_ROUNDS_SEED={self.seed}, round {len(self.story)}, after {self.story[-8:]}: {pvc}, newest "
                f"{self.rounds.newest(pvc)}: {answer}")

    def ask(self, namespace: str, name: str) -> Review:
        return self.reviewer.ask(namespace, manifest(name))

    def ask_impatiently(self, namespace: str, name: str) -> Review:
        return self.reviewer.ask(namespace, manifest(name), budget_s=1)

    @staticmethod
    def patiently(question, is_for_now):
        """The first answer that is not for now only, or the last one."""
        deadline = time.monotonic() + PATIENCE_S
        while is_for_now(answer := question()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return answer

    def assert_everything_occurred(self) -> None:
        """Or the rounds show less than they seem to."""
        self.assertEqual(self.rounds.names() - set(self.story), set())
        kinds = {"restore", "fresh", "wait", "refuse", "exists: restore", "exists: fresh", "exists: unknown"}
        self.assertEqual(kinds - set(self.answers), set())


class RoundsInAnOldRepository(RoundsInAnEpochRepository):
    FORMAT_VERSION = 1
