"""Messages between clients: broadcast, private topics, broadcast from the database, presence.

In:  a Stage.
Out: nothing, or an error that says what did not hold.
Next: `tests/contract/py/connection.py`.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from realtime import AsyncRealtimeChannel
from realtime.types import ChannelEvents, RealtimeAcknowledgementStatus

from tests.contract.py.cases import behaviour
from tests.contract.py.channels import barrier, hear, join, subscribe
from tests.contract.py.inbox import Inbox
from tests.contract.py.rest import rows_of
from tests.contract.py.stage import AnyClient, Stage

ACK = RealtimeAcknowledgementStatus


def of_event(name: str) -> Callable[[Any], bool]:
    """Match broadcasts of that event."""
    return lambda message: message["event"] == name


def names_in(inbox: Inbox) -> list[str]:
    """Return the events that were heard, in order."""
    return [message["event"] for message in inbox.items]


async def member(
    stage: Stage, topic: str, *, may_write: bool
) -> tuple[AnyClient, AsyncRealtimeChannel, Inbox]:
    """Return a signed-in member of a private room, listening there."""
    client, user = await stage.signed_in()
    row = {"topic": topic, "user_id": user.id, "may_write": may_write}
    await rows_of((await stage.arranger()).table("room_members").insert(row))
    channel, heard = await hear(stage, client, topic, private=True, broadcast={"self": True})
    return client, channel, heard


@behaviour("broadcast reaches the others on the topic but not its sender")
async def to_the_others(stage: Stage) -> None:
    topic = f"public-{uuid4()}"
    first, first_heard = await hear(stage, await stage.client(), topic)
    second, second_heard = await hear(stage, await stage.client(), topic)
    payload = {"x": 1, "deep": {"list": [1, None]}}
    await first.send_broadcast("question", payload)
    heard = await second_heard.first("question", of_event("question"))
    assert heard["payload"] == payload
    await second.send_broadcast("answer", {})
    await first_heard.first("answer", of_event("answer"))
    assert "question" not in names_in(first_heard)


@behaviour("broadcast is acknowledged and echoed to a sender who asks")
async def acknowledged(stage: Stage) -> None:
    asked = {"ack": True, "self": True}
    channel, heard = await hear(stage, await stage.client(), f"echo-{uuid4()}", broadcast=asked)
    answers = stage.inbox()
    message = {"type": "broadcast", "event": "ping", "payload": {"n": 1}}
    push = await channel.push(ChannelEvents.broadcast, message)
    push.receive(ACK.Ok, lambda _: answers.push("ok"))
    push.receive(ACK.Error, lambda error: answers.push(str(error)))
    assert await answers.first("acknowledgement") == "ok"
    assert (await heard.first("own echo", of_event("ping")))["payload"] == {"n": 1}


@behaviour("broadcast over HTTP reaches the topic")
async def over_http(stage: Stage) -> None:
    topic = f"http-{uuid4()}"
    _, heard = await hear(stage, await stage.client(), topic)
    await (await stage.client()).channel(topic).http_send("posted", {"n": 1})
    assert (await heard.first("posted message", of_event("posted")))["payload"] == {"n": 1}


@behaviour("members listen and speak on a private topic")
async def private_room(stage: Stage) -> None:
    topic = f"room:{uuid4()}"
    _, speaker, _ = await member(stage, topic, may_write=True)
    _, _, heard = await member(stage, topic, may_write=False)
    await speaker.send_broadcast("hello", {"n": 1})
    assert (await heard.first("hello", of_event("hello")))["payload"] == {"n": 1}


@behaviour("a stranger is refused a private topic")
async def stranger(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    states = await join(stage, client.channel(f"room:{uuid4()}", {"config": {"private": True}}))
    state, error = states.items[0]
    assert state == "CHANNEL_ERROR"
    assert "Unauthorized" in error
    assert "permission" in error


@behaviour("a member without the right to write is not heard")
async def silent_member(stage: Stage) -> None:
    topic = f"room:{uuid4()}"
    _, speaker, speaker_heard = await member(stage, topic, may_write=True)
    client, listener, listener_heard = await member(stage, topic, may_write=False)
    await listener.send_broadcast("intrusion", {})
    await barrier(stage, client)
    await speaker.send_broadcast("hello", {})
    await speaker_heard.first("own hello", of_event("hello"))
    await listener_heard.first("hello", of_event("hello"))
    assert "intrusion" not in names_in(speaker_heard)


@behaviour("a trigger broadcasts a row's changes on its owner's topic")
async def from_a_trigger(stage: Stage) -> None:
    client, user = await stage.signed_in()
    _, heard = await hear(stage, client, f"user:{user.id}", private=True)
    arranger = await stage.arranger()
    row = {"user_id": user.id, "body": "first"}
    [alert] = await rows_of(arranger.table("alerts").insert(row))
    this = alert["id"]
    await rows_of(arranger.table("alerts").update({"body": "second"}).eq("id", this))
    await rows_of(arranger.table("alerts").delete().eq("id", this))
    inserted = (await heard.first("INSERT", of_event("alert_insert")))["payload"]
    assert inserted["operation"] == "INSERT"
    assert (inserted["schema"], inserted["table"]) == ("public", "alerts")
    assert inserted["record"] == alert
    updated = (await heard.first("UPDATE", of_event("alert_update")))["payload"]
    assert updated["record"]["body"] == "second"
    assert updated["old_record"] == alert
    deleted = (await heard.first("DELETE", of_event("alert_delete")))["payload"]
    assert deleted["old_record"]["body"] == "second"
    assert deleted["record"] is None


async def present(stage: Stage, topic: str, key: str) -> tuple[AnyClient, AsyncRealtimeChannel]:
    """Return a client with its channel on a topic, known there by that key."""
    client = await stage.client()
    presence = {"key": key, "enabled": True}
    channel = client.channel(topic, {"config": {"presence": presence}})
    await subscribe(stage, channel)
    return client, channel


@behaviour("presence tells who is there and who left")
async def presence(stage: Stage) -> None:
    topic = f"presence-{uuid4()}"
    watcher = (await stage.client()).channel(topic)
    seen = stage.inbox()
    watcher.on_presence_join(
        lambda key, _, new: seen.push(("join", key, [one["name"] for one in new]))
    )
    watcher.on_presence_leave(
        lambda key, _, left: seen.push(("leave", key, [one["name"] for one in left]))
    )
    await subscribe(stage, watcher)
    _, asha = await present(stage, topic, "asha")
    ravi_client, ravi = await present(stage, topic, "ravi")
    await asha.track({"name": "Asha"})
    await ravi.track({"name": "Ravi"})
    for news in (("join", "asha", ["Asha"]), ("join", "ravi", ["Ravi"])):
        await seen.first(str(news), news.__eq__)
    await asha.untrack()
    await seen.first("leave of Asha, who untracked", ("leave", "asha", ["Asha"]).__eq__)
    assert list(watcher.presence_state()) == ["ravi"]
    await ravi_client.realtime.close()
    leave = ("leave", "ravi", ["Ravi"])
    await seen.first("leave of Ravi, whose connection ended", leave.__eq__)


@behaviour("presence shows a newcomer who is already there")
async def newcomer(stage: Stage) -> None:
    topic = f"presence-{uuid4()}"
    client, first = await present(stage, topic, "asha")
    await first.track({"name": "Asha"})
    await barrier(stage, client)
    later = (await stage.client()).channel(topic)
    synced = stage.inbox()
    later.on_presence_sync(lambda: synced.push(dict(later.presence_state())))
    await subscribe(stage, later)
    state = await synced.first("state with Asha", lambda state: "asha" in state)
    assert state["asha"][0]["name"] == "Asha"
