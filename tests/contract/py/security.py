"""Who sees what: row level security, the anonymous caller, the secret key, unknown keys.

In:  a Stage.
Out: nothing, or an error that says what did not hold.
Next: `tests/contract/py/changes.py`.
"""

from typing import Any
from uuid import uuid4

from postgrest import APIError
from postgrest.types import ReturnMethod

from tests.contract.py.cases import behaviour
from tests.contract.py.rest import rows_of
from tests.contract.py.stage import AnyClient, Stage, User, refused


async def owner_of_note(stage: Stage) -> tuple[AnyClient, User, dict[str, Any]]:
    """Return an owner with one note, arranged at the stack itself."""
    client, user = await stage.signed_in(url=stage.target.url)
    [note] = await rows_of(client.table("notes").insert({"title": "mine"}))
    return client, user, note


@behaviour("two users never see each other's rows")
async def unseen(stage: Stage) -> None:
    _, user, note = await owner_of_note(stage)
    own, _ = await stage.signed_in(user)
    assert await rows_of(own.table("notes").select("*")) == [note]
    stranger, _ = await stage.signed_in()
    assert await rows_of(stranger.table("notes").select("*")) == []


@behaviour("two users never change each other's rows")
async def unchanged(stage: Stage) -> None:
    owner, user, note = await owner_of_note(stage)
    stranger, _ = await stage.signed_in()
    notes = stranger.table("notes")
    await rows_of(notes.update({"rank": 9}).eq("id", note["id"]))
    await rows_of(notes.delete().eq("id", note["id"]))
    # Returning the row would need the right to read it.
    planted = {"title": "planted", "user_id": user.id}
    plant = notes.insert(planted, returning=ReturnMethod.minimal)
    error = await refused(APIError, plant.execute)
    assert error.code == "42501"
    assert await rows_of(owner.table("notes").select("*")) == [note]


@behaviour("a security invoker view obeys the reader's policies")
async def invoker_view(stage: Stage) -> None:
    _, user, note = await owner_of_note(stage)
    own, _ = await stage.signed_in(user)
    expected = {"id": note["id"], "user_id": user.id, "title": "mine"}
    assert await rows_of(own.table("note_titles").select("*")) == [expected]
    stranger, _ = await stage.signed_in()
    assert await rows_of(stranger.table("note_titles").select("*")) == []


@behaviour("an anonymous caller reads public rows only")
async def anonymous_caller(stage: Stage) -> None:
    row = {"body": str(uuid4())}
    await rows_of((await stage.arranger()).table("announcements").insert(row))
    anonymous = await stage.client()
    public = anonymous.table("announcements")
    assert await rows_of(public.select("body").eq("body", row["body"])) == [row]
    for forbidden in (public.insert({"body": "planted"}), anonymous.table("notes").select("*")):
        error = await refused(APIError, forbidden.execute)
        assert error.code == "42501"


@behaviour("the secret key sees every user's rows")
async def secret_key(stage: Stage) -> None:
    wanted = [(await owner_of_note(stage))[2] for _ in range(2)]
    ids = [note["id"] for note in wanted]
    query = (await stage.admin()).table("notes").select("*").in_("id", ids).order("id")
    assert await rows_of(query) == wanted


@behaviour("an unknown key is refused")
async def unknown_key(stage: Stage) -> None:
    client = await stage.client("sb_publishable_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAA")
    query = client.table("announcements").select("*")
    error = await refused(APIError, query.execute)
    assert error.code in {"401", 401} or "key" in str(error.message).lower()
