"""The base of the tests of holdfast at work: installed with kustomize, pinned, two replicas, a claim in its care."""

import contextlib
import re

from admission_load import Asker
from guarded_case import pvc
from installation import Copy
from networked_case import PATIENCE_S, NetworkedCase
from rig.holdfast import repository_id
from rig.objects import PVC, REPLICATION_DESTINATION, REPLICATION_SOURCE
from rig.processes import wait_until
from rig.volsync_part import VolSyncPart
from steady_load import SteadyLoad
from suite import Stage

ASKERS, CREATORS = 12, 2  # threads
_SETTINGS = """\
index: {{backend: kopia-fs, path: /repository, repositoryId: {identity}}}
webhook: {{drain: 5s}}
generator:
  minAge: 0s
  repository: {{kind: nfs, server: 192.0.2.1, path: /tank}}
  backup: {{moverSecurityContext: {{runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532}}}}
"""
_MORE = """\
secretGenerator:
- {{name: holdfast-repository, namespace: holdfast-system, files: [password]}}
images:
- {{name: holdfast, newName: example.org/holdfast, newTag: {tag}}}
"""


class InstalledCase(NetworkedCase):
    """The certificate comes from files. `kept`: a bound claim in `media`, with the objects that go with it."""

    first_tag = "current"
    components = ("nfs", "network-policy", "certificate-files")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.copy = Copy(cls.folder)
        cls.authority = cls.copy.issue_certificate()
        cls.repository_id = repository_id(Stage.holdfast, "--index-backend", "kopia-fs", "--index-path",
                                          str(cls.repository.path))
        cls.snapshot = cls.repository.snapshot("media", "music")
        cls.prepare()
        cls.overlay = cls.copy.overlay("ours", *cls.components, settings=_SETTINGS.format(identity=cls.repository_id),
                                       more=_MORE.format(tag=cls.first_tag))
        (cls.overlay / "password").write_bytes(cls.repository.password_file.read_bytes())
        cls.install()
        cls.keep_a_claim()

    @classmethod
    def prepare(cls):
        """Makes what stands before holdfast is installed."""

    @classmethod
    def install(cls) -> None:
        cls.apply()
        cls.wait_for_rollout()
        cls.wait_until_asked()
        wait_until(lambda: all("\ntombstones: ok" in pod.holdfast.get("/readyz")[1] for pod in cls.kubelet.pods),
                   PATIENCE_S, "holdfast remembers backups: before, nothing starts empty")

    @classmethod
    def apply(cls) -> None:
        cls.run_as_a_user(f"kubectl apply -k {cls.overlay}")

    @classmethod
    def set_image(cls, tag: str) -> None:
        """In the overlay, as a user does; apply() rolls it out."""
        path = cls.overlay / "kustomization.yaml"
        path.write_text(re.sub(r"newTag: \w+", f"newTag: {tag}", path.read_text()))

    @classmethod
    def keep_a_claim(cls) -> None:
        cls.objects.create(PVC, "media", pvc("kept"))
        wait_until(lambda: cls.objects.get(REPLICATION_DESTINATION, "media", "kept-backup"), PATIENCE_S, "its destination")
        part = VolSyncPart(cls.api)
        part.idle_destination("media", "kept-backup")
        part.bind("media", "kept")
        wait_until(lambda: cls.objects.get(REPLICATION_SOURCE, "media", "kept-backup"), PATIENCE_S, "its source")

    @classmethod
    def kept(cls) -> list[tuple]:
        """The claim and its objects, less what others may write at any time."""
        found = [cls.objects.get(kind, "media", name) for kind, name in (
            (PVC, "kept"), (REPLICATION_SOURCE, "kept-backup"), (REPLICATION_DESTINATION, "kept-backup"))]
        return [each and (each["metadata"]["uid"], each["metadata"].get("labels"), each["spec"]) for each in found]

    @contextlib.contextmanager
    def load(self):
        """Reviews to the Service, and creations through the API server; yields the load and its askers."""
        askers = [Asker(self.network, self.authority, "music", self.snapshot) for _ in range(ASKERS)]
        try:
            with SteadyLoad(*askers, *[self.creation] * CREATORS) as load:
                yield load, askers
        finally:
            for asker in askers:
                asker.close()

    @classmethod
    def creation(cls) -> str:
        """A claim that has a backup, as a dry-run; what went wrong, or an empty text."""
        answer = cls.api.create_pvc("media", pvc("music"), dry_run=True)
        if not answer.ok:
            return str(answer)
        return "" if "dataSourceRef" in answer.body["spec"] else "admitted empty"


def reviews(askers: list[Asker]) -> int:
    return sum(asker.asked for asker in askers)


def tried(load: SteadyLoad, askers: list[Asker]) -> int:
    """Requests for admission: reviews, and two for each creation."""
    return reviews(askers) + 2 * load.count(ASKERS)
