"""Servers of the standard library (socketserver, http.server), each on a thread of its own."""

import contextlib
import socketserver
import threading


@contextlib.contextmanager
def served(server: socketserver.BaseServer):
    """It answers until the end of the block, and is closed then."""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
