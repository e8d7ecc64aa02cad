"""Filters and Postgres: operands checked and rewritten, comparisons only Postgres can make.

In:  a parsed filter and the table it is for; values of changed rows.
Out: the filter bound to its column's type; whether values pass.
Next: `devstack/supabase/realtime/dispatch.py`.
"""

from collections.abc import Sequence
from typing import Final

import psycopg
from psycopg import sql

from core.errors import DataError
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.filters import PATTERN_OPERATORS, SQL_OPERATORS, Filter

_COLUMN_TYPE: Final = """
  with recursive base (oid, below) as (
    select type.oid, type.typbasetype
    from pg_attribute as attribute
    join pg_class as class on class.oid = attribute.attrelid
    join pg_namespace as space on space.oid = class.relnamespace
    join pg_type as type on type.oid = attribute.atttypid
    where space.nspname = %s
      and class.relname = %s
      and attribute.attname = %s
      and attribute.attnum > 0
      and not attribute.attisdropped
      and has_column_privilege(%s::name, class.oid, attribute.attnum, 'select')
    union all
    select type.oid, type.typbasetype
    from base
    join pg_type as type on type.oid = base.below
  )
  select type.typname, quote_ident(space.nspname) || '.' || quote_ident(type.typname)
  from base
  join pg_type as type on type.oid = base.oid
  join pg_namespace as space on space.oid = type.typnamespace
  where base.below = 0
"""


async def bind_filter(
    database: Database, condition: Filter, schema: str, table: str, role: str
) -> Filter:
    """Give a filter its column's type and let Postgres read and rewrite its operands.

    Raises
    ------
    DataError
        The column does not exist, the role may not select it, or an operand does not fit.
    """
    rows = await database.fetch(_COLUMN_TYPE, [schema, table, condition.column, role])
    if not rows:
        raise DataError(f"invalid column for filter {condition.column}")
    type_name, sql_type = rows[0]
    operands = condition.operands
    try:
        if condition.operator in PATTERN_OPERATORS:
            pattern = sql.SQL("select '' {} %s").format(_operator(condition))
            await database.fetch(pattern, [operands[0]])
        elif condition.operator != "is":
            rewrite = sql.SQL("select array(select x::{}::text from unnest(%s::text[]) as x)")
            ((found,),) = await database.fetch(rewrite.format(_raw(sql_type)), [list(operands)])
            operands = tuple(found)
    except psycopg.DataError as error:
        raise DataError(str(error).strip()) from error
    return condition.bound(type_name, sql_type, operands)


async def compare(database: Database, undecided: Sequence[tuple[Filter, str | None]]) -> list[bool]:
    """Let Postgres decide comparisons that Python cannot make, all in one query."""
    terms, parameters = [], []
    for condition, value in undecided:
        operand: object = condition.operands[0]
        kind = "text" if condition.operator in PATTERN_OPERATORS else condition.sql_type
        right = "%s::{}"
        if condition.operator == "in":
            operand, right = list(condition.operands), "(%s::text[]::{}[])"
        term = sql.SQL(f"coalesce({{}}((%s::{{}}) {{}} {right}), false)").format(
            sql.SQL("not " if condition.negated else ""),
            _raw(kind),
            _operator(condition),
            _raw(kind),
        )
        terms.append(term)
        parameters += [value, operand]
    query = sql.SQL("select array[{}]").format(sql.SQL(", ").join(terms))
    rows = await database.fetch(query, parameters)
    return list(rows[0][0])


def _operator(condition: Filter) -> sql.SQL:
    return _raw(SQL_OPERATORS[condition.operator])


def _raw(text: str) -> sql.SQL:
    """Take SQL that Postgres itself has quoted, or a constant of ours, as it is."""
    return sql.SQL(text)
