"""What the entry function takes from its context, told from the syntax tree.

In:  the entry function's definition.
Out: which parts of the context it reads, and each parameter with its default.
Next: `adapters/sandbox/explanation.py`.

It follows `context["x"]`, `context.get("x")` and plain names that were set to one of them. Code
that reaches its context in other ways still runs; it is only explained less fully.
"""

import ast
from dataclasses import dataclass
from typing import Any, Final

_PARTS: Final = ("candles", "current_price", "position", "parameters")


@dataclass(frozen=True, slots=True)
class FoundParameter:
    """A parameter that the code asks for.

    Parameters
    ----------
    name
        Its key in ``context["parameters"]``.
    default
        JSON value used when it is not given; None when the code names none.
    required
        Whether the code fails without it.
    line
        Where it is first asked for.
    """

    name: str
    default: Any
    required: bool
    line: int


class ContextReader:
    """Answers what an expression of the entry function means in terms of the context.

    Parameters
    ----------
    entry
        The entry function.
    """

    def __init__(self, entry: ast.FunctionDef) -> None:
        self._entry: Final = entry
        arguments = [*entry.args.posonlyargs, *entry.args.args]
        self._context: Final = arguments[0].arg if arguments else None
        self._aliases: Final = self._find_aliases()

    def part(self, node: ast.AST) -> str | None:
        """Return the part of the context that `node` is, such as ``current_price``."""
        if isinstance(node, ast.Name):
            return self._aliases.get(node.id)
        owner, key, _default = _looked_up(node)
        if isinstance(owner, ast.Name) and owner.id == self._context and key in _PARTS:
            return key
        return None

    def parts(self) -> tuple[str, ...]:
        """Return every part that is read, in the order of the documentation."""
        found = {self.part(node) for node in ast.walk(self._entry)}
        return tuple(part for part in _PARTS if part in found)

    def candle_fields(self) -> tuple[str, ...]:
        """Return the fields of candles that are read, in the order of a candle."""
        fields = ("time", "open", "high", "low", "close", "volume")
        found = {_looked_up(node)[1] for node in ast.walk(self._entry)}
        return tuple(field for field in fields if field in found)

    def parameters(self) -> tuple[FoundParameter, ...]:
        """Return the parameters in the order of their lines, each once."""
        found: dict[str, FoundParameter] = {}
        nodes = [node for node in ast.walk(self._entry) if isinstance(node, ast.expr)]
        for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
            owner, key, default = _looked_up(node)
            if owner is None or key is None or self.part(owner) != "parameters":
                continue
            required = isinstance(node, ast.Subscript)
            found.setdefault(key, FoundParameter(key, default, required, node.lineno))
        return tuple(found.values())

    def _find_aliases(self) -> dict[str, str]:
        aliases: dict[str, str] = {}
        written: dict[str, int] = {}
        for node in ast.walk(self._entry):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                written[node.id] = written.get(node.id, 0) + 1
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                owner, key, _default = _looked_up(node.value)
                if isinstance(owner, ast.Name) and owner.id == self._context and key in _PARTS:
                    aliases[node.targets[0].id] = key
        # A name that is set twice may be something else by the time it is read.
        return {name: part for name, part in aliases.items() if written[name] == 1}


def _looked_up(node: ast.AST) -> tuple[ast.expr | None, str | None, Any]:
    """Return owner, key and default of ``owner["key"]`` or ``owner.get("key", default)``."""
    match node:
        case ast.Subscript(value=owner, slice=ast.Constant(value=str(key))):
            return owner, key, None
        case ast.Call(
            func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str(key)), *more]
        ):
            return owner, key, _literal(more[0]) if more else None
        case _:
            return None, None, None


def _literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        # A computed default: the code knows it, a form does not.
        return None
    return value if isinstance(value, (bool, int, float, str)) else None
