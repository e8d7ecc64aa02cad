"""What REST may be asked about the market: candles of any interval, daily candles, option chains.

In:  a tape, the sessions before it if the source has any, a market time.
Out: `Candles` and `OptionChain`; nothing that happened after the market time is ever in them.
Next: `devstack/dhan/rest/charts.py` and its neighbours, which speak JSON.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, Protocol

import numpy as np

from core.instrument import Instrument
from core.session import NS_PER_SECOND, TradingCalendar, ist_date, ist_midnight_ns
from devstack.dhan.candles import Candles, from_tape, longer
from devstack.dhan.option_chain import OptionChain, chain_of, expiries_of
from devstack.dhan.tape import Integers, Tape, TapeSession

_ALL_DAY_MINUTES: Final = 24 * 60


class Past(Protocol):
    """One-minute candles of the sessions before a tape."""

    def days(self) -> Sequence[date]:
        """Return the days it knows, in order."""
        ...

    def candles(self, instrument: Instrument, day: date) -> Candles:
        """Return one session's candles; none where the instrument was not traded."""
        ...


class NoPast:
    """The past of a source that begins with its tape."""

    def days(self) -> Sequence[date]:
        """Return no days."""
        return ()

    def candles(self, instrument: Instrument, day: date) -> Candles:  # noqa: ARG002 - see Past
        """Return no candles."""
        return Candles.joined(())


class MarketData:
    """Answer questions about the market at a market time.

    Parameters
    ----------
    tape
        What is played.
    calendar
        When contracts end.
    past
        The sessions before the tape; none by default.
    """

    def __init__(self, tape: Tape, calendar: TradingCalendar, past: Past | None = None) -> None:
        self.tape = tape
        self.calendar = calendar
        self._past: Past = NoPast() if past is None else past

    def candles(
        self, instrument: Instrument, minutes: int, from_ns: int, to_ns: int, now_ns: int
    ) -> Candles:
        """Return the candles that start in ``[from_ns, to_ns)``, as they are known at `now_ns`.

        Parameters
        ----------
        minutes
            Length of a candle; candles are counted from the opening of each session.
        now_ns
            Market time: the candle of this minute is there as far as it has grown.
        """
        first, last = ist_date(from_ns), ist_date(to_ns)
        parts = [longer(each, int(each.start[0]), minutes)
                 for _, each in self._past_sessions(instrument, first, last)]  # fmt: skip
        parts += [
            from_tape(self.tape, self._at(instrument), session, minutes, now_ns)
            for session in self._sessions(first, last, now_ns)
        ]
        seconds = [-(-instant // NS_PER_SECOND) for instant in (from_ns, min(to_ns, now_ns + 1))]
        return Candles.joined(parts).between(*seconds)

    def daily(self, instrument: Instrument, first: date, stop: date, now_ns: int) -> Candles:
        """Return the daily candles of ``[first, stop)``, stamped with midnight in India.

        A session counts once it has closed; until then its day has no daily candle.
        """
        parts = [
            _whole_day(each, day)
            for day, each in self._past_sessions(instrument, first, stop)
            if day < stop
        ]
        for session in self._sessions(first, stop, now_ns):
            if session.day < stop and session.close_ns <= now_ns:
                each = from_tape(self.tape, self._at(instrument), session, _ALL_DAY_MINUTES, now_ns)
                parts.append(_whole_day(each, session.day))
        return Candles.joined(parts)

    def expiries(self, underlying: Instrument, now_ns: int) -> tuple[date, ...]:
        """Return the expiries of the option chain of an index, nearest first."""
        return expiries_of(self.tape, underlying, ist_date(now_ns))

    def option_chain(self, underlying: Instrument, expiry: date, now_ns: int) -> OptionChain:
        """Return the option chain of an index as it stands at a market time."""
        return chain_of(self.tape, self.calendar, underlying, expiry, now_ns)

    def _past_sessions(
        self, instrument: Instrument, first: date, last: date
    ) -> Iterator[tuple[date, Candles]]:
        for day in self._past.days():
            if first <= day <= last:
                candles = self._past.candles(instrument, day)
                if len(candles):
                    yield day, candles

    def _sessions(self, first: date, last: date, now_ns: int) -> Iterator[TapeSession]:
        for session in self.tape.sessions:
            if first <= session.day <= last and session.open_ns <= now_ns:
                yield session

    def _at(self, instrument: Instrument) -> int:
        at = self.tape.index_of(*instrument.key)
        return -1 if at is None else at


def _whole_day(candles: Candles, day: date) -> Candles:
    """Return one candle of a day's candles, stamped as Dhan stamps daily ones."""
    if not len(candles):
        return candles
    day_candle = longer(candles, int(candles.start[0]), _ALL_DAY_MINUTES)
    midnight: Integers = np.array([ist_midnight_ns(day) // NS_PER_SECOND], np.int64)
    return Candles(
        midnight,
        day_candle.open,
        day_candle.high,
        day_candle.low,
        day_candle.close,
        day_candle.volume,
        day_candle.open_interest,
    )
