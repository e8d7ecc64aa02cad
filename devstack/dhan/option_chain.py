"""An option chain at a market time: quotes from the tape, volatility and greeks from the quotes.

In:  a tape, an index, an expiry and a market time.
Out: `OptionChain`, strikes with calls and puts.
Next: `devstack/dhan/rest/option_chain.py` writes it as Dhan does.

Volatility is solved from the last price, not taken from the generator, so that recorded and
generated chains are treated alike. Where the price does not admit one (below intrinsic value),
volatility and greeks are zero, as in Dhan's own answers for such strikes.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from core.errors import DataError
from core.instrument import Instrument, OptionSide
from core.session import TradingCalendar
from devstack.dhan.pricing import Greeks, forward, greeks, implied_volatility
from devstack.dhan.sources.roots import years_left
from devstack.dhan.tape import Tape

_WORTHLESS: Final = Greeks(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class OptionQuote:
    """One option of a chain; prices in rupees, 0 where there is none."""

    instrument: Instrument
    last_price: float
    average_price: float
    volume: int
    oi: int
    previous_close_price: float
    previous_oi: int
    previous_volume: int
    top_bid_price: float
    top_bid_quantity: int
    top_ask_price: float
    top_ask_quantity: int
    implied_volatility: float  # Percent per year.
    greeks: Greeks


@dataclass(frozen=True, slots=True)
class OptionChain:
    """All strikes of one expiry, in order; a strike may lack a side."""

    last_price: float  # Of the underlying.
    strikes: dict[float, dict[OptionSide, OptionQuote]] = field(default_factory=dict)


def expiries_of(tape: Tape, underlying: Instrument, day: date) -> tuple[date, ...]:
    """Return the expiries from `day` on for which the tape has options of an underlying."""
    found = {
        each.expiry
        for each in tape.instruments
        if each.kind.is_option and each.underlying == underlying.symbol and each.expiry is not None
    }
    return tuple(sorted(expiry for expiry in found if expiry >= day))


def chain_of(
    tape: Tape, calendar: TradingCalendar, underlying: Instrument, expiry: date, now_ns: int
) -> OptionChain:
    """Return a chain.

    Raises
    ------
    DataError
        When the tape has no such underlying.
    """
    at = tape.index_of(*underlying.key)
    if at is None:
        raise DataError(f"{underlying.symbol} is not on the tape")
    rows = tape.last_rows(now_ns)
    spot = _last_price(tape, at, int(rows[at]), now_ns)
    chain = OptionChain(spot)
    years = 0.0
    for number, each in enumerate(tape.instruments):
        if (each.underlying, each.expiry) != (underlying.symbol, expiry):
            continue
        if each.strike is None or each.option_side is None:  # The future of the same expiry.
            continue
        years = years or float(years_left(each, np.array([now_ns]), calendar)[0])
        quote = _quote(tape, number, int(rows[number]), (spot, years), now_ns)
        chain.strikes.setdefault(float(each.strike), {})[each.option_side] = quote
    return chain


def _last_price(tape: Tape, at: int, row: int, now_ns: int) -> float:
    price_sent = tape.columns.ltp[row] if row >= 0 else tape.session_at(now_ns).previous_close[at]
    return tape.instruments[at].round_price(float(price_sent))


def _quote(
    tape: Tape, number: int, row: int, market: tuple[float, float], now_ns: int
) -> OptionQuote:
    instrument = tape.instruments[number]
    session = tape.session_at(now_ns)
    last = _last_price(tape, number, row, now_ns)
    volatility, sensitivities = _analysed(instrument, last, *market)
    columns, sent = tape.columns, row >= 0
    best = tape.depth(row, row + 1)[0, 0] if sent else None

    def quoted(name: str) -> float:
        return instrument.round_price(float(best[name])) if best is not None else 0.0

    return OptionQuote(
        instrument=instrument,
        last_price=last,
        average_price=round(float(columns.atp[row]), 2) if sent else 0.0,
        volume=int(columns.volume[row]) if sent else 0,
        oi=int(columns.oi[row]) if sent else int(session.previous_oi[number]),
        previous_close_price=instrument.round_price(float(session.previous_close[number])),
        previous_oi=int(session.previous_oi[number]),
        previous_volume=int(session.previous_volume[number]),
        top_bid_price=quoted("bid_price"),
        top_bid_quantity=int(best["bid_quantity"]) if best is not None else 0,
        top_ask_price=quoted("ask_price"),
        top_ask_quantity=int(best["ask_quantity"]) if best is not None else 0,
        implied_volatility=volatility * 100,
        greeks=sensitivities,
    )


def _analysed(
    instrument: Instrument, premium: float, spot: float, years: float
) -> tuple[float, Greeks]:
    strike = float(instrument.strike or 0)
    call = instrument.option_side is OptionSide.CALL
    ahead = float(forward(np.array(spot), years))
    volatility = implied_volatility(premium, ahead, strike, years, call=call)
    if volatility is None:
        return 0.0, _WORTHLESS
    return volatility, greeks(spot, strike, years, volatility, call=call)
