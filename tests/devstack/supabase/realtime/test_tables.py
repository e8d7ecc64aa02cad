"""Queries for the rows a role sees: whatever the key holds, that row is found and no other."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devstack.supabase.database import Database
from devstack.supabase.realtime.pgoutput import Column, Relation
from devstack.supabase.realtime.tables import Table
from devstack.supabase.realtime.values import Shape, TypeInfo

NAMES = ("the 'key'", 'the "part"')
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
# The connection is one for all examples; every example cleans up after itself.
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)


def table(*key: str) -> Table:
    """Describe the test's table with these columns as its key."""
    columns = tuple(Column(name, 25, in_identity=True) for name in NAMES)
    return Table(
        relation=Relation(1, "pg_temp", 'it\'s "odd"', "d", columns),
        types=(TypeInfo("text", Shape.TEXT),) * 2,
        key=tuple(NAMES.index(name) for name in key),
        key_names=frozenset(key),
        key_types=("pg_catalog.text",) * len(key),
        guarded=True,
    )


@pytest.fixture
def connection(cluster: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.url, autocommit=True) as opened:
        opened.execute(
            'create temp table "it\'s ""odd""" ("the \'key\'" text, "the ""part""" text)'
        )
        yield opened


@SHARED
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=2, max_size=4, unique=True))
@pytest.mark.parametrize("key", [NAMES[:1], NAMES])
def test_the_rows_asked_for_are_found_and_no_others(
    connection: psycopg.Connection, key: tuple[str, ...], rows: list[tuple[str, str]]
) -> None:
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        cursor.executemany('insert into "it\'s ""odd""" values (%s, %s)', rows)
        wanted = {row[: len(key)] for row in rows[1:]}
        query = table(*key).visible_query(wanted)
        found = cursor.execute(query.encode()).fetchone()
    assert found is not None
    assert {tuple(each) for each in found[0]} == wanted


def test_a_key_that_did_not_arrive_finds_nothing(connection: psycopg.Connection) -> None:
    connection.execute('insert into "it\'s ""odd""" values (null, null)')
    query = table(NAMES[0]).visible_query([(None,)])
    assert connection.execute(query.encode()).fetchone() == (None,)
