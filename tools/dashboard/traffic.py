"""Some minutes in the life of a small cluster: applications come and go, movers work, a repository is away for a while.

Everything of one application is one `life`, a generator that gives way wherever it waits; all of them are played in
turns by one thread. Another thread compares in dry runs what is there with what Git says, as GitOps controllers do.
"""

import datetime
import itertools
import threading
import time
import typing

from rig.kube_api import Answer, Api
from rig.objects import PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS
from rig.volsync_part import NOTHING_RESTORED, counted
from stage import Stage

_TURN_S = 0.5
_FILES = 1  # in each snapshot of the rig

# The namespace and PVC of each application, with the ages in hours of the backups that it has before the story begins.
_OLD = {("media", "photos"): (26, 2), ("media", "music"): (50, 26), ("media", "books"): (1,),
        ("home", "notes"): (79, 31.5), ("home", "recipes"): (12,), ("db", "wiki"): (3, 1.2),
        ("db", "ledger"): (0.7,), ("db", "tickets"): (28, 4), ("office", "paperless"): (20,), ("office", "mail"): (5,)}
_NEW = (("media", "podcasts"), ("home", "garden"), ("db", "metrics"), ("office", "scans"), ("home", "automation"),
        ("media", "films"))
_THERE_AT_FIRST = 6  # of the old ones; the others come back during the story
_LEAVES, _OPTS_OUT = ("media", "books"), ("home", "recipes")
_ARRIVES_EMPTY_ONCE, _MOVER_IS_ILL = ("office", "paperless"), ("home", "notes")
_REFUSED = (
    {"labels": {"backup-exempt": "true"}},
    {"spec": {"volumeMode": "Block"}},
    {"annotations": {"holdfast.dev/restore-from": "media/photos"}},
    {"annotations": {"holdfast.dev/restore-as-of": "yesterday"}},
    {"labels": {"backup-exempt": "true"}},
)
_EXEMPT = {"labels": {"backup-exempt": "true"}, "annotations": {"volsync.backup/backup-exempt-reason": "a cache"}}


def claim(name: str, *, labels: dict | None = None, annotations: dict | None = None, spec: dict | None = None) -> dict:
    return {"metadata": {"name": name, "labels": labels or {"backup": "hourly"}, "annotations": annotations or {}},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                     "resources": {"requests": {"storage": "1Gi"}}} | (spec or {})}


class Traffic:
    """`prepare`, then `play`. For one thread."""

    def __init__(self, stage: Stage):
        self._stage = stage
        self._lives: list[typing.Iterator[None]] = []
        self._bound: list[tuple[str, str]] = []

    def prepare(self) -> None:
        """Until the first applications are bound."""
        for namespace in sorted({namespace for namespace, _ in (*_OLD, *_NEW)}):
            self._stage.api.create_namespace(namespace)
        now = datetime.datetime.now(datetime.timezone.utc)
        for (namespace, pvc), ages in _OLD.items():
            for age in ages:
                at = now - datetime.timedelta(hours=age)
                self._stage.repository.snapshot(namespace, pvc, f"{at:%Y-%m-%d %H:%M:%S} UTC")
        first = list(_OLD)[:_THERE_AT_FIRST]
        self._lives = [self._life(*place) for place in first]
        deadline = time.monotonic() + 120
        while len(self._bound) < len(first):
            self._turn()
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {self._bound} of {first} are bound")

    def play(self, seconds: float) -> None:
        began = time.monotonic()
        due = sorted(self._score(seconds), key=lambda entry: entry[0])
        with _Comparing(self._stage.api):
            while (now := time.monotonic() - began) < seconds:
                while due and due[0][0] <= now:
                    due.pop(0)[1]()
                self._turn()

    def _score(self, seconds: float) -> typing.Iterator[tuple[float, typing.Callable]]:
        """What happens when, in seconds from the beginning."""
        pairs = itertools.zip_longest(list(_OLD)[_THERE_AT_FIRST:], _NEW)
        arrivals = [place for pair in pairs for place in pair if place]
        for place, share in zip(arrivals, _shares(len(arrivals), 0.04, 0.85)):
            yield share * seconds, lambda place=place: self._lives.append(self._life(*place))
        for share in _shares(max(2, int(seconds / 14)), 0.06, 0.97):
            yield share * seconds, self._back_up_the_next
        for number, share in enumerate(_shares(max(len(_REFUSED), int(seconds / 22)), 0.1, 0.95)):
            yield share * seconds, lambda number=number: self._ask(_REFUSED[number % len(_REFUSED)])
        for share in _shares(max(1, int(seconds / 30)), 0.05, 0.9):
            yield share * seconds, lambda: self._ask(_EXEMPT)
        yield 0.45 * seconds, self._stage.repository.move_away
        yield 0.52 * seconds, self._stage.repository.move_back
        yield 0.3 * seconds, lambda: self._stage.objects.delete(PVC, *_LEAVES)
        yield 0.7 * seconds, lambda: self._opt_out(*_OPTS_OUT)

    def _turn(self) -> None:
        began = time.monotonic()
        # Of a generator that has ended, next() gives the default.
        self._lives = [life for life in self._lives if next(life, life) is None]
        time.sleep(max(0.0, _TURN_S - (time.monotonic() - began)))

    def _life(self, namespace: str, pvc: str) -> typing.Iterator[None]:
        """From the first try to create it until it is bound; with a restore where one is promised."""
        answer = self._stage.api.create_pvc(namespace, claim(pvc))
        while answer.status == 503:
            yield from _pause(answer.retry_after or 2)
            answer = self._stage.api.create_pvc(namespace, claim(pvc))
        _check(answer)
        destination = f"{pvc}-backup"
        while self._stage.objects.get(RD, namespace, destination) is None:
            yield
        self._stage.part.idle_destination(namespace, destination)
        if "dataSourceRef" in answer.body["spec"]:
            yield from self._restore(namespace, pvc)
        self._stage.part.bind(namespace, pvc)
        self._bound.insert(0, (namespace, pvc))  # the next to be backed up

    def _restore(self, namespace: str, pvc: str) -> typing.Iterator[None]:
        """The mover's part, until the volume may be filled."""
        said, played = (NOTHING_RESTORED if (namespace, pvc) == _ARRIVES_EMPTY_ONCE else counted(_FILES)), ""
        while not self._image(namespace, pvc):
            run = self._stage.objects.get(RD, namespace, f"{pvc}-restore")
            token = run["spec"]["trigger"]["manual"] if run else played
            if token != played:
                self._stage.part.start_restore(namespace, f"{pvc}-restore")
                yield from _pause(3)
                self._stage.part.finish_restore(namespace, f"{pvc}-restore", logs=said)
                said, played = counted(_FILES), token
            yield

    def _image(self, namespace: str, pvc: str) -> dict | None:
        destination = self._stage.objects.get(RD, namespace, f"{pvc}-backup")
        return destination and destination.get("status", {}).get("latestImage")

    def _back_up_the_next(self) -> None:
        """Of those that VolSync is asked to back up."""
        for _ in range(len(self._bound)):
            namespace, pvc = self._bound.pop(0)
            self._bound.append((namespace, pvc))
            if (namespace, pvc) != _MOVER_IS_ILL and self._stage.objects.get(RS, namespace, f"{pvc}-backup"):
                self._lives.append(self._backup(namespace, pvc))
                return

    def _backup(self, namespace: str, pvc: str) -> typing.Iterator[None]:
        self._stage.part.start_backup(namespace, f"{pvc}-backup")
        yield from _pause(2)
        while not any(self._stage.repository.path.iterdir()):  # the mover tries again until it is back
            yield
        self._stage.repository.snapshot(namespace, pvc)
        self._stage.part.finish_backup(namespace, f"{pvc}-backup")

    def _opt_out(self, namespace: str, pvc: str) -> None:
        self._bound.remove((namespace, pvc))
        self._stage.objects.merge(PVC, namespace, pvc, {"metadata": {"labels": {"backup": None}}})

    def _ask(self, wanted: dict) -> None:
        """For an answer only."""
        self._stage.api.create_pvc("home", claim("cache", **wanted), dry_run=True)


class _Comparing:
    """Asks in dry runs for every application, in turn, faster and slower; for a `with` block."""

    def __init__(self, api: Api):
        self._api = api
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        for number, (namespace, pvc) in enumerate(itertools.cycle((*_OLD, *_NEW))):
            if self._done.wait(0.15 + 0.35 * (number // 40 % 3)):
                return
            self._api.create_pvc(namespace, claim(pvc), dry_run=True)


def _shares(count: int, first: float, last: float) -> list[float]:
    """So many, at equal distances."""
    return [first + (last - first) * number / max(count - 1, 1) for number in range(count)]


def _pause(seconds: float) -> typing.Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def _check(answer: Answer) -> None:
    if not answer.ok:
        raise RuntimeError(f"a PVC was not created: {answer}")
