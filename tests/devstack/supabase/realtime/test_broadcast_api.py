"""Broadcasts over HTTP."""

import aiohttp
import pytest

from devstack.supabase.realtime.phoenix import Version
from devstack.supabase.realtime.server import Realtime
from tests.devstack.supabase.realtime.clients import Client
from tests.devstack.supabase.realtime.conftest import Connect, token

ANON = {"apikey": "anon-key"}
SERVICE = {"apikey": "service-key"}


async def post(
    http: aiohttp.ClientSession, path: str, body: object, headers: dict[str, str] | None = None
) -> int:
    async with http.post(path, json=body, headers=headers or ANON) as response:
        return response.status


async def test_many_broadcasts_go_out_in_one_request(
    client: Client, http: aiohttp.ClientSession
) -> None:
    await client.join("realtime:a")
    await client.join("realtime:b")
    messages = [{"topic": t, "event": "e", "payload": {"to": t}} for t in ("a", "b", "nobody")]
    assert await post(http, "/api/broadcast", {"messages": messages}) == 202
    assert (await client.next("broadcast"))["payload"] == {"to": "a"}
    assert (await client.next("broadcast"))["payload"] == {"to": "b"}


async def test_one_event_of_one_topic_has_its_own_address(
    client: Client, http: aiohttp.ClientSession
) -> None:
    await client.join("realtime:room:1")
    assert await post(http, "/api/broadcast/room%3A1/events/cur", {"x": 1}) == 202
    assert await client.next("broadcast") == {
        "type": "broadcast",
        "event": "cur",
        "payload": {"x": 1},
    }


async def test_bytes_can_be_posted(client: Client, http: aiohttp.ClientSession) -> None:
    await client.join("realtime:a")
    headers = {**ANON, "Content-Type": "application/octet-stream"}
    address = "/api/broadcast/a/events/raw"
    async with http.post(address, data=b"\0\xff", headers=headers) as response:
        assert response.status == 202
    assert (await client.next("broadcast"))["payload"] == b"\0\xff"


async def test_a_private_broadcast_needs_the_right_to_write(
    connect: Connect, http: aiohttp.ClientSession
) -> None:
    client = await connect(Version.V1)
    for topic in ("open:talk", "open:listen"):
        await client.join(f"realtime:{topic}", token(), private=True)
    user = {**ANON, "Authorization": f"Bearer {token()}"}
    for headers, talk, listen in ((ANON, 403, 403), (user, 202, 403), (SERVICE, 202, 202)):
        for topic, status in (("open:talk", talk), ("open:listen", listen)):
            path = f"/api/broadcast/{topic}/events/e?private=true"
            assert await post(http, path, {"topic": topic}, headers) == status
    heard = [(await client.next("broadcast"))["payload"]["topic"] for _ in range(3)]
    assert heard == ["open:talk", "open:talk", "open:listen"]


async def test_of_many_only_those_allowed_go_out(
    client: Client, http: aiohttp.ClientSession, realtime: Realtime
) -> None:
    topics = ("open:listen", "open:talk")
    for topic in topics:
        await client.join(f"realtime:{topic}", token(), private=True)
    messages = [{"topic": t, "event": "e", "payload": t, "private": True} for t in topics]
    headers = {**ANON, "Authorization": f"Bearer {token()}"}
    assert await post(http, "/api/broadcast", {"messages": messages}, headers) == 202
    assert (await client.next("broadcast"))["payload"] == "open:talk"
    assert realtime.counters["broadcast_refused"] == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"apikey": "nonsense"}, 401),
        ({**ANON, "Authorization": "Bearer forged.token.x"}, 401),
        ({**ANON, "Authorization": "Bearer sb_publishable_x"}, 202),
        ({"Authorization": f"Bearer {token()}"}, 202),
    ],
)
async def test_who_asks_must_be_known(
    http: aiohttp.ClientSession, headers: dict[str, str], status: int
) -> None:
    async with http.post("/api/broadcast", json={"messages": []}, headers=headers) as response:
        assert response.status == status


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"{", "is not JSON"),
        (b"[]", "messages must be a list"),
        (b'{"messages": [7]}', "message '7' must be an object"),
        (
            b'{"messages": [{"event": "e", "payload": 1}]}',
            "topic None and event 'e' can't be blank",
        ),
        (b'{"messages": [{"topic": "t", "event": "e"}]}', "payload of event 'e' can't be blank"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_in_words(
    http: aiohttp.ClientSession, body: bytes, complaint: str
) -> None:
    async with http.post("/api/broadcast", data=body, headers=ANON) as response:
        assert response.status == 422
        assert complaint in (await response.json())["error"]
