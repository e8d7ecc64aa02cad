"""Write the tables of rights into docs/security.md, from what the tests hold the database to.

In:  `tests/supabase/rights.toml`.
Out: the lines of docs/security.md between the two marks.
Next: `tests/supabase/test_rights_document.py`.

    python -m tests.supabase.rights_document
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.supabase.rights import FUNCTIONS, RELATIONS, Callers, Readers

FILE: Final = Path(__file__).resolve().parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- rights: begin -->\n", "<!-- rights: end -->\n"
_READERS: Final = {
    Readers.OWNER: "own rows",
    Readers.USERS: "every signed-in user, all rows",
    Readers.ADMIN: "an administrator",
    Readers.OWNER_AND_ADMIN: "own rows; an administrator all",
    Readers.NOBODY: "nobody",
}
_CALLERS: Final = {
    Callers.EVERYBODY: "Anybody",
    Callers.USERS: "Signed-in users",
    Callers.USERS_AND_SECRET: "Signed-in users and the secret key",
    Callers.SECRET: "The secret key alone",
}


def tables() -> str:
    """Return the tables as Markdown."""
    return "\n".join([*_relations(), "", *_functions()]) + "\n"


def with_tables(text: str) -> str:
    """Return the document with the tables in their place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def _relations() -> Iterator[str]:
    yield "| table or view | read by | a user inserts | a user changes, in own rows |"
    yield "|---|---|---|---|"
    for name, rights in sorted(RELATIONS.items()):
        update = _words(rights.update)
        if rights.admin_update:
            update = f"{update} an administrator: {_words(rights.admin_update)}".strip()
        hidden = f", without {_words(rights.hidden)}" if rights.hidden else ""
        readers = _READERS[rights.rows] + hidden
        yield f"| `{name}` | {readers} | {_words(rights.insert)} | {update} |"


def _functions() -> Iterator[str]:
    for callers, title in _CALLERS.items():
        names = sorted(name for name, each in FUNCTIONS.items() if each.callers is callers)
        yield f"- {title}: {', '.join(f'`{name}`' for name in names)}"


def _words(columns: frozenset[str]) -> str:
    return " ".join(f"`{column}`" for column in sorted(columns))


if __name__ == "__main__":
    FILE.write_text(with_tables(FILE.read_text(encoding="utf-8")), encoding="utf-8")
