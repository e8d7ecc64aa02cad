"""Embedded Realtime as a whole: what the gateway starts, mounts and stops.

In:  Postgres's address, who verifies tokens, what API keys stand for.
Out: handlers for `/realtime/v1/websocket` and `/realtime/v1/api/broadcast...`.
Next: `devstack/supabase/realtime/feed.py` for the way of a change,
      `devstack/supabase/realtime/connection.py` for the way of a message.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import WSCloseCode, web
from psycopg.conninfo import make_conninfo

from devstack.supabase.realtime.bindings import Bindings
from devstack.supabase.realtime.broadcast_api import handle_broadcast
from devstack.supabase.realtime.connection import IDLE_SECONDS, Connection
from devstack.supabase.realtime.database import OUTPUT_SETTINGS, Database
from devstack.supabase.realtime.dispatch import Dispatcher
from devstack.supabase.realtime.feed import Feed
from devstack.supabase.realtime.hub import Hub
from devstack.supabase.realtime.messages import purge_forever
from devstack.supabase.realtime.phoenix import Version
from devstack.supabase.realtime.slot import Source
from devstack.supabase.realtime.tables import PUBLICATION
from devstack.supabase.realtime.tokens import Claims, Tokens
from devstack.supabase.realtime.topics import Topics

log = logging.getLogger(__name__)

SLOT: Final = "embedded_realtime"
_PUBLICATIONS: Final = f"{PUBLICATION},supabase_realtime_messages"
_CONNECT_TIMEOUT_SECONDS: Final = 5
_CLOSE_SECONDS: Final = 1.0  # What a client gets to say goodbye.
_AFTER_BUG_SECONDS: Final = 1.0
_LARGEST_MESSAGE_BYTES: Final = 4 * 1024 * 1024


class Realtime:
    """The service.

    Parameters
    ----------
    conninfo
        libpq connection string of the superuser.
    verify
        Returns the claims of a JWT; raises `jwt.InvalidTokenError`.
    role_of_key
        Returns the claims an API key stands for, or None for an unknown key.
    idle_seconds
        A client silent for longer is disconnected.
    """

    def __init__(
        self,
        conninfo: str,
        verify: Callable[[str], Claims],
        role_of_key: Callable[[str], Claims | None],
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.counters: Counter[str] = Counter()
        self._idle_seconds = idle_seconds
        self._connections: set[Connection] = set()
        self._tasks: list[asyncio.Task[None]] = []
        bindings, topics = Bindings(), Topics(self.counters)
        self._questions = Database(conninfo, "realtime_questions")
        self._changes = Database(conninfo, "realtime_changes")
        dispatcher = Dispatcher(self._changes, bindings, self.counters)
        self._feed = Feed(
            _source(conninfo), self._changes, dispatcher.dispatch, topics.announce, self.counters
        )
        self._hub = Hub(
            tokens=Tokens(verify, role_of_key),
            topics=topics,
            bindings=bindings,
            database=self._questions,
            streaming=self._feed.replication.ready,
            counters=self.counters,
        )

    async def start(self) -> None:
        """Begin to stream; clients may connect at once and are told when changes flow."""
        work = {
            "replication": self._feed.replication.run,
            "feed": self._feed.run,
            "purge": lambda: purge_forever(self._questions),
        }
        self._tasks = [
            asyncio.create_task(self._keep(run), name=f"realtime {name}")
            for name, run in work.items()
        ]

    async def stop(self) -> None:
        """Close every connection and let Postgres forget us; a second call does nothing."""
        sockets = [connection.socket for connection in self._connections]
        closing = [socket.close(code=WSCloseCode.GOING_AWAY) for socket in sockets]
        await asyncio.gather(*closing, return_exceptions=True)  # Who is gone needs no goodbye.
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._tasks:
            await self._feed.replication.forget()
            for name, count in sorted(self.counters.items()):
                log.info("realtime counted %s: %d", name, count)
        self._tasks = []
        await self._questions.close()
        await self._changes.close()

    async def handle_websocket(self, request: web.Request) -> web.StreamResponse:
        """Serve `GET /realtime/v1/websocket`."""
        key = request.query.get("apikey") or request.headers.get("apikey") or ""
        identity = self._hub.tokens.from_key(key)
        if identity is None:
            return web.json_response({"error": "Invalid API key"}, status=401)
        try:
            version = Version(request.query.get("vsn", Version.V1))
        except ValueError:
            wrong = f"vsn is {request.query['vsn']!r}, must be one of {', '.join(Version)}"
            return web.json_response({"error": wrong}, status=400)
        socket = web.WebSocketResponse(
            timeout=_CLOSE_SECONDS, compress=False, max_msg_size=_LARGEST_MESSAGE_BYTES
        )
        await socket.prepare(request)
        connection = Connection(self._hub, request, socket, version, identity)
        self._connections.add(connection)
        try:
            await connection.serve(idle_seconds=self._idle_seconds)
        finally:
            self._connections.discard(connection)
        return socket

    async def handle_http(self, request: web.Request) -> web.Response:
        """Serve `POST /realtime/v1/api/broadcast` and `.../{topic}/events/{event}`."""
        return await handle_broadcast(self._hub, request)

    async def _keep(self, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
            except Exception:  # Top of a task: one surprise must not silence Realtime for good.
                self.counters["bugs"] += 1
                log.exception("realtime hit something unforeseen and goes on")
                await asyncio.sleep(_AFTER_BUG_SECONDS)


def _source(conninfo: str) -> Source:
    replicating = make_conninfo(
        conninfo,
        replication="database",
        application_name=SLOT,
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        options=OUTPUT_SETTINGS,
    )
    return Source(replicating, SLOT, _PUBLICATIONS)
