"""One channel: broadcast, presence, private rights, tokens."""

import re
import uuid
from typing import Any

import pytest

from devstack.supabase.realtime.phoenix import Version
from devstack.supabase.realtime.server import Realtime
from tests.devstack.supabase.realtime.clients import Client, push_frame
from tests.devstack.supabase.realtime.conftest import Connect, Execute, token, until

ROOM = "realtime:room"


def spoken(payload: Any, event: str = "cur") -> dict[str, Any]:
    return {"type": "broadcast", "event": event, "payload": payload}


async def test_a_join_is_answered_with_its_bindings_unchanged(client: Client) -> None:
    binding = {"event": "INSERT", "schema": "public", "table": "prices", "filter": "symbol=eq.X"}
    reply = await client.join(ROOM, postgres_changes=[binding, {**binding, "extra": 1}])
    first, second = reply["response"]["postgres_changes"]
    assert (first.pop("id"), first) != (second.pop("id"), second)
    assert (first, second) == (binding, {**binding, "extra": 1})


@pytest.mark.parametrize("listener", Version)
@pytest.mark.parametrize("speaker", Version)
async def test_a_broadcast_reaches_the_others_in_their_version(
    connect: Connect, speaker: Version, listener: Version
) -> None:
    a, b = await connect(speaker), await connect(listener)
    for client in (a, b):
        await client.join(ROOM)
    await a.send(ROOM, "broadcast", spoken({"x": 1}))
    assert await b.next("broadcast") == spoken({"x": 1})


async def test_the_speaker_hears_itself_only_when_it_asks_to(connect: Connect) -> None:
    deaf, vain = await connect(), await connect()
    await deaf.join(ROOM)
    await vain.join(ROOM, broadcast={"self": True})
    await deaf.send(ROOM, "broadcast", spoken(1))
    await vain.send(ROOM, "broadcast", spoken(2))
    assert [(await vain.next("broadcast"))["payload"] for _ in range(2)] == [1, 2]
    assert (await deaf.next("broadcast"))["payload"] == 2


async def test_a_broadcast_is_acknowledged_when_asked_for(client: Client) -> None:
    await client.join(ROOM, broadcast={"ack": True})
    assert (await client.ask(ROOM, "broadcast", spoken(1)))["status"] == "ok"


async def test_bytes_arrive_unchanged_and_are_counted_where_they_cannot(
    connect: Connect, realtime: Realtime
) -> None:
    a, b, old = await connect(), await connect(), await connect(Version.V1)
    for client in (a, b, old):
        await client.join(ROOM)
    await a.socket.send_bytes(push_frame(ROOM, "raw", bytes(range(256))))
    assert (await b.next("broadcast"))["payload"] == bytes(range(256))
    assert realtime.counters["binary_broadcasts_version_1_cannot_carry"] == 1


async def test_private_and_public_channels_of_one_name_do_not_hear_each_other(
    connect: Connect,
) -> None:
    public, private = await connect(), await connect()
    await public.join("realtime:open:talk", broadcast={"self": True})
    await private.join("realtime:open:talk", token(), private=True, broadcast={"self": True})
    await public.send("realtime:open:talk", "broadcast", spoken("public"))
    await private.send("realtime:open:talk", "broadcast", spoken("private"))
    assert (await public.next("broadcast"))["payload"] == "public"
    assert (await private.next("broadcast"))["payload"] == "private"


@pytest.mark.parametrize(("topic", "user"), [("closed", token()), ("open:talk", None)])
async def test_a_private_channel_whose_policies_say_no_is_refused(
    client: Client, topic: str, user: str | None
) -> None:
    reply = await client.join(f"realtime:{topic}", user, private=True)
    assert reply == {
        "status": "error",
        "response": {
            "reason": "Unauthorized: You do not have permissions to read from this Channel "
            f"topic: {topic}"
        },
    }


async def test_who_may_only_listen_is_refused_when_speaking(connect: Connect) -> None:
    client = await connect()
    await client.join("realtime:open:listen", token(), private=True)
    for event in ("broadcast", "presence"):
        reply = await client.ask("realtime:open:listen", event, spoken(1, "track"))
        assert reply["status"] == "error"
        assert f"permissions to write {event}" in reply["response"]["reason"]


async def test_asking_for_rights_leaves_no_message_behind(client: Client, execute: Execute) -> None:
    await client.join("realtime:open:talk", token(), private=True)
    assert execute("select 1 from realtime.messages where topic = 'open:talk'") == []


async def test_presence_is_told_to_those_who_come_and_those_who_are_there(
    connect: Connect,
) -> None:
    first, second = await connect(), await connect()
    await first.join(ROOM, presence={"key": "asha", "enabled": True})
    assert await first.next("presence_state") == {}
    await first.ask(ROOM, "presence", {"event": "track", "payload": {"page": 1}})
    joined = (await first.next("presence_diff"))["joins"]["asha"]["metas"]
    assert joined[0]["page"] == 1
    await second.join(ROOM, presence={"key": "ravi", "enabled": True})
    assert (await second.next("presence_state"))["asha"]["metas"] == joined
    await second.ask(ROOM, "presence", {"event": "track", "payload": {"page": 2}})
    assert "ravi" in (await first.next("presence_diff"))["joins"]


async def test_a_second_track_replaces_the_first(client: Client) -> None:
    await client.join(ROOM, presence={"key": "asha", "enabled": True})
    await client.ask(ROOM, "presence", {"event": "track", "payload": {"page": 1}})
    before = (await client.next("presence_diff"))["joins"]["asha"]["metas"][0]
    await client.ask(ROOM, "presence", {"event": "track", "payload": {"page": 2}})
    diff = await client.next("presence_diff")
    assert diff["leaves"]["asha"]["metas"] == [before]
    assert diff["joins"]["asha"]["metas"][0]["phx_ref_prev"] == before["phx_ref"]


@pytest.mark.parametrize("how", ["untrack", "leave", "disconnect"])
async def test_who_goes_is_seen_to_go(connect: Connect, how: str) -> None:
    stays, goes = await connect(), await connect()
    await stays.join(ROOM, presence={"key": "stays", "enabled": True})
    await goes.join(ROOM, presence={"key": "goes", "enabled": True})
    await goes.ask(ROOM, "presence", {"event": "track", "payload": {}})
    assert "goes" in (await stays.next("presence_diff"))["joins"]
    if how == "untrack":
        await goes.ask(ROOM, "presence", {"event": "untrack"})
    elif how == "leave":
        await goes.send(ROOM, "phx_leave", {})
    else:
        await goes.socket.close()
    assert "goes" in (await stays.next("presence_diff"))["leaves"]


async def test_who_does_not_want_presence_is_not_told(connect: Connect) -> None:
    quiet, loud = await connect(), await connect()
    await quiet.join(ROOM, presence={"enabled": False})
    await loud.join(ROOM, presence={"key": "loud", "enabled": True})
    await loud.ask(ROOM, "presence", {"event": "track", "payload": {}})
    await loud.send(ROOM, "broadcast", spoken(1))
    message = await quiet.first(lambda m: m.event != "phx_reply")
    assert message.event == "broadcast"


async def test_a_bad_presence_step_is_refused_in_words(client: Client) -> None:
    await client.join(ROOM)
    reply = await client.ask(ROOM, "presence", {"event": "hide"})
    assert "presence event 'hide' must be track" in reply["response"]["reason"]


async def test_a_channel_left_answers_and_closes(client: Client) -> None:
    await client.join(ROOM)
    assert (await client.ask(ROOM, "phx_leave", {}))["status"] == "ok"
    assert await client.next("phx_close") == {}
    reply = await client.ask(ROOM, "broadcast", spoken(1))
    assert reply == {"status": "error", "response": {"reason": "unmatched topic"}}


async def test_an_expired_token_ends_its_channel(client: Client, realtime: Realtime) -> None:
    await client.join(ROOM, token(seconds=3))
    system = await client.next("system")
    assert (system["extension"], system["status"]) == ("system", "error")
    assert re.fullmatch(r"Token has expired \d seconds ago", system["message"])
    assert await client.next("phx_close") == {}
    assert realtime.counters["tokens_expired"] == 1


async def test_a_renewed_token_changes_whose_rows_arrive(client: Client, execute: Execute) -> None:
    user = str(uuid.uuid4())
    await client.watch("realtime:a", {"table": "orders"}, token=token())
    await client.send("realtime:a", "access_token", {"access_token": token(user)})
    reply = await client.ask("phoenix", "heartbeat", {})  # The token has been dealt with.
    assert reply["status"] == "ok"
    execute("insert into public.orders (user_id) values (%s)", user)
    assert (await client.change()).data["record"]["user_id"] == user


@pytest.mark.parametrize("harmless", [None, "sb_publishable_x", 7])
async def test_what_is_no_token_changes_nothing(client: Client, harmless: object) -> None:
    await client.join(ROOM, token(), broadcast={"ack": True})
    await client.send(ROOM, "access_token", {"access_token": harmless})
    assert (await client.ask(ROOM, "broadcast", spoken(1)))["status"] == "ok"


async def test_a_token_that_cannot_be_accepted_ends_the_channel(client: Client) -> None:
    await client.join(ROOM, token())
    await client.send(ROOM, "access_token", {"access_token": "forged.token.x"})
    assert (await client.next("system"))["message"].startswith("MalformedJWT")
    assert await client.next("phx_close") == {}


async def test_a_new_token_without_the_right_to_read_ends_a_private_channel(
    client: Client,
) -> None:
    user = str(uuid.uuid4())
    topic = f"realtime:user:{user}"
    assert (await client.join(topic, token(user), private=True))["status"] == "ok"
    await client.send(topic, "access_token", {"access_token": token()})
    assert "do not have permissions to read" in (await client.next("system"))["message"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (token(seconds=-3600), "InvalidJWTToken: Token has expired "),
        (token()[:-8] + "AAAAAAAA", "JwtSignatureError: Failed to validate JWT signature"),
        ("nonsense", "MalformedJWT: The token provided is not a valid JWT"),
        (token(role=""), "InvalidJWTToken: Fields `role` and `exp` are required in JWT"),
    ],
)
async def test_a_join_with_a_bad_token_is_refused_with_the_reason(
    client: Client, bad: str, reason: str
) -> None:
    reply = await client.join(ROOM, bad)
    assert reply["status"] == "error"
    assert reply["response"]["reason"].startswith(reason)


async def test_a_message_of_an_earlier_joining_is_ignored(client: Client) -> None:
    await client.join(ROOM, broadcast={"self": True})
    await client.join(ROOM, broadcast={"self": True})
    await client.send(ROOM, "broadcast", spoken("late"), join_ref="1")
    await client.send(ROOM, "broadcast", spoken("now"))
    assert (await client.next("broadcast"))["payload"] == "now"


async def test_the_client_is_told_when_broadcasts_from_the_database_flow(client: Client) -> None:
    await client.join(ROOM, broadcast={"replication_ready": True})
    assert (await client.next("system"))["message"] == "Replication connection established"


async def test_a_join_may_wait_for_its_bindings(client: Client, execute: Execute) -> None:
    binding = {"event": "*", "schema": "public", "table": "prices"}
    options = {"wait": True}
    reply = await client.join(ROOM, postgres_changes=[binding], postgres_changes_options=options)
    assert reply["status"] == "ok"
    execute("insert into public.prices (symbol) values ('X')")
    assert (await client.change()).data["type"] == "INSERT"


async def test_a_join_that_waits_in_vain_is_refused(client: Client, realtime: Realtime) -> None:
    binding = {"event": "*", "schema": "public", "table": "unpublished"}
    options = {"wait": True}
    reply = await client.join(ROOM, postgres_changes=[binding], postgres_changes_options=options)
    assert reply["response"]["reason"].startswith("RealtimeDisabledForConfiguration")
    await until(lambda: realtime.counters["subscriptions_refused"] == 1)
