"""Every place where the code decides: which signal, under which conditions, with which reason.

In:  the entry function's definition.
Out: `Branch`es in the order of the source.
Next: `adapters/sandbox/explanation.py`.

A branch is a returned dict, or a signal word put into a name or a dict that is returned later.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from adapters.sandbox.reading import ContextReader
from adapters.sandbox.wording import condition, opposite

_SIGNALS: Final = ("buy", "sell", "hold")
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Branch:
    """One place that decides.

    Parameters
    ----------
    signal
        The signal word; None when it is computed.
    conditions
        What must hold, in words; empty means otherwise.
    reason
        The reason it gives, when that is plain text.
    line
        Of the decision.
    """

    signal: str | None
    conditions: tuple[str, ...]
    reason: str | None
    line: int


def branches(entry: ast.FunctionDef, reader: ContextReader) -> list[Branch]:
    """Return the branches of `entry`, at most the first 100."""
    return list(islice(_walk(entry.body, (), reader), _MOST))


def _walk(
    body: Sequence[ast.stmt], held: tuple[str, ...], reader: ContextReader
) -> Iterator[Branch]:
    for statement in body:
        match statement:
            case ast.If(test=test, body=inside, orelse=otherwise):
                yield from _walk(inside, (*held, condition(test, reader)), reader)
                if otherwise:
                    yield from _walk(otherwise, (*held, opposite(test, reader)), reader)
            case ast.Return(value=ast.expr() as value):
                yield from _decided(value, held, reader)
            case ast.Assign(value=value):
                yield from _assigned(value, held, reader)
            case ast.For() | ast.While() | ast.With() | ast.Try() | ast.Match():
                yield from _inside(statement, held, reader)


def _inside(
    statement: ast.For | ast.While | ast.With | ast.Try | ast.Match,
    held: tuple[str, ...],
    reader: ContextReader,
) -> Iterator[Branch]:
    if isinstance(statement, ast.Match):
        for case in statement.cases:
            words = f"{ast.unparse(statement.subject)} is {ast.unparse(case.pattern)}"
            yield from _walk(case.body, (*held, words), reader)
        return
    yield from _walk(statement.body, held, reader)
    if isinstance(statement, ast.Try):
        for handler in statement.handlers:
            error = ast.unparse(handler.type) if handler.type else "any error"
            yield from _walk(handler.body, (*held, f"{error} was raised"), reader)
        yield from _walk(statement.finalbody, held, reader)
    if not isinstance(statement, ast.With):
        yield from _walk(statement.orelse, held, reader)


def _decided(value: ast.expr, held: tuple[str, ...], reader: ContextReader) -> Iterator[Branch]:
    if not isinstance(value, ast.Dict):
        if not isinstance(value, ast.Name):
            # A name was filled before, and was seen there.
            yield Branch(None, held, None, value.lineno)
        return
    fields = _fields(value)
    signal = fields.get("signal")
    reason = fields.get("reason")
    words = reason.value if isinstance(reason, ast.Constant) else None
    text = words if isinstance(words, str) else None
    if not isinstance(signal, ast.Name):
        yield from _signals(signal, held, text, value.lineno, reader)


def _assigned(value: ast.expr, held: tuple[str, ...], reader: ContextReader) -> Iterator[Branch]:
    if isinstance(value, ast.Dict) and "signal" in _fields(value):
        yield from _decided(value, held, reader)
    elif any(_word(part) for part in _choices(value)):
        yield from _signals(value, held, None, value.lineno, reader)


def _signals(
    node: ast.expr | None,
    held: tuple[str, ...],
    reason: str | None,
    line: int,
    reader: ContextReader,
) -> Iterator[Branch]:
    if isinstance(node, ast.IfExp):
        yes, no = condition(node.test, reader), opposite(node.test, reader)
        yield from _signals(node.body, (*held, yes), reason, line, reader)
        yield from _signals(node.orelse, (*held, no), reason, line, reader)
        return
    yield Branch(_word(node), held, reason, line)


def _choices(node: ast.expr) -> tuple[ast.expr, ...]:
    return (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)


def _word(node: ast.expr | None) -> str | None:
    known = isinstance(node, ast.Constant) and node.value in _SIGNALS
    return str(node.value) if known and isinstance(node, ast.Constant) else None


def _fields(node: ast.Dict) -> dict[str, ast.expr]:
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
