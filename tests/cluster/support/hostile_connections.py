"""Many connections of clients that do not mean well."""

import contextlib
import selectors
import socket
import ssl
import time
import unittest

_REPAIR = 19  # TCP_REPAIR: a socket closed in this state says nothing to its peer


class HostileConnections:
    """Connections to one port, watched by one thread: the caller's. For a `with` block."""

    def __init__(self, port: int, source: str = "127.0.0.1"):
        """`source`: the address from which they come."""
        self._address = ("127.0.0.1", port)
        self._source = (source, 0)
        self._open = selectors.DefaultSelector()
        self.sent = 0                    # connections ever
        self.ended_s: list[float] = []   # how long each lasted until the server ended it
        self.said = b""                  # the first words of the server to the last one that it answered

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for key in list(self._open.get_map().values()):
            self._forget(key.fileobj)
        self._open.close()

    def __len__(self):
        """Those that are open."""
        return len(self._open.get_map())

    def add(self, first_words: bytes = b"", tls: bool = False) -> None:
        """One connection more, which has said this."""
        self.sent += 1
        try:
            connection = socket.create_connection(self._address, timeout=20, source_address=self._source)
            if tls:
                connection = _anyone().wrap_socket(connection)
            connection.sendall(first_words)
        except OSError:
            self.ended_s.append(0.0)
            return
        connection.setblocking(False)
        self._open.register(connection, selectors.EVENT_READ, time.monotonic())

    def say(self, word: bytes) -> None:
        """Each says it, as far as it is still listened to."""
        for key in list(self._open.get_map().values()):
            with contextlib.suppress(OSError):
                key.fileobj.send(word)
        self.look()

    def look(self) -> int:
        """Takes those out that the server has ended; how many are left."""
        for key, _ in self._open.select(timeout=0):
            if self._has_ended(key.fileobj):
                self.ended_s.append(time.monotonic() - key.data)
                self._forget(key.fileobj)
        return len(self)

    def vanish(self) -> None:
        """As machines that lose power: no word to the server, ever."""
        for key in list(self._open.get_map().values()):
            try:
                key.fileobj.setsockopt(socket.IPPROTO_TCP, _REPAIR, 1)
            except PermissionError as error:
                raise unittest.SkipTest("only root can leave a server alone with its connection") from error
            self._forget(key.fileobj)

    def _has_ended(self, connection: socket.socket) -> bool:
        try:
            data = connection.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return False
        except OSError:
            return True
        self.said = data or self.said
        return not data

    def _forget(self, connection: socket.socket) -> None:
        self._open.unregister(connection)
        connection.close()


def _anyone() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
