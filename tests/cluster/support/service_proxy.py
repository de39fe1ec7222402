"""What a Kubernetes Service is to the API server: new connections go to an instance that is ready."""

import asyncio
import math
import threading
import time

from rig.holdfast import Holdfast

_LOOK_EVERY_SECONDS = 0.2


class ServiceProxy:
    """Forwards bytes; connections under way stay where they are. For a `with` block."""

    def __init__(self, instances: list[Holdfast]):
        self._instances = instances
        self._ready: list[Holdfast] = list(instances)
        self._all_since = math.inf
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self.connections = {instance.webhook_port: 0 for instance in instances}

    def __enter__(self):
        self._thread.start()
        self._watcher.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._watcher.join()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _watch(self):
        while not self._stop.wait(_LOOK_EVERY_SECONDS):
            self._ready = [instance for instance in self._instances if instance.get("/readyz")[0] == 200]
            all_ready = len(self._ready) == len(self._instances)
            self._all_since = min(self._all_since, time.monotonic()) if all_ready else math.inf

    @property
    def steady_s(self) -> float:
        """For how long every instance has been ready at every look; below 0: not now."""
        return time.monotonic() - self._all_since

    async def _close(self):
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        ready = self._ready
        if not ready:
            writer.close()
            return
        port = ready[0].webhook_port
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        self.connections[port] += 1
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.close()
