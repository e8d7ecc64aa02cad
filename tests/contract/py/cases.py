"""The registry: which function is the case of which behaviour.

In:  the decorator `behaviour` on each case.
Out: `CASES`, filled when the area modules are imported.
Next: `tests/contract/py/auth.py`.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.contract.py.stage import Stage

type Case = Callable[[Stage], Awaitable[None]]

CASES: Final[dict[str, Case]] = {}


def behaviour(name: str) -> Callable[[Case], Case]:
    """Register the decorated function as the case of behaviour `name`."""

    def register(case: Case) -> Case:
        if name in CASES:
            raise ValueError(f"behaviour {name!r} has two cases")
        CASES[name] = case
        return case

    return register
