"""Parameters that describe and check themselves: a dataclass with limits on its fields.

In:  a frozen dataclass whose fields are made with `parameter`; JSON as a user typed it.
Out: a checked instance, or every problem at once; the same facts as JSON Schema for a form.
Next: `core/risk_parameters.py` and each strategy use it.

A class may check further in `__post_init__` what one field cannot know (fast below slow).
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from math import isfinite
from typing import Any, cast

from core.errors import ConfigError

type Value = int | float | bool | str


@dataclass(frozen=True, slots=True)
class _Limits:
    title: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]


def parameter(
    default: Value,
    title: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Declare a field of a parameter class.

    Parameters
    ----------
    default
        Its value when the user says nothing; its type is the parameter's type.
    title
        What it means, with its unit, in a few words: the label of a form.
    low, high
        Limits of a number, both allowed.
    choices
        The words allowed, where it is a text.

    Returns
    -------
    Any
        What `dataclasses.field` returns; the field's own type is what a checker goes by.
    """
    return field(default=default, metadata={"limits": _Limits(title, low, high, choices)})


def parameters_from[P](kind: type[P], values: Mapping[str, Any]) -> P:
    """Return an instance of a parameter class from JSON values; what is absent has its default.

    Raises
    ------
    ConfigError
        Naming every value that is unknown, of a wrong type or outside its limits.
    """
    known = {each.name: each for each in _fields(kind)}
    problems = [
        f"{name} is not a parameter; there are {', '.join(known)}"
        for name in values
        if name not in known
    ]
    checked: dict[str, Value] = {}
    for name, each in known.items():
        if name in values:
            problem, value = _check(each, values[name])
            if problem is None:
                checked[name] = value
            else:
                problems.append(f"{name} is {values[name]!r}, must be {problem}")
    if problems:
        raise ConfigError("parameters cannot be used: " + "; ".join(problems))
    return kind(**checked)


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a parameter class."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {each.name: _property(each) for each in _fields(kind)},
    }


def _fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    found = fields(kind)
    for each in found:
        if "limits" not in each.metadata or each.default is MISSING:
            raise ConfigError(f"{kind.__name__}.{each.name} is not declared with parameter()")
    return found


def _check(each: Field[Any], value: object) -> tuple[str | None, Value]:
    """Return what it must be (None if it is that) and the value in the parameter's type."""
    limits: _Limits = each.metadata["limits"]
    default: Value = cast("Value", each.default)
    if isinstance(default, bool):
        return (None, value) if isinstance(value, bool) else ("true or false", default)
    if isinstance(default, str):
        right = isinstance(value, str) and (not limits.choices or value in limits.choices)
        words = f"one of {', '.join(limits.choices)}" if limits.choices else "a text"
        return (None, cast("str", value)) if right else (words, default)
    whole = isinstance(default, int)
    number = _number(limits, value, whole=whole)
    low, high = _range(limits)
    words = f"a {'whole ' if whole else ''}number from {low:g} to {high:g}"
    return (words, default) if number is None else (None, number)


def _range(limits: _Limits) -> tuple[float, float]:
    low = float("-inf") if limits.low is None else limits.low
    return low, float("inf") if limits.high is None else limits.high


def _number(limits: _Limits, value: object, *, whole: bool) -> int | float | None:
    """Return the value as a number of the right type, None if it is not one within the limits."""
    low, high = _range(limits)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not (isfinite(value) and low <= value <= high):
        return None
    if not whole:
        return float(value)
    return int(value) if value == int(value) else None


def _property(each: Field[Any]) -> dict[str, Any]:
    limits: _Limits = each.metadata["limits"]
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    schema: dict[str, Any] = {
        "type": names[type(each.default)],
        "title": limits.title,
        "default": each.default,
    }
    if limits.low is not None:
        schema["minimum"] = limits.low
    if limits.high is not None:
        schema["maximum"] = limits.high
    if limits.choices:
        schema["enum"] = list(limits.choices)
    return schema
