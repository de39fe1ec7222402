"""Plays VolSync's part, and that of the storage under it, by writing what they would write.

The order is that of VolSync's state machine: a sync begins with `lastSyncStartTime`; the mover's result is there before
the image is; image, token and end come in one write; only then it says that it waits for the next trigger.
"""

import datetime
import itertools
import json

from .objects import (JOB, KOPIA_MAINTENANCE, POD, PV, PVC, REPLICATION_DESTINATION as RD,
                      REPLICATION_SOURCE as RS, VOLUME_SNAPSHOT, Kind, Objects, Refused)
from .kube_api import Api
from .processes import wait_until

_numbers = itertools.count(1)
_SYNCING = ("True", "SyncInProgress", "Synchronization in-progress")
_CLEANING = ("False", "CleaningUp", "Cleaning up")
_WAITING = {"manual": ("False", "WaitingForManual", "Waiting for manual trigger"),
            "schedule": ("False", "WaitingForSchedule", "Waiting for next scheduled synchronization")}


# What the operator keeps of a restore's mover: lines that its filter lets through, and the last 1,024 bytes of them.
KEPT_BYTES = 1024
RESTORED = "INFO: Snapshot restore completed successfully"  # all that is left of one that has restored a snapshot


def counted(files: int, directories: int = 1, links: int = 0) -> str:
    """What is kept of it where MOVER_LOG_DEBUG is set on the operator: the end of everything that it says."""
    said = ["Restoring to local filesystem (/restore/data) with parallelism=8...",
            f"Processed {files + directories + links} (1.2 MB) of {files + directories + links - 1} (1.2 MB).",
            f"Restored {files} files, {directories} directories and {links} symbolic links (1.2 MB).", "",
            "TIMING: Restore execution took 1 seconds", "TIMING: Total restore operation took 2 seconds", RESTORED,
            "INFO: === OPERATION SUMMARY ===", "INFO: OPERATION_TYPE: destination", "INFO: OPERATION_RESULT: SUCCESS",
            "INFO: EXIT_CODE: 0", "INFO: === Done ==="]
    return "\n".join(said)[-KEPT_BYTES:]


def nothing_selected(identity: str, *others: str) -> str:
    """What is kept of one that found no snapshot, and ended well all the same: it lists those of all `others`."""
    user, _, rest = identity.partition("@")
    at = "2026-11-21T08:46:10.5Z"

    def entry(number: int, other: str) -> str:
        name, _, place = other.partition("@")
        host, _, path = place.partition(":")
        return json.dumps({"id": f"{number:032x}", "userName": name, "hostName": host, "path": path, "startTime": at,
                           "endTime": at}, separators=(",", ":"))
    said = ["No eligible snapshots found", f"No snapshots found for {user}@{rest}"]
    if others:
        said += ["=== Discovery Mode: Available Snapshots ===", *(entry(*each) for each in enumerate(others)),
                 *(f"{other} - Last snapshot: {at}" for other in sorted(others))]
    return "\n".join(said)[-KEPT_BYTES:]


NOTHING_RESTORED = nothing_selected("data-backup@media:/data")


class VolSyncPart:
    """Methods take the namespace and the name; they raise Refused where the API server does not let them."""

    def __init__(self, api: Api):
        self._objects = Objects(api)

    # --- a ReplicationDestination

    def idle_destination(self, namespace: str, rd: str) -> None:
        """What becomes of a paused one with a trigger: token done, no Job, no image."""
        token = self._trigger(RD, namespace, rd)["manual"]
        self._set(RD, namespace, rd, lastManualSync=token, lastSyncTime=_now(), lastSyncDuration="1s",
                  conditions=_synchronizing(*_WAITING["manual"]))

    def start_restore(self, namespace: str, rd: str) -> None:
        self._start(RD, namespace, rd)

    def restore_began(self, namespace: str, rd: str, at: datetime.datetime) -> None:
        """As if it had begun then and went on since."""
        self._set(RD, namespace, rd, lastSyncStartTime=_now(at))

    def end_of_restore_was(self, namespace: str, rd: str, at: datetime.datetime) -> None:
        """As if it had ended then: what waits for a time after it need not be waited for."""
        self._set(RD, namespace, rd, lastSyncTime=_now(at))

    def finish_restore(self, namespace: str, rd: str, token: str | None = None, image: str | None = None, *,
                       files: int | None = None, result: str = "Successful", logs: str = RESTORED) -> str:
        """The name of the image. Without `token`: that of the trigger. Without `image`: a new VolumeSnapshot.

        The operator keeps `logs`, or with `files` what it keeps with MOVER_LOG_DEBUG of a mover that counted so many.
        An operator that may not read logs says nothing of them: "".
        """
        said = logs if files is None else counted(files)
        # As VolSync: what an earlier end has left is not to be read together with what this one says.
        self._start(RD, namespace, rd)
        self._set(RD, namespace, rd, latestMoverStatus={"result": result, "logs": said or None})
        image = image or self.image(namespace, f"volsync-{rd}-dest-{next(_numbers)}")
        token = token or self._trigger(RD, namespace, rd)["manual"]
        self._finish(RD, namespace, rd, token, latestImage=self.reference(image))
        return image

    def finish_restore_without_image(self, namespace: str, rd: str, token: str | None = None) -> None:
        """As after pausing one that runs: the token is done and there is no image."""
        self._finish(RD, namespace, rd, token or self._trigger(RD, namespace, rd)["manual"])

    def fail_restore(self, namespace: str, rd: str, logs: str = "ERROR: cannot open the repository") -> None:
        """The mover failed; VolSync tries again by itself, so the sync goes on."""
        self._start(RD, namespace, rd)
        self._set(RD, namespace, rd, latestMoverStatus={"result": "Failed", "logs": logs})

    # --- a ReplicationSource

    def start_backup(self, namespace: str, rs: str) -> None:
        """With the mover's Job."""
        self._start(RS, namespace, rs)
        self.start_mover_job(namespace, f"volsync-src-{rs}")

    def finish_backup(self, namespace: str, rs: str, at: datetime.datetime | None = None, *,
                      result: str = "Successful", logs: str = "Kopia completed in 2s") -> None:
        """`at` is when it ended, now by default. Proves nothing about a snapshot, as in life."""
        self._set(RS, namespace, rs, latestMoverStatus={"result": result, "logs": logs})
        token = self._trigger(RS, namespace, rs).get("manual")
        self._finish(RS, namespace, rs, token, at)
        self.end_mover_job(namespace, f"volsync-src-{rs}")

    def fail_backup(self, namespace: str, rs: str, logs: str = "ERROR: cannot open the repository") -> None:
        """The mover failed; the sync goes on."""
        self._start(RS, namespace, rs)
        self._set(RS, namespace, rs, latestMoverStatus={"result": "Failed", "logs": logs})

    # --- mover Jobs

    def start_mover_job(self, namespace: str, job: str) -> None:
        """`volsync-src-<rs>` or `volsync-dst-<rd>`, with a Pod at work. Of an object that is not there: nobody's."""
        container = {"name": "kopia", "image": "example.org/volsync/mover-kopia:rig"}
        kind, prefix = (RS, "volsync-src-") if job.startswith("volsync-src-") else (RD, "volsync-dst-")
        owner = self._objects.get(kind, namespace, job.removeprefix(prefix))
        owners = [] if owner is None else [{
            "apiVersion": f"{kind.group}/{kind.version}", "kind": kind.name, "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}]
        self._objects.apply(JOB, namespace, {
            "metadata": {"name": job, "labels": {"app.kubernetes.io/created-by": "volsync"}, "ownerReferences": owners},
            "spec": {"backoffLimit": 8, "template": {
                "metadata": {"labels": {"app.kubernetes.io/created-by": "volsync"}},
                "spec": {"restartPolicy": "Never", "containers": [container]}}}})
        at_work = {"active": 1, "ready": 1}
        try:
            self._objects.set_status(JOB, namespace, job, at_work | {"startTime": _now()})
        except Refused:  # a Job controller that runs has begun with it in this moment, and its time stays
            self._objects.set_status(JOB, namespace, job, at_work)

    def fail_mover_pod(self, namespace: str, job: str, reason: str = "Error") -> None:
        """The Pod that is at work fails. A kube-controller-manager must run: its Job controller has made the Pod, counts
        it, and makes the next one after ten seconds."""
        pod = self._mover_pod(namespace, job)
        ended = {"terminated": {"exitCode": 1, "reason": reason}}
        self._objects.set_status(POD, namespace, pod["metadata"]["name"], {"phase": "Failed", "containerStatuses": [
            {"name": "kopia", "image": "example.org/volsync/mover-kopia:rig", "imageID": "", "ready": False,
             "restartCount": 0, "state": ended}]})

    def run_mover_pod(self, namespace: str, job: str) -> None:
        """Its Pod is at work, as a kubelet says it; the Job controller counts it as ready."""
        pod = self._mover_pod(namespace, job)
        self._objects.set_status(POD, namespace, pod["metadata"]["name"], {
            "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]})
        wait_until(lambda: self._objects.get(JOB, namespace, job)["status"].get("ready") == 1, 30,
                   f"the Job {job} has a Pod that is ready")

    def _mover_pod(self, namespace: str, job: str) -> dict:
        """The one that has not ended."""
        def under_way():
            pods = self._objects.items(POD, namespace, labels=f"job-name={job}")
            return next((pod for pod in pods if pod["status"]["phase"] in ("Pending", "Running")), None)
        return wait_until(under_way, 30, f"a Pod of the Job {job}")

    def disown_mover_job(self, namespace: str, job: str) -> None:
        """As one that somebody else has made under that name."""
        self._objects.merge(JOB, namespace, job, {"metadata": {"ownerReferences": None}})

    def end_mover_job(self, namespace: str, job: str) -> None:
        """VolSync removes it when it cleans up."""
        self._objects.delete(JOB, namespace, job)

    # --- the storage

    def image(self, namespace: str, name: str, size: str | None = None, ready: bool = True) -> str:
        """A VolumeSnapshot, by default one that is ready; returns its name. `size`: its restoreSize."""
        self._objects.apply(VOLUME_SNAPSHOT, namespace, {
            "metadata": {"name": name, "labels": {"app.kubernetes.io/created-by": "volsync"}},
            "spec": {"source": {"persistentVolumeClaimName": f"{name}-source"}}})
        self._objects.set_status(VOLUME_SNAPSHOT, namespace, name,
                                 {"readyToUse": ready, "restoreSize": size,
                                  "boundVolumeSnapshotContentName": f"content-{name}"})
        return name

    @staticmethod
    def reference(image: str) -> dict:
        """How `status.latestImage` names a VolumeSnapshot."""
        return {"apiGroup": VOLUME_SNAPSHOT.group, "kind": VOLUME_SNAPSHOT.name, "name": image}

    def bind(self, namespace: str, pvc: str) -> str:
        """Provisions a volume of the wanted size and binds it; returns the volume's name.

        Holds with a kube-controller-manager running and without one.
        """
        claim = self._objects.get(PVC, namespace, pvc)
        spec, uid = claim["spec"], claim["metadata"]["uid"]
        size = spec["resources"]["requests"]["storage"]
        volume = f"pvc-{uid}"
        self._objects.apply(PV, None, {"metadata": {"name": volume}, "spec": {
            "capacity": {"storage": size}, "accessModes": spec["accessModes"],
            "storageClassName": spec.get("storageClassName", ""), "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": f"/nowhere/{volume}"},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": pvc,
                         "uid": uid}}})
        self._objects.set_status(PV, None, volume, {"phase": "Bound"})
        self._objects.merge(PVC, namespace, pvc, {
            "metadata": {"annotations": {"pv.kubernetes.io/bind-completed": "yes",
                                         "pv.kubernetes.io/bound-by-controller": "yes"}},
            "spec": {"volumeName": volume}})
        bound = {"phase": "Bound", "capacity": {"storage": size}, "accessModes": spec["accessModes"]}
        try:
            self._objects.set_status(PVC, namespace, pvc, bound)
        except Refused as refused:
            if refused.answer.status != 404:  # bound already, a temporary one may be gone already
                raise
        return volume

    # --- steps of the state machine

    def _start(self, kind: Kind, namespace: str, name: str) -> None:
        self._set(kind, namespace, name, lastSyncStartTime=_now(), conditions=_synchronizing(*_SYNCING))

    def _finish(self, kind: Kind, namespace: str, name: str, token: str | None,
                at: datetime.datetime | None = None, **more) -> None:
        schedule = self._trigger(kind, namespace, name).get("schedule")
        self._set(kind, namespace, name, lastSyncStartTime=None, lastSyncTime=_now(at), lastSyncDuration="2s",
                  lastManualSync=token, nextSyncTime=_now(at, hours=1) if schedule else None,
                  conditions=_synchronizing(*_CLEANING), **more)
        self._set(kind, namespace, name,
                  conditions=_synchronizing(*_WAITING["schedule" if schedule else "manual"]))

    def _trigger(self, kind: Kind, namespace: str, name: str) -> dict:
        return self._objects.get(kind, namespace, name)["spec"].get("trigger", {})

    # --- the maintenance of a repository

    def set_up_maintenance(self, namespace: str, name: str) -> None:
        """Its CronJob is there: that is all that Ready says."""
        self._set(KOPIA_MAINTENANCE, namespace, name, conditions=[
            {"type": "Ready", "status": "True", "reason": "MaintenanceActive", "message": "Maintenance CronJob is active",
             "lastTransitionTime": _now()}])

    def end_maintenance(self, namespace: str, name: str, job: str, *, failed: bool) -> None:
        """With a Job as the CronJob makes it, which gives labels to its pods and none to the Job."""
        labels = {"volsync.backube/kopia-maintenance": "true", "volsync.backube/maintenance-name": name}
        self._objects.apply(JOB, namespace, {
            "metadata": {"name": job},
            "spec": {"parallelism": 0,  # a controller manager that runs makes no pod of it
                     "template": {"metadata": {"labels": labels},
                                  "spec": {"restartPolicy": "OnFailure",
                                           "containers": [{"name": "kopia-maintenance", "image": "mover"}]}}}})
        before, after = ("FailureTarget", "Failed") if failed else ("SuccessCriteriaMet", "Complete")
        ended = {"status": "True", "reason": "BackoffLimitExceeded" if failed else "CompletionsReached",
                 "message": "as played", "lastProbeTime": _now(), "lastTransitionTime": _now()}
        status = {"startTime": _now(), "conditions": [{"type": kind, **ended} for kind in (before, after)]}
        self._objects.set_status(JOB, namespace, job, status if failed else {**status, "completionTime": _now()})
        if not failed:
            self._set(KOPIA_MAINTENANCE, namespace, name, lastMaintenanceTime=_now())

    def _set(self, kind: Kind, namespace: str, name: str, **status) -> None:
        self._objects.set_status(kind, namespace, name, status)


def _synchronizing(status: str, reason: str, message: str) -> list[dict]:
    return [{"type": "Synchronizing", "status": status, "reason": reason, "message": message,
             "lastTransitionTime": _now()}]


def _now(at: datetime.datetime | None = None, *, hours: int = 0) -> str:
    """As Kubernetes writes times: UTC, whole seconds."""
    at = (at or datetime.datetime.now(datetime.timezone.utc)) + datetime.timedelta(hours=hours)
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
