"""Who may do what: the expectations that the tests hold the database to, read from `rights.toml`.

In:  `tests/supabase/rights.toml`.
Out: one `Relation` per table and view, one `Function` per function that clients see.
Next: `tests/supabase/test_row_level_security.py`, `tests/supabase/test_functions_by_caller.py`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

FILE: Final = Path(__file__).with_name("rights.toml")


class Readers(StrEnum):
    """Who reads a relation, besides the secret key, which reads everything."""

    OWNER = "own"  # Each user the own rows.
    USERS = "users"  # Every signed-in user every row.
    ADMIN = "admin"  # An administrator every row, other users none.
    OWNER_AND_ADMIN = "own_and_admin"  # Each user the own rows, an administrator every row.
    NOBODY = "nobody"


class Callers(StrEnum):
    """Who may execute a function."""

    EVERYBODY = "everybody"
    USERS = "users"
    USERS_AND_SECRET = "users_and_secret"
    SECRET = "secret"

    @property
    def roles(self) -> frozenset[str]:
        """Return the roles of the database."""
        return _ROLES[self]


_ROLES: Final = {
    Callers.EVERYBODY: frozenset({"anon", "authenticated", "service_role"}),
    Callers.USERS: frozenset({"authenticated"}),
    Callers.USERS_AND_SECRET: frozenset({"authenticated", "service_role"}),
    Callers.SECRET: frozenset({"service_role"}),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """What the roles may do with one table or view.

    Parameters
    ----------
    rows
        Who reads it.
    columns
        All there are.
    hidden
        Columns of them that no user reads.
    insert, update
        Columns that a user may set, in own rows.
    admin_update
        Columns that an administrator may set, in every row.
    owner, mine
        Column that says whose row it is, and SQL for what stands there for a user, if not the id.
    fill
        SQL that makes a row, where a day's trading makes none; `cast.py` has its values.
    """

    rows: Readers
    columns: frozenset[str]
    hidden: frozenset[str] = field(default_factory=frozenset)
    insert: frozenset[str] = field(default_factory=frozenset)
    update: frozenset[str] = field(default_factory=frozenset)
    admin_update: frozenset[str] = field(default_factory=frozenset)
    owner: str = "user_id"
    mine: str = ""
    fill: str = ""

    @classmethod
    def of(cls, entry: Mapping[str, str]) -> Self:
        """Read an entry; columns are words in a text."""
        values: dict[str, Any] = {
            key: text if key in {"owner", "mine", "fill"} else frozenset(text.split())
            for key, text in entry.items()
        }
        relation = cls(**values | {"rows": Readers(entry["rows"])})
        named = relation.hidden | relation.insert | relation.update | relation.admin_update
        assert named <= relation.columns, f"{named - relation.columns} are no columns"
        return relation


@dataclass(frozen=True, slots=True)
class Function:
    """Who may call one function, and what happens when they do.

    Parameters
    ----------
    callers
        Who may execute it.
    arguments
        With which its owner calls it; texts may name the owner's rows, as in ``{config_id}``.
    owner, other
        ``done``, or the code of the refusal, when its owner and when another user calls it with
        those arguments. What another is given names nothing of the owner's in any case.
    admin
        The same for an administrator, where it is not as for any other user.
    """

    callers: Callers
    arguments: Mapping[str, Any] = field(default_factory=dict)
    owner: str = "done"
    other: str = "TB404"
    admin: str = ""

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entry."""
        return cls(Callers(entry["callers"]), **{k: v for k, v in entry.items() if k != "callers"})


def _read() -> tuple[dict[str, Relation], dict[str, Function]]:
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    relations = {name: Relation.of(entry) for name, entry in entries["relations"].items()}
    functions = {name: Function.of(entry) for name, entry in entries["functions"].items()}
    return relations, functions


RELATIONS, FUNCTIONS = _read()
