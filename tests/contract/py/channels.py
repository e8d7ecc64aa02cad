"""Channels of the async client as the cases use them: joined, listening, ready.

In:  a Stage and its clients.
Out: inboxes that fill.
Next: `tests/contract/py/changes.py`.

supabase-py has Realtime in its async client only, and always speaks protocol version 1.0.0.
"""

from typing import Any
from uuid import uuid4

from realtime import AsyncRealtimeChannel, RealtimeSubscribeStates

from tests.contract.py.inbox import Inbox
from tests.contract.py.stage import AnyClient, Stage

JOINED = RealtimeSubscribeStates.SUBSCRIBED


async def join(stage: Stage, channel: AsyncRealtimeChannel) -> Inbox:
    """Subscribe and return the inbox of states, its first one being whatever the server said."""
    states = stage.inbox()
    await channel.subscribe(lambda state, error: states.push((state, str(error))))
    await states.first("answer to the join")
    return states


async def subscribe(stage: Stage, channel: AsyncRealtimeChannel) -> Inbox:
    """Subscribe and return the inbox of states; the server must say yes."""
    states = await join(stage, channel)
    state, error = states.items[0]
    assert state == JOINED, error
    return states


async def listen(stage: Stage, client: AnyClient, *bindings: dict[str, Any]) -> list[Inbox]:
    """Return one inbox per postgres_changes binding of one new channel, ready to receive."""
    channel = client.channel(f"changes-{uuid4()}")
    inboxes = [stage.inbox() for _ in bindings]
    for binding, inbox in zip(bindings, inboxes, strict=True):
        channel.on_postgres_changes(callback=inbox.push, schema="public", **binding)
    system = stage.inbox()
    channel.on_system(system.push)
    states = await subscribe(stage, channel)
    await system.first(f"system message that all is well (states {states.items})")
    return inboxes


async def hear(
    stage: Stage, client: AnyClient, topic: str, **config: Any
) -> tuple[AsyncRealtimeChannel, Inbox]:
    """Return a subscribed channel on a topic and the broadcasts it hears."""
    channel = client.channel(topic, {"config": config} if config else None)
    heard = stage.inbox()
    channel.on_broadcast("*", heard.push)
    await subscribe(stage, channel)
    return channel, heard


async def barrier(stage: Stage, client: AnyClient) -> None:
    """Return when the server has read everything this client sent before."""
    await subscribe(stage, client.channel(f"barrier-{uuid4()}"))
