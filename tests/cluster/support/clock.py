"""A wall clock for kopia-testclock that a test can step; kopia asks it over HTTP (its own test facility)."""

import contextlib
import datetime
import http.server
import json

from rig.serving import served


class SteppedClock(contextlib.ExitStack):
    """`ahead` is added to the real time. For a `with` block."""

    def __init__(self):
        super().__init__()
        self.ahead = datetime.timedelta()
        clock = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({"time": clock.now(), "validFor": 0}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        self.enter_context(served(self._server))
        return super().__enter__()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def now(self) -> str:
        return (datetime.datetime.now(datetime.timezone.utc) + self.ahead).isoformat()
