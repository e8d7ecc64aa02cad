"""Write a Postgres value as the JSON that `to_json` (and so PostgREST) makes of it.

In:  a value in Postgres's text form and the description of its type.
Out: a piece of JSON text. Numbers are copied digit for digit, never through a float.
Next: `devstack/supabase/realtime/records.py`, which joins the pieces to a payload.

The text form must come from a session with `DateStyle = ISO` and `TimeZone = UTC`.
Source of the rules: PostgreSQL 17 `src/backend/utils/adt/json.c`, `datum_to_json_internal`.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)  # `json.dumps` would make one per call.
# RFC 8259 numbers; what Postgres prints besides (NaN, Infinity) becomes a string.
_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_UTC_HOURS: Final = re.compile(r"([+-]\d\d)( BC)?$")
# Postgres quotes an element that holds a delimiter, brace, quote, backslash or space.
_ARRAY_TOKENS: Final = {
    delimiter: re.compile(rf'"(?:[^"\\]|\\.)*"|[{{}}{delimiter}]|[^{{}}"{delimiter}]+', re.DOTALL)
    for delimiter in ",;"
}
_COMPOSITE_FIELD: Final = re.compile(r'(?:"((?:[^"\\]|""|\\.)*)"|([^,]*))(?:,|$)', re.DOTALL)


class Shape(StrEnum):
    """How a type is written in JSON."""

    TEXT = "text"
    BOOLEAN = "boolean"
    NUMBER = "number"
    JSON = "json"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    ARRAY = "array"
    VECTOR = "vector"
    COMPOSITE = "composite"


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """One Postgres type.

    Parameters
    ----------
    name
        `pg_type.typname`, with a leading underscore for arrays.
    element
        The type of an array's elements.
    delimiter
        What stands between an array's elements: a comma, for `box` a semicolon.
    fields
        Name and type of each attribute of a composite type.
    """

    name: str
    shape: Shape
    element: "TypeInfo | None" = None
    delimiter: str = ","
    fields: tuple[tuple[str, "TypeInfo"], ...] = ()


def to_json(text: str | None, info: TypeInfo) -> str:
    """Return the JSON text of one value.

    Examples
    --------
    >>> to_json("1.50000000", TypeInfo("numeric", Shape.NUMBER))
    '1.50000000'
    >>> to_json("NaN", TypeInfo("numeric", Shape.NUMBER))
    '"NaN"'
    >>> to_json("2026-11-20 15:53:03.5+00", TypeInfo("timestamptz", Shape.TIMESTAMPTZ))
    '"2026-11-20T15:53:03.5+00:00"'
    """
    return "null" if text is None else _WRITERS[info.shape](text, info)


def quote(text: str) -> str:
    """Return a JSON string literal; characters outside ASCII stay as they are."""
    return _ENCODER.encode(text)


def _number(text: str, _: TypeInfo) -> str:
    return text if _JSON_NUMBER.fullmatch(text) else quote(text)


def _timestamp(text: str, _: TypeInfo) -> str:
    return quote(text.replace(" ", "T", 1))


def _timestamptz(text: str, _: TypeInfo) -> str:
    return quote(_UTC_HOURS.sub(r"\1:00\2", text.replace(" ", "T", 1)))


def _array(text: str, info: TypeInfo) -> str:
    element = info.element
    if element is None:
        raise ValueError(f"array type {info.name} came without its element type")
    if text.startswith("["):  # Lower bounds other than 1: "[0:1]={a,b}".
        text = text[text.index("=") + 1 :]
    return "".join(_array_pieces(text, element, info.delimiter))


def _array_pieces(text: str, element: TypeInfo, delimiter: str) -> Iterator[str]:
    punctuation = {"{": "[", "}": "]", delimiter: ","}
    for token in _ARRAY_TOKENS[delimiter].findall(text):
        if token in punctuation:
            yield punctuation[token]
        elif token == "NULL":  # noqa: S105 - an array's word for null, not a password
            yield "null"
        elif token[0] == '"':
            yield to_json(re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL), element)
        else:
            yield to_json(token, element)


def _composite(text: str, info: TypeInfo) -> str:
    if not info.fields:
        return "{}"
    pairs = zip(info.fields, _composite_fields(text), strict=True)
    return (
        "{" + ",".join(f"{quote(name)}:{to_json(value, of)}" for (name, of), value in pairs) + "}"
    )


def _composite_fields(text: str) -> Iterator[str | None]:
    """Split `(a,"b c",)`: bare and empty is NULL; inner quotes and backslashes come doubled."""
    body, at = text[1:-1], 0
    while at <= len(body):
        field = _COMPOSITE_FIELD.match(body, at)
        if field is None:
            raise ValueError(f"composite value {text!r} cannot be split at {at}")
        quoted, bare = field.groups()
        if quoted is not None:
            yield re.sub(r'""|\\(.)', lambda pair: pair[1] or '"', quoted, flags=re.DOTALL)
        else:
            yield bare or None
        at = field.end() + (field.end() == len(body) and not field[0].endswith(","))


_WRITERS: Final[dict[Shape, Callable[[str, TypeInfo], str]]] = {
    Shape.TEXT: lambda text, _: quote(text),
    Shape.BOOLEAN: lambda text, _: "true" if text == "t" else "false",
    Shape.NUMBER: _number,
    Shape.JSON: lambda text, _: text,
    Shape.TIMESTAMP: _timestamp,
    Shape.TIMESTAMPTZ: _timestamptz,
    Shape.ARRAY: _array,
    Shape.VECTOR: lambda text, _: "[" + ",".join(text.split()) + "]",
    Shape.COMPOSITE: _composite,
}
