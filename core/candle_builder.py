"""Candles of one instrument, made tick by tick.

In:  last-trade times, prices and the feed's cumulative volume, in plain numbers; the clock.
Out: completed candles of every interval asked for.
Next: `core/signals.py`, what a strategy says about them.

Only the one-minute candle is built from ticks. Longer ones are sums of minutes, so that they are
identical to what the stored minutes give. Volume is the difference of the feed's cumulative day
volume: adding up last-traded quantities is wrong by 1.4 to 2.3 times on real data, because the
feed leaves trades out.
"""

from collections.abc import Sequence
from typing import Any

from core.candle import COMPLETION_DELAY_NS, Candle, InstrumentKey, Interval
from core.candle_series import News
from core.market_sessions import MarketSessions
from core.minute_keeper import UNKNOWN, MinuteKeeper
from core.session import NS_PER_MINUTE, Session

__all__ = ["UNKNOWN", "CandleBuilder"]


class CandleBuilder(MinuteKeeper):
    """Build the candles of one instrument.

    Whoever drives it calls `tick` for every packet; when that answers False the packet was not
    an ordinary trade inside the running minute and goes to `turn`. When the clock reaches
    `due_ns`, `time_passed` completes what is over.

    Parameters
    ----------
    instrument
        Key written into the candles.
    intervals
        Which candles to hand out; minutes are built in any case.
    sessions
        When the instrument trades.
    has_volume
        False for an index, where every packet is a new value.
    watched_since_ns
        Engine time when the subscription began, 0 while it is not known.
    repairs_gaps
        Whether somebody fetches what the feed did not bring; then a session that is not seen
        from its opening on begins with a gap.
    open_gaps
        Holds the instrument's key while it has a gap; shared by all builders of an engine.

    Attributes
    ----------
    watched_since_ns
        As above. A session that opened later, or less than a minute before, is seen whole: the
        volume of its first packet was traded since its opening. Of another session the first
        packet tells only where the volume stands.
    price
        Last traded price, rupees; 0.0 before the first.
    volume
        The feed's cumulative volume of the session, `UNKNOWN` before the first packet.
    open_interest
        As last heard, `UNKNOWN` before.
    due_ns
        When `time_passed` has something to do.
    """

    __slots__ = ("_first", "_high", "_low", "open_interest", "price", "watched_since_ns")

    def __init__(  # noqa: PLR0913 - the last four are options.
        self,
        instrument: InstrumentKey,
        intervals: Sequence[Interval],
        sessions: MarketSessions,
        *,
        has_volume: bool = True,
        watched_since_ns: int = 0,
        repairs_gaps: bool = False,
        open_gaps: set[InstrumentKey] | None = None,
    ) -> None:
        super().__init__(
            instrument,
            intervals,
            sessions,
            has_volume=has_volume,
            repairs_gaps=repairs_gaps,
            open_gaps=open_gaps,
        )
        self.watched_since_ns = watched_since_ns
        self._first = 0.0
        self._high = 0.0
        self._low = 0.0
        self.price = 0.0
        self.open_interest = UNKNOWN

    def state(self) -> tuple[Any, ...]:
        """Return everything that changes as plain values, for `put_back`."""
        return (
            super().state(),
            self.watched_since_ns,
            self._first,
            self._high,
            self._low,
            self.price,
            self.open_interest,
        )

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from the state of a builder of the same instrument and intervals."""
        (
            minutes,
            self.watched_since_ns,
            self._first,
            self._high,
            self._low,
            self.price,
            self.open_interest,
        ) = state
        super().put_back(minutes)

    def tick(self, time_ns: int, price: float, volume: int) -> bool:
        """Take a trade inside the running minute; return False if it was anything else.

        Parameters
        ----------
        time_ns
            Last-trade time.
        price
            Last traded price on the instrument's tick, rupees.
        volume
            Cumulative volume of the day.
        """
        if self._begin_ns <= time_ns < self._end_ns and (
            volume > self.volume or not self._has_volume
        ):
            self.volume = volume
            if price > self._high:
                self._high = price
            elif price < self._low:
                self._low = price
            self.price = price
            return True
        return False

    def turn(self, time_ns: int, price: float, volume: int, now_ns: int) -> tuple[bool, News]:
        """Take a packet that `tick` did not.

        Parameters
        ----------
        time_ns, price, volume
            As in `tick`.
        now_ns
            The engine's clock: a minute whose completion it has reached takes no more prices.

        Returns
        -------
        tuple
            Whether `price` is news (a trade, or the first we hear of), and the candles this
            completed.
        """
        session = self._session
        if session is None or not session.open_ns <= time_ns < session.close_ns:
            return self._turn_session(time_ns, price, volume, now_ns)
        if volume == self.volume and self._has_volume:
            self.counters.quotes += 1
            return False, self._nothing_missed(volume)
        if not session.contains(time_ns):
            self.counters.outside_session += 1
            return False, []
        if self._joins:
            return self._join(price, volume)
        return self._turn_minute(session, time_ns, price, volume, now_ns)

    def time_passed(self, now_ns: int) -> News:
        """Complete what is over by the clock, and set `due_ns` anew."""
        done: News = []
        over_ns = now_ns - COMPLETION_DELAY_NS
        if self._begin_ns < self._end_ns <= over_ns:
            self._complete_minute(done)
        if self._held is None:
            self._series.complete(over_ns, done)
        self._look_at_gap(over_ns, done)
        if self._session is not None and self._session.close_ns <= over_ns:
            self._end_session()
        self._set_due()
        return done

    def _turn_session(
        self, time_ns: int, price: float, volume: int, now_ns: int
    ) -> tuple[bool, News]:
        session = self._sessions.at(time_ns)
        known = self._session
        stale = session is not None and session.close_ns + COMPLETION_DELAY_NS <= now_ns
        if session is None or stale or (known is not None and session.open_ns < known.open_ns):
            self.counters.outside_session += 1
            return False, []
        done: News = []
        if known is not None:  # The clock was not told that yesterday is over.
            if self._begin_ns < self._end_ns:
                self._complete_minute(done)
            if self._held is None:
                self._series.complete(known.close_ns, done)
            self._end_session()
        self._begin_session(session, time_ns, volume, now_ns, done)
        self.price = price
        if volume == self.volume and self._has_volume:
            self._set_due()
            return True, done  # Traded before we came: no candle, but the price is news.
        traded, news = self._turn_minute(session, time_ns, price, volume, now_ns)
        return traded, done + news

    def _begin_session(
        self, session: Session, time_ns: int, volume: int, now_ns: int, done: News
    ) -> None:
        # While the first minute is not over, all volume is of the first minute.
        first_minute_ns = session.open_ns + NS_PER_MINUTE
        is_seen_whole = not self._misses_opening(session, now_ns) and (
            self._session is not None
            or 0 < self.watched_since_ns < first_minute_ns
            or now_ns < first_minute_ns + COMPLETION_DELAY_NS
        )
        if self._held is not None and is_seen_whole:
            self._end_gap_with_session(session, done)
        if not is_seen_whole:
            self.counters.joined_midway += 1
            if self._repairs_gaps:
                self._open_gap(session, now_ns)
        # Of a packet later than the gap nothing but its time says what is not of the gap.
        is_later = self._held is not None and time_ns >= self._held.end_ns(session)
        is_known = is_seen_whole or is_later or not self._has_volume
        self._enter(session, 0 if is_known else volume)

    def _join(self, price: float, volume: int) -> tuple[bool, News]:
        """Take the first packet after volume that is in no candle: its price is news."""
        self._joins = False
        self.counters.joined_midway += 1
        self.counters.unrepaired_volume += max(0, volume - self.volume)
        self.volume = self._placed = max(volume, self.volume)
        self.price = price
        return True, []

    def _turn_minute(
        self, session: Session, time_ns: int, price: float, volume: int, now_ns: int
    ) -> tuple[bool, News]:
        since_open = time_ns - session.open_ns
        begin_ns = time_ns - since_open % NS_PER_MINUTE
        end_ns = begin_ns + NS_PER_MINUTE
        if volume < self.volume:
            self.counters.volume_falls += 1
            volume = self.volume
        if self._begin_ns == begin_ns < self._end_ns:  # The volume fell; the price is a price.
            self._high = max(self._high, price)
            self._low = min(self._low, price)
            self.price = price
            return True, []
        if begin_ns < self._begin_ns or end_ns + COMPLETION_DELAY_NS <= now_ns:
            return self._take_late(price, volume), []
        done: News = []
        if self._begin_ns < self._end_ns:
            self._complete_minute(done)
        if self._held is None:
            self._series.complete(begin_ns, done)
        self._look_at_gap(begin_ns, done)
        self._note_leap(volume)
        self._begin_ns, self._end_ns = begin_ns, end_ns
        self._first = self._high = self._low = self.price = price
        self.volume = volume
        self._set_due()
        return True, done

    def _take_late(self, price: float, volume: int) -> bool:
        """Note the volume: it is part of whichever candle is completed next.

        The price is news only if it is the first we hear after a gap.
        """
        is_news = self._note_leap(volume)
        if is_news:
            self.price = price
        else:
            self.counters.late += 1
            self.counters.late_volume += volume - self.volume
        self.volume = volume
        if self._over:
            self._end_session()
        return is_news

    def _end_session(self) -> None:
        self._over = True
        self.counters.unplaced_volume += self.volume - self._placed
        self._placed = self.volume

    def _complete_minute(self, done: News) -> None:
        minute = Candle(
            self._instrument,
            Interval.M1,
            self._begin_ns,
            self._end_ns,
            self._first,
            self._high,
            self._low,
            self.price,
            self.volume - self._placed,
            None if self.open_interest == UNKNOWN else self.open_interest,
        )
        self._placed = self.volume
        self._begin_ns = self._end_ns
        session = self._session
        if session is not None:
            self._keep(minute, session, done)
