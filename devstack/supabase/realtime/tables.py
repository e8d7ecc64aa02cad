"""Tables: what the stream says of them and what only the catalog knows.

In:  a `Relation` of the stream; a subscriber's role.
Out: a `Table` ready to write records from, and what each role may see of it.
Next: `devstack/supabase/realtime/records.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.pgoutput import Relation
from devstack.supabase.realtime.type_catalog import load_types
from devstack.supabase.realtime.values import TypeInfo

PUBLICATION: Final = "supabase_realtime"

type Key = tuple[str | None, ...]

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

_PUBLISHED: Final = """
  select exists (
    select
    from pg_publication_tables
    where pubname = %s
      and %s::text in ('*', schemaname::text)
      and %s::text in ('*', tablename::text)
  )
"""

_ACCESS: Final = "select selectable, everything from realtime.access(%s, %s)"


@dataclass(frozen=True, slots=True)
class Access:
    """What a role may see of a table.

    Parameters
    ----------
    columns
        Names of the columns it may select.
    everything
        No policy stands between the role and the rows.
    """

    columns: frozenset[str]
    everything: bool


@dataclass(frozen=True, slots=True, eq=False)
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
    key_types
        Their types as SQL writes them, schema included.
    guarded
        Row level security is on.
    access
        By role, filled as roles ask. Any change of the table, grants included, makes Postgres
        describe it again, and then a new `Table` is made.
    """

    relation: Relation
    types: tuple[TypeInfo, ...]
    key: tuple[int, ...]
    key_names: frozenset[str]
    key_types: tuple[str, ...]
    guarded: bool
    access: dict[str, Access] = field(default_factory=dict)

    def visible_query(self, keys: Iterable[Key]) -> str:
        """Return the query for those of the keys whose rows the asking role sees.

        Its answer is an array of keys, each an array of texts as the stream writes them.
        """
        names = [_quoted(self.relation.columns[place].name) for place in self.key]
        texts = ", ".join(f"format('%s', t.{name})" for name in names)
        own = ", ".join(f"t.{name}" for name in names)
        rows = [
            ", ".join(
                f"{_literal(part)}::{of}" for part, of in zip(key, self.key_types, strict=True)
            )
            for key in keys
        ]
        # One column as a plain list, which Postgres plans fastest; several as rows.
        wanted = (
            ", ".join(rows) if len(names) == 1 else "values " + ", ".join(f"({r})" for r in rows)
        )
        target = f"{_quoted(self.relation.schema)}.{_quoted(self.relation.table)}"
        return (
            f"select array_agg(array[{texts}]) from {target} as t "  # noqa: S608 - all is quoted
            f"where ({own}) in ({wanted})"
        )


async def load_table(database: Database, relation: Relation) -> Table | None:
    """Return the table behind a relation, or None when it has been dropped since."""
    rows = await database.fetch(_TABLE, [relation.oid])
    types = await load_types(database, [column.type_oid for column in relation.columns])
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
        key_types=tuple(sql_type for _, sql_type in key),
        guarded=guarded,
    )


async def access_of(database: Database, table: Table, role: str) -> Access:
    """Return what a role may see of a table."""
    if role not in table.access:
        ((columns, everything),) = await database.fetch(_ACCESS, [table.relation.oid, role])
        table.access[role] = Access(frozenset(columns or ()), bool(everything))
    return table.access[role]


async def is_published(database: Database, schema: str, table: str) -> bool:
    """Tell whether changes of a table are published; `*` stands for any."""
    rows = await database.fetch(_PUBLISHED, [PUBLICATION, schema, table])
    return bool(rows[0][0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str | None) -> str:
    """Quote a value; backslashes stand for themselves (`standard_conforming_strings`)."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"
