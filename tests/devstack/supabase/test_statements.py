"""Splitting SQL: known traps, and properties that hold for every script."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.supabase.database import Database
from devstack.supabase.statements import split_statements

# One statement each, with a semicolon wherever one can hide.
STATEMENTS = (
    "select ';'",
    "select 'it''s;'",
    r"select E'it\'s;'",
    r"select e'a\\', 1",
    "select E'a;'\n  'b\\';c'",
    r"select 'a\', 1",
    'select 1 as "a;""b"',
    "select $$a;$b$;$$",
    "select $tag$a;$$;$other$;$tag$",
    "select $été$a;$été$",
    "select 1 as a$b$c, 2 as d$b$e",
    "select 1 -- one;\n, 2",
    "select 1 /* a; /* b; */ c; */, 2",
    "create rule r as on insert to t do also (delete from u; delete from v)",
    "create function f() returns int language sql begin atomic select case 1 when 1 then 2 end; end",  # noqa: E501 - one line
    "create function g() returns int language sql begin /* ; */ atomic select 1; end",
    "select 1 as atomic",
    "begin",
    "select case when true then 1 end",
    "select U&'d\\0061t;a'",
    "select $1",
    "values (1), (2)",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_semicolon_that_hides_does_not_split(statement: str) -> None:
    script = f"{statement};\nselect 2;"
    assert [found.text for found in split_statements(script)] == [statement, "select 2"]


@given(
    st.lists(st.tuples(st.sampled_from(STATEMENTS), st.sampled_from((";", ";;", " ;\n", ";\t"))))
)
def test_any_sequence_of_statements_comes_back(pieces: list[tuple[str, str]]) -> None:
    script = "".join(statement + end for statement, end in pieces)
    assert [found.text for found in split_statements(script)] == [text for text, _ in pieces]


@given(st.text(alphabet="ab$'\"-/*;\\\n ()Eé1", max_size=60))
def test_nothing_but_semicolons_and_blanks_is_lost(script: str) -> None:
    def essence(text: str) -> str:
        return "".join(text.replace(";", "").split())

    found = split_statements(script)
    assert essence("".join(statement.text for statement in found)) == essence(script)
    for statement in found:
        assert statement.text == statement.text.strip() != ""


@given(st.text(alphabet="ab$'\"-/*;\\\n ()E", max_size=60))
def test_a_statement_knows_the_line_it_begins_on(script: str) -> None:
    lines = script.split("\n")
    for statement in split_statements(script):
        first = statement.text.split("\n")[0].strip()
        assert first in lines[statement.line - 1]


def test_the_line_of_a_character_counts_from_the_top_of_the_file() -> None:
    script = "select 1;\n\n-- why\n/* what\n*/ select 2,\n  nope;"
    statement = split_statements(script)[1]
    assert statement.line == 3
    assert statement.line_at(statement.begins()) == 5
    assert statement.line_at(statement.text.index("nope")) == 6


def test_an_unclosed_quote_runs_to_the_end() -> None:
    assert [found.text for found in split_statements("select 1; select 'a; b;")] == [
        "select 1",
        "select 'a; b",
    ]


def test_postgres_sees_one_command_in_each_statement(database: Database) -> None:
    """The extended protocol refuses more than one command: a split too few would be noticed."""
    with psycopg.connect(database.admin_conninfo) as connection:
        connection.execute("create table t (a int); create table u (); create table v ()")
        for text in STATEMENTS:
            if text in ("begin", "select $1"):
                continue
            name = connection.pgconn.prepare(b"", text.encode())
            assert name.status == psycopg.pq.ExecStatus.COMMAND_OK, (text, name.error_message)
