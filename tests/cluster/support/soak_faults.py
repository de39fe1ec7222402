"""What a long run does to the program, over and over: context managers that take the run and last `seconds`."""

import contextlib
import time

from hostile_connections import HostileConnections
from descriptors import few_descriptors

_HALF_A_HEAD = b"POST /mutate/pvc HTTP/1.1\r\nHost: holdfast\r\nX-Slow: "


def _kopia(behaviour: str):
    """A backup makes a new listing necessary, and kopia fails at it."""
    def inflict(run, seconds: float) -> None:
        with run.kopia.behaves(behaviour):
            run.back_up_one_more()
            time.sleep(seconds)
    return inflict


def _while_in(block):
    """`block(run)` is the context manager of the fault."""
    def inflict(run, seconds: float) -> None:
        with block(run):
            time.sleep(seconds)
    return inflict


@contextlib.contextmanager
def _repository_away(run):
    run.repository.move_away()
    try:
        yield
    finally:
        run.repository.move_back()


def _slow_clients(run, seconds: float) -> None:
    ends = time.monotonic() + seconds
    with HostileConnections(run.holdfast.webhook_port) as crowd:
        for _ in range(200):
            crowd.add(_HALF_A_HEAD, tls=True)
        while time.monotonic() < ends and len(crowd):
            crowd.say(b"x")
            time.sleep(0.5)


def _many_connections(run, seconds: float) -> None:
    ends = time.monotonic() + seconds
    with HostileConnections(run.holdfast.webhook_port) as crowd:
        for _ in range(10_000):
            crowd.add()
            crowd.look()
        while time.monotonic() < ends and crowd.look():
            time.sleep(0.2)


def _nothing(_run, seconds: float) -> None:
    time.sleep(seconds)


FAULTS = {
    "nothing at all": _nothing,
    "10,000 connections": _many_connections,  # early: what memory it takes is not given back
    "kopia dies": _kopia("die"),
    "the API server is frozen": _while_in(lambda run: run.plane.api_server_frozen()),
    "slow clients": _slow_clients,
    "kopia hangs": _kopia("hang"),
    "the repository is away": _while_in(_repository_away),
    "the API server is down": _while_in(lambda run: run.plane.api_server_down()),
    "kopia has no memory": _kopia("starve"),
    "the wire to the API server is silent": _while_in(lambda run: run.wire.stalled()),
    "no descriptors are free": _while_in(lambda run: few_descriptors(run.holdfast.process.pid, 0)),
    "etcd is frozen": _while_in(lambda run: run.plane.etcd_frozen()),
    "the wire to the API server is cut": _while_in(lambda run: run.wire.refusing()),
    "kopia prints half of the list": _kopia("half"),
}
