"""One client's websocket."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from devstack.supabase.database import Database
from devstack.supabase.realtime.outbox import Outbox
from devstack.supabase.realtime.phoenix import Version
from devstack.supabase.realtime.server import Realtime
from tests.devstack.supabase.realtime.clients import Client
from tests.devstack.supabase.realtime.conftest import (
    KEYS,
    Connect,
    Execute,
    serve,
    token,
    until,
    verify,
)


@pytest.mark.parametrize("version", Version)
async def test_a_heartbeat_is_answered(connect: Connect, version: Version) -> None:
    client = await connect(version)
    assert await client.ask("phoenix", "heartbeat", {}) == {"status": "ok", "response": {}}


async def test_a_heartbeat_without_a_ref_is_answered_as_realtime_py_expects(
    connect: Connect,
) -> None:
    client = await connect(Version.V1)
    beat: dict[str, Any] = {
        "event": "heartbeat",
        "payload": {},
        "topic": "phoenix",
        "ref": None,
        "join_ref": None,
    }
    await client.socket.send_json(beat)
    assert await client.socket.receive_json() == {
        "ref": None,
        "event": "phx_reply",
        "topic": "phoenix",
        "payload": {"status": "ok", "response": {}},
    }


@pytest.mark.parametrize("topic", ["room", "realtime:", "phoenix2"])
async def test_a_topic_that_is_no_channel_is_refused(client: Client, topic: str) -> None:
    reply = await client.join(topic)
    assert reply == {"status": "error", "response": {"reason": "unmatched topic"}}


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"broadcast": 7}, "broadcast must be an object, was '7'"),
        ({"postgres_changes": {"a": 1}}, "postgres_changes must be a list of objects"),
        ({"postgres_changes": [7]}, "postgres_changes must be a list of objects"),
        ({"postgres_changes_options": {"wait": True, "timeout": "x"}}, "must be milliseconds"),
    ],
)
async def test_a_join_that_cannot_be_read_is_refused_in_words(
    client: Client, config: dict[str, Any], complaint: str
) -> None:
    reply = await client.join("realtime:a", **config)
    assert reply["status"] == "error"
    assert complaint in reply["response"]["reason"]


async def test_what_cannot_be_read_is_counted_and_the_rest_goes_on(
    client: Client, realtime: Realtime
) -> None:
    await client.socket.send_str("nonsense")
    await client.socket.send_bytes(b"\0")
    assert (await client.ask("phoenix", "heartbeat", {}))["status"] == "ok"
    assert realtime.counters["messages_not_understood"] == 2


@pytest.mark.parametrize("text", ['"\\ud800"', "NaN", "1e999", "[" * 100_000])
async def test_what_cannot_be_passed_on_reaches_nobody_and_breaks_no_socket(
    connect: Connect, text: str
) -> None:
    speaker, listener = await connect(Version.V1), await connect(Version.V1)
    for client in (speaker, listener):
        await client.join("realtime:a")
    for payload in (f'{{"x": {text}}}', '{"x": "fine"}'):
        await speaker.socket.send_str(
            '{"topic": "realtime:a", "event": "broadcast", "ref": "9",'
            f' "payload": {{"type": "broadcast", "event": "e", "payload": {payload}}}}}'
        )
    assert (await listener.next("broadcast"))["payload"] == {"x": "fine"}


async def test_a_client_that_cannot_be_sent_to_is_cut_off(
    client: Client, realtime: Realtime, caplog: pytest.LogCaptureFixture
) -> None:
    await client.ask("phoenix", "heartbeat", {})
    (connection,) = realtime._connections
    connection.push("half a pair: \ud800")  # No UTF-8, so no text frame.
    assert await client.closed() == 1006
    await until(lambda: not realtime._connections)
    await until(lambda: "surrogates not allowed" in caplog.text)


async def test_one_connection_has_at_most_100_channels(client: Client) -> None:
    for number in range(100):
        assert (await client.join(f"realtime:{number}"))["status"] == "ok"
    reply = await client.join("realtime:one more")
    assert reply["response"]["reason"].startswith("ChannelRateLimitReached")


async def test_a_key_nobody_knows_is_refused_before_the_upgrade(
    http: aiohttp.ClientSession,
) -> None:
    for key in ("", "nonsense", token(seconds=-1)):
        async with http.get(f"/websocket?apikey={key}&vsn=2.0.0") as response:
            assert (response.status, await response.json()) == (401, {"error": "Invalid API key"})


async def test_a_protocol_nobody_speaks_is_refused(http: aiohttp.ClientSession) -> None:
    async with http.get("/websocket?apikey=anon-key&vsn=3.0.0") as response:
        assert response.status == 400
        assert "must be one of 1.0.0, 2.0.0" in (await response.json())["error"]


async def test_a_silent_client_is_disconnected(cluster: Database) -> None:
    service = Realtime(cluster.admin_conninfo, verify, KEYS.get, idle_seconds=0.05)
    async with AsyncExitStack() as running:
        url = await serve(service, running)
        session = await running.enter_async_context(aiohttp.ClientSession(url))
        socket = await session.ws_connect("/websocket?apikey=anon-key")
        assert await Client(socket, Version.V1).closed() == 1000
        assert service.counters["idle_clients_closed"] == 1


async def test_a_client_that_does_not_read_is_cut_off_and_counted(
    connect: Connect, execute: Execute, realtime: Realtime
) -> None:
    slow, fine = await connect(), await connect()
    for client in (slow, fine):
        await client.watch("realtime:a", {"table": "complete", "event": "INSERT"}, token=token())
    # From here on nobody reads from `slow`: its buffers fill, then the kernel's, then ours.
    count = 0
    while realtime.counters["slow_clients_cut_off"] == 0:
        execute(
            "insert into public.complete"
            " select n, 'x', repeat('x', 900000) from generate_series(%s::int, %s::int) as n",
            1000 + count,
            1009 + count,
        )
        count += 10
        for _ in range(10):
            await fine.change()
    execute("delete from public.complete")
    assert (await fine.ask("phoenix", "heartbeat", {}))["status"] == "ok"


async def test_a_stopping_service_says_goodbye(client: Client, realtime: Realtime) -> None:
    await client.join("realtime:a")
    code, _ = await asyncio.gather(client.closed(), realtime.stop())
    assert code == 1001


async def test_a_client_that_goes_is_forgotten(client: Client, realtime: Realtime) -> None:
    await client.watch("realtime:a", {"table": "prices"})
    await client.socket.close()
    await until(lambda: not realtime._connections)
    assert not list(realtime._hub.bindings.of("public", "prices"))


def test_an_outbox_says_when_its_bound_is_exceeded() -> None:
    outbox = Outbox(limit=1000)
    assert outbox.put("x" * 400)
    assert outbox.put(b"x" * 400)
    assert not outbox.put("x")
