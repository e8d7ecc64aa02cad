"""What the generated market's prices and trading hang on: two indices and a few shares.

In:  an instrument of `devstack/dhan/listing.py`.
Out: its root (whose price it follows), its fair value, and how busily it trades.
Next: `devstack/dhan/sources/history.py` and `devstack/dhan/sources/generated.py` use all three.

Figures are of the order seen in 2025: a NIFTY future turns over about 90,000 lots a day with
2 to 4 packets a second; an option at the money near its expiry some 9,000 lots a minute.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from math import exp
from typing import Final

import numpy as np

from core.errors import CalendarError, DataError
from core.instrument import Instrument, OptionSide, Segment
from core.session import (
    NS_PER_MINUTE,
    NS_PER_SECOND,
    Market,
    Session,
    TradingCalendar,
    ist_midnight_ns,
    market_of,
)
from devstack.dhan.listing import BANKNIFTY, INDIA_VIX, NIFTY, SHARES, UNDERLYINGS
from devstack.dhan.pricing import (
    SECONDS_PER_YEAR,
    SHORTEST_YEARS,
    Floats,
    forward,
    price,
    smile,
)
from devstack.dhan.tape import Integers

_USUAL_CLOSE_MINUTE: Final = 15 * 60 + 30
_OPTION_PACKETS: Final = 1.6  # Per second at the money on the day of expiry.
_OPTION_LOTS: Final = 14_000.0  # Per minute at the money on the day of expiry.
_OPTION_INTEREST: Final = 90_000.0


@dataclass(frozen=True, slots=True)
class Root:
    """An index or share whose price is generated; everything else is derived from one.

    Parameters
    ----------
    number
        Seeds its own random paths.
    level
        Usual price in rupees or points.
    beta
        Share of the common story and market path it takes part in.
    volatility
        Usual implied volatility at the money, a fraction per year.
    """

    number: int
    symbol: str
    level: float
    beta: float
    volatility: float
    profile_row: float  # Height of a row of the volume profile, in rupees.
    strike_step: int = 0


ROOTS: Final = (
    Root(0, NIFTY.symbol, NIFTY.level, 1.0, 0.125, 10.0, NIFTY.strike_step),
    Root(1, BANKNIFTY.symbol, BANKNIFTY.level, 1.12, 0.145, 20.0, BANKNIFTY.strike_step),
    *(
        Root(2 + at, share.instrument.symbol, share.level, share.beta, 0.22, share.level * 0.00075)
        for at, share in enumerate(SHARES)
    ),
)
_ROOT_OF_SYMBOL: Final = {root.symbol: root for root in ROOTS} | {INDIA_VIX.symbol: ROOTS[0]}


@dataclass(frozen=True, slots=True)
class Liquidity:
    """How busily an instrument trades."""

    packets_per_second: float
    lots_per_minute: float
    interest_lots: float
    spread_ticks: float  # Mean, besides the least possible one of 1 tick.
    resting_lots: int  # Usual size of one level of the book.


def root_of(instrument: Instrument) -> Root:
    """Return whose price an instrument follows."""
    return _ROOT_OF_SYMBOL[instrument.underlying or instrument.symbol]


def session_of(instrument: Instrument, day: date, calendar: TradingCalendar) -> Session | None:
    """Return when an instrument trades on a day, None when it does not."""
    shares = instrument.segment is Segment.NSE_EQ  # All listed shares have derivatives.
    return calendar.session(day, market_of(instrument.segment, has_derivatives=shares))


def years_left(instrument: Instrument, instants: Integers, calendar: TradingCalendar) -> Floats:
    """Return the years until a contract expires, at least one minute's worth."""
    seconds = (_expiry_ns(_expiry(instrument), calendar) - instants) / NS_PER_SECOND
    result: Floats = np.maximum(seconds / SECONDS_PER_YEAR, SHORTEST_YEARS)
    return result


def fair_value(instrument: Instrument, root: Floats, years: Floats, volatility: Floats) -> Floats:
    """Return what an instrument is worth, before spread, noise and rounding.

    Parameters
    ----------
    root
        Price of its root.
    years
        Until it expires; not used for what does not expire.
    volatility
        At the money, a fraction per year.
    """
    if instrument == INDIA_VIX:
        return volatility * 100.0
    if instrument.kind.is_future:
        return forward(root, years)
    if instrument.strike is None:
        return root
    ahead = forward(root, years)
    strikes = np.full_like(ahead, float(instrument.strike))
    smiled = smile(ahead, strikes, years, volatility)
    return price(ahead, strikes, years, smiled, call=instrument.option_side is OptionSide.CALL)


def liquidity(instrument: Instrument, day: date, root_price: float) -> Liquidity:
    """Return how busily an instrument trades on a day on which its root is at a price."""
    if instrument.segment is Segment.IDX_I:
        return Liquidity(1.0 if instrument == INDIA_VIX else 4.0, 0.0, 0.0, 0.0, 0)
    if instrument.segment is Segment.NSE_EQ:
        return Liquidity(1.2, 20_000.0, 0.0, 1.0, 900)
    days = max((_expiry(instrument) - day).days, 0)
    index_share = 1.0 if instrument.underlying == UNDERLYINGS[0].symbol else 0.6
    if instrument.strike is None:
        near = exp(-max(days - 26, 0) / 12)  # The next month trades little until its turn.
        busy = 0.25 + 0.75 * near
        return Liquidity(3.0 * busy * index_share**0.4, 240.0 * near * index_share + 12.0,
                         170_000.0 * near * index_share + 9_000.0, 5.0, 5)  # fmt: skip
    strikes_away = abs(float(instrument.strike) - root_price) / root_of(instrument).strike_step
    weight = index_share * exp(-strikes_away / 3.2) / (1.0 + days / 5.0)
    return Liquidity(
        packets_per_second=_OPTION_PACKETS * weight + 0.04,
        lots_per_minute=_OPTION_LOTS * weight + 1.0,
        interest_lots=_OPTION_INTEREST * index_share * exp(-strikes_away / 9) + 500.0,
        spread_ticks=0.6,
        resting_lots=14,
    )


def _expiry(instrument: Instrument) -> date:
    if instrument.expiry is None:
        raise DataError(f"{instrument.symbol} does not expire")
    return instrument.expiry


@cache
def _expiry_ns(expiry: date, calendar: TradingCalendar) -> int:
    """Return when trading in a contract ends; 15:30 where the calendar cannot say."""
    try:
        session = calendar.session(expiry, Market.DERIVATIVES)
    except CalendarError:  # A year beyond the calendar: such a contract only needs a distance.
        session = None
    if session is not None:
        return session.close_ns
    return ist_midnight_ns(expiry) + _USUAL_CLOSE_MINUTE * NS_PER_MINUTE
