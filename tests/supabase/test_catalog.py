"""What the catalog says of every table and function, so that a new one cannot be forgotten."""

import re
from typing import LiteralString

from tests.supabase.conftest import Database
from tests.supabase.rights import FUNCTIONS, RELATIONS, Readers

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


def test_every_column_has_an_expectation_and_users_may_set_those_expected_and_no_other(
    database: Database,
) -> None:
    rows = database.execute(
        """
        select
          relation.relname as relation,
          attribute.attname as column,
          has_column_privilege('authenticated', relation.oid, attnum, 'select') as reads,
          has_column_privilege('authenticated', relation.oid, attnum, 'insert') as inserts,
          has_column_privilege('authenticated', relation.oid, attnum, 'update') as updates
        from pg_class as relation
        inner join pg_attribute as attribute on attribute.attrelid = relation.oid
        where relation.relnamespace = 'public'::regnamespace
          and relation.relkind in ('r', 'p', 'v', 'm')
          and attribute.attnum > 0
          and not attribute.attisdropped
        """
    ).fetchall()
    found = [(str(row["relation"]), str(row["column"])) for row in rows]
    assert sorted(found) == sorted(
        (name, column) for name, relation in RELATIONS.items() for column in relation.columns
    )
    for row, (name, column) in zip(rows, found, strict=True):
        rights = RELATIONS[name]
        expected = (
            rights.rows is not Readers.NOBODY and column not in rights.hidden,
            column in rights.insert,
            column in rights.update | rights.admin_update,
        )
        assert (row["reads"], row["inserts"], row["updates"]) == expected, f"{name}.{column}"


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
        is_public = row["schema"] == "public"
        expected = FUNCTIONS[str(row["name"])].callers.roles if is_public else frozenset()
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


def test_every_column_that_a_policy_asks_for_is_indexed_and_one_begins_an_index(
    database: Database,
) -> None:
    rows = database.execute(
        """
        select
          policy.polrelid::regclass || ': ' || policy.polname as policy,
          bool_and(exists (
            select from pg_index as index
            left join pg_depend as used
              on used.classid = 'pg_class'::regclass
              and used.objid = index.indexrelid
              and used.refobjid = index.indrelid
            where index.indrelid = asked.refobjid
              and (
                asked.refobjsubid = any (index.indkey)
                or asked.refobjsubid = used.refobjsubid
              )
          )) as all_indexed,
          bool_or(exists (
            select from pg_index as index
            where index.indrelid = asked.refobjid
              and index.indkey[0] = asked.refobjsubid
              and index.indpred is null
          )) as one_begins
        from pg_policy as policy
        inner join pg_depend as asked
          on asked.classid = 'pg_policy'::regclass
          and asked.objid = policy.oid
          and asked.refclassid = 'pg_class'::regclass
          and asked.refobjsubid > 0
        inner join pg_class as relation on relation.oid = policy.polrelid
        where relation.relnamespace = 'public'::regnamespace
        group by policy.oid
        """
    ).fetchall()
    assert rows
    for row in rows:
        assert (row["all_indexed"], row["one_begins"]) == (True, True), row["policy"]


def test_a_policy_asks_once_per_statement_who_is_signed_in(database: Database) -> None:
    conditions = names(
        database,
        """
        select policyname || ': ' || concat_ws(' ', qual, with_check) as name
        from pg_policies where schemaname = 'public'
        """,
    )
    assert conditions
    for condition in conditions:
        calls = re.findall(r"(SELECT \(*)?(?:auth|private)\.\w+\(", condition)
        assert all(calls), f"write (select auth.uid()), not auth.uid(): {condition}"


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
