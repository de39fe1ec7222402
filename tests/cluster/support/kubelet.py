"""Runs the pods that the controllers of a cluster without nodes make of holdfast's Deployment, each as a process."""

import concurrent.futures
import pathlib
import threading

from installation import NAMESPACE
from pod import Missing, Pod
from rig.cluster_network import ClusterNetwork
from rig.control_plane import ControlPlane
from rig.objects import POD, Objects, Refused
from rig.processes import plain_environment, wait_until
from suite import Stage

_OURS = "app.kubernetes.io/name=holdfast"
_LOOK_EVERY_S = 0.2
_START_S = 60
_MOST_PODS = 16  # at a time

# What `kubectl exec deploy/holdfast -- …` does where there is no node to do it; all else is kubectl's own.
_KUBECTL = """\
#!/bin/sh
case " $* " in
*" exec deploy/holdfast -- holdfast "*)
  while [ "$1" != -- ]; do shift; done
  shift 2
  [ -e {environment} ] || {{ echo 'error: container not found ("holdfast")' >&2; exit 1; }}
  set -a; . {environment}; exec {holdfast} "$@" ;;
*) exec {kubectl} "$@" ;;
esac
"""


class Kubelet:
    """For a `with` block. `network` leads to the pods that were ready at the last look but one, as a Service would.

    No pod is ever bound to a node: one that is deleted is gone from the API at once, and its process is told to stop.
    `programs`: what runs for the tag of an image, where that is not the program under test.
    """

    def __init__(self, plane: ControlPlane, network: ClusterNetwork, folder: pathlib.Path, repository: pathlib.Path,
                 programs: dict[str, pathlib.Path] | None = None):
        self._objects = Objects(plane.api)
        self._plane = plane
        self._network = network
        self._folder = folder
        self._repository = repository
        self._programs = programs or {}
        self._pods: dict[str, Pod] = {}  # by uid
        self._starting: dict[str, concurrent.futures.Future] = {}
        self._reported: dict[str, bool] = {}
        self._stop = threading.Event()
        # A program ends with the thread that has started it: these live as long as the block.
        self._threads = concurrent.futures.ThreadPoolExecutor(_MOST_PODS)
        self._loop = threading.Thread(target=self._run)
        self.leaving: list[Pod] = []  # deleted ones, told to stop; they stay in the list when they have ended
        self.may_start = True
        self.looks = 0  # how often it has looked at the pods
        self._write_tools()

    def __enter__(self):
        self._loop.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._loop.join()
        self._threads.shutdown()
        for pod in (*self._pods.values(), *self.leaving):
            pod.kill()

    @property
    def pods(self) -> list[Pod]:
        """Those that run and are wanted."""
        return [pod for pod in list(self._pods.values()) if pod.alive]

    @property
    def served(self) -> bool:
        """Whether there is a pod that the network leads to."""
        return bool(self._network.ports)

    def kill_all(self) -> None:
        """Their processes, and none starts again before may_start is set."""
        self.may_start = False
        before = self.looks
        wait_until(lambda: self.looks > before + 1 and not self._starting, _START_S, "no pod is being started")
        for pod in self.pods:
            pod.kill()

    def shell_environment(self) -> dict[str, str]:
        """In which kubectl reaches a pod, and helm is there."""
        found = plain_environment(self._folder, KUBECONFIG=str(self._plane.kubeconfig))
        return found | {"PATH": f"{self._folder / 'bin'}:{Stage.components}:{found['PATH']}"}

    def _run(self) -> None:
        ready: tuple[int, ...] = ()
        while not self._stop.wait(_LOOK_EVERY_S):
            self._network.ports = ready
            ready = tuple(self._look())
            self.looks += 1

    def _look(self) -> list[int]:
        """The ports of those that are ready."""
        documents = {document["metadata"]["uid"]: document
                     for document in self._objects.items(POD, NAMESPACE, labels=_OURS)}
        for uid in set(self._pods) - set(documents):
            self._dismiss(uid)
        ready = []
        for uid, document in documents.items():
            if self._tend(uid, document):
                ready.append(self._pods[uid].holdfast.webhook_port)
        self._let_exec_know()
        return ready

    def _dismiss(self, uid: str) -> None:
        if not self._has_started(uid):
            return  # a later look will find it listening
        pod = self._pods.pop(uid)
        self._reported.pop(uid, None)
        if pod.alive:
            pod.holdfast.process.signal(15)
            self.leaving.append(pod)

    def _tend(self, uid: str, document: dict) -> bool:
        """Whether it is ready."""
        pod = self._pods.setdefault(uid, Pod(self._plane, self._folder, document, self._repository))
        if self._has_started(uid) and not pod.alive and self.may_start:
            program = self._programs.get(pod.image.rpartition(":")[2], Stage.holdfast)
            self._starting[uid] = self._threads.submit(pod.start, program)
        ready = uid not in self._starting and pod.ready()
        if self._reported.get(uid) != ready:
            self._report(uid, pod, ready)
        return ready

    def _has_started(self, uid: str) -> bool:
        """Or is not being started at all. What it mounts may not be there yet: then it is started again."""
        start = self._starting.get(uid)
        if start is None:
            return True
        if not start.done():
            return False
        del self._starting[uid]
        if not isinstance(start.exception(), (Missing, ChildProcessError, Refused, type(None))):
            raise start.exception()
        return True

    def _report(self, uid: str, pod: Pod, ready: bool) -> None:
        conditions = [{"type": kind, "status": str(ready)} for kind in ("Ready", "ContainersReady")]
        try:
            self._objects.set_status(POD, NAMESPACE, pod.name, {"phase": "Running", "conditions": conditions})
            self._reported[uid] = ready
        except Refused as refused:
            if refused.answer.status not in (404, 409):
                raise

    def _let_exec_know(self) -> None:
        path = self._folder / "pod.env"
        running = [pod for uid, pod in self._pods.items() if uid not in self._starting and pod.alive]
        if not running:
            path.unlink(missing_ok=True)
            return
        part = path.with_suffix(".part")
        part.write_text(running[0].shell_words())
        part.rename(path)

    def _write_tools(self) -> None:
        tools = self._folder / "bin"
        tools.mkdir(exist_ok=True)
        kubectl = tools / "kubectl"
        kubectl.write_text(_KUBECTL.format(environment=self._folder / "pod.env", holdfast=Stage.holdfast,
                                           kubectl=Stage.components / "kubectl"))
        kubectl.chmod(0o755)
