"""postgres_changes: events, filters, bindings, row level security, values.

In:  a Stage.
Out: nothing, or an error that says what did not hold.
Next: `tests/contract/py/broadcast.py`.

That something does not arrive is proven by order, not by waiting: the row that must not come is
written before one that must, and events come in the order of their commits.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.contract.py.cases import behaviour
from tests.contract.py.channels import join, listen
from tests.contract.py.inbox import Inbox
from tests.contract.py.rest import rows_of
from tests.contract.py.stage import AnyClient, Stage

INSERTS = {"event": "INSERT", "table": "notes"}

SAMPLE = {
    "amount": "1.50000000",
    "huge": "NaN",
    "ratio": 0.1,
    "document": {"b": [1, 2.5, None], "a": {"ключ": 'välue "quoted"'}},
    "words": ["plain", "with, comma", 'with "quote"', None, ""],
    "grid": [3, -1, 0],
    "amounts": ["1.10", "2", "NaN"],
    "moment": "2026-11-20T09:15:00.123456+05:30",
    "flag": True,
    "nothing": None,
}


def of_title(title: str) -> Callable[[Any], bool]:
    """Match the event of the row with this title."""
    return lambda event: event["data"]["record"]["title"] == title


def of_type(name: str) -> Callable[[Any], bool]:
    """Match INSERT, UPDATE or DELETE."""
    return lambda event: event["data"]["type"] == name


def titles_in(inbox: Inbox) -> list[str]:
    """Return the titles of the rows that came, in order."""
    return [event["data"]["record"]["title"] for event in inbox.items]


async def insert_note(client: AnyClient, **note: Any) -> Any:
    """Insert a note and return its row."""
    [row] = await rows_of(client.table("notes").insert(note))
    return row


async def filter_case(stage: Stage, expression: str, expected: list[str]) -> None:
    """Check that of four notes in this order a filter lets through the `expected` ones."""
    client, _ = await stage.signed_in()
    [events] = await listen(stage, client, {**INSERTS, "filter": expression})
    for title, rank in (("low", 1), ("middle", 5), ("high", 9), ("top", 10)):
        await insert_note(client, title=title, rank=rank)
    await events.first("last of the expected events", of_title(expected[-1]))
    assert titles_in(events) == expected


@behaviour("INSERT events bring the new row")
async def inserts(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    [events] = await listen(stage, client, INSERTS)
    note = await insert_note(client, title="a", rank=3)
    data = (await events.first("INSERT event", of_title("a")))["data"]
    assert (data["type"], data["schema"], data["table"]) == ("INSERT", "public", "notes")
    assert data["errors"] is None
    assert data["record"] == note
    committed = datetime.fromisoformat(data["commit_timestamp"])
    assert abs(committed - datetime.now(UTC)) < timedelta(minutes=10)


@behaviour("UPDATE events bring the new row and the old key")
async def updates(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    [events] = await listen(stage, client, {"event": "UPDATE", "table": "notes"})
    note = await insert_note(client, title="a")
    query = client.table("notes").update({"title": "b"}).eq("id", note["id"])
    [updated] = await rows_of(query)
    data = (await events.first("UPDATE event", of_title("b")))["data"]
    assert data["type"] == "UPDATE"
    assert data["record"] == updated
    assert data["old_record"] == {"id": note["id"]}
    assert len(events.items) == 1


@behaviour("DELETE events bring the old key")
async def deletes(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    [events] = await listen(stage, client, {"event": "DELETE", "table": "notes"})
    old = {"id": (await insert_note(client, title="a"))["id"]}
    await rows_of(client.table("notes").delete().eq("id", old["id"]))
    event = await events.first("DELETE event", lambda event: event["data"]["old_record"] == old)
    assert event["data"]["type"] == "DELETE"


@behaviour("an eq filter lets through equal rows only")
async def eq_filter(stage: Stage) -> None:
    await filter_case(stage, "rank=eq.9", ["high"])


@behaviour("an in filter lets through listed rows only")
async def in_filter(stage: Stage) -> None:
    await filter_case(stage, "title=in.(low,high)", ["low", "high"])


@behaviour("a gt filter lets through greater rows only")
async def gt_filter(stage: Stage) -> None:
    await filter_case(stage, "rank=gt.5", ["high", "top"])


@behaviour("several bindings on one channel each get their own events")
async def several_bindings(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    inserted, updated, busy = await listen(
        stage,
        client,
        INSERTS,
        {"event": "UPDATE", "table": "notes"},
        {**INSERTS, "filter": "mood=eq.busy"},
    )
    await insert_note(client, title="calm", mood="calm")
    note = await insert_note(client, title="busy", mood="busy")
    await rows_of(client.table("notes").update({"title": "done"}).eq("id", note["id"]))
    await updated.first("UPDATE event", of_title("done"))
    assert titles_in(inserted) == ["calm", "busy"]
    assert titles_in(busy) == ["busy"]
    assert titles_in(updated) == ["done"]


@behaviour("events reach those who may read the row only")
async def events_obey_policies(stage: Stage) -> None:
    owner, _ = await stage.signed_in()
    stranger, _ = await stage.signed_in()
    [own] = await listen(stage, owner, INSERTS)
    [strange] = await listen(stage, stranger, INSERTS)
    await insert_note(owner, title="secret")
    await insert_note(stranger, title="known")
    await own.first("event of the owner's row", of_title("secret"))
    await strange.first("event of the stranger's own row", of_title("known"))
    assert titles_in(strange) == ["known"]


@behaviour("the secret key receives every user's events")
async def secret_key_events(stage: Stage) -> None:
    [events] = await listen(stage, await stage.admin(), INSERTS)
    for title in (str(uuid4()), str(uuid4())):
        client, _ = await stage.signed_in()
        await insert_note(client, title=title)
        await events.first("event of a user's row", of_title(title))


@behaviour("a table that is not published is refused in a system message")
async def unpublished(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    channel = client.channel(f"refused-{uuid4()}")
    channel.on_postgres_changes("*", lambda _: None, table="labels", schema="public")
    states = await join(stage, channel)
    _, error = await states.first("refusal", lambda state: state[0] == "CHANNEL_ERROR")
    assert "Unable to subscribe to changes" in error
    assert "labels" in error


@behaviour("event payloads equal the REST row")
async def payloads(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    [events] = await listen(stage, client, {"event": "*", "table": "samples"})
    [row] = await rows_of(client.table("samples").insert(SAMPLE))
    event = await events.first("INSERT event", of_type("INSERT"))
    assert event["data"]["record"] == row
    assert row["huge"] == "NaN"
    assert row["words"][3] is None
    change = {"document": None, "huge": "123456789012345678.000000001", "touched": 1}
    [updated] = await rows_of(client.table("samples").update(change).eq("id", row["id"]))
    event = await events.first("UPDATE event", of_type("UPDATE"))
    assert event["data"]["record"] == updated


@behaviour("unchanged wide columns are left out of UPDATE events")
async def wide_columns(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    [events] = await listen(stage, client, {"event": "*", "table": "samples"})
    wide = "0123456789abcdef" * 1024
    [row] = await rows_of(client.table("samples").insert({"wide": wide}))
    event = await events.first("INSERT event", of_type("INSERT"))
    assert event["data"]["record"]["wide"] == wide
    await rows_of(client.table("samples").update({"touched": 1}).eq("id", row["id"]))
    event = await events.first("UPDATE event", of_type("UPDATE"))
    assert event["data"]["record"]["touched"] == 1
    assert "wide" not in event["data"]["record"]
