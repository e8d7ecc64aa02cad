"""The asyncio half of the stack: services behind the gateway, and the watch over the servers.

In:  a bound socket, a ready database, a starting PostgREST.
Out: `ready` is called once everything answers; returns when asked to stop.
Next: `devstack/supabase/gateway.py`.
"""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp import web

from core.errors import StoreError
from devstack.supabase.auth.service import Auth
from devstack.supabase.database import Database
from devstack.supabase.gateway import Gateway
from devstack.supabase.keys import Keys, role_claims
from devstack.supabase.postgrest import PostgRest
from devstack.supabase.realtime.server import Realtime
from devstack.supabase.rest_proxy import RestProxy
from devstack.supabase.watch import ended

log = logging.getLogger(__name__)

_GOODBYE_SECONDS = 1.0  # for requests under way; websockets are closed at once


@dataclass(frozen=True, slots=True)
class Services:
    """What is served, and where."""

    listener: socket.socket
    url: str
    database: Database
    rest: PostgRest
    keys: Keys
    token_seconds: int


def serve(services: Services, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises
    ------
    StoreError
        Postgres or PostgREST ended, or never got ready.
    """
    asyncio.run(_serve(services, ready))


async def _serve(services: Services, ready: Callable[[], None]) -> None:
    asked = _stop_signal()
    async with AsyncExitStack() as running:
        await _start(services, running)
        over = asyncio.create_task(_until_over(services, asked))
        running.push_async_callback(_cancelled, over)
        answering = asyncio.create_task(services.rest.wait_ready())
        running.push_async_callback(_cancelled, answering)
        await asyncio.wait({over, answering}, return_when=asyncio.FIRST_COMPLETED)
        if not over.done():
            await answering
            ready()
            gc.freeze()  # What was imported stays; the collector was off until here.
            gc.enable()
        await over


async def _cancelled(task: "asyncio.Task[None]") -> None:
    """End a task that is no longer wanted; the first failure is the one that is told."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _start(services: Services, running: AsyncExitStack) -> None:
    """Start what lives in this process; `running` stops it in the opposite order."""
    keys, database = services.keys, services.database
    auth = Auth(database.auth_conninfo, keys, services.url, services.token_seconds)
    running.push_async_callback(auth.stop)
    proxy = RestProxy(services.rest.socket)
    running.push_async_callback(proxy.stop)
    realtime = Realtime(database.admin_conninfo, keys.verify, role_claims)
    gateway = Gateway(proxy, auth, realtime)
    runner = web.AppRunner(gateway.app, access_log=None, shutdown_timeout=_GOODBYE_SECONDS)
    await runner.setup()
    running.push_async_callback(runner.cleanup)
    running.push_async_callback(realtime.stop)  # Before the cleanup, which waits for websockets.
    await realtime.start()
    site = web.SockSite(runner, services.listener)
    running.push_async_callback(site.stop)  # First of all, or clients would come back at once.
    await site.start()


async def _until_over(services: Services, asked: asyncio.Event) -> None:
    """Return when asked to stop; raise when a server ends by itself."""
    watched = {
        asyncio.create_task(ended(server.process)): name
        for name, server in (("Postgres", services.database.server), ("PostgREST", services.rest))
        if server.process is not None
    }
    stop = asyncio.create_task(asked.wait())
    done, _ = await asyncio.wait({stop, *watched}, return_when=asyncio.FIRST_COMPLETED)
    for task in {stop, *watched} - done:
        task.cancel()
    if stop in done:
        log.info("stopping")
        return
    task = done.pop()
    server = services.database.server if watched[task] == "Postgres" else services.rest
    raise StoreError(f"{watched[task]} ended (status {task.result()}): {server.last_words()}")


def _stop_signal() -> asyncio.Event:
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked
