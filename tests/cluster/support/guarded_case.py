"""The base of the tests: a guarded control plane per class, a namespace per test, and the words of the promise."""

import itertools
import pathlib
import re
import tempfile
import time
import unittest

from kopia_switch import KopiaSwitch
from rig.guarded import Guarded
from rig.kube_api import Answer
from rig.kopia_repo import Snapshot
from suite import Stage

CLIENT_GO_RETRIES = 10
_DENIAL = re.compile(r"holdfast: (\w+): .+; checked .+ at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*Z; .+", re.DOTALL)
_numbers = itertools.count(1)


def pvc(name: str = "data", *, labels: dict | None = None, annotations: dict | None = None, **spec) -> dict:
    """A PVC that wants daily backups, unless `labels` says otherwise."""
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "labels": {"backup": "daily"} if labels is None else labels,
                         "annotations": annotations or {}},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                     "resources": {"requests": {"storage": "1Gi"}}, **spec}}


def our_reference(name: str) -> dict:
    return {"apiGroup": "volsync.backube", "kind": "ReplicationDestination", "name": f"{name}-backup"}


def promise(snapshot: Snapshot) -> dict:
    return {"holdfast.dev/restored-snapshot": snapshot.id, "holdfast.dev/restored-as-of": snapshot.start_time,
            "holdfast.dev/restored-source": snapshot.source}


class GuardedCase(unittest.TestCase):
    """Subclasses say in `guarded_options` how their holdfast differs from the usual one."""

    guarded_type: type[Guarded] = Guarded
    guarded_options: dict = {}
    maxDiff = None
    observation: tuple[str, float | None]  # of a test that is a fault; see fault_table

    @classmethod
    def setUpClass(cls):
        Stage.current = cls
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="holdfast-switch-"))
        cls.plane = Stage.plane
        cls.api = Stage.plane.api
        cls.kopia = KopiaSwitch(pathlib.Path(folder), Stage.components)
        cls.guarded = cls.enterClassContext(
            cls.guarded_type(cls.plane, Stage.components, Stage.holdfast, kopia=cls.kopia.program,
                             **cls.guarded_options))
        cls.repository = cls.guarded.repository
        cls.holdfast = cls.guarded.holdfast

    def setUp(self):
        self.namespace = f"{type(self).__module__.removeprefix('test_').replace('_', '-')}-{next(_numbers)}"
        self.api.create_namespace(self.namespace)
        self.addCleanup(self._holdfast_is_alive)

    def observed(self, what: str, recovery_s: float | None = None) -> None:
        """What came of the fault that this test is."""
        self.observation = what, recovery_s

    def backup(self, name: str = "data") -> Snapshot:
        return self.repository.snapshot(self.namespace, name)

    def create(self, document: dict, dry_run: bool = False) -> Answer:
        return self.api.create_pvc(self.namespace, document, dry_run)

    def create_patiently(self, document: dict, dry_run: bool = False) -> Answer:
        """As clients built on client-go do: honours Retry-After, ten times."""
        for _ in range(CLIENT_GO_RETRIES):
            answer = self.create(document, dry_run)
            if answer.status != 503 or answer.retry_after is None:
                return answer
            time.sleep(answer.retry_after)
        return self.create(document, dry_run)

    def stored(self, name: str = "data") -> dict:
        return self.api.get_pvc(self.namespace, name).body

    def assert_restored(self, answer: Answer, snapshot: Snapshot):
        self.assertTrue(answer.ok, str(answer))
        self.assert_promises(answer.body, snapshot)

    def assert_promises(self, document: dict, snapshot: Snapshot):
        metadata = document["metadata"]
        self.assertEqual(document["spec"].get("dataSourceRef"), our_reference(metadata["name"]))
        found = {key: value for key, value in metadata.get("annotations", {}).items() if "holdfast.dev/" in key}
        self.assertEqual(found, found | promise(snapshot))

    def assert_unchanged(self, answer: Answer, sent: dict):
        """What came out is what was sent, with the API server's own default."""
        self.assertTrue(answer.ok, str(answer))
        self.assertEqual(answer.body["spec"], {"volumeMode": "Filesystem"} | sent["spec"])
        self.assertEqual(answer.body["metadata"].get("annotations", {}), sent["metadata"]["annotations"])
        self.assertEqual(answer.body["metadata"].get("labels", {}), sent["metadata"]["labels"])

    def assert_waits(self, answer: Answer, *codes: str):
        self._assert_denial(answer, 503, codes)
        self.assertIn(answer.retry_after, range(1, 6))

    def assert_refused(self, answer: Answer, code: str):
        self._assert_denial(answer, 403, (code,))
        self.assertIsNone(answer.retry_after)

    def _assert_denial(self, answer: Answer, status: int, codes: tuple):
        self.assertEqual(answer.status, status, str(answer))
        self.assertIn(answer.reason, codes, str(answer))
        sentence = answer.message[answer.message.find("holdfast: "):]
        self.assertRegex(sentence, _DENIAL)
        self.assertEqual(_DENIAL.match(sentence)[1], answer.reason)
        self.assertLessEqual(len(sentence.encode()), 1024)

    def assert_warned(self, answer: Answer, code: str):
        self.assertTrue(any(text.startswith(f"{code}: ") for text in answer.warnings), answer.warnings)

    def _holdfast_is_alive(self):
        if not self.holdfast.process.alive():
            self.fail(f"holdfast ended: {self.holdfast.process.last_words()}")
