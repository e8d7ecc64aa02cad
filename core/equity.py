"""What a series of profits does to an equity: returns, drawdown, and the ratios made of them.

In:  the capital at the start and profits in order, by day or by trade, as Decimal rupees.
Out: fractions and ratios as floats; None where they are not defined.
Next: `core/metrics.py`, which says them of a strategy's trades.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from math import fsum, sqrt
from typing import Final

from core.errors import DataError
from core.money import ZERO

SESSIONS_PER_YEAR: Final = 252


def equities(capital: Decimal, profits: Iterable[Decimal]) -> Iterator[Decimal]:
    """Yield the equity at the start and after each profit, rupees.

    Raises
    ------
    DataError
        If the capital is not above 0: nothing can be said relative to it.
    """
    if capital <= 0:
        raise DataError(f"a capital of {capital} rupees is not above 0")
    equity = capital
    yield equity
    for profit in profits:
        equity += profit
        yield equity


def returns(capital: Decimal, profits: Sequence[Decimal]) -> list[float] | None:
    """Return each profit as a fraction of the equity before it; raises as `equities`.

    None once the equity has been lost: there is nothing left to relate a profit to.
    """
    before = list(equities(capital, profits))[:-1]
    if min(before, default=capital) <= 0:
        return None
    return [float(profit / equity) for profit, equity in zip(profits, before, strict=True)]


def max_drawdown(capital: Decimal, profits: Sequence[Decimal]) -> float:
    """Return the most negative ``equity / peak - 1``, 0 if the equity never fell below a peak.

    The capital at the start is the first peak. Raises as `equities`.
    """
    peak, worst = capital, ZERO
    for equity in equities(capital, profits):
        peak = max(peak, equity)
        worst = min(worst, equity / peak - 1)
    return float(worst)


def max_drawdown_rupees(capital: Decimal, profits: Sequence[Decimal]) -> Decimal:
    """Return the most negative ``equity - peak`` in rupees, otherwise as `max_drawdown`."""
    peak, worst = capital, ZERO
    for equity in equities(capital, profits):
        peak = max(peak, equity)
        worst = min(worst, equity - peak)
    return worst


def sharpe_ratio(daily: Sequence[float], risk_free_pct: float = 0.0) -> float | None:
    """Return the yearly Sharpe ratio, None for fewer than two days or days that are all equal.

    ``mean / standard deviation * sqrt(252)`` of the daily returns above the risk-free one, the
    deviation that of a sample (``ddof=1``).

    Parameters
    ----------
    daily
        Returns by day as fractions.
    risk_free_pct
        Yearly, 6.5 means 6.5 %; its daily part compounds to it in 252 days.

    References
    ----------
    William Sharpe, The Sharpe Ratio, 1994; quantstats ``sharpe``, empyrical ``sharpe_ratio``.
    """
    # Equal numbers are compared, because their deviation may come out as a rounding error.
    if len(daily) < 2 or min(daily) == max(daily):
        return None
    excess = _excess(daily, risk_free_pct)
    mean = fsum(excess) / len(excess)
    variance = fsum([(each - mean) ** 2 for each in excess]) / (len(excess) - 1)
    return mean / sqrt(variance) * sqrt(SESSIONS_PER_YEAR)


def sortino_ratio(daily: Sequence[float], risk_free_pct: float = 0.0) -> float | None:
    """Return the yearly Sortino ratio, None without days or without a losing one.

    As `sharpe_ratio`, but over the root of the mean square of losses, gains counting as 0.

    References
    ----------
    Frank Sortino; quantstats ``sortino``, empyrical ``sortino_ratio``.
    """
    excess = _excess(daily, risk_free_pct)
    downside = fsum([min(each, 0.0) ** 2 for each in excess])
    if downside == 0:
        return None
    mean = fsum(excess) / len(excess)
    return mean / sqrt(downside / len(excess)) * sqrt(SESSIONS_PER_YEAR)


def _excess(daily: Sequence[float], risk_free_pct: float) -> list[float]:
    risk_free: float = (1 + risk_free_pct / 100) ** (1 / SESSIONS_PER_YEAR) - 1
    return [each - risk_free for each in daily]
