"""supabase-py 2.34.1 against the stack: every behaviour, with the async and the sync client.

In:  the cases in ``py/``.
Out: one test per behaviour and client.
Next: `tests/contract/test_sabotage.py`.

The sync client has no Realtime, so it shows accounts and rows only; realtime-py speaks protocol
1.0.0 only, which cannot carry bytes.
"""

from collections.abc import Mapping

import pytest

from tests.contract.behaviours import ALL, BINARY_BROADCAST
from tests.contract.proxy import Proxy
from tests.contract.py.cases import CASES
from tests.contract.runs import PYTHON, Bench, Outcome, Run, run_all, runs_of
from tests.contract.target import Target
from tests.contract.verdict import settle

RUNS = runs_of(PYTHON)

# realtime-py reads an attribute that its own websockets library calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConnectionClosed:DeprecationWarning")


@pytest.fixture(scope="module")
def outcomes(target: Target) -> Mapping[Run, Outcome]:
    """Run every case once."""
    proxy = Proxy(target, {})
    with proxy.running():
        return run_all(Bench(target, proxy), RUNS)


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_supabase_py(run: Run, outcomes: Mapping[Run, Outcome]) -> None:
    settle(outcomes[run])


def test_every_behaviour_but_bytes_has_a_supabase_py_case() -> None:
    assert CASES.keys() == set(ALL) - {BINARY_BROADCAST}
