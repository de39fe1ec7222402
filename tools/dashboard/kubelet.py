"""Stands in for the kubelet, which counts what a container needs: here, what the kernel says of a process."""

import contextlib
import http.server
import os

from rig.meter import cost_of
from rig.serving import served

_PAGE = """\
container_memory_working_set_bytes{{container="holdfast",pod="{pod}"}} {memory:.0f}
container_cpu_usage_seconds_total{{container="holdfast",pod="{pod}"}} {cpu:.2f}
"""
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Kubelet(contextlib.ExitStack):
    """Serves /metrics on `port`, for a `with` block. `pods`: the id of the process of each."""

    def __init__(self, pods: dict[str, int]):
        super().__init__()
        handler = type("Handler", (_Handler,), {"pods": pods})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port: int = self._server.server_address[1]

    def __enter__(self):
        self.enter_context(served(self._server))
        return super().__enter__()


class _Handler(http.server.BaseHTTPRequestHandler):
    pods: dict[str, int]

    def do_GET(self):
        page = "".join(_PAGE.format(pod=pod, memory=cost_of(pid).rss_mb * 2**20, cpu=_cpu_s(pid))
                       for pod, pid in self.pods.items()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        """Nothing."""


def _cpu_s(pid: int) -> float:
    """Of all threads that it ever had, and of the children that it has waited for."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / _TICKS_PER_SECOND
