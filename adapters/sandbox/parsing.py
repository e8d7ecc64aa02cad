"""Source text into a syntax tree and its table of names, with hostile text in mind.

In:  what a user pasted.
Out: `Parsed`, or the one `Finding` that says why it is not usable Python.
Next: `adapters/sandbox/rules.py`, `adapters/sandbox/names.py`.

Nothing is executed. Size is limited before parsing and nesting before compiling, because Python's
compiler is recursive.
"""

import ast
import symtable
import warnings
from dataclasses import dataclass
from threading import Lock
from typing import Final

from adapters.sandbox.finding import Finding
from adapters.sandbox.limits import MAX_NESTING, MAX_SOURCE_BYTES

_NAME: Final = "strategy.py"
# `catch_warnings` swaps a list of the whole process.
_quiet: Final = Lock()


@dataclass(frozen=True, slots=True)
class Parsed:
    """Usable Python.

    Parameters
    ----------
    tree
        Its syntax.
    names
        Its scopes and the names in them.
    """

    tree: ast.Module
    names: symtable.SymbolTable


def parse(source: str) -> Parsed | Finding:
    """Return the parsed source, or the finding that it cannot be parsed."""
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > MAX_SOURCE_BYTES:
        limit = f"must have at most {MAX_SOURCE_BYTES:,}"
        return Finding("syntax", f"the code has {size:,} bytes, {limit}", None)
    try:
        with _quiet, warnings.catch_warnings():
            # Python's remarks on odd literals would go to our standard error.
            warnings.simplefilter("ignore")
            return _parse(source)
    except SyntaxError as problem:
        return Finding("syntax", f"not Python: {problem.msg}", problem.lineno)
    except UnicodeEncodeError:
        return Finding("syntax", "not text: it holds half a character (a lone surrogate)", None)
    except (RecursionError, MemoryError):
        # What the parser raises when its own stack is full.
        return _too_deep()


def _parse(source: str) -> Parsed | Finding:
    tree = ast.parse(source, _NAME)
    if _deeper_than(tree, MAX_NESTING):
        return _too_deep()
    # The compiler finds what the parser does not, such as `return` outside a function.
    compile(source, _NAME, "exec", dont_inherit=True)
    return Parsed(tree, symtable.symtable(source, _NAME, "exec"))


def _too_deep() -> Finding:
    return Finding("syntax", f"the code is nested deeper than {MAX_NESTING} levels", None)


def _deeper_than(tree: ast.AST, limit: int) -> bool:
    """Return whether `tree` has more levels than `limit`, without recursion."""
    level: list[ast.AST] = [tree]
    for _ in range(limit):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True
