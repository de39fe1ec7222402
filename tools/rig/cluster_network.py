"""The network of a cluster without nodes: the API server reaches Services through it, and they end at a port here."""

import pathlib
import select
import shutil
import socket
import socketserver
import tempfile
import threading

from .control_plane import ControlPlane

_SELECTION = """\
apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport: {{uds: {{udsName: {socket}}}}}
"""


class ClusterNetwork:
    """An HTTP proxy on a Unix socket: every CONNECT leads to `port`, or nowhere while that is 0. For a `with`."""

    def __init__(self):
        self.port = 0

    def __enter__(self):
        self._folder = tempfile.mkdtemp(prefix="holdfast-network-")
        self.socket = pathlib.Path(self._folder, "proxy")
        self._server = _Server(str(self.socket), _Connection)
        self._server.network = self
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        shutil.rmtree(self._folder, ignore_errors=True)


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
    network: ClusterNetwork


class _Connection(socketserver.BaseRequestHandler):
    def handle(self):
        asked = b""
        while b"\r\n\r\n" not in asked:
            more = self.request.recv(4096)
            if not more:
                return
            asked += more
        try:
            there = socket.create_connection(("127.0.0.1", self.server.network.port), 10)
        except OSError:
            self.request.sendall(b"HTTP/1.1 502 Nobody There\r\n\r\n")
            return
        with there:
            self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            _pump(self.request, there)


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Bytes in both directions, until either side ends."""
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
