"""An API server that one replica hears only in part: lists and watches of one kind get no answer that helps."""

import contextlib
import http.client
import http.server
import json
import pathlib
import ssl
import threading

from rig.accounts import ServiceAccount
from rig.control_plane import ControlPlane
from rig.objects import Kind

_UNAVAILABLE = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": 503, "reason": "ServiceUnavailable",
                "message": "the server is currently unable to handle the request"}
_PASSED_ON = ("Authorization", "Accept", "Content-Type", "User-Agent")


class DeafProxy:
    """Forwards requests in clear text, one by one. For a `with` block; its methods are for any thread."""

    def __init__(self, plane: ControlPlane):
        self._address = plane.api.address
        self._tls = ssl.create_default_context(cafile=str(plane.ca))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._lock = threading.Lock()
        self._watches: dict[http.server.BaseHTTPRequestHandler, str] = {}  # under way, by what they are about
        self._refused = ""
        self._silent = ""
        self._speaks = threading.Event()
        self._speaks.set()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._speaks.set()
        self._cut("")
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def kubeconfig(self, account: ServiceAccount) -> pathlib.Path:
        """Of the account, through this proxy."""
        document = json.loads(account.kubeconfig().read_text())
        document["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{self._server.server_port}"}
        path = account.folder / "kubeconfig-in-part"
        path.write_text(json.dumps(document))
        return path

    @contextlib.contextmanager
    def refusing(self, kind: Kind):
        """Watches of the kind break and are answered 503, as lists are, until the end of the block."""
        self._refused = kind.path(None)
        self._cut(self._refused)
        try:
            yield
        finally:
            self._refused = ""

    @contextlib.contextmanager
    def silent(self, kind: Kind):
        """Nothing more comes on watches of the kind and nobody is told, until the end of the block; then it flows on."""
        self._speaks.clear()
        self._silent = kind.path(None)
        try:
            yield
        finally:
            self._silent = ""
            self._speaks.set()

    def _cut(self, collection: str) -> None:
        with self._lock:
            broken = [handler for handler, about in self._watches.items() if about.startswith(collection)]
        for handler in broken:
            with contextlib.suppress(OSError):
                handler.connection.shutdown(2)

    def _wait_while_silent(self, collection: str) -> None:
        if collection == self._silent:
            self._speaks.wait()

    def _handler(self):
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                with contextlib.suppress(OSError, http.client.HTTPException):
                    return super().handle_one_request()
                self.close_connection = True

            def forward(self):
                collection = self.path.partition("?")[0]
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.command == "GET" and collection == proxy._refused:
                    return self.answer(503, "application/json", json.dumps(_UNAVAILABLE).encode())
                proxy._wait_while_silent(collection)
                there = http.client.HTTPSConnection(*proxy._address, context=proxy._tls)
                with contextlib.closing(there):
                    headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
                    there.request(self.command, self.path, body or None, headers)
                    found = there.getresponse()
                    if "watch=" in self.path and found.status == 200:
                        return self.stream(collection, found)
                    self.answer(found.status, found.headers["Content-Type"] or "text/plain", found.read(),
                                found.headers["Retry-After"])

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = forward

            def answer(self, status: int, content_type: str, body: bytes, retry_after: str | None = None):
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                if retry_after:
                    self.send_header("Retry-After", retry_after)
                self.end_headers()
                self.wfile.write(body)

            def stream(self, collection: str, found: http.client.HTTPResponse):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                with proxy._lock:
                    proxy._watches[self] = collection
                try:
                    while data := found.read1(65536):
                        proxy._wait_while_silent(collection)
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                    self.wfile.write(b"0\r\n\r\n")
                finally:
                    with proxy._lock:
                        del proxy._watches[self]

            def log_message(self, *_):
                pass

        return Handler
