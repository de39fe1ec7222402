"""A restore ends right, once, at whatever step the holdfast that began it went away."""

import contextlib
import itertools
import signal

from guarded_case import pvc
from rig.holdfast import Holdfast
from rig.objects import PVC, REPLICATION_DESTINATION as RD, REPLICATION_SOURCE as RS
from rig.processes import wait_until
from restore_case import PATIENCE, RUN, RestoreCase

_numbers = itertools.count(2)


class Crash(RestoreCase):
    WITHOUT_A_RUN = "promised"
    WITH_A_RUN = ("asked", "running", "ended", "marked", "published", "bound", "emptied", "deleted")
    PUBLISHED = ("published", "bound", "emptied")
    # How often the status of the destination is written in all: an image is put on, and taken off unless that was done.
    WRITES_OF_IMAGES = {"emptied": 1}

    def start_another(self) -> Holdfast:
        return self.guarded.start_instance(f"holdfast-{next(_numbers)}")

    def serve_by(self, instance: Holdfast) -> None:
        self.guarded.point_webhooks_at(instance.webhook_port)
        type(self).holdfast = instance

    @contextlib.contextmanager
    def killed(self):
        """There is no holdfast until the end of the block."""
        self.holdfast.process.signal(signal.SIGKILL)
        self.assertIsNotNone(self.holdfast.process.wait(20))
        yield
        self.serve_by(self.start_another())

    def finish(self, name: str) -> str:
        return self.part.finish_restore(self.namespace, f"{name}-restore")

    def reach_the_steps(self) -> dict:
        """The images of those that are finished; every PVC is at the step of its name, or one before it."""
        self.snapshots = {name: self.create_with_backup(name) for name in self.WITH_A_RUN}
        self.tokens = {name: self.wait_for_run(name=name)["spec"]["trigger"]["manual"] for name in self.WITH_A_RUN}
        for name in self.WITH_A_RUN[1:]:
            self.part.start_restore(self.namespace, f"{name}-restore")
        images = {name: self.finish(name) for name in self.PUBLISHED}
        for name in self.PUBLISHED:
            self.wait_for_image(images[name], name)
        self.snapshots[self.WITHOUT_A_RUN] = self.create_with_backup(self.WITHOUT_A_RUN)
        return images

    def go_the_last_bit(self, images: dict) -> None:
        """What happens in the cluster, and what a holdfast that died a moment later had done."""
        images |= {name: self.finish(name) for name in ("ended", "marked")}
        mark = f"{self.claim('marked')['metadata']['uid']}/{self.snapshots['marked'].id}"
        self.objects.merge(RD, self.namespace, "marked-backup",
                           {"metadata": {"annotations": {"holdfast.dev/verified": mark}}})
        for name in ("bound", "emptied"):
            self.part.bind(self.namespace, name)
        self.objects.set_status(RD, self.namespace, "emptied-backup", {"latestImage": None})
        self.objects.delete(PVC, self.namespace, "deleted")

    def writes_of(self, resource: str, name: str) -> int:
        return len([request for request in self.asked().of(resource, "patch", "update", "create")
                    if (request.namespace, request.name) == (self.namespace, name) and request.code < 300])

    def go_to_their_ends(self, images: dict) -> None:
        """By the movers and the populator."""
        names = (self.WITHOUT_A_RUN, "asked", "running", "ended", "marked", "published")
        for name in names:
            token = self.wait_for_run(name=name)["spec"]["trigger"]["manual"]
            self.assertEqual(token, self.tokens.get(name, token))
        images |= {name: self.finish(name) for name in names if name not in images}
        for name in names:
            self.wait_for_image(images[name], name)
            self.part.bind(self.namespace, name)

    def test_a_restore_ends_right_at_whatever_step_holdfast_was_killed(self):
        images = self.reach_the_steps()
        with self.killed():
            self.go_the_last_bit(images)
        self.go_to_their_ends(images)
        for name in (self.WITHOUT_A_RUN, *self.WITH_A_RUN[:-1]):
            with self.subTest(name):
                self.wait_for_the_end_of_the_restore(name)
                wait_until(lambda: self.objects.get(RS, self.namespace, f"{name}-backup"), PATIENCE, "backups begin")
                self.assertEqual(self.writes_of("replicationdestinations", f"{name}-restore"), 1)
                self.assertEqual(self.writes_of("replicationdestinations/status", f"{name}-backup"),
                                 self.WRITES_OF_IMAGES.get(name, 2))
        wait_until(lambda: not any(self.rd(f"deleted-{part}") for part in ("backup", "restore")), PATIENCE,
                   "nothing is left of the PVC that was deleted meanwhile")
        self.assertEqual(self.writes_of("replicationdestinations/status", "deleted-backup"), 0)

    def test_a_leader_that_was_frozen_does_not_publish_what_its_successor_has_ended(self):
        self.create_with_backup()
        self.wait_for_run()
        self.part.start_restore(self.namespace, RUN)
        frozen, successor = self.holdfast, self.start_another()
        self.serve_by(successor)
        frozen.process.signal(signal.SIGSTOP)
        image = self.part.finish_restore(self.namespace, RUN)
        self.wait_for_image(image)
        self.part.bind(self.namespace, "data")
        self.wait_for_the_end_of_the_restore()
        self.delete_claim()
        wait_until(self.nothing_of_ours, PATIENCE, "our objects go with the PVC")
        frozen.process.signal(signal.SIGCONT)
        self.stays(self.nothing_of_ours, "the one that was frozen writes nothing", seconds=4)
        self.assertTrue(frozen.process.alive())
        wait_until(lambda: frozen.metric("holdfast_generator_leader") == 0, PATIENCE, "it knows that it leads no more")
        self.assertEqual(frozen.stop(), 0)
        self.assertTrue(self.create_patiently(pvc()).ok)
