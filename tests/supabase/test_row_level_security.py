"""Every relation x verb x {owner, other user, anonymous, secret key}, with real tokens.

Requests go through PostgREST; effects are read back as the owner of the tables.
"""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from psycopg.sql import SQL, Identifier

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, refusal, sign_up
from tests.supabase.rights import RELATIONS, Readers

DENIED = "42501"
GENERATED = "428C9"  # Nobody can set a generated column: said before rights are asked.
OWNED = [name for name, rights in RELATIONS.items() if rights.readers is Readers.OWNER]
TABLES = [name for name in RELATIONS if name not in {"positions", "market_data"}]


@dataclass(frozen=True, slots=True)
class Cast:
    """Two users with rows in every table, and those who have none."""

    owner: Person
    other: Person
    anonymous: Person
    secret: Person

    def those_without_rights(self) -> list[Person]:
        return [self.other, self.anonymous, self.secret]


def fill_every_table(user: Person, worker: Worker) -> Deployment:
    deployment = deploy(user)
    signal = events.signal(deployment)
    worker.must_write(
        events.instrument(),
        events.candle(),
        events.last_price(),
        signal,
        *events.opening(deployment, signal_id=signal["row"]["id"]),
        events.metric(deployment),
        events.log(deployment),
        events.heartbeat(deployment),
    )
    row = {"strategy_config_id": deployment.config_id, "command": "START"}
    user.insert("strategy_commands", row)
    return deployment


@pytest.fixture(scope="module")
def cast(publishable: httpx.Client, anonymous: Person, secret: Person) -> Cast:
    """Fill every table with rows of two users."""
    worker = Worker(secret)
    worker.acquire()
    owner, other = sign_up(publishable), sign_up(publishable)
    for user in (owner, other):
        fill_every_table(user, worker)
    slot = "2026-11-20T09:45:00Z"
    secret.rpc("claim_job", p_job="matrix", p_slot=slot)
    return Cast(owner, other, anonymous, secret)


def columns(database: Database, relation: str) -> list[str]:
    rows = database.execute(
        """
        select attname from pg_attribute
        where attrelid = ('public.' || %s)::regclass and attnum > 0 and not attisdropped
        """,
        (relation,),
    )
    return [str(row["attname"]) for row in rows]


def owner_column(relation: str) -> str:
    return "id" if relation == "profiles" else "user_id"


def snapshot(database: Database, relation: str) -> Any:
    """Return all rows of a relation, as something to compare."""
    query = SQL("select to_jsonb(row)::text as row from public.{} as row order by 1")
    return database.execute(query.format(Identifier(relation))).fetchall()


@pytest.mark.parametrize("relation", RELATIONS)
def test_reading(cast: Cast, database: Database, relation: str) -> None:
    total = len(snapshot(database, relation))
    assert total, f"{relation} has no rows to hide"

    assert refusal(cast.anonymous.call("GET", relation))[0] == DENIED
    assert len(cast.secret.rows(f"{relation}?limit=2")) == min(2, total)
    match RELATIONS[relation].readers:
        case Readers.NOBODY:
            assert refusal(cast.owner.call("GET", relation))[0] == DENIED
        case Readers.USERS:
            assert cast.owner.rows(relation) == cast.other.rows(relation) != []
        case Readers.OWNER:
            for user in (cast.owner, cast.other):
                rows = user.rows(relation)
                assert {row[owner_column(relation)] for row in rows} == {user.id}


@pytest.mark.parametrize("relation", OWNED)
def test_a_filter_on_another_owner_finds_nothing(cast: Cast, relation: str) -> None:
    column = owner_column(relation)
    assert cast.other.rows(f"{relation}?{column}=eq.{cast.owner.id}") == []


@pytest.mark.parametrize("relation", TABLES)
def test_changing_each_column(cast: Cast, database: Database, relation: str) -> None:
    allowed = RELATIONS[relation].update
    before = snapshot(database, relation)
    for column in columns(database, relation):
        value = cast.secret.rows(f"{relation}?select={column}&limit=1")[0][column]
        path = f"{relation}?{column}=not.is.null"
        for person in (cast.owner, *cast.those_without_rights()):
            reply = person.call("PATCH", path, {column: value})
            if column in allowed and person in {cast.owner, cast.other}:
                continue  # Of the own rows; see the next test.
            assert refusal(reply)[0] in {DENIED, GENERATED}, f"{column}: {reply.text}"
    if not allowed:
        assert snapshot(database, relation) == before


@pytest.mark.parametrize(
    ("relation", "column"),
    [(name, column) for name, rights in RELATIONS.items() for column in sorted(rights.update)],
)
def test_a_column_that_can_be_changed_is_changed_in_own_rows_only(
    cast: Cast, database: Database, relation: str, column: str
) -> None:
    owned = f"{relation}?{owner_column(relation)}=eq.{cast.owner.id}"
    value = cast.owner.rows(owned)[0][column]
    before = snapshot(database, relation)
    assert cast.other.update(owned, {column: value}) == []
    assert snapshot(database, relation) == before
    assert len(cast.owner.update(owned, {column: value})) == len(cast.owner.rows(owned))


@pytest.mark.parametrize("relation", TABLES)
def test_inserting_each_column(cast: Cast, database: Database, relation: str) -> None:
    allowed = RELATIONS[relation].insert
    before = snapshot(database, relation)
    sample = cast.secret.rows(f"{relation}?limit=1")[0]
    for column in columns(database, relation):
        row = {column: sample[column]}
        for person in (cast.owner, *cast.those_without_rights()):
            reply = person.call("POST", relation, row)
            if column in allowed and person in {cast.owner, cast.other}:
                assert reply.status_code >= 400, "half a row must not be stored"
                continue
            assert refusal(reply)[0] in {DENIED, GENERATED}, f"{column}: {reply.text}"
    assert snapshot(database, relation) == before


def test_nobody_makes_rows_for_another(cast: Cast, database: Database) -> None:
    forged = {"name": "x", "initial_capital": 1, "user_id": cast.owner.id}
    assert refusal(cast.other.call("POST", "portfolios", forged))[0] == DENIED
    config = cast.owner.row("strategy_configs")["id"]
    command = {"strategy_config_id": config, "command": "UPDATE_CONFIG"}
    before = snapshot(database, "strategy_commands")
    assert refusal(cast.other.call("POST", "strategy_commands", command))[0] == "TB404"
    assert snapshot(database, "strategy_commands") == before


def test_nobody_links_the_portfolio_of_another(cast: Cast) -> None:
    foreign = {"portfolio_id": cast.owner.row("portfolios")["id"]}
    for relation in ("strategies", "strategy_configs"):
        mine = f"{relation}?user_id=eq.{cast.other.id}"
        assert refusal(cast.other.call("PATCH", mine, foreign))[0] == "23503"


@pytest.mark.parametrize("relation", TABLES)
def test_nobody_deletes(cast: Cast, database: Database, relation: str) -> None:
    before = snapshot(database, relation)
    column = columns(database, relation)[0]
    for person in (cast.owner, *cast.those_without_rights()):
        reply = person.call("DELETE", f"{relation}?{column}=not.is.null")
        assert refusal(reply)[0] == DENIED
    assert snapshot(database, relation) == before


@pytest.mark.parametrize("schema", ["private", "market_partitions", "auth", "realtime"])
def test_other_schemas_are_not_exposed(cast: Cast, schema: str) -> None:
    reply = cast.secret.http.get("/rest/v1/x", headers={"Accept-Profile": schema})
    assert reply.status_code == 406
