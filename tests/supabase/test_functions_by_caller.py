"""Every function x {anonymous, owner, other user, administrator}, against `rights.toml`.

Requests go through PostgREST; effects are read back as the owner of the tables.
"""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.supabase.cast import Cast, belongings, filled, gather
from tests.supabase.conftest import Database
from tests.supabase.deployments import deploy
from tests.supabase.people import Person, refusal
from tests.supabase.rights import FUNCTIONS, Callers

DENIED = "42501"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FOR_USERS = [name for name, each in FUNCTIONS.items() if each.callers is not Callers.SECRET]
FOR_THE_SECRET_KEY = [name for name in FUNCTIONS if name not in FOR_USERS]


@pytest.fixture(scope="module")
def cast(publishable: httpx.Client, secret: Person, database: Database) -> Cast:
    """Fill every relation with rows of two users."""
    return gather(publishable, secret, database)


@pytest.fixture
def arguments(cast: Cast, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Yield what the owner calls a function with; strategy and config are fresh ones."""
    fresh = deploy(cast.owner)
    ids = {**cast.ids, "strategy_id": fresh.strategy_id, "config_id": fresh.config_id}
    name = request.node.callspec.params["function"]
    yield dict(filled(FUNCTIONS[name].arguments, ids))
    # So that all of them together stay within what one user may have.
    cast.owner.rpc("archive_strategy", p_strategy_id=fresh.strategy_id)


def without_values(database: Database, function: str) -> dict[str, None]:
    """Return the arguments that must be given, each null: enough for the rights to be asked."""
    row = database.execute(
        """
        select coalesce(proargnames[1:pronargs - pronargdefaults], '{}') as names from pg_proc
        where pronamespace = 'public'::regnamespace and proname = %s
        """,
        (function,),
    ).fetchone()
    assert row is not None
    names: Any = row["names"]
    return dict.fromkeys(names)


def outcome(reply: httpx.Response) -> str:
    """Return ``done`` or the code of the refusal."""
    return "done" if reply.is_success else refusal(reply)[0]


@pytest.mark.parametrize("function", FOR_THE_SECRET_KEY)
def test_what_is_for_the_secret_key_is_executed_by_no_user(
    cast: Cast, database: Database, function: str
) -> None:
    values = without_values(database, function)
    before = belongings(database, cast.owner)
    for person in (cast.anonymous, cast.owner, cast.other, cast.admin):
        assert outcome(person.call("POST", f"rpc/{function}", values)) == DENIED
    assert belongings(database, cast.owner) == before


@pytest.mark.parametrize("function", FOR_USERS)
def test_another_user_learns_and_changes_nothing_of_the_owners(
    cast: Cast, database: Database, arguments: dict[str, Any], function: str
) -> None:
    before = belongings(database, cast.owner)
    secrets = set(UUID.findall(str(before))) - set(UUID.findall(str(arguments)))
    assert cast.owner.id in secrets | set(UUID.findall(str(arguments)))
    expected = FUNCTIONS[function]
    callers = ((cast.other, expected.other), (cast.admin, expected.admin or expected.other))
    for person, answer in callers:
        reply = person.call("POST", f"rpc/{function}", arguments)
        assert outcome(reply) == answer, reply.text
        assert secrets.isdisjoint(UUID.findall(reply.text)), reply.text
    assert belongings(database, cast.owner) == before


@pytest.mark.parametrize("function", FOR_USERS)
def test_without_a_token_only_what_is_for_everybody_is_executed(
    cast: Cast, database: Database, arguments: dict[str, Any], function: str
) -> None:
    before = belongings(database, cast.owner)
    reply = cast.anonymous.call("POST", f"rpc/{function}", arguments)
    expected = "done" if FUNCTIONS[function].callers is Callers.EVERYBODY else DENIED
    assert outcome(reply) == expected, reply.text
    assert belongings(database, cast.owner) == before


@pytest.mark.parametrize("function", FOR_USERS)
def test_the_owner_is_served(cast: Cast, arguments: dict[str, Any], function: str) -> None:
    reply = cast.owner.call("POST", f"rpc/{function}", arguments)
    assert outcome(reply) == FUNCTIONS[function].owner, reply.text
