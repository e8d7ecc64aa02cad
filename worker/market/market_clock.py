"""Market time inside the worker: of the wall, or of the feed itself.

In:  trade times of the feed; the time of day; when the watched instruments trade.
Out: the time it is; which trade times can be true; the market held still while it is not known.
Next: `worker/market/market.py`.

See `worker/settings.py`. When the feed is the clock, the first tick stops the market until
everything that waits for the time has started.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from core.brokers.dhan.border import FUTURE_TOLERANCE_NS, LONGEST_PAUSE_NS
from core.candle import COMPLETION_DELAY_NS
from core.effects import NOTHING, Effects
from core.engine import Engine
from core.instrument import Instrument
from core.market_sessions import MarketSessions
from core.session import NS_PER_MINUTE, Market, TradingCalendar, ist_date

_LAST_MINUTES_NS: Final = 10 * NS_PER_MINUTE


class Ticks(Protocol):
    """The stream of ticks, which can be held."""

    limit_ns: int

    def hold(self) -> None:
        """Stand still."""
        ...

    def release(self) -> None:
        """Go on."""
        ...


class MarketClock:
    """Tell the time of the market.

    Parameters
    ----------
    engine
        Keeps the time of the feed.
    calendar
        When markets trade.
    wall_ns
        The time of day, ns UTC; None when the feed is the clock.
    """

    def __init__(
        self, engine: Engine, calendar: TradingCalendar, wall_ns: Callable[[], int] | None
    ) -> None:
        self._engine: Final = engine
        self._calendar: Final = calendar
        self._wall_ns: Final = wall_ns
        self._hours: Final[dict[Market, MarketSessions]] = {}
        self._sessions: Final[dict[Market, MarketSessions]] = {}
        self._first_tick: Final = asyncio.Event()
        self.on_advance: Callable[[int], None] = _nobody
        """Called with the time before the engine is told it by anything else than a tick."""
        self._ticks: Ticks | None = None
        self._starts = 0
        self._first_held = False
        if wall_ns is not None:
            self._first_tick.set()

    @property
    def now_ns(self) -> int:
        """Market time, ns UTC; 0 while it is not known."""
        return self._engine.now_ns if self._wall_ns is None else self._wall_ns()

    def drive(self, ticks: Ticks) -> None:
        """Hold these ticks when the time must stand still."""
        self._ticks = ticks

    def add(self, hours: Market) -> None:
        """Take a market's hours into account."""
        self._hours.setdefault(hours, MarketSessions(self._calendar, hours))

    def advance(self) -> Effects:
        """Bring the engine to the time of day, unless the feed is the clock."""
        if self._wall_ns is None or self._ticks is None:
            return NOTHING
        now_ns = self._wall_ns()
        self._ticks.limit_ns = now_ns + FUTURE_TOLERANCE_NS
        return self._advance(now_ns)

    def is_trading(self) -> bool:
        """Return whether anything that is watched trades now."""
        return self._trades_at(self.now_ns)

    def trades(self, hours: Market) -> bool:
        """Return whether a market trades now, watched or not."""
        sessions = self._sessions.setdefault(hours, MarketSessions(self._calendar, hours))
        return sessions.at(self.now_ns) is not None

    def has_expired(self, instrument: Instrument) -> bool:
        """Return whether a contract has seen its last session."""
        expiry, now_ns = instrument.expiry, self.now_ns
        if expiry is None or not now_ns or expiry > (today := ist_date(now_ns)):
            return False
        sessions = self._sessions.setdefault(
            Market.DERIVATIVES, MarketSessions(self._calendar, Market.DERIVATIVES)
        )
        last = sessions.on_day_of(now_ns)
        return expiry < today or (last is not None and last.close_ns <= now_ns)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Count something that waits for the market's time, and needs it to stand still then."""
        self._starts += 1
        try:
            yield
        finally:
            self._starts -= 1
            if self._starts == 0 and self._first_held and self._ticks is not None:
                self._first_held = False
                self._ticks.release()

    async def time_known(self) -> int:
        """Wait for the market's time; while the feed is the clock, it stands still from here on."""
        await self._first_tick.wait()
        if self._wall_ns is None and not self._first_held:
            self._hold()
        return self.now_ns

    def latest_ns(self, time_ns: int) -> int:
        """Return the latest trade time that can be true, as one is seen."""
        if self._wall_ns is not None:
            return self._wall_ns() + FUTURE_TOLERANCE_NS
        if self._first_tick.is_set():
            return self._engine.now_ns + LONGEST_PAUSE_NS
        if not self._trades_at(time_ns):
            return time_ns  # Yesterday's last trade: no news of the time.
        self._advance(time_ns)
        self._first_tick.set()
        if self._starts:
            self._hold()
            return -1
        return time_ns

    def end_session(self) -> Effects:
        """Complete the last candles when the feed, our clock, says that the market has closed."""
        now_ns = self._engine.now_ns
        days = (sessions.on_day_of(now_ns) for sessions in self._hours.values())
        closes = [session.close_ns for session in days if session is not None]
        if closes and max(closes) - _LAST_MINUTES_NS <= now_ns < max(closes):
            return self._advance(max(closes) + COMPLETION_DELAY_NS)
        return NOTHING

    def _advance(self, now_ns: int) -> Effects:
        self.on_advance(now_ns)
        return self._engine.advance(now_ns)

    def _hold(self) -> None:
        self._first_held = True
        if self._ticks is not None:
            self._ticks.hold()

    def _trades_at(self, time_ns: int) -> bool:
        return any(sessions.at(time_ns) is not None for sessions in self._hours.values())


def _nobody(_: int) -> None:
    """Stand in for a listener until there is one."""
