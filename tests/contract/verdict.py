"""Turns the outcome of a run into that of a test.

In:  an `Outcome`.
Out: nothing, or pytest's failure or skip.
Next: `tests/contract/runs.py`.
"""

import pytest

from tests.contract.runs import Outcome


def settle(outcome: Outcome) -> None:
    """Fail or skip as the run did."""
    if outcome.outcome == "skipped":
        pytest.skip(outcome.why)
    if outcome.outcome != "passed":
        pytest.fail(outcome.why, pytrace=False)
