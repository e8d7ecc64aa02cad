"""What happens to a live channel when tokens change or connections end.

In:  a Stage.
Out: nothing, or an error that says what did not hold.
Next: `tests/contract/sabotage/__init__.py`.
"""

import time
from typing import Any
from uuid import uuid4

from tests.contract.py.cases import behaviour
from tests.contract.py.changes import INSERTS, insert_note, of_title
from tests.contract.py.channels import JOINED, barrier, listen, subscribe
from tests.contract.py.inbox import Inbox
from tests.contract.py.stage import AnyClient, Stage


async def insert_until_heard(stage: Stage, client: AnyClient, events: Inbox) -> None:
    """Insert notes until one of them arrives: how long a stack may be deaf is not promised."""
    end = time.monotonic() + stage.deadline
    while True:
        title = str(uuid4())
        await insert_note(client, title=title)
        try:
            await events.first("event after the recovery", of_title(title), 0.25)
        except AssertionError:
            if time.monotonic() > end:
                raise
        else:
            return


def is_joined(state: tuple[Any, str]) -> bool:
    """Match a channel that is subscribed."""
    return bool(state[0] == JOINED)


def is_not_joined(state: tuple[Any, str]) -> bool:
    """Match a channel that is not."""
    return not is_joined(state)


@behaviour("a new token changes whose rows a channel receives")
async def new_token(stage: Stage) -> None:
    client, before = await stage.signed_in()
    after = await stage.user()
    [events] = await listen(stage, client, INSERTS)
    await client.realtime.set_auth(after.session.access_token)
    await barrier(stage, client)
    await insert_note((await stage.signed_in(before))[0], title="of the first user")
    await insert_note((await stage.signed_in(after))[0], title="of the second user")
    await events.first("event of the second user's row", of_title("of the second user"))
    assert len(events.items) == 1


@behaviour("a refreshed token keeps a channel open when the old one expires")
async def refreshed_token(stage: Stage) -> None:
    user = await stage.user()
    refreshed, forgotten = await stage.client(), await stage.client()
    token = stage.short_token(user, 3)
    await refreshed.realtime.set_auth(token)
    await forgotten.realtime.set_auth(token)
    [events] = await listen(stage, refreshed, INSERTS)
    states = await subscribe(stage, forgotten.channel(f"expires-{uuid4()}"))
    await refreshed.realtime.set_auth(user.session.access_token)
    await states.first("end of the expired channel", is_not_joined, 6 + stage.deadline)
    await insert_note((await stage.signed_in(user))[0], title="after the expiry")
    await events.first("event after the expiry", of_title("after the expiry"))


@behaviour("a cut connection is restored and its channels rejoin")
async def reconnect(stage: Stage) -> None:
    tag = str(uuid4())
    client, _ = await stage.signed_in(url=stage.cuttable(tag))
    channel = client.channel(f"cut-{tag}")
    events = stage.inbox()
    channel.on_postgres_changes(callback=events.push, schema="public", **INSERTS)
    states = await subscribe(stage, channel)
    await insert_until_heard(stage, client, events)
    await stage.control(f"cut/{tag}")
    await states.first("end of the connection", is_not_joined)
    states.items.clear()
    await states.first("second SUBSCRIBED", is_joined)
    await insert_until_heard(stage, client, events)


@behaviour("a terminated replication connection recovers by itself")
async def replication(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    [events] = await listen(stage, client, INSERTS)
    await insert_note(client, title="before")
    await events.first("event before the termination", of_title("before"))
    await stage.control("terminate-replication")
    await insert_until_heard(stage, client, events)
