"""Names that nothing defines, and definitions that nothing uses.

In:  a parsed module: tree and table of names.
Out: findings: an unknown name stops the code, an unused one is a remark.
Next: `adapters/sandbox/code_strategy.py`.

Python's own table of names decides what is local and what is global, so that comprehensions,
closures and `global` are right without rules of ours.
"""

import ast
from collections.abc import Iterator
from difflib import get_close_matches
from symtable import Function, Symbol, SymbolTable
from typing import Final

from adapters.sandbox.finding import Finding
from adapters.sandbox.language import ENTRY_NAMES, FORBIDDEN_NAMES, KNOWN_NAMES, MISSING_NAMES
from adapters.sandbox.parsing import Parsed

# Comparing spellings is slow work in our own process; pasted code must not decide how much.
_MOST_SUGGESTIONS: Final = 5
_MOST_COMPARED: Final = 200
_LONGEST_COMPARED: Final = 40


def name_findings(parsed: Parsed) -> Iterator[Finding]:
    """Yield unknown and unused names."""
    scopes = list(_scopes(parsed.names))
    defined = _defined(parsed.names, scopes)
    wanted = _wanted(scopes)
    lines = _first_lines(parsed.tree)
    unknown = sorted(wanted - defined - KNOWN_NAMES - FORBIDDEN_NAMES.keys())
    for count, name in enumerate(unknown):
        if not name.startswith("__"):
            near = _nearest(name, defined) if count < _MOST_SUGGESTIONS else ""
            yield Finding("unknown", _unknown(name, near), lines.get(name))
    for name in sorted(defined - wanted - set(ENTRY_NAMES)):
        if not name.startswith("_"):
            yield Finding("caution", f"{name} is never used", lines.get(name))
    within = _lines_by_function(parsed.tree)
    for scope in scopes:
        for symbol in _unused_locals(scope):
            name = symbol.get_name()
            line = within.get((scope.get_name(), scope.get_lineno()), lines).get(name)
            yield Finding("caution", f"{name} is set and never used", line)


def _scopes(table: SymbolTable) -> Iterator[SymbolTable]:
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        yield scope
        waiting.extend(scope.get_children())


def _is_bound(symbol: Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _defined(module: SymbolTable, scopes: list[SymbolTable]) -> set[str]:
    """Return the names that the module has: its own, and those set by `global`."""
    names = {symbol.get_name() for symbol in module.get_symbols() if _is_bound(symbol)}
    for scope in scopes:
        for symbol in scope.get_symbols():
            if symbol.is_declared_global() and _is_bound(symbol):
                names.add(symbol.get_name())
    return names


def _wanted(scopes: list[SymbolTable]) -> set[str]:
    """Return the names that are read from the module or from Python itself."""
    return {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or scope.get_type() == "module")
    }


def _unused_locals(scope: SymbolTable) -> Iterator[Symbol]:
    if not isinstance(scope, Function):
        return
    read_inside = {
        symbol.get_name()
        for child in _scopes(scope)
        if child is not scope
        for symbol in child.get_symbols()
        if symbol.is_free()
    }
    for symbol in sorted(scope.get_symbols(), key=Symbol.get_name):
        name = symbol.get_name()
        unread = not symbol.is_referenced() and name not in read_inside
        if symbol.is_local() and unread and not symbol.is_parameter() and name[0] not in "_.":
            yield symbol


def _unknown(name: str, near: str) -> str:
    if name in MISSING_NAMES:
        return f"{name} is not available in the sandbox"
    return f"nothing defines {name}" + (f"; did you mean {near}?" if near else "")


def _nearest(name: str, defined: set[str]) -> str:
    """Return a name that is spelled much like `name`, or nothing."""
    if len(name) > _LONGEST_COMPARED:
        return ""
    short = {other for other in defined if len(other) <= _LONGEST_COMPARED}
    near = get_close_matches(name, sorted(short)[:_MOST_COMPARED] + sorted(KNOWN_NAMES), 1, 0.75)
    return near[0] if near else ""


def _first_lines(tree: ast.AST) -> dict[str, int]:
    """Return the first line on which each name stands."""
    lines: dict[str, int] = {}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for name in _names_of(node):
            lines[name] = min(lines.get(name, line), line)
    return lines


def _names_of(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name():
            return (node.id,)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return (node.name,)
        case ast.Import() | ast.ImportFrom():
            return tuple(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        case ast.ExceptHandler():
            return (node.name,) if node.name else ()
        case _:
            return ()


def _lines_by_function(tree: ast.Module) -> dict[tuple[str, int], dict[str, int]]:
    """Return the lines of names within each function, by its name and first line."""
    return {
        (node.name, node.lineno): _first_lines(node)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
