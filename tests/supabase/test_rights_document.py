"""docs/security.md shows the rights that the tests hold the database to."""

from tests.supabase.rights import FUNCTIONS, RELATIONS
from tests.supabase.rights_document import BEGIN, END, FILE, with_tables


def test_the_document_is_current() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    current = with_tables(text) == text
    assert current, "run .venv/bin/python -m tests.supabase.rights_document"


def test_everything_with_an_expectation_is_in_the_document() -> None:
    text = FILE.read_text(encoding="utf-8")
    for name in (*RELATIONS, *FUNCTIONS):
        assert f"`{name}`" in text, name
