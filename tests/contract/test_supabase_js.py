"""supabase-js 2.119.0 against the stack: every behaviour, at both protocol versions.

In:  the cases in ``js/``, run in one Node process.
Out: one test per behaviour and version.
Next: `tests/contract/test_supabase_py.py`.

Only Realtime speaks the versioned protocol; accounts and rows run at both all the same, so that
each list is whole.
"""

import json
import subprocess
from collections.abc import Mapping

import pytest

from tests.contract.behaviours import ALL
from tests.contract.proxy import Proxy
from tests.contract.runs import (
    HERE,
    JAVASCRIPT,
    NODE,
    Bench,
    Outcome,
    Run,
    run_all,
    runs_of,
)
from tests.contract.target import Target
from tests.contract.verdict import settle

RUNS = runs_of(JAVASCRIPT)


@pytest.fixture(scope="module")
def outcomes(target: Target) -> Mapping[Run, Outcome]:
    """Run every case once."""
    proxy = Proxy(target, {})
    with proxy.running():
        return run_all(Bench(target, proxy), RUNS)


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_supabase_js(run: Run, outcomes: Mapping[Run, Outcome]) -> None:
    settle(outcomes[run])


def test_every_behaviour_has_a_supabase_js_case() -> None:
    listed = subprocess.run(
        [NODE, HERE / "js" / "run.mjs", "--list"], capture_output=True, check=True
    )
    assert sorted(json.loads(listed.stdout)) == sorted(ALL)
