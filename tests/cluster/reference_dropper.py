"""A mutating webhook of somebody else that runs after holdfast's and takes `dataSourceRef` off every PVC."""

import base64
import contextlib
import http.server
import json
import pathlib
import ssl
import threading

from rig.kube_api import Api
from rig.webhooks import MUTATING, client_config, pvc_creates

# Webhook configurations run in the order of their names.
_NAME = "zz-reference-dropper"
_LABEL = "drop-reference"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        fields = [field for field in ("dataSourceRef", "dataSource") if field in review["object"]["spec"]]
        response = {"uid": review["uid"], "allowed": True}
        if fields:
            patch = [{"op": "remove", "path": f"/spec/{field}"} for field in fields]
            response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
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


@contextlib.contextmanager
def reference_dropper(api: Api, certificates: pathlib.Path, reinvocation: str):
    """For PVCs with the label `drop-reference`; `reinvocation` is Never or IfNeeded."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
    server = _Server(("127.0.0.1", 0), _Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    bundle = base64.b64encode((certificates / "ca.crt").read_bytes()).decode()
    api.put(MUTATING, {"metadata": {"name": _NAME}, "webhooks": [{
        "name": "dropper.example.org", "clientConfig": client_config(server.server_address[1], "/", bundle),
        "rules": pvc_creates(), "objectSelector": {"matchExpressions": [{"key": _LABEL, "operator": "Exists"}]},
        "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "reinvocationPolicy": reinvocation,
    }]})
    try:
        yield {_LABEL: "true"}
    finally:
        api.delete(MUTATING, _NAME)
        server.shutdown()
        thread.join()
        server.server_close()
