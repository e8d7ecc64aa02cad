"""After how many candles an average has forgotten where it began.

In:  the period of an average that never quite forgets: exponential, or Wilder's.
Out: candles after which what is left of the first ones is below a thousand-millionth.
Next: `strategies/momentum.py`, whose warm-up this is.

A strategy that is shown so many candles has the same figures whenever it was started, and so has
whoever computes them again from stored candles.
"""

from math import ceil, log
from typing import Final

LEFT: Final = 1e-9
MOST: Final = 2_000
"""Nobody is asked for more candles than these, however long a period is."""


def ema_settled(period: int) -> int:
    """Return the candles for an exponential average of `period` candles, at least 1.

    Examples
    --------
    >>> ema_settled(21)
    239
    """
    return _settled(period, 2.0 / (period + 1))


def wilder_settled(period: int) -> int:
    """Return the candles for Wilder's smoothing over `period` candles, at least 1.

    Examples
    --------
    >>> wilder_settled(14)
    294
    """
    return _settled(period, 1.0 / period)


def _settled(period: int, weight: float) -> int:
    # The seed is there after `period` values, and each further one leaves this share of it.
    further = ceil(log(LEFT) / log(1.0 - weight)) if weight < 1.0 else 0
    return min(MOST, period + further)
