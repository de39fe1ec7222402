"""The network of a cluster without nodes: the API server reaches Services through it, and they end at ports here."""

import collections
import contextlib
import itertools
import pathlib
import select
import socket
import socketserver
import tempfile
import threading

from .control_plane import ControlPlane
from .serving import served

_SELECTION = """\
apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport: {{uds: {{udsName: {socket}}}}}
"""


class ClusterNetwork(contextlib.ExitStack):
    """An HTTP proxy on a Unix socket: CONNECTs lead to each of `ports` in turn, or nowhere where there is none.

    For a `with` block. Connections under way stay where they are.
    """

    def __init__(self):
        super().__init__()
        self.ports: tuple[int, ...] = ()
        self.open = collections.Counter()     # connections, by port
        self.refused = collections.Counter()  # connections that were led to a port where nobody was
        self._turn = itertools.count()
        self._led: set[socket.socket] = set()  # the API server's connections
        self._lock = threading.Lock()

    def __enter__(self):
        folder = tempfile.TemporaryDirectory(prefix="holdfast-network-", ignore_cleanup_errors=True)
        self.socket = pathlib.Path(self.enter_context(folder), "proxy")
        server = _Server(str(self.socket), _Connection)
        server.network = self
        self.enter_context(served(server))
        return super().__enter__()

    def connect(self) -> socket.socket | None:
        """A new connection to whose turn it is; None where nobody is there. Ended by disconnect()."""
        ports = self.ports
        if not ports:
            return None
        port = ports[next(self._turn) % len(ports)]
        try:
            there = socket.create_connection(("127.0.0.1", port), 10)
        except OSError:
            self._count(self.refused, port, 1)
            return None
        there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._count(self.open, port, 1)
        return there

    def disconnect(self, there: socket.socket, port: int) -> None:
        there.close()
        self._count(self.open, port, -1)

    def hang_up(self) -> None:
        """On the API server, where nothing is under way: it connects anew when it has something to ask."""
        with self._lock:
            for there in self._led:
                there.shutdown(socket.SHUT_RDWR)

    def lead(self, here: socket.socket, there: socket.socket) -> None:
        """Bytes in both directions, until either side ends."""
        port = there.getpeername()[1]
        with self._lock:
            self._led.add(there)
        try:
            _pump(here, there)
        finally:
            with self._lock:
                self._led.discard(there)
            self.disconnect(there, port)

    def _count(self, counter: collections.Counter, port: int, step: int) -> None:
        with self._lock:
            counter[port] += step


class NetworkedPlane(ControlPlane):
    """A control plane whose webhooks may be named by a Service, as in a real cluster."""

    def __init__(self, components: pathlib.Path, network: ClusterNetwork):
        super().__init__(components)
        self._network = network

    def _flags_of_api_server(self, port: int) -> list[str]:
        path = self.folder / "egress.yaml"
        path.write_text(_SELECTION.format(socket=self._network.socket))
        return [*super()._flags_of_api_server(port), f"--egress-selector-config-file={path}"]


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64
    network: ClusterNetwork


class _Connection(socketserver.BaseRequestHandler):
    def handle(self):
        asked = b""
        while b"\r\n\r\n" not in asked:
            more = self.request.recv(4096)
            if not more:
                return
            asked += more
        there = self.server.network.connect()
        if there is None:
            self.request.sendall(b"HTTP/1.1 502 Nobody There\r\n\r\n")
            return
        self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        self.server.network.lead(self.request, there)


def _pump(one: socket.socket, other: socket.socket) -> None:
    towards = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [])[0]:
            try:
                data = ready.recv(65536)
                if not data:
                    return
                towards[ready].sendall(data)
            except OSError:
                return
