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
from math import erfc, exp, pi, sqrt
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


def greeks(spot: float, strike: float, years: float, volatility: float, *, call: bool) -> Greeks:
    """Return the sensitivities of one option to the spot, time and volatility."""
    deviation = volatility * sqrt(years)
    forward_price = spot * exp(RATE * years)
    d1 = float(np.log(forward_price / strike)) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    n1, n2 = (float(value) for value in normal_cdf(np.array([d1, d2])))
    density = exp(-0.5 * d1 * d1) / sqrt(2 * pi)
    financing = RATE * strike * exp(-RATE * years)
    decay = -spot * density * volatility / (2 * sqrt(years))
    theta = decay - financing * n2 if call else decay + financing * (1 - n2)
    return Greeks(
        delta=n1 if call else n1 - 1,
        gamma=density / (spot * deviation),
        theta=theta / 365,
        vega=spot * density * sqrt(years) / 100,
    )


@cache
def _normal_table() -> tuple[Floats, Floats]:
    cells = int(2 * _TABLE_END * _CELLS_PER_UNIT)
    nodes = np.arange(cells + 1) / _CELLS_PER_UNIT - _TABLE_END
    cdf = np.array([0.5 * erfc(-node / sqrt(2)) for node in nodes])
    return cdf, np.exp(-0.5 * nodes * nodes) / sqrt(2 * pi)
