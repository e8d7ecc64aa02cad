"""Every relation x verb x column x caller, with real tokens, against `rights.toml`.

Requests go through PostgREST; effects are read back as the owner of the tables.
"""

from typing import Any

import httpx
import pytest

from tests.supabase.cast import Cast, gather, has_owners, mark_of, snapshot
from tests.supabase.conftest import Database
from tests.supabase.people import Person, refusal
from tests.supabase.rights import RELATIONS, Readers

DENIED = "42501"
PAGE = 1000  # What PostgREST cuts at: other tests of the same stack write audit rows, too.
# A generated column can be set by nobody, a view of several tables not written: said before
# rights are asked.
REFUSALS = {DENIED, "428C9", "55000"}
OWNED = [
    name
    for name, relation in RELATIONS.items()
    if relation.rows in {Readers.OWNER, Readers.OWNER_AND_ADMIN}
]
INSERTED = [name for name, relation in RELATIONS.items() if relation.insert]


@pytest.fixture(scope="module")
def cast(publishable: httpx.Client, secret: Person, database: Database) -> Cast:
    """Fill every relation with rows of two users."""
    return gather(publishable, secret, database)


def read(person: Person, relation: str) -> list[dict[str, Any]]:
    """Return every row and column that somebody may read."""
    seen = RELATIONS[relation].columns - RELATIONS[relation].hidden
    return person.rows(f"{relation}?select={','.join(sorted(seen))}")


def of_the_owner(cast: Cast, database: Database, relation: str) -> str:
    """Return the address of the owner's rows, or of all where rows have no owner."""
    if has_owners(relation):
        mark = mark_of(database, relation, cast.owner)
        return f"{relation}?{RELATIONS[relation].owner}=eq.{mark}"
    return f"{relation}?{min(RELATIONS[relation].columns)}=not.is.null"


@pytest.mark.parametrize("relation", RELATIONS)
def test_reading(cast: Cast, database: Database, relation: str) -> None:
    total = len(snapshot(database, relation))
    assert total, f"{relation} has no rows to hide: say in rights.toml how to fill it"

    assert refusal(cast.anonymous.call("GET", relation))[0] == DENIED
    assert len(cast.secret.rows(f"{relation}?limit=2")) == min(2, total)
    users = (cast.owner, cast.other, cast.admin)
    readers = RELATIONS[relation].rows
    if readers is Readers.NOBODY:
        assert {refusal(user.call("GET", relation))[0] for user in users} == {DENIED}
        return
    rows = {user.id: read(user, relation) for user in users}
    for column in RELATIONS[relation].hidden:
        for user in users:
            assert refusal(user.call("GET", f"{relation}?select={column}"))[0] == DENIED
    match readers:
        case Readers.USERS:
            assert rows[cast.owner.id] == rows[cast.other.id] == rows[cast.admin.id] != []
        case Readers.ADMIN:
            assert rows[cast.owner.id] == rows[cast.other.id] == []
        case _:
            column = RELATIONS[relation].owner
            for user in (cast.owner, cast.other):
                marks = {str(row[column]) for row in rows[user.id]}
                assert marks == {mark_of(database, relation, user)}
    if readers in {Readers.ADMIN, Readers.OWNER_AND_ADMIN}:
        assert len(rows[cast.admin.id]) == min(total, PAGE)
    elif readers is Readers.OWNER:
        marks = {str(row[column]) for row in rows[cast.admin.id]}
        assert not marks or marks == {mark_of(database, relation, cast.admin)}


@pytest.mark.parametrize("relation", OWNED)
def test_a_filter_on_another_owner_finds_nothing(
    cast: Cast, database: Database, relation: str
) -> None:
    seen = RELATIONS[relation].columns - RELATIONS[relation].hidden
    path = f"{of_the_owner(cast, database, relation)}&select={','.join(sorted(seen))}"
    assert cast.other.rows(path) == []


@pytest.mark.parametrize("relation", RELATIONS)
def test_changing_each_column(cast: Cast, database: Database, relation: str) -> None:
    rights = RELATIONS[relation]
    path = of_the_owner(cast, database, relation)
    sample = cast.secret.rows(f"{path}&limit=1")[0]
    before = snapshot(database, relation)
    for column in sorted(rights.columns):
        for who, person in cast.everybody().items():
            if (who == "owner" and column in rights.update) or (
                who == "admin" and column in rights.admin_update
            ):
                continue  # They may: below.
            reply = person.call("PATCH", path, {column: sample[column]})
            is_granted = column in rights.update | rights.admin_update
            if is_granted and who in {"owner", "other", "admin"} and reply.is_success:
                assert reply.json() == [], f"{who} changed {column}"
            else:
                assert refusal(reply)[0] in REFUSALS, f"{who}, {column}: {reply.text}"
    assert snapshot(database, relation) == before

    for person, granted in ((cast.owner, rights.update), (cast.admin, rights.admin_update)):
        for column in sorted(granted):
            changed = person.update(f"{path}&select={column}", {column: sample[column]})
            assert changed, f"{column} was not changed"


@pytest.mark.parametrize("relation", RELATIONS)
def test_inserting_each_column(cast: Cast, database: Database, relation: str) -> None:
    rights = RELATIONS[relation]
    before = snapshot(database, relation)
    sample = cast.secret.rows(f"{of_the_owner(cast, database, relation)}&limit=1")[0]
    for column in sorted(rights.columns):
        for who, person in cast.everybody().items():
            if column in rights.insert and who not in {"anonymous", "secret"}:
                continue  # Every user may, for themselves: see the next test.
            reply = person.call("POST", relation, {column: sample[column]})
            assert refusal(reply)[0] in REFUSALS, f"{who}, {column}: {reply.text}"
    assert snapshot(database, relation) == before


@pytest.mark.parametrize("relation", INSERTED)
def test_nobody_makes_a_row_for_another(cast: Cast, database: Database, relation: str) -> None:
    sample = cast.secret.rows(f"{of_the_owner(cast, database, relation)}&limit=1")[0]
    forged = {column: sample[column] for column in RELATIONS[relation].insert}
    forged[RELATIONS[relation].owner] = mark_of(database, relation, cast.owner)
    before = snapshot(database, relation)
    for person in (cast.other, cast.admin, cast.anonymous, cast.secret):
        assert refusal(person.call("POST", relation, forged))[0] == DENIED
    assert snapshot(database, relation) == before


def test_nobody_gives_a_command_to_the_config_of_another(cast: Cast, database: Database) -> None:
    command = {"strategy_config_id": cast.ids["config_id"], "command": "UPDATE_CONFIG"}
    before = snapshot(database, "strategy_commands")
    for person in (cast.other, cast.admin):
        assert refusal(person.call("POST", "strategy_commands", command))[0] == "TB404"
    assert snapshot(database, "strategy_commands") == before


def test_nobody_links_the_portfolio_of_another(cast: Cast) -> None:
    foreign = {"portfolio_id": cast.ids["portfolio_id"]}
    for relation in ("strategies", "strategy_configs"):
        mine = f"{relation}?user_id=eq.{cast.other.id}"
        assert refusal(cast.other.call("PATCH", mine, foreign))[0] == "23503"


@pytest.mark.parametrize("relation", RELATIONS)
def test_nobody_deletes(cast: Cast, database: Database, relation: str) -> None:
    before = snapshot(database, relation)
    for who, person in cast.everybody().items():
        reply = person.call("DELETE", of_the_owner(cast, database, relation))
        assert refusal(reply)[0] in REFUSALS, f"{who}: {reply.text}"
    assert snapshot(database, relation) == before


@pytest.mark.parametrize("schema", ["private", "market_partitions", "auth", "realtime"])
def test_other_schemas_are_not_exposed(cast: Cast, schema: str) -> None:
    reply = cast.secret.http.get("/rest/v1/x", headers={"Accept-Profile": schema})
    assert reply.status_code == 406
