"""What Postgres's catalog knows: tables, their keys and types, and what is published.

In:  a `Relation` of the stream or a subscriber's words; a `Database`.
Out: a `Table` ready to write records from; filters bound to their column's type.
Next: `devstack/supabase/realtime/records.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

from core.errors import DataError
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.filters import PATTERN_OPERATORS, SQL_OPERATORS, Filter
from devstack.supabase.realtime.pgoutput import Relation
from devstack.supabase.realtime.values import Shape, TypeInfo

PUBLICATION: Final = "supabase_realtime"

_SHAPES: Final = {
    "bool": Shape.BOOLEAN,
    "json": Shape.JSON,
    "jsonb": Shape.JSON,
    "timestamp": Shape.TIMESTAMP,
    "timestamptz": Shape.TIMESTAMPTZ,
    "int2vector": Shape.VECTOR,
    "oidvector": Shape.VECTOR,
} | dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric"), Shape.NUMBER)

_TABLE: Final = """
  select
    class.relrowsecurity,
    array(
      select array[
        attribute.attname,
        quote_ident(space.nspname) || '.' || quote_ident(type.typname)
      ]
      from pg_index as key
      cross join unnest(key.indkey::int2[]) with ordinality as part (attnum, place)
      join pg_attribute as attribute
        on attribute.attrelid = key.indrelid and attribute.attnum = part.attnum
      join pg_type as type on type.oid = attribute.atttypid
      join pg_namespace as space on space.oid = type.typnamespace
      where key.indrelid = class.oid and key.indisprimary
      order by part.place
    )
  from pg_class as class
  where class.oid = %s
"""

# The types asked for and all they are made of: elements, base types of domains, attributes.
_TYPES: Final = """
  with recursive needed (oid) as (
    select unnest(%s::oid[])
    union
    select part.oid
    from needed
    join pg_type as type on type.oid = needed.oid
    cross join lateral (
      select type.typelem where type.typsubscript = 'array_subscript_handler'::regproc
      union all
      select type.typbasetype where type.typtype = 'd'
      union all
      select attribute.atttypid
      from pg_attribute as attribute
      where type.typtype = 'c'
        and attribute.attrelid = type.typrelid
        and attribute.attnum > 0
        and not attribute.attisdropped
    ) as part (oid)
  )
  select
    type.oid::bigint,
    type.typname,
    type.typtype::text,
    type.typdelim::text,
    type.typbasetype::bigint,
    case
      when type.typsubscript = 'array_subscript_handler'::regproc then type.typelem::bigint
    end,
    array(
      select array[attribute.attname::text, attribute.atttypid::bigint::text]
      from pg_attribute as attribute
      where type.typtype = 'c'
        and attribute.attrelid = type.typrelid
        and attribute.attnum > 0
        and not attribute.attisdropped
      order by attribute.attnum
    )
  from needed
  join pg_type as type on type.oid = needed.oid
"""

_PUBLISHED: Final = """
  select exists (
    select
    from pg_publication_tables
    where pubname = %s
      and %s::text in ('*', schemaname::text)
      and %s::text in ('*', tablename::text)
  )
"""

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


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the stream with what the stream does not say about it.

    Parameters
    ----------
    relation
        The stream's own description.
    types
        One per column of `relation`.
    key
        Positions of the primary key's columns; empty without one.
    key_names
        Their names.
    guarded
        Row level security is on.
    visible_query
        Answers which keys of a JSON array of arrays exist for the role that asks.
    """

    relation: Relation
    types: tuple[TypeInfo, ...]
    key: tuple[int, ...]
    key_names: frozenset[str]
    guarded: bool
    visible_query: str


async def load_table(database: Database, relation: Relation) -> Table | None:
    """Return the table behind a relation, or None when it has been dropped since."""
    rows = await database.fetch(_TABLE, [relation.oid])
    types = await _load_types(database, [column.type_oid for column in relation.columns])
    names = [column.name for column in relation.columns]
    if not rows or any(column.type_oid not in types for column in relation.columns):
        return None
    guarded, key = rows[0]
    if any(name not in names for name, _ in key):
        return None  # The key's column was added since; a new description is on its way.
    return Table(
        relation=relation,
        types=tuple(types[column.type_oid] for column in relation.columns),
        key=tuple(names.index(name) for name, _ in key),
        key_names=frozenset(name for name, _ in key),
        guarded=guarded,
        visible_query=_visible_query(relation, key),
    )


async def is_published(database: Database, schema: str, table: str) -> bool:
    """Tell whether changes of a table are published; `*` stands for any."""
    rows = await database.fetch(_PUBLISHED, [PUBLICATION, schema, table])
    return bool(rows[0][0])


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


def _visible_query(relation: Relation, key: Sequence[Sequence[str]]) -> str:
    if not key:
        return ""
    equal = " and ".join(
        f"t.{_quoted(name)} = (x.key ->> {place})::{sql_type}"
        for place, (name, sql_type) in enumerate(key)
    )
    target = f"{_quoted(relation.schema)}.{_quoted(relation.table)}"
    return (
        "select coalesce(array_agg(x.place::integer), '{}') "  # noqa: S608 - names are quoted
        "from jsonb_array_elements($1) with ordinality as x (key, place) "
        f"join {target} as t on {equal}"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def _load_types(database: Database, oids: Sequence[int]) -> dict[int, TypeInfo]:
    rows = {row[0]: row[1:] for row in await database.fetch(_TYPES, [list(oids)])}
    made: dict[int, TypeInfo] = {}
    for oid in rows:
        _make_type(oid, rows, made)
    return made


def _make_type(
    oid: int, rows: Mapping[int, tuple[Any, ...]], made: dict[int, TypeInfo]
) -> TypeInfo:
    if oid in made:
        return made[oid]
    name, kind, _, base, element, fields = rows[oid]
    if kind == "d":
        below = _make_type(base, rows, made)
        info = TypeInfo(name, below.shape, below.element, below.delimiter, below.fields)
    elif name in _SHAPES:
        info = TypeInfo(name, _SHAPES[name])
    elif element:
        delimiter = rows[element][2]
        info = TypeInfo(name, Shape.ARRAY, _make_type(element, rows, made), delimiter)
    elif kind == "c":
        parts = tuple((field, _make_type(int(of), rows, made)) for field, of in fields)
        info = TypeInfo(name, Shape.COMPOSITE, fields=parts)
    else:
        info = TypeInfo(name, Shape.TEXT)
    made[oid] = info
    return info
