"""A server of admission reviews that is somebody else's: what it says is a function of the test."""

import base64
import contextlib
import http.server
import json
import pathlib
import ssl

from rig.serving import served
from rig.webhooks import client_config


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        response = {"uid": request["uid"], "allowed": True} | self.server.respond(request)
        body = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                           "response": response}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # the API server keeps its connections

    def __init__(self, respond):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond


@contextlib.contextmanager
def review_server(certificates: pathlib.Path, respond):
    """`respond(request)`, called from any thread, returns what is added to "allowed". Yields the clientConfig."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
    server = _Server(respond)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    with served(server):
        bundle = base64.b64encode((certificates / "ca.crt").read_bytes()).decode()
        yield client_config(server.server_address[1], "/", bundle)
