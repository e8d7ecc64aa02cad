"""Split an SQL script into its statements, as the server's own lexer would see them.

In:  the text of a file.
Out: statements with the line each begins on, trimmed as the Supabase CLI records them.
Next: `devstack/supabase/migrations.py`.

A semicolon ends a statement unless it stands in a quoted string or name, a dollar quote, a
comment (block comments nest), parentheses (``create rule``), or the body of a function written
``begin atomic ... end``, where ``case ... end`` nests.

References
----------
PostgreSQL 17 manual, "Lexical Structure"; ``psqlscan.l`` for parentheses and ``begin atomic``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What can hide or be a semicolon. Words are matched whole so that neither the dollar inside
# ``a$b$c`` nor the e of ``here'`` is taken for the start of a string. An unclosed string, name or
# comment runs to the end of the text: the server then names the fault better than we could.
_TOKEN = re.compile(
    r"""
      --[^\n]*
    | (?P<block>/\*)
    | [eE]'(?:[^'\\]|\\.|'')*(?:'(?:\s*\n\s*'(?:[^'\\]|\\.|'')*(?:'|\Z))*|\Z)  # may go on below
    | '[^']*(?:'|\Z)
    | "[^"]*(?:"|\Z)
    | (?P<tag>\$(?:[^\W\d]\w*)?\$)
    | (?P<word>[^\W\d][\w$]*)
    | \d[\w$.]*
    | (?P<mark>[();])
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"\s+|--[^\n]*|/\*")
_BLOCK_EDGE = re.compile(r"/\*|\*/")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its semicolon.

    Parameters
    ----------
    text
        The statement with the comments before it.
    line
        Line of the file on which `text` begins, counted from 1.
    """

    text: str
    line: int

    def begins(self) -> int:
        """Return the offset in `text` of the first character that is no comment."""
        position = 0
        while skipped := _BLANK.match(self.text, position):
            position = skipped.end()
            if skipped[0] == "/*":
                position = _block_end(self.text, position)
        return position

    def line_at(self, offset: int) -> int:
        """Return the line of the file on which the character at `offset` of `text` stands."""
        return self.line + self.text.count("\n", 0, offset)


def split_statements(script: str) -> list[Statement]:
    r"""Return the statements of `script` in order; empty ones are left out.

    Examples
    --------
    >>> [s.text for s in split_statements("select ';'; -- one; line\nselect $$;$$;")]
    ["select ';'", '-- one; line\nselect $$;$$']
    """
    statements = []
    start, line = 0, 1
    for end in _ends(script):
        piece = script[start:end]
        text = piece.rstrip(";").strip()
        if text:
            begins = piece.index(text)
            statements.append(Statement(text, line + piece.count("\n", 0, begins)))
        line += piece.count("\n")
        start = end
    return statements


def _ends(script: str) -> Iterator[int]:
    """Yield the position after each statement's semicolon, then the end of the text."""
    depth = _Depth()
    position = 0
    while token := _TOKEN.search(script, position):
        position = token.end()
        if token["block"]:
            position = _block_end(script, position)
        elif token["tag"]:
            closing = script.find(token["tag"], position)
            position = len(script) if closing < 0 else closing + len(token["tag"])
        elif token["word"]:
            depth.word(token["word"].lower())
        elif token["mark"] and depth.mark(token["mark"]):
            yield position
    yield len(script)


def _block_end(script: str, position: int) -> int:
    """Return where the comment that was opened before `position` is closed."""
    depth = 1
    while depth and (edge := _BLOCK_EDGE.search(script, position)):
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return len(script) if depth else position


class _Depth:
    """How deep in parentheses and in ``begin atomic`` bodies we are."""

    def __init__(self) -> None:
        self._open_parentheses = 0
        self._open_bodies = 0  # The atomic body and the case expressions inside it.
        self._previous = ""

    def word(self, word: str) -> None:
        body_begins = word == "atomic" and self._previous == "begin"
        if body_begins or (self._open_bodies and word == "case"):
            self._open_bodies += 1
        elif self._open_bodies and word == "end":
            self._open_bodies -= 1
        self._previous = word

    def mark(self, mark: str) -> bool:
        """Take note of a parenthesis; return True when a semicolon ends the statement."""
        if mark == "(":
            self._open_parentheses += 1
        elif mark == ")":
            self._open_parentheses = max(0, self._open_parentheses - 1)
        elif not self._open_parentheses and not self._open_bodies:
            self._previous = ""
            return True
        return False
