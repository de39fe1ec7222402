"""Words for the parts of a PVC, whoever made them."""

import copy

from guarded_case import pvc
from rig.objects import EXTERNAL_SECRET, PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS, Kind
from rig.processes import wait_until
from restore_case import DESTINATION, PATIENCE, SECRET, SOURCE, RestoreCase

MANAGER = "app.kubernetes.io/managed-by"
PVC_LABEL = "volsync.backup/pvc"
PARTS = {SECRET: EXTERNAL_SECRET, f"{DESTINATION} ": RD, SOURCE: RS}  # a destination and a source may bear one name
SPECS = {
    EXTERNAL_SECRET: {"refreshInterval": "7h", "secretStoreRef": {"kind": "SecretStore", "name": "theirs"},
                      "data": [{"secretKey": "password", "remoteRef": {"key": "theirs"}}],
                      "target": {"name": "theirs"}},
    RD: {"trigger": {"manual": "theirs"}, "kopia": {"repository": "theirs", "copyMethod": "Snapshot",
                                                    "capacity": "9Gi", "accessModes": ["ReadWriteOnce"]}},
    RS: {"sourcePVC": "data", "trigger": {"schedule": "0 0 1 1 *"}, "kopia": {"repository": "theirs",
                                                                               "copyMethod": "Clone"}}}


class OwnedParts(RestoreCase):
    """The parts of the PVC `data`, whoever made them."""

    def part_of(self, kind: Kind) -> dict | None:
        return self.objects.get(kind, self.namespace, name_of(kind))

    def plant(self, kind: Kind, manager: str | None = None, name: str = "", **labels: str) -> dict:
        """An object of somebody else's, under the name that ours would have."""
        labels = labels | ({MANAGER: manager} if manager else {})
        return self.objects.create(kind, self.namespace, {
            "metadata": {"name": name or name_of(kind), "labels": labels}, "spec": copy.deepcopy(SPECS[kind])})

    def plant_all(self, manager: str | None = None) -> dict[Kind, dict]:
        return {kind: self.plant(kind, manager) for kind in PARTS.values()}

    def protect(self) -> dict[Kind, dict]:
        """The PVC `data`, bound, with all its parts in place."""
        answer = self.create_patiently(pvc())
        self.assertTrue(answer.ok, str(answer))
        self.part.bind(self.namespace, "data")
        return self.wait_for_ours()

    def wait_for_ours(self) -> dict[Kind, dict]:
        return wait_until(self.all_ours, PATIENCE, "all parts are holdfast's")

    def all_ours(self) -> dict[Kind, dict] | None:
        """Those of the PVC that is there now."""
        uid = self.claim()["metadata"]["uid"]
        parts = {kind: self.part_of(kind) for kind in PARTS.values()}
        return parts if all(part and is_ours(part, uid) for part in parts.values()) else None

    def change(self, kind: Kind, patch: dict) -> dict:
        return self.objects.merge(kind, self.namespace, name_of(kind), patch)

    def delete_part(self, kind: Kind) -> None:
        self.objects.delete(kind, self.namespace, name_of(kind))

    def opt_out(self) -> None:
        self.objects.merge(PVC, self.namespace, "data", {"metadata": {"labels": {"backup": None}}})

    def wait_for_foreign(self, *parts: str) -> dict:
        """Those parts of `/audit` say so, and an Event; what `/audit` says."""
        wait_until(lambda: all(self.audit().get(part) == "foreign" for part in parts), PATIENCE, "said to be foreign")
        wait_until(lambda: "ForeignObject" in self.reasons(), PATIENCE, "an Event says that it is foreign")
        return self.audit()

    def assert_untouched(self, planted: dict[Kind, dict]) -> None:
        for kind, before in planted.items():
            self.assertEqual(self.part_of(kind), before, kind.name)

    def writes_in_namespace(self, since) -> list:
        return [request for request in self.asked(since).writes
                if request.namespace == self.namespace and request.resource != "events"]


def name_of(kind: Kind) -> str:
    return next(name.strip() for name, of in PARTS.items() if of == kind)


def is_ours(document: dict, uid: str) -> bool:
    metadata = document["metadata"]
    owners = [owner["uid"] for owner in metadata.get("ownerReferences", ())]
    return metadata.get("labels", {}).get(MANAGER) == "holdfast" and uid in owners


def gist(document: dict) -> dict:
    """All that is given back."""
    metadata = document["metadata"]
    return {"uid": metadata["uid"], "labels": metadata.get("labels", {}), "spec": document["spec"],
            "annotations": metadata.get("annotations", {}), "owners": metadata.get("ownerReferences", [])}
