"""What the code may not use, and what it should rather not: one walk over the syntax tree.

In:  a parsed tree.
Out: findings, in the order of the tree's walk.
Next: `adapters/sandbox/code_strategy.py` sorts and joins them.

These findings are for the author. They protect nobody: the sandbox does, and holds without them.
"""

import ast
from collections.abc import Iterator
from typing import Final

from adapters.sandbox.finding import Finding
from adapters.sandbox.language import FORBIDDEN_NAMES, MODULES, UNSUPPORTED

_HINTS: Final = {
    "numpy": "; use lists, sum() and math",
    "pandas": "; candles are a list of dicts",
    "pandas_ta": "; compute the indicator from the candles",
    "statistics": "; use sum() and math",
}


def broken_rules(tree: ast.Module) -> Iterator[Finding]:
    """Yield everything in `tree` that the sandbox refuses or that deserves a remark."""
    for node in ast.walk(tree):
        sentence = UNSUPPORTED.get(type(node))
        if sentence is not None:
            yield Finding("unsupported", sentence, getattr(node, "lineno", None))
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from _imports(node)
            case ast.Name() | ast.Attribute():
                yield from _reach(node)
            case ast.ClassDef():
                yield from _classes(node)
            case ast.ExceptHandler():
                yield from _catch_all(node)
            case ast.While():
                yield from _endless(node)
            case ast.Global():
                sentence = "every run starts afresh: what `global` sets is forgotten after it"
                yield Finding("caution", sentence, node.lineno)


def _imports(node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
    if isinstance(node, ast.ImportFrom):
        if node.level:
            yield Finding("forbidden", "there is no package to import from", node.lineno)
            return
        if any(alias.name == "*" for alias in node.names):
            sentence = "`import *` is not available; name what you need"
            yield Finding("unsupported", sentence, node.lineno)
    modules = (
        [node.module or ""]
        if isinstance(node, ast.ImportFrom)
        else [alias.name for alias in node.names]
    )
    for module in modules:
        if module not in MODULES:
            hint = _HINTS.get(module.partition(".")[0], "")
            allowed = ", ".join(sorted(MODULES))
            sentence = f"the module {module} is not available{hint}; available are {allowed}"
            yield Finding("forbidden", sentence, node.lineno)


def _reach(node: ast.Name | ast.Attribute) -> Iterator[Finding]:
    name = node.id if isinstance(node, ast.Name) else node.attr
    if isinstance(node, ast.Name) and name in FORBIDDEN_NAMES:
        sentence = f"{name} is not available: {FORBIDDEN_NAMES[name]}"
        yield Finding("forbidden", sentence, node.lineno)
    elif name.startswith("_tb_"):
        sentence = f"{name} is a name of ours; choose one that does not begin with _tb_"
        yield Finding("forbidden", sentence, node.lineno)
    elif name.startswith("__") and name.endswith("__") and name != "__name__":
        sentence = f"{name} belongs to Python's insides, which are not available"
        yield Finding("forbidden", sentence, node.lineno)


def _classes(node: ast.ClassDef) -> Iterator[Finding]:
    if node.bases or node.keywords:
        sentence = f"class {node.name} inherits, which is not available; write it in full"
        yield Finding("unsupported", sentence, node.lineno)
    for item in node.body:
        if isinstance(item, ast.ClassDef):
            sentence = f"class {item.name} stands inside a class; move it out"
            yield Finding("unsupported", sentence, item.lineno)
        elif isinstance(item, ast.FunctionDef) and item.decorator_list:
            sentence = f"the method {item.name} is decorated, which is not available"
            yield Finding("unsupported", sentence, item.lineno)


def _catch_all(node: ast.ExceptHandler) -> Iterator[Finding]:
    base = isinstance(node.type, ast.Name) and node.type.id == "BaseException"
    if node.type is None or base:
        sentence = "this catches every error and hides mistakes; name the error you expect"
        yield Finding("caution", sentence, node.lineno)


def _endless(node: ast.While) -> Iterator[Finding]:
    always = isinstance(node.test, ast.Constant) and bool(node.test.value)
    leaves = (ast.Break, ast.Return, ast.Raise)
    if always and not any(isinstance(inner, leaves) for inner in ast.walk(node)):
        yield Finding("caution", "this loop never ends", node.lineno)
