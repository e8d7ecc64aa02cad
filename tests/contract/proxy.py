"""A proxy before the stack: one address per rule, and a control side for what no client can do.

In:  ``/<rule>/...`` or ``/<rule>~<tag>/...``, passed on to the stack as ``/...``.
Out: the stack's answers as the rule leaves them. ``/control/cut/<tag>`` ends the WebSockets of a
     tag, ``/control/terminate-replication`` the replication connection of an embedded stack.
Next: `tests/contract/runs.py`.

All rules are there at once, so that cases under different rules run at the same time.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from tests.contract.replication import terminate_replication
from tests.contract.rules import Memory, Rule
from tests.contract.target import Target
from tests.contract.wire import Frame, Reply, Request, read_frame, write_frame

# Belong to one connection, not to the message, or are computed anew.
_HOP_HEADERS = {
    "connection", "content-encoding", "content-length", "host", "keep-alive", "transfer-encoding",
    "upgrade", "date", "server",
}  # fmt: skip

type Socket = web.WebSocketResponse | ClientWebSocketResponse


class Proxy:
    """Serves every rule at ``<url>/<name>``.

    Parameters
    ----------
    target
        The stack.
    rules
        Name to rule; "plain" is added, which changes nothing.
    """

    def __init__(self, target: Target, rules: Mapping[str, Rule]) -> None:
        self.url = ""
        self.rules = {"plain": Rule(), **rules}
        # How often the replication connection was terminated through us.
        self.terminations = 0
        self._target = target
        self._lines: dict[str, set[asyncio.Transport]] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve from a thread of our own on a free loopback port."""
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever, name="contract-proxy")
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(self._start(), loop).result(10)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(self._stop(runner), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    async def _start(self) -> web.AppRunner:
        self._session = ClientSession(auto_decompress=True)
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/control/cut/{tag}", self._cut)
        app.router.add_post("/control/terminate-replication", self._terminate_replication)
        app.router.add_route("*", "/{rule}/{path:.*}", self._serve)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _stop(self, runner: web.AppRunner) -> None:
        await runner.cleanup()
        await self._session.close()

    async def _serve(self, incoming: web.Request) -> web.StreamResponse:
        name, _, tag = incoming.match_info["rule"].partition("~")
        rule = self.rules[name]
        request = Request(
            incoming.method,
            "/" + incoming.match_info["path"],
            tuple(incoming.query.items()),
            {
                key: value
                for key, value in incoming.headers.items()
                if key.lower() not in _HOP_HEADERS
            },
            await incoming.read(),
            tag,
        )
        changed = _applied(rule, request, lambda: rule.request(request))
        if isinstance(changed, Reply):
            return _response(changed)
        if incoming.headers.get("Upgrade", "").lower() == "websocket":
            return await self._bridge(incoming, changed, rule)
        reply = await self._ask(changed)
        return _response(_applied(rule, reply, lambda: rule.reply(changed, reply)))

    async def _ask(self, request: Request) -> Reply:
        async with self._session.request(
            request.method,
            self._target.url + request.path,
            params=request.query,
            headers=request.headers,
            data=request.body or None,
        ) as answer:
            headers = {
                key: value
                for key, value in answer.headers.items()
                if key.lower() not in _HOP_HEADERS
            }
            return Reply(answer.status, await answer.read(), headers)

    async def _bridge(
        self, incoming: web.Request, request: Request, rule: Rule
    ) -> web.WebSocketResponse:
        client = web.WebSocketResponse(max_msg_size=0)
        await client.prepare(incoming)
        lines = self._lines.setdefault(request.tag, set())
        line = incoming.transport
        if line is None:  # Gone while we answered.
            return client
        lines.add(line)
        memory: Memory = {}
        try:
            async with self._session.ws_connect(
                self._target.url + request.path, params=request.query, max_msg_size=0
            ) as server:
                down = asyncio.create_task(_pump(server, client, _counted(rule, rule.down, memory)))
                await _pump(client, server, _counted(rule, rule.up, memory))
                await server.close()
                await down
        finally:
            lines.discard(line)
        return client

    async def _cut(self, request: web.Request) -> web.Response:
        lines = list(self._lines.get(request.match_info["tag"], ()))
        for line in lines:
            line.abort()  # As a broken line does it: no close frame.
        return web.Response(status=204 if lines else 404)

    async def _terminate_replication(self, _: web.Request) -> web.Response:
        if not self._target.embedded:
            return web.Response(status=501, text="the stack's processes are not on this machine")
        await asyncio.to_thread(terminate_replication, self._target)
        self.terminations += 1
        return web.Response(status=204)


async def _pump(source: Socket, sink: Socket, edit: Callable[[Frame], Frame | None]) -> None:
    async for message in source:
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            continue
        frame = edit(read_frame(message.data))
        if frame is None or sink.closed:
            continue
        written = write_frame(frame, message.data)
        if isinstance(written, bytes):
            await sink.send_bytes(written)
        else:
            await sink.send_str(written)
    await sink.close()


def _counted(
    rule: Rule, edit: Callable[[Frame, Memory], Frame | None], memory: Memory
) -> Callable[[Frame], Frame | None]:
    return lambda frame: _applied(rule, frame, lambda: edit(frame, memory))


def _applied[T](rule: Rule, before: object, apply: Callable[[], T]) -> T:
    try:
        after = apply()
    except Exception as error:
        rule.broken.append(repr(error))  # For the test; the client just sees a failure.
        raise
    rule.hits += after != before
    return after


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, headers=reply.headers)
