"""Words for the steps of a restore, for tests that play the movers' part."""

import json
import re

from generator_case import GeneratorCase
from guarded_case import pvc
from rig.kopia_repo import Snapshot
from rig.kube_api import Answer
from rig.objects import PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS
from rig.processes import wait_until

HOME_NFS = """
generator:
  secret: {mode: external-secret, store: 1password, key: rustfs, property: kopia_password}
  repository: {kind: nfs, server: 192.0.2.10, path: /tank/kopia}
  backup:
    volumeSnapshotClassName: longhorn-snapclass
    moverSecurityContext: {runAsUser: 568, runAsGroup: 568, fsGroup: 568}
"""
PLAIN = re.sub(r"\n  secret: .*", "", HOME_NFS)  # the Secret is somebody else's
SNAPSHOT_FILES = 1  # of the rig's snapshots
DESTINATION, RUN, SOURCE, SECRET = "data-backup", "data-restore", "data-backup", "volsync-data"
PATIENCE = 60  # seconds; what is waited for takes a few


class RestoreCase(GeneratorCase):
    """A PVC is called `data` unless `name` says otherwise."""

    settings = HOME_NFS

    def rd(self, name: str) -> dict | None:
        return self.objects.get(RD, self.namespace, name)

    def rs(self) -> dict | None:
        return self.objects.get(RS, self.namespace, SOURCE)

    def claim(self, name: str = "data") -> dict:
        return self.objects.get(PVC, self.namespace, name)

    def image_on_destination(self, name: str = "data") -> dict | None:
        destination = self.rd(f"{name}-backup")
        return destination and destination.get("status", {}).get("latestImage")

    def wait_for_destination(self, name: str = "data") -> dict:
        destination = wait_until(lambda: self.rd(f"{name}-backup"), PATIENCE, f"the destination of {name} stands")
        self.part.idle_destination(self.namespace, f"{name}-backup")
        return destination

    def wait_for_run(self, attempt: int = 1, name: str = "data") -> dict:
        def run():
            found = self.rd(f"{name}-restore")
            return found if found and found["spec"]["trigger"]["manual"].endswith(f"-{attempt}") else None
        return wait_until(run, PATIENCE, f"attempt {attempt} at the restore of {name} is asked for")

    def wait_for_image(self, image: str, name: str = "data") -> None:
        """Of the run, on the destination."""
        wait_until(lambda: self.image_on_destination(name), PATIENCE, f"the image is on the destination of {name}")
        self.assertEqual(self.image_on_destination(name), self.part.reference(image))

    def wait_for_the_end_of_the_restore(self, name: str = "data") -> None:
        wait_until(lambda: self.image_on_destination(name) is None and self.rd(f"{name}-restore") is None, PATIENCE,
                   f"the restore of {name} is closed")

    def delete_claim(self) -> None:
        self.objects.delete(PVC, self.namespace, "data")
        wait_until(lambda: self.claim() is None, 30, "the PVC is gone")

    def annotate(self, **annotations: str | None) -> None:
        """`accept_unverified="…"` is the PVC's annotation `holdfast.dev/accept-unverified`."""
        named = {f"holdfast.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"annotations": named}})

    def nothing_of_ours(self) -> bool:
        return not self.objects.count_ours(self.namespace)

    def reasons(self, name: str = "data") -> set:
        return {event["reason"] for event in self.objects.events_about(self.namespace, name)}

    def messages(self, reason: str, name: str = "data") -> list[str]:
        """Of the Events with that reason, oldest first."""
        return [event["message"] for event in self.objects.events_about(self.namespace, name)
                if event["reason"] == reason]

    def audit(self, name: str = "data") -> dict:
        """What /audit says of the PVC, as soon as holdfast has heard of it."""
        return wait_until(lambda: self._audited().get(name), PATIENCE, f"holdfast knows the PVC {name}")

    def wait_for_audit(self, **said) -> dict:
        """What /audit says of the PVC, as soon as these members say that: it follows the objects after a moment."""
        found = {}

        def says_it() -> bool:
            found.update(self.audit())
            return all(found.get(key) == value for key, value in said.items())

        wait_until(says_it, PATIENCE, lambda: f"/audit says {said}, instead of {found}")
        return found

    def _audited(self) -> dict[str, dict]:
        status, body = self.holdfast.get(f"/audit?namespace={self.namespace}")
        self.assertEqual(status, 200, body)
        return {item["pvc"]: item for item in json.loads(body)["items"]}

    def gap_series(self) -> set[str]:
        """The reasons by which the leader's metrics have the PVC as a gap."""
        prefix = f'holdfast_pvc_gap{{namespace="{self.namespace}",pvc="data",reason="'
        lines = self.holdfast.get("/metrics")[1].splitlines()
        return {line.removeprefix(prefix).partition('"')[0] for line in lines
                if line.startswith(prefix) and line.endswith(" 1")}

    def create_with_backup(self, name: str = "data") -> Snapshot:
        """A PVC whose restore is promised; its snapshot."""
        snapshot = self.backup(name)
        self.assert_restored(self.create_patiently(pvc(name)), snapshot)
        return snapshot

    def create_again(self) -> Answer:
        """The PVC `data`, with what waiting it takes until the objects of the one before are in order."""
        answer = self.create_patiently(pvc())
        self.assertTrue(answer.ok, str(answer))
        return answer

    def stays(self, question, what: str, seconds: float = 2.0) -> None:
        """Fails as soon as `question` is not true any more."""
        try:
            wait_until(lambda: not question(), seconds, what)
        except TimeoutError:
            return
        self.fail(f"did not stay so: {what}")
