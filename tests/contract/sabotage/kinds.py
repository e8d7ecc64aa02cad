"""What a sabotage is, and the small edits that several of them are made of.

In:  values of JSON bodies.
Out: `Sabotage`.
Next: `tests/contract/sabotage/auth.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.rules import Rule


@dataclass(frozen=True, slots=True)
class Statements:
    """Switch something off in the database with `off`, and on again with `on`."""

    off: str
    on: str


type Sabotage = Rule | Statements
type Table = dict[str, list[Sabotage]]


def without(*names: str) -> Callable[[Any], Any]:
    """Return an edit that leaves out these keys of an object."""
    return lambda value: {key: value[key] for key in value if key not in names}


def setting(**values: Any) -> Callable[[Any], Any]:
    """Return an edit that sets these keys of an object."""
    return lambda value: {**value, **values}


def changing(**values: Any) -> Callable[[Any], Any]:
    """Return an edit that sets those of these keys that an object has."""
    return lambda value: {key: values.get(key, value[key]) for key in value}
