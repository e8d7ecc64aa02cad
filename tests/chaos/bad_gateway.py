"""A gateway in front of Supabase that fails in every way a gateway can.

In:  the stack's address; what is to become of each write.
Out: an address of our own. REST alone; what is not a write always passes.
Next: `tests/chaos/supabase_away.py`, `tests/worker/test_store_outages.py`.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import cycle
from typing import Any, Final

from aiohttp import ClientSession, web

_WRITE: Final = "/rest/v1/rpc/worker_write"
_DROPPED: Final = frozenset({"transfer-encoding", "content-encoding", "content-length"})
_SECONDS: Final = 10.0


class Fate(StrEnum):
    """What becomes of a request."""

    PASS = "pass"
    REFUSE = "refuse"
    """503 before the database has heard of it."""
    FAIL = "fail"
    """502 after the database has committed."""
    LOSE = "lose"
    """No answer after the database has committed."""


class BadGateway:
    """Forward requests; do with writes what the fates say, one after another, over and over.

    Parameters
    ----------
    target
        The stack's address.
    """

    def __init__(self, target: str) -> None:
        self._target: Final = target
        self._fates = cycle([Fate.PASS])
        self._away = False
        self.seen: Final[Counter[Fate]] = Counter()
        self._loop: Final = asyncio.new_event_loop()
        self._thread: Final = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.url: Final = self._do(self._start())

    def write_fates(self, *fates: Fate) -> None:
        """Let writes fare so from now on."""
        self._fates = cycle(fates)

    def go_away(self) -> None:
        """Answer nothing but 503 until `come_back`."""
        self._away = True

    def come_back(self) -> None:
        """Forward again."""
        self._away = False

    def close(self) -> None:
        """Stop for good."""
        self._do(self._runner.cleanup())
        self._do(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()

    def _do[T](self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)

    async def _start(self) -> str:
        self._client = ClientSession(auto_decompress=False)
        application = web.Application(client_max_size=1 << 26)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        fate = next(self._fates) if request.path == _WRITE else Fate.PASS
        if "Upgrade" in request.headers:  # Realtime only nudges: the worker has a poll beside it.
            return web.Response(status=404)
        if self._away or fate is Fate.REFUSE:
            self.seen[Fate.REFUSE] += 1
            return web.Response(status=503, text="upstream connect error")
        self.seen[fate] += 1
        async with self._client.request(
            request.method,
            f"{self._target}{request.path_qs}",
            data=await request.read(),
            headers={k: v for k, v in request.headers.items() if k.lower() != "host"},
        ) as answer:
            content = await answer.read()
            if fate is Fate.FAIL:
                return web.Response(status=502, text="bad gateway")
            if fate is Fate.LOSE and request.transport is not None:
                request.transport.abort()
            headers = {k: v for k, v in answer.headers.items() if k.lower() not in _DROPPED}
            return web.Response(status=answer.status, body=content, headers=headers)


@contextmanager
def bad_gateway(target: str) -> Iterator[BadGateway]:
    """Yield a gateway in front of a stack."""
    gateway = BadGateway(target)
    try:
        yield gateway
    finally:
        gateway.close()
