"""What of Python the sandbox offers: modules, built-in names, and what it lacks.

In:  nothing.
Out: tables that the checks read, each with the sentence that a user gets.
Next: `adapters/sandbox/rules.py`, `adapters/sandbox/names.py`.

True for pydantic-monty 1.4.0; a test asks the sandbox itself for every name and module here, so
that another version cannot differ unnoticed.
"""

import ast
import builtins
from collections.abc import Mapping
from typing import Final

ENTRY_NAMES: Final = ("trading_strategy", "evaluate", "strategy")

MODULES: Final = frozenset(
    {
        "bisect",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "functools",
        "itertools",
        "json",
        "math",
        "random",
        "re",
        "time",
        "typing",
    }
)

# Names that reach for the machine or hide what the code does.
FORBIDDEN_NAMES: Final[Mapping[str, str]] = {
    "__import__": "modules are imported with an import statement",
    "breakpoint": "there is no debugger",
    "compile": "code made of text cannot be checked",
    "eval": "code made of text cannot be checked",
    "exec": "code made of text cannot be checked",
    "exit": "return a hold instead",
    "globals": "names are used directly",
    "help": "there is no terminal",
    "input": "there is nobody to ask",
    "locals": "names are used directly",
    "open": "there are no files",
    "quit": "return a hold instead",
    "vars": "names are used directly",
}

# Built-in names of Python that the sandbox does not have.
MISSING_NAMES: Final = frozenset(
    {
        "BaseExceptionGroup",
        "BlockingIOError",
        "BrokenPipeError",
        "BufferError",
        "BytesWarning",
        "ChildProcessError",
        "ConnectionAbortedError",
        "ConnectionError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "DeprecationWarning",
        "EOFError",
        "EncodingWarning",
        "EnvironmentError",
        "ExceptionGroup",
        "FloatingPointError",
        "FutureWarning",
        "GeneratorExit",
        "IOError",
        "ImportWarning",
        "IndentationError",
        "InterruptedError",
        "PendingDeprecationWarning",
        "ProcessLookupError",
        "ReferenceError",
        "ResourceWarning",
        "RuntimeWarning",
        "StopAsyncIteration",
        "SyntaxWarning",
        "SystemError",
        "TabError",
        "UnicodeError",
        "UnicodeTranslateError",
        "UnicodeWarning",
        "UserWarning",
        "Warning",
        "aiter",
        "anext",
        "ascii",
        "bytearray",
        "callable",
        "classmethod",
        "copyright",
        "credits",
        "delattr",
        "dir",
        "issubclass",
        "license",
        "memoryview",
        "staticmethod",
        "super",
    }
)

# `__debug__` is a constant of the grammar, `_` a leftover of interactive sessions.
KNOWN_NAMES: Final = (
    {name for name in dir(builtins) if not name.startswith("_")}
    - MISSING_NAMES
    - FORBIDDEN_NAMES.keys()
) | {"__name__"}

# Statements and expressions of Python that the sandbox cannot run, and what to do instead.
UNSUPPORTED: Final[Mapping[type[ast.AST], str]] = {
    ast.AsyncFor: "`async for` is not available; use `for`",
    ast.AsyncWith: "`async with` is not available",
    ast.Await: "`await` is not available; there is nothing to wait for",
    ast.Delete: "`del` is not available; assign another value, or build a new list or dict",
    ast.TryStar: "`except*` is not available; use `except`",
    ast.TypeAlias: "`type X = ...` is not available; leave it out",
    ast.Yield: "`yield` is not available; build a list and return it",
    ast.YieldFrom: "`yield from` is not available; build a list and return it",
}
