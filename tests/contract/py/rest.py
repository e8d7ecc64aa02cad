"""Rows over REST: writing, reading, embedding, counting, paging, functions, errors.

In:  a Stage.
Out: nothing, or an error that says what did not hold.
Next: `tests/contract/py/security.py`.
"""

from typing import Any

from postgrest import APIError
from postgrest.types import CountMethod

from tests.contract.py.cases import behaviour
from tests.contract.py.stage import AnyClient, Stage, User, refused, settled


async def rows_of(query: Any) -> Any:
    """Run a query and return its rows."""
    return (await settled(query.execute())).data


def titles(rows: list[dict[str, Any]]) -> list[str]:
    """Return the titles in order."""
    return [row["title"] for row in rows]


async def with_notes(stage: Stage, *ranks: int) -> tuple[AnyClient, AnyClient, User]:
    """Return a user's client under test and one at the stack itself, with notes a, b, c, ..."""
    client, user = await stage.signed_in()
    truth, _ = await stage.signed_in(user, stage.target.url)
    rows = [{"title": title, "rank": rank} for title, rank in zip("abcdefgh", ranks, strict=False)]
    if rows:
        await rows_of(truth.table("notes").insert(rows))
    return client, truth, user


@behaviour("insert stores a row and returns its defaults")
async def insert(stage: Stage) -> None:
    client, truth, user = await with_notes(stage)
    [note] = await rows_of(client.table("notes").insert({"title": "a"}))
    assert isinstance(note["id"], int)
    defaults = {"user_id": user.id, "title": "a", "mood": "calm", "rank": 0}
    assert note == {"id": note["id"], **defaults}
    assert await rows_of(truth.table("notes").select("*")) == [note]


@behaviour("select filters and orders")
async def select(stage: Stage) -> None:
    client, _, _ = await with_notes(stage, 5, 9, 1, 7)
    query = client.table("notes").select("title").gte("rank", 5).order("rank", desc=True)
    assert titles(await rows_of(query)) == ["b", "d", "a"]


@behaviour("select embeds related rows")
async def embed(stage: Stage) -> None:
    client, truth, _ = await with_notes(stage, 1)
    [note] = await rows_of(truth.table("notes").select("id"))
    labels = [{"note_id": note["id"], "name": name} for name in ("red", "tall")]
    await rows_of(truth.table("labels").insert(labels))
    query = client.table("notes").select("title, labels(name)")
    rows = await rows_of(query.order("name", foreign_table="labels"))
    assert rows == [{"title": "a", "labels": [{"name": "red"}, {"name": "tall"}]}]
    back = await rows_of(client.table("labels").select("name, notes(title)").eq("name", "red"))
    assert back == [{"name": "red", "notes": {"title": "a"}}]


@behaviour("upsert replaces the row in conflict")
async def upsert(stage: Stage) -> None:
    client, truth, user = await with_notes(stage, 1)
    [note] = await rows_of(truth.table("notes").select("*"))
    row = {"user_id": user.id, "title": "a", "rank": 2}
    upserted = await rows_of(client.table("notes").upsert(row, on_conflict="user_id,title"))
    assert upserted == [{**note, "rank": 2}]


@behaviour("update changes the matching rows only")
async def update(stage: Stage) -> None:
    client, truth, _ = await with_notes(stage, 1, 2)
    await rows_of(client.table("notes").update({"mood": "busy"}).eq("title", "b"))
    rows = await rows_of(truth.table("notes").select("title, mood").order("title"))
    assert rows == [{"title": "a", "mood": "calm"}, {"title": "b", "mood": "busy"}]


@behaviour("delete removes the matching rows only")
async def delete(stage: Stage) -> None:
    client, truth, _ = await with_notes(stage, 1, 2, 3)
    await rows_of(client.table("notes").delete().in_("title", ["a", "c"]))
    assert titles(await rows_of(truth.table("notes").select("*"))) == ["b"]


@behaviour("rpc passes named arguments and returns rows")
async def rpc(stage: Stage) -> None:
    client, _, _ = await with_notes(stage, 1, 5, 9)
    query = client.rpc("notes_above", {"floor_rank": 4}).order("rank")
    assert titles(await rows_of(query)) == ["b", "c"]


@behaviour("rpc of a security definer function acts as its owner")
async def rpc_definer(stage: Stage) -> None:
    _, truth, user = await with_notes(stage, 1)
    [note] = await rows_of(truth.table("notes").select("id"))
    stranger, _ = await stage.signed_in()
    assert await rows_of(stranger.rpc("owner_of", {"note_id": note["id"]})) == user.id


@behaviour("an exact count comes without the rows")
async def count(stage: Stage) -> None:
    client, _, _ = await with_notes(stage, 1, 2, 3)
    query = client.table("notes").select("*", count=CountMethod.exact, head=True).gt("rank", 1)
    answer = await settled(query.execute())
    assert answer.count == 2
    assert answer.data == []


@behaviour("range returns one page")
async def page(stage: Stage) -> None:
    client, _, _ = await with_notes(stage, 1, 2, 3, 4, 5)
    query = client.table("notes").select("title").order("rank").range(1, 2)
    assert titles(await rows_of(query)) == ["b", "c"]


@behaviour("a broken constraint is told by its code")
async def constraint(stage: Stage) -> None:
    client, _, _ = await with_notes(stage, 1)
    insert_into = client.table("notes").insert
    twice = await refused(APIError, lambda: insert_into({"title": "a"}).execute())
    assert twice.code == "23505"
    assert "notes_user_id_title_key" in str(twice.message)
    empty = await refused(APIError, lambda: insert_into({"title": ""}).execute())
    assert empty.code == "23514"
    unknown = {"title": "b", "mood": "furious"}
    assert (await refused(APIError, lambda: insert_into(unknown).execute())).code == "22P02"


@behaviour("a raised exception brings its detail and hint")
async def raised(stage: Stage) -> None:
    client, _ = await stage.signed_in()
    error = await refused(APIError, lambda: client.rpc("refuse", {"reason": "lunch"}).execute())
    assert error.code == "P0001"
    assert error.message == "refused: lunch"
    assert error.details == "the detail of lunch"
    assert error.hint == "the hint of lunch"
