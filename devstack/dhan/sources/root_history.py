"""Where indices and shares stood before a generated day: closes, volatility, four prices a minute.

In:  a seed, the day, the trading calendar.
Out: prices of a root within any earlier session.
Next: `devstack/dhan/sources/history.py` makes candles of everything derived from a root.

Closes follow a mean-reverting path; the minutes of a session are a bridge from one close to the
next. The last closes can be pulled to a price, so that a generated day opens near the price it
is planned around instead of with a jump.
"""

from datetime import date, timedelta
from typing import Final

import numpy as np

from core.session import Market, Session, TradingCalendar
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.roots import ROOTS, Root
from devstack.dhan.sources.walk import TradingTime, bridge, mean_reverting

SESSIONS: Final = 250
_STEPS_PER_MINUTE: Final = 4
_STEP_DEVIATION: Final = 0.00011
_PULL_SESSIONS: Final = 8


class RootHistory:
    """Prices of the roots in the sessions before a day.

    Parameters
    ----------
    seed
        The same seed and day give the same history.
    day
        The first day that is not history.
    calendar
        Sessions before `day` as far as it covers them, at most 250.
    """

    def __init__(self, seed: int, day: date, calendar: TradingCalendar) -> None:
        self._seed = seed
        self._day = day
        self.sessions = _sessions_before(day, calendar)
        self.position = {session.day: at for at, session in enumerate(self.sessions)}
        market = mean_reverting(
            self.generator(1), self._closes_count, deviation=0.0045, half_life=4
        )
        self._closes = {root.number: self._closes_of(root, market) for root in ROOTS}
        self._volatility = mean_reverting(
            self.generator(3), self._closes_count, deviation=0.12, half_life=10
        )
        self._points: dict[tuple[int, date], Floats] = {}

    def generator(self, *parts: int) -> np.random.Generator:
        """Return random numbers of their own for each purpose of this history."""
        return np.random.default_rng([self._seed, self._day.toordinal(), *parts])

    def pull_to(self, root: Root, price: float) -> None:
        """Move the last closes of a root so that the last one is at a price."""
        closes = self._closes[root.number]
        missing = float(np.log(price / root.level)) - closes[-1]
        reach = (np.arange(len(closes)) - (len(closes) - 1 - _PULL_SESSIONS)) / _PULL_SESSIONS
        self._closes[root.number] = closes + np.clip(reach, 0.0, 1.0) * missing
        for number, day in list(self._points):
            if number == root.number:
                del self._points[number, day]

    def points(self, root: Root, day: date) -> Floats:
        """Return a root's prices, one row per minute of the derivatives session, four in each."""
        known = self._points.get((root.number, day))
        if known is not None:
            return known
        at = self.position[day]
        minutes = TradingTime(self.sessions[at].windows).minutes
        before, after = self._closes[root.number][at : at + 2]
        generator = self.generator(4, root.number, day.toordinal())
        steps = minutes * _STEPS_PER_MINUTE
        path = bridge(generator, steps, float(before), float(after), _STEP_DEVIATION)
        points = (root.level * np.exp(path)).reshape(minutes, _STEPS_PER_MINUTE)
        self._points[root.number, day] = points
        return points

    def volatility(self, root: Root, day: date, minutes: int) -> Floats:
        """Return the volatility at the money by minute of a session, a fraction per year."""
        at = self.position[day]
        ends = self._volatility[at : at + 2]
        values: Floats = root.volatility * np.exp(np.linspace(ends[0], ends[1], minutes))
        return values

    def last_price(self, root: Root) -> float:
        """Return where a root stood when its derivatives last closed."""
        if not self.sessions:
            return root.level
        return float(self.points(root, self.sessions[-1].day)[-1, -1])

    def last_volatility(self, root: Root) -> float:
        """Return the volatility at the money at the last close, a fraction per year."""
        return root.volatility * float(np.exp(self._volatility[-1]))

    @property
    def _closes_count(self) -> int:
        """One more than there are sessions: the close before the first one."""
        return len(self.sessions) + 1

    def _closes_of(self, root: Root, market: Floats) -> Floats:
        """Return a root's log-distance from its level at every close, oldest first."""
        generator = self.generator(2, root.number)
        own = mean_reverting(generator, self._closes_count, deviation=0.0015, half_life=5)
        return root.beta * market + own


def _sessions_before(day: date, calendar: TradingCalendar) -> tuple[Session, ...]:
    """Return at most 250 sessions before a day, oldest first, as far as the calendar goes."""
    first = max(day - timedelta(days=SESSIONS * 3 // 2 + 30), date(calendar.years[0], 1, 1))
    last = day - timedelta(days=1)
    if last < first:
        return ()
    found = calendar.sessions(first, last, Market.DERIVATIVES, skip_unconfirmed=True)
    return tuple(found)[-SESSIONS:]
