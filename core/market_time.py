"""Time: candles are over, days end, the feed is lost and comes back.

In:  the market clock; word of the feed; the broker's minutes for what the feed did not bring.
Out: `Effects`.
Next: `core/engine.py`, which adds ticks; `core/minute_keeper.py`, where gaps are kept.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from core.brokers.paper import PaperSettings
from core.candle import NEVER_NS, Candle, InstrumentKey
from core.charges import ChargesTable
from core.effects import NOTHING, Effect, Effects
from core.engine_commands import EngineCommands
from core.gap import Gap
from core.market_watch import DepthReader
from core.session import TradingCalendar


class MarketTime(EngineCommands):
    """Let time pass on the trading floor, also while the feed is not heard.

    Parameters
    ----------
    run_id, calendar, paper, charges, read_depth, repairs_gaps
        As of `Engine`.
    """

    def __init__(  # noqa: PLR0913 - everything a trading day depends on.
        self,
        run_id: UUID,
        calendar: TradingCalendar,
        paper: PaperSettings,
        charges: ChargesTable | None,
        read_depth: DepthReader,
        *,
        repairs_gaps: bool,
    ) -> None:
        super().__init__(run_id, calendar, paper, charges, read_depth, repairs_gaps=repairs_gaps)
        self._is_silent = False
        self._is_back = False  # All is heard again: the next event tells since when.
        self._heard_again: Final[set[InstrumentKey]] = set()  # The same of some.

    def state(self) -> tuple[Any, ...]:
        """Return everything that changes as plain values, for `put_back`."""
        return super().state(), self._is_silent, self._is_back, set(self._heard_again), self._due_ns

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from the state of another engine, as if this one had heard what that one heard.

        Whatever this one has heard before is forgotten, and so are its configs. It watches at
        least the instruments that one watched, with the same candles; ids go on in that run.
        """
        floor, self._is_silent, self._is_back, heard_again, due_ns = state
        super().put_back(floor)
        self._heard_again.clear()
        self._heard_again.update(heard_again)
        self._due_ns = due_ns

    def advance(self, now_ns: int) -> Effects:
        """Let market time reach an instant; it never goes back."""
        if now_ns < self._due_ns:
            self._now_ns = max(self._now_ns, now_ns)
            return NOTHING
        effects: list[Effect] = []
        self._pass_time(max(now_ns, self._now_ns), effects)
        return tuple(effects)

    def be_silent(self, *, silent: bool) -> None:
        """Complete no candle by the clock while it is not known whether the feed still lives."""
        self._is_silent = silent
        self._due_ns = min(self._due_ns, self._next_due_ns())

    def lose_feed(self, heard_ns: int, instruments: Iterable[InstrumentKey] | None = None) -> None:
        """Take notice that the feed was lost.

        Parameters
        ----------
        heard_ns
            Market time when it was heard last; nothing is known to be missing before.
        instruments
            Of which nothing is heard now; None for all, and for all that are watched from now on.
        """
        self._is_silent = False
        if not self._repairs_gaps:
            return
        if instruments is None:
            self._is_back, self._is_away = False, True
            self._heard_again.clear()
            lost = list(self._slots.values())
        else:
            keys = [key for key in instruments if key in self._slots]
            self._heard_again.difference_update(keys)
            lost = [self._slots[key] for key in keys]
        for slot in lost:
            self._watched[slot].builder.lose(heard_ns)
        self._due_ns = min(self._due_ns, self._next_due_ns())

    def regain_feed(self, instruments: Iterable[InstrumentKey] | None = None) -> None:
        """Take notice that the feed is back: the next event tells since when.

        Parameters
        ----------
        instruments
            Which are heard again; None for all. What is watched from now on is heard.
        """
        if not self._repairs_gaps:
            return
        if instruments is None:
            self._is_back = True
        else:
            self._is_away = False
            self._heard_again.update(instruments)
        self._due_ns = 0

    def repair(self, gap: Gap, minutes: Sequence[Candle]) -> Effects:
        """Close a gap that was told as missing with the broker's minutes of it.

        What has been held back since comes out, in order. Of a gap that is not open any more, or
        has become longer meanwhile and will be told again, or whose instrument is not watched
        any more, nothing comes.

        Parameters
        ----------
        minutes
            Oldest first; those outside the gap are left out.
        """
        slot = self._slots.get(gap.instrument)
        if slot is None:
            return NOTHING
        return self._let_out(slot, self._watched[slot].builder.repair(gap.to_ns, minutes))

    def give_up(self, gap: Gap, reason: str) -> Effects:
        """Go on without the minutes of a gap that was told as missing; as `repair`."""
        slot = self._slots.get(gap.instrument)
        if slot is None:
            return NOTHING
        return self._let_out(slot, self._watched[slot].builder.give_up(gap.to_ns, reason))

    def _let_out(self, slot: int, news: Sequence[Candle | Gap]) -> Effects:
        """Return what has been held back, and what has become due of it."""
        effects: list[Effect] = [*news]
        self._due_ns = min(self._due_ns, self._watched[slot].builder.due_ns)
        if self._due_ns <= self._now_ns and not (self._is_back or self._heard_again):
            self._pass_time(self._now_ns, effects)
        return tuple(effects)

    def _next_due_ns(self) -> int:
        if self._is_silent:
            return NEVER_NS
        return min((watched.builder.due_ns for watched in self._watched), default=NEVER_NS)

    def _pass_time(self, now_ns: int, effects: list[Effect]) -> None:
        """Do what is due until an instant, in the order of time."""
        if not self._now_ns:
            for watched in self._watched:
                watched.builder.watched_since_ns = now_ns
        if self._is_back or self._heard_again:
            self._hear_again(now_ns)
        while self._due_ns <= now_ns:
            moment = self._due_ns
            self._now_ns = max(self._now_ns, moment)
            due_ns = NEVER_NS
            for watched in () if self._is_silent else self._watched:
                builder = watched.builder
                if builder.due_ns <= moment:
                    effects += builder.time_passed(moment)
                due_ns = min(due_ns, builder.due_ns)
            trades_due_ns = self._dealer.desks.next_due_ns()
            if trades_due_ns <= moment:
                effects += self._end_by_time(moment)
                trades_due_ns = self._dealer.desks.next_due_ns()
            self._due_ns = min(due_ns, trades_due_ns)
        self._now_ns = max(self._now_ns, now_ns)

    def _hear_again(self, now_ns: int) -> None:
        """Let what was lost begin anew at the first event after it is back."""
        if self._is_back:
            self._is_back = self._is_away = False
            self._heard_again.update(self._slots)
        for key in self._heard_again:
            slot = self._slots.get(key)
            if slot is not None:
                self._watched[slot].builder.regain(now_ns)
        self._heard_again.clear()
