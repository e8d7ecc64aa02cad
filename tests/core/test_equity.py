"""Returns, drawdowns and ratios by hand."""

from decimal import Decimal
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.equity import (
    max_drawdown,
    max_drawdown_rupees,
    returns,
    sharpe_ratio,
    sortino_ratio,
)
from core.errors import DataError

CAPITAL = Decimal(1000)


def money(*amounts: int) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def test_a_return_is_relative_to_the_equity_before_it() -> None:
    assert returns(CAPITAL, money(100, 0, -550)) == [0.1, 0.0, -0.5]


def test_after_a_total_loss_returns_are_not_defined() -> None:
    assert returns(CAPITAL, money(100, -1100)) == [0.1, -1.0]
    assert returns(CAPITAL, money(100, -1100, 50)) is None


def test_without_profits_nothing_has_fallen() -> None:
    assert max_drawdown(CAPITAL, []) == 0
    assert max_drawdown_rupees(CAPITAL, []) == 0
    assert returns(CAPITAL, []) == []


def test_the_capital_is_the_first_peak() -> None:
    assert max_drawdown(CAPITAL, money(-100, 50)) == -0.1


def test_the_deepest_fall_in_percent_need_not_be_the_deepest_in_rupees() -> None:
    # 1000 falls to 700 (30 %, 300 rupees); 2000 falls to 1600 (20 %, 400 rupees).
    profits = money(-300, 1300, -400)
    assert max_drawdown(CAPITAL, profits) == -0.3
    assert max_drawdown_rupees(CAPITAL, profits) == -400


@pytest.mark.parametrize("capital", [Decimal(0), Decimal("-0.01")])
def test_a_capital_that_is_not_above_zero_is_refused(capital: Decimal) -> None:
    for function in (returns, max_drawdown, max_drawdown_rupees):
        with pytest.raises(DataError, match=f"capital of {capital} rupees"):
            function(capital, money(1))


def test_the_sharpe_ratio_of_two_days() -> None:
    # Mean 1.5 %, sample deviation sqrt(2 * 0.5^2 / 1) % = 0.7071 %.
    assert sharpe_ratio([0.01, 0.02]) == pytest.approx(1.5 / sqrt(0.5) * sqrt(252))


@pytest.mark.parametrize("daily", [[], [0.01], [0.0, 0.0], [0.1, 0.1, 0.1]])
def test_the_sharpe_ratio_is_not_defined(daily: list[float]) -> None:
    assert sharpe_ratio(daily) is None


def test_the_risk_free_rate_compounds_to_its_year() -> None:
    daily = 1.065 ** (1 / 252) - 1
    with_rate = sharpe_ratio([0.01 + daily, 0.02 + daily], risk_free_pct=6.5)
    assert with_rate == pytest.approx(sharpe_ratio([0.01, 0.02]))


def test_the_sortino_ratio_counts_gains_as_nothing() -> None:
    # Mean 0.5 %; root of (0 + 1) / 2 = 0.7071 %.
    assert sortino_ratio([0.02, -0.01]) == pytest.approx(0.5 / sqrt(0.5) * sqrt(252))
    assert sortino_ratio([0.02, 0.0]) is None
    assert sortino_ratio([]) is None


@given(st.lists(st.integers(-90, 200), max_size=30))
def test_drawdown_is_the_worst_of_every_pair_of_peak_and_later_equity(steps: list[int]) -> None:
    equities = [1000]
    for step in steps:
        equities.append(max(1, equities[-1] + step))
    profits = money(*(after - before for before, after in pairwise(equities)))
    expected = min(later / peak - 1 for at, peak in enumerate(equities) for later in equities[at:])
    assert max_drawdown(CAPITAL, profits) == pytest.approx(expected, abs=1e-12)
