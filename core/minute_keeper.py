"""The completed minutes of one instrument: candles at once, or held back while the feed has a gap.

In:  minutes from `core/candle_builder.py`; word of the feed lost and back; the broker's minutes.
Out: candles of all intervals, in one order, whatever came late; `Gap`s.
Next: `core/candle_series.py`; `core/held_minutes.py`, what is kept while a gap is open.

A gap goes from the minute in which the feed was lost to the one in which it was back: both are half
seen. When the second is over, the gap is told as missing, and whoever drives the engine fetches its
minutes from the broker. Until then no candle is handed out, so nobody ever sees a wrong one.
"""

from collections.abc import Sequence
from typing import Any, Final

from core.candle import COMPLETION_DELAY_NS, NEVER_NS, Candle, InstrumentKey, Interval
from core.candle_series import CandleSeries, News
from core.gap import Gap, GapState
from core.held_minutes import HeldMinutes, half_seen_until, held_again
from core.market_sessions import MarketSessions
from core.session import NS_PER_MINUTE, Session
from core.tick_counters import TickCounters

UNKNOWN: Final = -1
"""Stands for a volume or open interest that is not known, where None would cost speed."""


class MinuteKeeper:
    """Keep the minutes of one instrument; the base of `CandleBuilder`, which makes them.

    Parameters
    ----------
    instrument, intervals, sessions, has_volume, repairs_gaps, open_gaps
        As of `CandleBuilder`.

    Attributes
    ----------
    blind_until_ns
        End of the last gap: what a strategy says of a candle that closed before is no news.
    """

    __slots__ = (
        "_back_ns",
        "_begin_ns",
        "_end_ns",
        "_has_volume",
        "_held",
        "_instrument",
        "_joins",
        "_open_gaps",
        "_over",
        "_placed",
        "_repairs_gaps",
        "_series",
        "_session",
        "_sessions",
        "_was_lost",
        "blind_until_ns",
        "counters",
        "due_ns",
        "volume",
    )

    def __init__(  # noqa: PLR0913 - as of `CandleBuilder`.
        self,
        instrument: InstrumentKey,
        intervals: Sequence[Interval],
        sessions: MarketSessions,
        *,
        has_volume: bool,
        repairs_gaps: bool,
        open_gaps: set[InstrumentKey] | None,
    ) -> None:
        self._instrument: Final = instrument
        self._sessions: Final = sessions
        self._has_volume: Final = has_volume
        self._repairs_gaps: Final = repairs_gaps
        self._open_gaps: Final = set() if open_gaps is None else open_gaps
        self._series: Final = CandleSeries(instrument, intervals)
        self._session: Session | None = None
        self._over = True
        # No minute is running while these two are equal: then no time lies between them.
        self._begin_ns = 0
        self._end_ns = 0
        self._placed = 0  # Volume of the session that is in completed minutes.
        self._held: HeldMinutes | None = None
        self._was_lost = False  # Since the last session that was seen.
        self._back_ns = 0
        self._joins = False  # The next packet tells only where the volume stands.
        self.blind_until_ns = 0
        self.volume = UNKNOWN
        self.due_ns = NEVER_NS
        self.counters: Final = TickCounters()

    def state(self) -> tuple[Any, ...]:
        """Return everything that changes as plain values, for `put_back`."""
        return (
            self._series.state(),
            None if self._session is None else self._session.open_ns,
            self._over,
            self._begin_ns,
            self._end_ns,
            self._placed,
            None if self._held is None else self._held.state(),
            self._was_lost,
            self._back_ns,
            self._joins,
            self.blind_until_ns,
            self.volume,
            self.due_ns,
            self.counters.as_dict(),
        )

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from the state of a builder of the same instrument and intervals."""
        (
            series,
            opened_ns,
            self._over,
            self._begin_ns,
            self._end_ns,
            self._placed,
            held,
            self._was_lost,
            self._back_ns,
            self._joins,
            self.blind_until_ns,
            self.volume,
            self.due_ns,
            counts,
        ) = state
        self._series.put_back(series)
        self._session = None if opened_ns is None else self._sessions.on_day_of(opened_ns)
        self._held = None if held is None else held_again(held)
        if held is None:
            self._open_gaps.discard(self._instrument)
        else:
            self._open_gaps.add(self._instrument)
        self.counters.put_back(counts)

    def lose(self, heard_ns: int) -> None:
        """Take notice that the feed was lost, and when it was heard last."""
        self._was_lost, self._back_ns = True, NEVER_NS
        held, session = self._held, self._session
        if held is not None:
            held.lose_again(self.volume)
        elif session is not None and not self._over and heard_ns < session.close_ns:
            begin_ns = self._begin_ns
            if begin_ns == self._end_ns:  # No minute is running: it may be the one of that time.
                late_ns = heard_ns - COMPLETION_DELAY_NS  # Trades reach us a little late.
                since_open = max(late_ns, begin_ns) - session.open_ns
                begin_ns = session.open_ns + since_open - since_open % NS_PER_MINUTE
            self._held = HeldMinutes(begin_ns, self._placed, self.volume, session.open_ns)
            self._open_gaps.add(self._instrument)
        self._set_due()

    def regain(self, now_ns: int) -> None:
        """Take notice that the feed is back: all that is traded from now on is heard."""
        self._back_ns = now_ns
        session = self._sessions.on_day_of(now_ns)
        known = self._session
        is_new = session is not None and (known is None or session.open_ns > known.open_ns)
        if session is not None and is_new and self._over and self._misses_opening(session, now_ns):
            self._open_gap(session, now_ns)
            self._enter(session, 0)
        elif self._held is not None:
            self._held.back_ns = now_ns
        self._set_due()

    def repair(self, to_ns: int, minutes: Sequence[Candle]) -> News:
        """Close the gap that was told to end at `to_ns` with the broker's minutes of it."""
        held = self._held
        if held is None or held.to_ns != to_ns:
            return []  # It closed by itself, or has become longer and will be told again.
        missing = [each for each in minutes if held.from_ns <= each.open_ns < to_ns]
        merged, placed = held.repaired(missing, self._sessions)
        gap = self._gap(held, GapState.REPAIRED)._replace(candles=len(missing))
        self._placed = placed if self._has_volume else 0
        self.volume = max(self.volume, self._placed)
        self.counters.repaired += 1
        return self._release(gap, merged)

    def give_up(self, to_ns: int, reason: str) -> News:
        """Go on without the minutes of the gap that was told to end at `to_ns`."""
        held = self._held
        if held is None or held.to_ns != to_ns:
            return []
        minutes, lost = held.unrepaired()
        self.counters.unrepaired_volume += lost
        self._placed += held.leap
        self._joins = held.settled is None and self.volume == held.volume and self._has_volume
        gap = self._gap(held, GapState.UNREPAIRED)._replace(reason=reason)
        return self._release(gap, minutes)

    def _keep(self, minute: Candle, session: Session, done: News) -> None:
        """Take a completed minute."""
        if self._held is None:
            self._series.add(minute, session, done)
        else:
            self._held.hold(minute, self.volume)

    def _enter(self, session: Session, volume: int) -> None:
        """Begin a session of which so much volume is in no candle that is still to come."""
        self._session = session
        self._over = self._joins = self._was_lost = False
        self._begin_ns = self._end_ns = session.open_ns
        self.volume = self._placed = volume
        if self._held is not None:
            self._held.before = volume
            self._held.volume = self._held.volume if volume else 0  # 0: nothing is heard yet.

    def _open_gap(self, session: Session, now_ns: int) -> None:
        """Note that a session was not seen from its opening on."""
        held = self._held
        if held is None:
            held = self._held = HeldMinutes(session.open_ns, 0, UNKNOWN, session.open_ns)
            self._open_gaps.add(self._instrument)
        else:
            held.begin_session(session.open_ns)
            held.lose_again(UNKNOWN)
        held.back_ns = min(self._back_ns, now_ns) if self._was_lost else now_ns
        held.has_missed = True

    def _misses_opening(self, session: Session, now_ns: int) -> bool:
        """Return whether the feed was lost before a session and back after its opening."""
        back_ns = min(self._back_ns, now_ns)
        return self._was_lost and half_seen_until(back_ns, session) > session.open_ns

    def _end_gap_with_session(self, following: Session, done: News) -> None:
        """Tell a gap that nobody had told before the next session began."""
        held, session = self._held, self._session
        if held is None:
            return
        if session is not None and not held.to_ns:
            self._tell_gap(held, session.close_ns, done)
        held.begin_session(following.open_ns)

    def _note_leap(self, volume: int) -> bool:
        """Note by how much the volume leaps with the first packet after a loss, if it is that."""
        held = self._held
        if held is None or not self._has_volume or not self.volume == held.volume < volume:
            return False
        held.leap += volume - self.volume
        return True

    def _look_at_gap(self, over_ns: int, done: News) -> None:
        """Tell the gap once its last minute is over."""
        held, session = self._held, self._session
        if held is None or session is None or held.to_ns or held.end_ns(session) > over_ns:
            return
        self._tell_gap(held, held.end_ns(session), done)

    def _tell_gap(self, held: HeldMinutes, to_ns: int, done: News) -> None:
        held.to_ns = to_ns
        if to_ns <= held.from_ns:
            self._close_empty(held, done)
            return
        if self._has_volume and self.volume != held.volume:
            held.settled = self.volume
        self.counters.gaps += 1
        done.append(self._gap(held, GapState.MISSING))

    def _nothing_missed(self, volume: int) -> News:
        """Close the gap if the first packet after it says that nothing was traded in it."""
        held = self._held
        done: News = []
        if held is None or held.has_missed or held.back_ns == NEVER_NS or volume != held.volume:
            return done
        self._close_empty(held, done)
        return done

    def _close_empty(self, held: HeldMinutes, done: News) -> None:
        held.to_ns = max(held.from_ns, held.to_ns)
        self.counters.repaired += held.to_ns > held.from_ns
        minutes, _ = held.unrepaired()
        done += self._release(self._gap(held, GapState.REPAIRED)._replace(volume=0), minutes)

    def _gap(self, held: HeldMinutes, state: GapState) -> Gap:
        volume = None if held.settled is None else held.settled - held.placed
        return Gap(self._instrument, held.from_ns, held.to_ns, state, volume)

    def _release(self, gap: Gap, minutes: Sequence[Candle]) -> News:
        """Hand out what was held back."""
        self._held = None
        self._open_gaps.discard(self._instrument)
        self.blind_until_ns = gap.to_ns
        done: News = [gap]
        for minute in minutes:
            session = self._sessions.on_day_of(minute.open_ns)
            if session is not None:
                self._series.complete(minute.open_ns, done)
                self._series.add(minute, session, done)
        over_ns = self._begin_ns
        if self._over and self._session is not None:
            over_ns = self._session.close_ns
        self._series.complete(over_ns, done)
        self._set_due()
        return done

    def _set_due(self) -> None:
        session, held = self._session, self._held
        if session is None or self._over:
            self.due_ns = NEVER_NS
        elif self._begin_ns < self._end_ns:
            self.due_ns = self._end_ns + COMPLETION_DELAY_NS
        elif held is None:
            end_ns = min(self._series.next_end_ns, session.close_ns)
            self.due_ns = end_ns + COMPLETION_DELAY_NS
        else:
            end_ns = session.close_ns if held.to_ns else held.end_ns(session)
            self.due_ns = end_ns + COMPLETION_DELAY_NS
