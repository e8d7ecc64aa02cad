"""What the catalog says of every table and function, so that a new one cannot be forgotten."""

import re
from typing import LiteralString

from tests.supabase.conftest import Database
from tests.supabase.rights import FUNCTIONS, RELATIONS

SCHEMAS = ["public", "private", "market_partitions"]


def names(database: Database, query: LiteralString) -> list[str]:
    """Return the column ``name`` of a query that may ask for our schemas."""
    return [str(row["name"]) for row in database.execute(query, {"schemas": SCHEMAS})]


def test_every_table_has_row_level_security(database: Database) -> None:
    open_tables = names(
        database,
        """
        select relation.oid::regclass::text as name
        from pg_class as relation
        where relation.relnamespace::regnamespace::text = any (%(schemas)s)
          and relation.relkind in ('r', 'p')
          and not relation.relrowsecurity
        """,
    )
    assert open_tables == []


def test_every_view_obeys_the_rights_of_its_reader(database: Database) -> None:
    views = names(
        database,
        """
        select relname as name from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'v'
          and not coalesce(reloptions, '{}') @> '{security_invoker=true}'
        """,
    )
    assert views == []


def test_every_relation_and_function_has_an_expectation(database: Database) -> None:
    relations = names(
        database,
        """
        select relname as name from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
        """,
    )
    functions = names(
        database, "select proname as name from pg_proc where pronamespace = 'public'::regnamespace"
    )
    assert set(relations) == set(RELATIONS)
    assert sorted(functions) == sorted(FUNCTIONS)


def test_functions_can_be_executed_by_those_expected_and_nobody_else(database: Database) -> None:
    rows = database.execute(
        """
        select
          function.pronamespace::regnamespace::text as schema,
          function.proname as name,
          array(
            select role from unnest('{anon,authenticated,service_role}'::text[]) as role
            where has_function_privilege(role, function.oid, 'execute')
          ) as roles,
          exists (
            select from aclexplode(coalesce(function.proacl, acldefault('f', function.proowner)))
            where grantee = 0
          ) as public
        from pg_proc as function
        where function.pronamespace::regnamespace::text = any (%(schemas)s)
        """,
        {"schemas": SCHEMAS},
    ).fetchall()
    assert len(rows) > len(FUNCTIONS)
    for row in rows:
        expected = FUNCTIONS[str(row["name"])] if row["schema"] == "public" else frozenset()
        assert not row["public"], f"everybody may execute {row['name']}"
        assert set(row["roles"]) == expected, row["name"]  # type: ignore[call-overload]


def test_every_function_has_a_fixed_search_path(database: Database) -> None:
    loose = names(
        database,
        """
        select proname as name from pg_proc
        where pronamespace::regnamespace::text = any (%(schemas)s)
          and not coalesce(proconfig, '{}') @> '{"search_path=\\"\\""}'
        """,
    )
    assert loose == []


def test_every_table_view_column_and_function_is_explained(database: Database) -> None:
    silent = names(
        database,
        """
        select relation.oid::regclass::text || coalesce('.' || attribute.attname, '') as name
        from pg_class as relation
        left join pg_attribute as attribute
          on attribute.attrelid = relation.oid
          and attribute.attnum > 0
          and not attribute.attisdropped
          and relation.relnamespace = 'public'::regnamespace
        where relation.relnamespace::regnamespace::text = any (%(schemas)s)
          and relation.relkind in ('r', 'p', 'v')
          and (
            obj_description(relation.oid, 'pg_class') is null
            or attribute.attnum is not null
            and col_description(relation.oid, attribute.attnum) is null
          )
        union all
        select proname from pg_proc
        where pronamespace::regnamespace::text = any (%(schemas)s)
          and obj_description(oid, 'pg_proc') is null
        """,
    )
    assert silent == []


def test_every_column_that_a_policy_asks_for_begins_an_index(database: Database) -> None:
    policies = database.execute(
        """
        select tablename, policyname, concat_ws(' ', qual, with_check) as condition
        from pg_policies where schemaname = 'public'
        """
    ).fetchall()
    indexed = {
        (row["table"], row["column"])
        for row in database.execute(
            """
            select relation.relname as table, attribute.attname as column
            from pg_index as index
            inner join pg_class as relation on relation.oid = index.indrelid
            inner join pg_attribute as attribute
              on attribute.attrelid = relation.oid and attribute.attnum = index.indkey[0]
            where relation.relnamespace = 'public'::regnamespace and index.indpred is null
            """
        )
    }
    assert policies
    for policy in policies:
        condition = str(policy["condition"])
        if condition == "true":
            continue
        owner = re.search(r"\( SELECT auth\.uid\(\) AS uid\) = (\w+)", condition)
        assert owner is not None, f"{policy['policyname']}: {condition}"
        assert (policy["tablename"], owner[1]) in indexed, policy["policyname"]


def test_every_foreign_key_begins_an_index(database: Database) -> None:
    bare = names(
        database,
        """
        select key.conrelid::regclass || ': ' || key.conname as name
        from pg_constraint as key
        where key.contype = 'f'
          and key.connamespace = 'public'::regnamespace
          and not exists (
            select from pg_index as index
            where index.indrelid = key.conrelid and index.indkey[0] = any (key.conkey)
          )
        """,
    )
    assert bare == []


def test_every_policy_is_for_one_verb_and_names_its_role(database: Database) -> None:
    wide = names(
        database,
        """
        select policyname as name from pg_policies
        where schemaname = 'public' and (cmd = 'ALL' or roles <> '{authenticated}')
        """,
    )
    assert wide == []


def test_what_is_published_can_be_read_and_market_data_are_not_published(
    database: Database,
) -> None:
    published = set(
        names(
            database,
            "select tablename as name from pg_publication_tables "
            "where pubname = 'supabase_realtime'",
        )
    )
    assert published == {
        "portfolios",
        "strategies",
        "strategy_configs",
        "strategy_commands",
        "strategy_metrics",
        "strategy_logs",
        "trading_signals",
        "orders",
        "fills",
        "trades",
    }
