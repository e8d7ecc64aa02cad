"""What we say the sandbox offers is what it offers: asked of the sandbox itself."""

import ast
import builtins
from collections.abc import Iterator

import pydantic_monty
import pytest

from adapters.sandbox.language import (
    FORBIDDEN_NAMES,
    KNOWN_NAMES,
    MISSING_NAMES,
    MODULES,
    UNSUPPORTED,
)

UNSUPPORTED_CODE = {
    ast.AsyncFor: "async def f():\n    async for x in y:\n        pass",
    ast.AsyncWith: "async def f():\n    async with y:\n        pass",
    ast.Delete: "x = 1\ndel x",
    ast.TryStar: "try:\n    pass\nexcept* ValueError:\n    pass",
    ast.TypeAlias: "type X = int",
    ast.Yield: "def f():\n    yield 1",
    ast.YieldFrom: "def f():\n    yield from []",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[pydantic_monty.Monty]:
    with pydantic_monty.Monty(max_processes=1) as opened:
        yield opened


def runs(pool: pydantic_monty.Monty, source: str) -> bool:
    try:
        with pool.checkout() as session:
            session.feed_run(source)
    except (pydantic_monty.MontyRuntimeError, pydantic_monty.MontySyntaxError):
        return False
    return True


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_that_is_offered_can_be_imported(
    module: str, pool: pydantic_monty.Monty
) -> None:
    assert runs(pool, f"import {module}")


def test_every_known_name_exists_and_every_missing_one_does_not(
    pool: pydantic_monty.Monty,
) -> None:
    names = {name for name in dir(builtins) if not name.startswith("_")} | {"__name__"}
    # What is typed at a terminal leaves the last value behind; it is no name of the language.
    existing = {name for name in names if runs(pool, name)}
    assert KNOWN_NAMES - existing == set()
    assert MISSING_NAMES & existing == set()
    assert names - KNOWN_NAMES - MISSING_NAMES - FORBIDDEN_NAMES.keys() == set()


@pytest.mark.parametrize("kind", UNSUPPORTED_CODE, ids=lambda kind: kind.__name__)
def test_every_construct_that_is_called_unsupported_does_not_run(
    kind: type[ast.AST], pool: pydantic_monty.Monty
) -> None:
    source = UNSUPPORTED_CODE[kind]
    assert any(isinstance(node, kind) for node in ast.walk(ast.parse(source)))
    assert not runs(pool, source)


def test_every_unsupported_construct_is_tried_here() -> None:
    # `await` runs, but a strategy has nothing to wait for and no loop to wait in.
    assert UNSUPPORTED_CODE.keys() | {ast.Await} == UNSUPPORTED.keys()


@pytest.mark.parametrize(
    "source",
    [
        "x = lambda a, *b, c=1, **d: a",
        "a, *b = [1, 2, 3]",
        "print(f'{1.5:.2f} {1!r}')",
        "x = {k: v for k, v in {1: 2}.items() if v}",
        "x = sum(i for i in range(3))",
        "def f(x: list[int]) -> dict[str, float] | None:\n    return None",
        "match {'a': 1}:\n    case {'a': x}:\n        pass",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\nA().x",
        "class A:\n    def __add__(self, o):\n        return 1\nA() + 1",
        "import functools\n@functools.lru_cache\ndef f():\n    return 1\nf()",
        "def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = 2\n    g()",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    str(e)\nfinally:\n    pass",
    ],
)
def test_what_strategies_commonly_use_runs(source: str, pool: pydantic_monty.Monty) -> None:
    assert runs(pool, source)
