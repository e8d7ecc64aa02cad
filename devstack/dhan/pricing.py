"""Option prices of the generated market: Black's formula with a smile, vectorised.

In:  forwards, strikes, years to expiry, volatilities as arrays of floats.
Out: prices in rupees, greeks as Dhan's option chain shows them.
Next: `devstack/dhan/sources/generated.py` prices packets, `devstack/dhan/option_chain.py` greeks.

Black (1976), "The pricing of commodity contracts": an option on a forward F with strike K costs
``exp(-rT) (F N(d1) - K N(d2))`` for a call; puts follow from put-call parity, so that parity
holds exactly before rounding to ticks.
"""

from dataclasses import dataclass
from functools import cache
from math import erfc, exp, log, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

RATE: Final = 0.065  # Yearly, continuously compounded: carry of futures and discount of options.
SECONDS_PER_YEAR: Final = 365 * 86_400
SHORTEST_YEARS: Final = 60 / SECONDS_PER_YEAR  # Keeps the last minute finite.

# The smile in standardised moneyness x = ln(K/F) / (atm sqrt(T)): puts dearer than calls, both
# wings up; beyond four deviations it is flat so that far strikes stay plausible.
_SKEW: Final = -0.055
_CURVATURE: Final = 0.022
_WIDEST: Final = 4.0

_VOLATILITY_RANGE: Final = (0.001, 5.0)
_HALVINGS: Final = 45  # 5 / 2^45 is far below what a tick tells.

_CELLS_PER_UNIT: Final = 512
_TABLE_END: Final = 8.0


@dataclass(frozen=True, slots=True)
class Greeks:
    """Sensitivities of one option in the units of Dhan's option chain."""

    delta: float  # Rupees per rupee of the underlying.
    gamma: float
    theta: float  # Rupees per calendar day.
    vega: float  # Rupees per percentage point of volatility.


def normal_cdf(x: Floats) -> Floats:
    """Return the standard normal distribution function, right to 1e-9.

    numpy has no error function; this is the nearest entry of a table and two terms of its Taylor
    series, with a remainder below 0.4 h^3 / 6 at h = 1/1024.
    """
    cdf, density = _normal_table()
    cell = np.rint((np.clip(x, -_TABLE_END, _TABLE_END) + _TABLE_END) * _CELLS_PER_UNIT)
    cell_index = cell.astype(np.int32)
    node = cell / _CELLS_PER_UNIT - _TABLE_END
    step = np.clip(x, -_TABLE_END, _TABLE_END) - node
    result: Floats = cdf[cell_index] + density[cell_index] * step * (1.0 - 0.5 * node * step)
    return result


def forward(spot: Floats, years: Floats | float) -> Floats:
    """Return the fair future of an index that pays no dividend: ``S exp(rT)``."""
    fair: Floats = spot * np.exp(RATE * np.asarray(years, dtype=np.float64))
    return fair


def smile(forwards: Floats, strikes: Floats, years: Floats, at_the_money: Floats) -> Floats:
    """Return the volatility of each strike, a fraction per year.

    Parameters
    ----------
    at_the_money
        Volatility where strike equals forward, a fraction per year.
    """
    deviation = at_the_money * np.sqrt(years)
    x = np.clip(np.log(strikes / forwards) / deviation, -_WIDEST, _WIDEST)
    result: Floats = at_the_money * (1.0 + _SKEW * x + _CURVATURE * x * x)
    return result


def price(
    forwards: Floats, strikes: Floats, years: Floats, volatility: Floats, *, call: bool
) -> Floats:
    """Return Black's price in rupees; put-call parity holds to rounding of floats."""
    deviation = volatility * np.sqrt(years)
    d1 = np.log(forwards / strikes) / deviation + 0.5 * deviation
    discount = np.exp(-RATE * years)
    value = discount * (forwards * normal_cdf(d1) - strikes * normal_cdf(d1 - deviation))
    if not call:
        value = value - discount * (forwards - strikes)
    result: Floats = np.maximum(value, 0.0)
    return result


def price_one(
    forward_price: float, strike: float, years: float, volatility: float, *, call: bool
) -> float:
    """Return Black's price of one option in rupees; the same as `price`, faster for one."""
    deviation = volatility * sqrt(years)
    d1 = log(forward_price / strike) / deviation + 0.5 * deviation
    sign = 1 if call else -1
    worth = forward_price * _cdf(sign * d1) - strike * _cdf(sign * (d1 - deviation))
    return exp(-RATE * years) * sign * worth


def implied_volatility(
    premium: float, forward_price: float, strike: float, years: float, *, call: bool
) -> float | None:
    """Return the volatility, a fraction per year, at which Black's price is the premium.

    Returns
    -------
    float or None
        None when no volatility between 0.1 % and 500 % gives this premium: it is below what
        the option is worth at once, or above any hope.
    """
    low, high = _VOLATILITY_RANGE
    bounds = [price_one(forward_price, strike, years, each, call=call) for each in (low, high)]
    if not bounds[0] < premium < bounds[1]:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if price_one(forward_price, strike, years, middle, call=call) < premium:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def greeks(spot: float, strike: float, years: float, volatility: float, *, call: bool) -> Greeks:
    """Return the sensitivities of one option to the spot, time and volatility."""
    deviation = volatility * sqrt(years)
    d1 = log(spot * exp(RATE * years) / strike) / deviation + 0.5 * deviation
    density = exp(-0.5 * d1 * d1) / sqrt(2 * pi)
    financing = RATE * strike * exp(-RATE * years)
    decay = -spot * density * volatility / (2 * sqrt(years))
    in_the_money = _cdf(d1 - deviation)
    theta = decay - financing * in_the_money if call else decay + financing * (1 - in_the_money)
    return Greeks(
        delta=_cdf(d1) if call else _cdf(d1) - 1,
        gamma=density / (spot * deviation),
        theta=theta / 365,
        vega=spot * density * sqrt(years) / 100,
    )


def _cdf(x: float) -> float:
    return 0.5 * erfc(-x / sqrt(2))


@cache
def _normal_table() -> tuple[Floats, Floats]:
    cells = int(2 * _TABLE_END * _CELLS_PER_UNIT)
    nodes = np.arange(cells + 1) / _CELLS_PER_UNIT - _TABLE_END
    cdf = np.array([_cdf(float(node)) for node in nodes])
    return cdf, np.exp(-0.5 * nodes * nodes) / sqrt(2 * pi)
