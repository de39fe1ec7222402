"""A wire to a server on this machine that tests can cut, or let go silent. TLS passes through it."""

import asyncio
import contextlib
import socket
import struct
import threading

_HOST = "127.0.0.1"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TcpProxy:
    """Listens on `port` and forwards to the port given. For a `with` block; its methods are for any thread."""

    def __init__(self, target: int):
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0
        self.accepted = 0  # connections ever

    def __enter__(self):
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_):
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Resets every connection; new ones are welcome."""
        self._do(self._reset_all())

    @contextlib.contextmanager
    def refusing(self):
        """Every connection is reset and new ones are refused, until the end of the block."""
        self._do(self._hang_up())
        try:
            yield
        finally:
            self._do(self._listen())

    @contextlib.contextmanager
    def stalled(self):
        """Nothing comes through either way and nobody is told, until the end of the block; then it flows on."""
        self._do(self._flow(False))
        try:
            yield
        finally:
            self._do(self._flow(True))

    def _do(self, step) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(timeout=30)

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, _HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self):
        self._server.close()
        await self._reset_all()

    async def _close(self):
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _flow(self, on: bool):
        if on:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _reset_all(self):
        for writer in list(self._writers):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.accepted += 1
        ends = [writer]
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            there_reader, there_writer = await asyncio.open_connection(_HOST, self._target)
            ends.append(there_writer)
            self._writers.add(there_writer)
            await asyncio.gather(self._copy(reader, there_writer), self._copy(there_reader, writer))
            for end in ends:
                end.close()  # sends what is left first
        except (OSError, asyncio.CancelledError):
            for end in ends:
                _reset(end)
        finally:
            self._writers.difference_update(ends)

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter):
        while data := await source.read(65536):
            await self._flowing.wait()
            sink.write(data)
            await sink.drain()
        await self._flowing.wait()
        if sink.can_write_eof():
            sink.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
