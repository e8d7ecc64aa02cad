"""What the market is like for one config in one minute: what trades, at which price, on what data.

In:  the instruments of a config, candles, market time, the calendar.
Out: sessions and prices by instrument; notes on what is missing or too old.
Next: `functions/minute/run.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from core.candle import InstrumentKey, Interval
from core.charges import ChargesTable
from core.errors import CalendarError
from core.session import (
    IST,
    NS_PER_MINUTE,
    NS_PER_SECOND,
    Market,
    Session,
    TradingCalendar,
    ist_date,
    market_of,
)
from functions.minute.configs import Listed
from functions.minute.desk import Price
from functions.minute.shelf import Shelf

STALE_MINUTES: Final = 5
"""A price, or a candle that should be there, may be so old."""
_STALE_NS: Final = STALE_MINUTES * NS_PER_MINUTE


class Minute(NamedTuple):
    """What all runs of a round share."""

    now_ns: int
    calendar: TradingCalendar
    charges: ChargesTable

    @property
    def start(self) -> datetime:
        """The minute, as the database keeps it."""
        seconds = self.now_ns // NS_PER_MINUTE * 60
        return datetime.fromtimestamp(seconds, IST)

    @property
    def is_trading(self) -> bool:
        """Whether derivatives trade now, whose hours hold those of all others.

        Raises
        ------
        CalendarError
            If the calendar does not know.
        """
        return self.calendar.session_at(self.now_ns, Market.DERIVATIVES) is not None


class MarketNow:
    """What trades now.

    Parameters
    ----------
    listed
        The instruments; those whose market is closed are left out.
    interval
        Of the config's candles.
    """

    def __init__(
        self,
        listed: Sequence[Listed],
        interval: Interval,
        shelf: Shelf,
        minute: Minute,
    ) -> None:
        self._shelf: Final = shelf
        self._minute: Final = minute
        self.notes: Final[list[str]] = []
        self.sessions: Final = self._open_sessions(listed)
        self.prices: Final[dict[InstrumentKey, Price]] = {}
        for each in listed:
            session = self.sessions.get(each.instrument.key)
            price = None if session is None else self._price(each, interval, session)
            if price is not None:
                self.prices[each.instrument.key] = price

    def objection(self, listed: Listed, interval: Interval) -> str | None:
        """Return why nothing can be decided about an instrument, None where it can."""
        key = listed.instrument.key
        session = self.sessions[key]
        candles = self._shelf.candles(key, interval, session)
        if not candles:
            return f"the database has no {interval} candles of it"
        if key not in self.prices:
            return f"its newest price is older than {STALE_MINUTES} minutes"
        # Of another day the last candle counts until the first of today should be there.
        close_ns = candles[-1].close_ns
        since_ns = close_ns if ist_date(close_ns) == session.day else session.open_ns
        if self._minute.now_ns - since_ns > interval.length_ns + _STALE_NS:
            at = datetime.fromtimestamp(close_ns // NS_PER_SECOND, IST)
            return f"its newest {interval} candle ended at {at:%H:%M on %F}, too long ago"
        return None

    def _open_sessions(self, every: Sequence[Listed]) -> dict[InstrumentKey, Session]:
        found: dict[InstrumentKey, Session] = {}
        for each in every:
            market = market_of(each.instrument.segment, has_derivatives=each.has_derivatives)
            try:
                session = self._minute.calendar.session_at(self._minute.now_ns, market)
            except CalendarError as error:
                self.notes.append(str(error))
                continue
            if session is not None:
                found[each.instrument.key] = session
        return found

    def _price(self, listed: Listed, interval: Interval, session: Session) -> Price | None:
        """Return the newest price of today, None where it is too old to act on."""
        known = []
        if listed.price is not None and listed.price_ns is not None:
            known.append((listed.price_ns, listed.price))
        for each_interval in {Interval.M1, interval}:
            candles = self._shelf.candles(listed.instrument.key, each_interval, session)
            known += [(each.close_ns, each.close) for each in candles[-1:]]
        now_ns = self._minute.now_ns
        at_ns, value = max(known, default=(0, 0.0))
        if now_ns - at_ns > _STALE_NS or ist_date(at_ns) != session.day:
            return None
        return Price(listed.instrument.round_price(value), now_ns)
