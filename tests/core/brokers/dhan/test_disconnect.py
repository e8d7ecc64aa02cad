"""`core/brokers/dhan/disconnect.py`: every documented reason has a policy, others a retry."""

import pytest

from core.brokers.dhan.disconnect import REASONS, Policy, Reason, ReasonCode, reason_of


@pytest.mark.parametrize(
    ("code", "policy"),
    [
        (800, Policy.RETRY),
        (804, Policy.FATAL),
        (805, Policy.WAIT),
        (806, Policy.FATAL),
        (807, Policy.NEW_TOKEN),
        (808, Policy.NEW_TOKEN_ONCE),
        (809, Policy.NEW_TOKEN_ONCE),
        (810, Policy.FATAL),
        (814, Policy.FATAL),
    ],
)
def test_documented_reason_has_its_policy(code: int, policy: Policy) -> None:
    reason = reason_of(code)
    assert (reason.code, reason.policy) == (code, policy)
    assert reason.meaning


def test_all_documented_reasons_are_known() -> None:
    assert sorted(REASONS) == list(ReasonCode) == [800, *range(804, 815)]


def test_undocumented_reason_is_retried_and_named() -> None:
    assert reason_of(65535) == Reason(65535, "undocumented reason 65535", Policy.RETRY)
