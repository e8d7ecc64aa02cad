"""The function that is called: exactly one of three names, with one argument.

In:  a parsed tree.
Out: its definition, or the findings that say why there is none.
Next: `adapters/sandbox/explanation.py` reads it.
"""

import ast

from adapters.sandbox.finding import Finding
from adapters.sandbox.language import ENTRY_NAMES


def find_entry(tree: ast.Module) -> ast.FunctionDef | Finding:
    """Return the entry function, or why it cannot be called."""
    found = [
        node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in ENTRY_NAMES
    ]
    if not found:
        one_of = " or ".join(f"{name}(context)" for name in ENTRY_NAMES)
        return Finding("entry", f"the code must define one function {one_of}", None)
    if len(found) > 1:
        names = ", ".join(node.name for node in found)
        sentence = f"the code defines {names}; which one is meant? Keep one"
        return Finding("entry", sentence, found[1].lineno)
    return _callable(found[0])


def _callable(node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.FunctionDef | Finding:
    if isinstance(node, ast.AsyncFunctionDef):
        return Finding("entry", f"{node.name} is `async def`; write `def`", node.lineno)
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    takes_one = (len(positional) >= 1 or arguments.vararg is not None) and required <= 1
    if not takes_one or any(default is None for default in arguments.kw_defaults):
        sentence = f"{node.name} is called with one argument, the context; it takes {required}"
        return Finding("entry", sentence, node.lineno)
    return node
