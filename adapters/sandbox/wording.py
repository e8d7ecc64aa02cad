"""An expression of the code as a few English words.

In:  an expression, and what its names mean in terms of the context.
Out: text such as ``the current price is above sma``.
Next: `adapters/sandbox/explanation.py`.

What has no plain wording stays Python, which is shorter than a poor translation.
"""

import ast
from collections.abc import Mapping
from typing import Final

from adapters.sandbox.reading import ContextReader

_COMPARISONS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Gt: "is above",
    ast.Lt: "is below",
    ast.GtE: "is at least",
    ast.LtE: "is at most",
    ast.Eq: "equals",
    ast.NotEq: "differs from",
    ast.In: "is in",
    ast.NotIn: "is not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_CONTRARY: Final[Mapping[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Gt: ast.LtE,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_PARTS: Final = {
    "candles": "the candles",
    "current_price": "the current price",
    "position": "the position",
    "parameters": "the parameters",
}
_MAX_WORDING: Final = 160


def condition(node: ast.expr, reader: ContextReader) -> str:
    """Return what must hold for `node` to be true."""
    return _cut(_condition(node, reader))


def _condition(node: ast.expr, reader: ContextReader) -> str:
    match node:
        case ast.BoolOp(op=operator, values=values):
            word = " and " if isinstance(operator, ast.And) else " or "
            return word.join(_grouped(value, reader) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return opposite(operand, reader)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _comparison(left, type(operator), right, reader)
        case _ if reader.part(node) == "position":
            return "a position is open"
        case _:
            return thing(node, reader)


def opposite(node: ast.expr, reader: ContextReader) -> str:
    """Return what must hold for `node` to be false."""
    return _cut(_opposite(node, reader))


def _opposite(node: ast.expr, reader: ContextReader) -> str:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _comparison(left, _CONTRARY[type(operator)], right, reader)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return condition(operand, reader)
        case _ if reader.part(node) == "position":
            return "no position is open"
        case _:
            return f"not ({condition(node, reader)})"


def thing(node: ast.expr, reader: ContextReader) -> str:
    """Return the words for a value."""
    part = reader.part(node)
    if part is not None:
        return _PARTS[part]
    return _cut(ast.unparse(node))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_WORDING else f"{text[:_MAX_WORDING]}..."


def _grouped(node: ast.expr, reader: ContextReader) -> str:
    words = condition(node, reader)
    return f"({words})" if isinstance(node, ast.BoolOp) else words


def _comparison(
    left: ast.expr, operator: type[ast.cmpop], right: ast.expr, reader: ContextReader
) -> str:
    nothing = isinstance(right, ast.Constant) and right.value is None
    if nothing and reader.part(left) == "position":
        flat = operator in (ast.Is, ast.Eq)
        return "no position is open" if flat else "a position is open"
    return f"{thing(left, reader)} {_COMPARISONS[operator]} {thing(right, reader)}"
