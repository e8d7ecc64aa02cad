"""A line to a server that a test can cut and mend: an outage, as the client sees it.

In:  the port to forward to.
Out: a port of our own; `cut` breaks every connection and refuses new ones until `mend`; `refuse`
     does so to those that ask for a path.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Line:
    """Forward TCP to one port on loopback, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._asked: dict[asyncio.StreamWriter, str] = {}
        self._is_cut = False
        self._refused: str | None = None
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port: int = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    def cut(self) -> None:
        """Break it."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(5)

    def mend(self) -> None:
        """Let it work again."""
        self._is_cut = False
        self._refused = None

    def refuse(self, path: str) -> None:
        """Break connections whose first request was for a path that begins so, and refuse more."""
        asyncio.run_coroutine_threadsafe(self._refuse(path), self._loop).result(5)

    def lead_to(self, port: int) -> None:
        """Forward new connections to another port, and break those to the one before."""
        self.cut()
        self._target = port
        self.mend()

    def close(self) -> None:
        """Stop for good."""
        self.cut()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(OSError):
            first = await reader.read(1 << 16)
            self._asked[writer] = path = _path_of(first)
            if not self._is_cut and not self._is_refused(path):
                other_reader, other_writer = await asyncio.open_connection(
                    "127.0.0.1", self._target
                )
                self._writers.add(other_writer)
                other_writer.write(first)
                await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer))
        self._asked.pop(writer, None)
        writer.transport.abort()

    async def _refuse(self, path: str) -> None:
        self._refused = path
        for writer, asked in self._asked.items():
            if self._is_refused(asked):
                writer.transport.abort()

    def _is_refused(self, path: str) -> bool:
        return self._refused is not None and path.startswith(self._refused)

    async def _cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Yield a line, closed afterwards."""
    line = Line(port)
    try:
        yield line
    finally:
        line.close()


def _path_of(request: bytes) -> str:
    words = request.partition(b"\r\n")[0].split(b" ")
    return words[1].decode("latin-1") if len(words) > 1 else ""


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
