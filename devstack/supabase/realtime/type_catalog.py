"""What Postgres's catalog says of types: how values of each are written in JSON.

In:  oids of types, as the stream names them.
Out: a `TypeInfo` for each, with all it is made of.
Next: `devstack/supabase/realtime/values.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.values import Shape, TypeInfo

_SHAPES: Final = {
    "bool": Shape.BOOLEAN,
    "json": Shape.JSON,
    "jsonb": Shape.JSON,
    "timestamp": Shape.TIMESTAMP,
    "timestamptz": Shape.TIMESTAMPTZ,
    "int2vector": Shape.VECTOR,
    "oidvector": Shape.VECTOR,
} | dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric"), Shape.NUMBER)

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


async def load_types(database: Database, oids: Sequence[int]) -> dict[int, TypeInfo]:
    """Return the types behind the oids, and those they are made of; unknown oids are left out."""
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
