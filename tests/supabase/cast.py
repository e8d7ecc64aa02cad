"""Those who ask in the tests of rights, and a row of everybody's in every relation.

In:  clients of a running stack; what `rights.toml` says how to fill.
Out: `Cast`: owner, other user, administrator, anonymous and secret key; ids of the owner's rows.
Next: `tests/supabase/test_row_level_security.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from psycopg.sql import SQL, Identifier

from tests.supabase import events
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import PASSWORD, Person, sign_up
from tests.supabase.rights import RELATIONS

Ids = Mapping[str, str]
Database = psycopg.Connection[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Cast:
    """Two users with rows in every relation, and those who have none."""

    owner: Person
    other: Person
    admin: Person
    anonymous: Person
    secret: Person
    ids: Ids

    def everybody(self) -> dict[str, Person]:
        """Return all of them by what they are called."""
        return {
            "owner": self.owner,
            "other": self.other,
            "admin": self.admin,
            "anonymous": self.anonymous,
            "secret": self.secret,
        }


def gather(publishable: httpx.Client, secret: Person, database: Database) -> Cast:
    """Sign everybody up and make the rows."""
    # A test makes a strategy for every call it tries.
    database.execute("update public.operator_policy set max_configs_per_user = 10000")
    worker = Worker(secret)
    worker.acquire()
    owner, other = sign_up(publishable), sign_up(publishable)
    ids = [make_rows(user, worker, database) for user in (owner, other)]
    secret.rpc("claim_job", p_job="matrix", p_slot="2026-11-20T09:45:00Z")
    admin = administrator(publishable, secret)
    return Cast(owner, other, admin, Person(publishable), secret, ids[0])


def make_rows(user: Person, worker: Worker, database: Database) -> Ids:
    """Make a row of the user's in every relation and return their ids."""
    deployment = deploy(user)
    ids = trade_a_day(user, deployment, worker)
    for relation in RELATIONS.values():
        for statement in relation.fill.split(";"):
            if statement.strip():
                # With values even where none is named, so that %% is % everywhere.
                database.execute(statement.encode(), {**ids, "new": str(uuid4())})
    return ids


def trade_a_day(user: Person, deployment: Deployment, worker: Worker) -> Ids:
    """Make the rows that a worker and a browser make on any day."""
    signal = events.signal(deployment)
    opening = events.opening(deployment, signal_id=signal["row"]["id"])
    worker.must_write(
        events.instrument(),
        events.candle(),
        events.last_price(),
        signal,
        *opening,
        events.metric(deployment),
        events.log(deployment),
        events.heartbeat(deployment),
    )
    command = {"strategy_config_id": deployment.config_id, "command": "START"}
    order, _, trade, *_ = opening
    return {
        "user_id": user.id,
        "portfolio_id": deployment.portfolio_id,
        "strategy_id": deployment.strategy_id,
        "config_id": deployment.config_id,
        "signal_id": signal["row"]["id"],
        "order_id": order["row"]["id"],
        "trade_id": trade["row"]["id"],
        "command_id": user.insert("strategy_commands", command)["id"],
    }


def administrator(publishable: httpx.Client, secret: Person) -> Person:
    """Return a user whose token says that they are one."""
    user = sign_up(publishable)
    change = {"app_metadata": {"role": "admin"}}
    reply = secret.http.put(f"/auth/v1/admin/users/{user.id}", json=change)
    assert reply.status_code == 200, reply.text
    credentials = {"email": reply.json()["email"], "password": PASSWORD}
    session = publishable.post("/auth/v1/token?grant_type=password", json=credentials).json()
    return Person(publishable, session["access_token"], user.id)


def has_owners(relation: str) -> bool:
    """Return whether rows say whose they are."""
    return RELATIONS[relation].owner in RELATIONS[relation].columns


def mark_of(database: Database, relation: str, user: Person) -> str | None:
    """Return what stands in the owner's column of a user's rows; None when there can be none."""
    if not RELATIONS[relation].mine:
        return user.id
    row = database.execute(RELATIONS[relation].mine.encode(), {"user_id": user.id}).fetchone()
    return None if row is None else str(next(iter(row.values())))


def snapshot(database: Database, relation: str) -> list[str]:
    """Return all rows of a relation, as something to compare."""
    query = SQL("select to_jsonb(row)::text as row from public.{} as row order by 1")
    return [str(row["row"]) for row in database.execute(query.format(Identifier(relation)))]


def belongings(database: Database, user: Person) -> set[tuple[str, str]]:
    """Return every row of a user's in every relation, as something to compare."""
    parts = [
        SQL(
            "select {} as relation, to_jsonb(row)::text as row from public.{} as row "
            "where {}::text = {}"
        ).format(name, Identifier(name), Identifier(relation.owner), mark_of(database, name, user))
        for name, relation in RELATIONS.items()
        if has_owners(name)
    ]
    rows = database.execute(SQL(" union all ").join(parts))
    return {(str(row["relation"]), str(row["row"])) for row in rows}


def filled(arguments: Mapping[str, Any], ids: Ids) -> Iterator[tuple[str, Any]]:
    """Yield arguments with the ids in the places that name them."""
    named = {f"{{{name}}}": value for name, value in ids.items()}
    for name, value in arguments.items():
        yield name, _filled(value, named)


def _filled(value: Any, named: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return str(uuid4()) if value == "{new}" else named.get(value, value)
    if isinstance(value, list):
        return [_filled(each, named) for each in value]
    if isinstance(value, dict):
        return {key: _filled(each, named) for key, each in value.items()}
    return value
