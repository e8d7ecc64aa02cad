"""The filter of a postgres_changes subscription: `symbol=eq.NIFTY`, `qty=gt.5,side=in.(B,S)`.

In:  the client's text, the column's type, a row's value as Postgres writes it.
Out: whether the row passes, or None where only Postgres itself can compare such values.
Next: `devstack/supabase/realtime/bindings.py`.

Comparisons mean what they mean in SQL: a NULL passes nothing but `is.null` and `isdistinct`, and
`not.` of unknown is unknown. Operands are rewritten by Postgres before the first comparison (see
`filter_binding.py`), so that equal values have equal texts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from core.errors import DataError

# Operators in the client's words, and what they are in SQL.
SQL_OPERATORS: Final = {
    "eq": "=",
    "neq": "<>",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "in": "= any",
    "isdistinct": "is distinct from",
    "like": "like",
    "ilike": "ilike",
    "match": "~",
    "imatch": "~*",
    "is": "is",
}
PATTERN_OPERATORS: Final = frozenset({"like", "ilike", "match", "imatch"})
_IS_OPERANDS: Final = frozenset({"null", "not_null", "true", "false", "unknown"})
_EQUALITY: Final = frozenset({"eq", "neq", "in", "isdistinct"})
_MOST_OPERANDS: Final = 100  # Hosted's limit for one `in` list.

_OPERATOR_NAMES: Final = "|".join(sorted(SQL_OPERATORS, key=len, reverse=True))
_CONDITION: Final = re.compile(rf"([^=]+)=(not\.)?({_OPERATOR_NAMES})\.(.*)", re.DOTALL)
# A comma separates conditions only where another one follows: values may hold commas.
_SEPARATOR: Final = re.compile(rf",(?=[^=,()]+=(?:not\.)?(?:{_OPERATOR_NAMES})\.)")
_LIST_ITEM: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*?))\s*(?:,|$)', re.DOTALL)

# Types whose equal values always have equal texts.
_EQUAL_AS_TEXT: Final = frozenset(
    {"bool", "text", "varchar", "name", "uuid", "bytea"} | {"date", "timestamp", "timestamptz"}
)
_PLAIN_DATE: Final = re.compile(r"\d{4}-[^B]*")  # Neither infinity, nor BC, nor beyond 9999.


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on one column.

    Parameters
    ----------
    operands
        One text, or several for ``in``.
    type_name
        `pg_type.typname` of the column below its domains; empty until the table is known.
    sql_type
        The same as SQL writes it, schema included.
    """

    column: str
    operator: str
    operands: tuple[str, ...]
    negated: bool = False
    type_name: str = ""
    sql_type: str = ""

    def bound(self, type_name: str, sql_type: str, operands: tuple[str, ...]) -> "Filter":
        """Return this filter for a column of a known type, its operands rewritten by Postgres."""
        return replace(self, type_name=type_name, sql_type=sql_type, operands=operands)

    def passes(self, value: str | None) -> bool | None:
        """Tell whether a value passes; None when only Postgres can tell."""
        if self.operator == "is":
            return self._is(value) is not self.negated
        if value is None:
            return self.operator == "isdistinct" and not self.negated
        answer = self._compare(value)
        return None if answer is None else answer is not self.negated

    def _is(self, value: str | None) -> bool:
        match self.operands[0]:
            case "null" | "unknown":
                return value is None
            case "not_null":
                return value is not None
            case word:
                return value == word[0]  # Postgres writes booleans t and f.

    def _compare(self, value: str) -> bool | None:
        comparable = _comparable(self.type_name, self.operator)
        if comparable is None:
            return None
        left, right = comparable(value), [comparable(operand) for operand in self.operands]
        if left is None or None in right:
            return None
        return _OPERATIONS[self.operator](left, right)


def parse_filters(text: str) -> tuple[Filter, ...]:
    """Read conditions joined by commas, all of which must hold.

    Raises
    ------
    DataError
        Names the condition that cannot be read.

    Examples
    --------
    >>> [(f.column, f.operator, f.operands) for f in parse_filters("a=gt.1,b=in.(x,y)")]
    [('a', 'gt', ('1',)), ('b', 'in', ('x', 'y'))]
    """
    return tuple(_parse_condition(condition) for condition in _SEPARATOR.split(text))


def _parse_condition(text: str) -> Filter:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise DataError(f"filter {text!r} must be column=operator.value")
    column, negated, operator, value = found.groups()
    return Filter(column.strip(), operator, _operands(text, operator, value), negated is not None)


def _operands(text: str, operator: str, value: str) -> tuple[str, ...]:
    if operator == "is" and value not in _IS_OPERANDS:
        raise DataError(f"filter {text!r} must compare with one of {sorted(_IS_OPERANDS)}")
    if operator != "in":
        return (value,)
    if not (value.startswith("(") and value.endswith(")")):
        raise DataError(f"filter {text!r} must list its values as in.(a,b)")
    values = _list_items(value[1:-1])
    if len(values) > _MOST_OPERANDS:
        raise DataError(f"filter {text[:60]!r} lists {len(values)} values, at most 100 are allowed")
    return values


def _list_items(body: str) -> tuple[str, ...]:
    items: list[str] = []
    at = 0
    while at < len(body):
        found = _LIST_ITEM.match(body, at)
        if found is None:
            raise DataError(f"list ({body}) cannot be read from {body[at:]!r} on")
        quoted, bare = found.groups()
        items.append(bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = found.end()
    return tuple(items)


type _Key = str | int | float | Decimal | tuple[bool, Decimal | float]


def _comparable(type_name: str, operator: str) -> Callable[[str], _Key | None] | None:
    """Return what turns texts of a type into values that Python compares as Postgres does."""
    if operator in PATTERN_OPERATORS:
        return None
    if operator in _EQUALITY and type_name in _EQUAL_AS_TEXT:
        return str
    return _KEYS.get(type_name)


def _nan_is_greatest(text: str) -> _Key:
    return (True, Decimal(0)) if text == "NaN" else (False, Decimal(text))


def _float_key(text: str) -> _Key:
    return (True, 0.0) if text == "NaN" else (False, float(text))


def _date_key(text: str) -> str | None:
    return text if _PLAIN_DATE.fullmatch(text) else None


_KEYS: Final[dict[str, Callable[[str], _Key | None]]] = {
    **dict.fromkeys(("int2", "int4", "int8", "oid"), int),
    "numeric": _nan_is_greatest,
    **dict.fromkeys(("float4", "float8"), _float_key),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), _date_key),
}

_OPERATIONS: Final[dict[str, Callable[..., bool]]] = {
    "eq": lambda left, right: left == right[0],
    "neq": lambda left, right: left != right[0],
    "lt": lambda left, right: left < right[0],
    "lte": lambda left, right: left <= right[0],
    "gt": lambda left, right: left > right[0],
    "gte": lambda left, right: left >= right[0],
    "in": lambda left, right: left in right,
    "isdistinct": lambda left, right: left != right[0],
}
