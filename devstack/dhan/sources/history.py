"""The sessions before a generated day: one-minute candles that join it without a seam.

In:  a seed, the day and the trading calendar.
Out: `Candles` per instrument and session, made when asked for and always the same.
Next: `devstack/dhan/sources/generated.py`, which opens where this history closed.

Closes of a root follow a mean-reverting path that ends at its recent mean; the minutes of a
session are a bridge from one close to the next. Futures and options are priced from the minutes
of their root, so every relation of the tape holds in its history too. History belongs to one
generated day: the same date as the tape of another day looks different.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import numpy as np

from core.instrument import Instrument, Segment
from core.session import NS_PER_SECOND, Market, Session, TradingCalendar
from devstack.dhan.candles import Candles, rounded
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.roots import (
    ROOTS,
    Root,
    fair_value,
    liquidity,
    root_of,
    session_of,
    years_left,
)
from devstack.dhan.sources.walk import TradingTime, bridge, mean_reverting
from devstack.dhan.tape import Integers

SESSIONS: Final = 250
_STEPS_PER_MINUTE: Final = 4
_STEP_DEVIATION: Final = 0.00011
_PULL_SESSIONS: Final = 8
_RECENT_SESSIONS: Final = 30
_BASIS_DEVIATION: Final = 0.00006
_LIFE_DAYS: Final = 90  # A contract is listed this long before it expires.
_SECONDS_PER_MINUTE: Final = 60


class History:
    """What was traded before a generated day.

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
        self._calendar = calendar
        self.sessions = _sessions_before(day, calendar)
        self._position = {session.day: at for at, session in enumerate(self.sessions)}
        self._closes = self._all_closes()
        self._volatility = self._daily_volatility()
        self._points: dict[tuple[int, date], Floats] = {}

    def candles(self, instrument: Instrument, day: date) -> Candles:
        """Return the one-minute candles of a session; none where it was not traded."""
        session = session_of(instrument, day, self._calendar) if day in self._position else None
        if session is None or not _listed(instrument, day):
            return Candles.joined(())
        points = self._root_points(root_of(instrument), day)
        starts = _minute_starts(session)
        values = self._values(instrument, day, points[: len(starts)], starts)
        prices = rounded(values, instrument)
        least = instrument.tick_paise / 100
        prices = np.maximum(prices, least)
        return Candles(
            start=starts,
            open=prices[:, 0],
            high=prices.max(axis=1),
            low=prices.min(axis=1),
            close=prices[:, -1],
            volume=self._volume(instrument, session),
            open_interest=self._interest(instrument, day, len(starts)),
        )

    def days(self) -> list[date]:
        """Return all days it knows, in order."""
        return [session.day for session in self.sessions]

    def joined(self, instrument: Instrument, days: Iterable[date]) -> Candles:
        """Return the one-minute candles of several sessions, which must be in order."""
        return Candles.joined([self.candles(instrument, day) for day in days])

    def recent_days(self, count: int = _RECENT_SESSIONS) -> list[date]:
        """Return the last sessions before the day, oldest first."""
        return [session.day for session in self.sessions[-count:]]

    def last_root_price(self, root: Root) -> float:
        """Return where a root stood when its derivatives last closed."""
        if not self.sessions:
            return root.level
        return float(self._root_points(root, self.sessions[-1].day)[-1, -1])

    def last_volatility(self, root: Root) -> float:
        """Return the volatility at the money at the last close, a fraction per year."""
        return root.volatility * float(np.exp(self._volatility[-1]))

    def anchor(self, root: Root, traded: Instrument) -> float:
        """Return the price of a root at which most of its `traded` instrument changed hands.

        A generated day moves to both sides of this price, so that rules about the volume
        profile of the last 30 sessions can be met in both directions.
        """
        candles = self.joined(traded, self.recent_days())
        if not len(candles):
            return self.last_root_price(root)
        poc = _point_of_control(candles, root.profile_row)
        carry = candles.close[-1] / self._root_points(root, self.sessions[-1].day)[-1, -1]
        return poc / float(carry)

    def _generator(self, *parts: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, self._day.toordinal(), *parts])

    def _all_closes(self) -> dict[int, Floats]:
        """Return each root's log-distance from its level at every close, oldest first.

        One value more than there are sessions: the close before the first one.
        """
        count = len(self.sessions) + 1
        market = mean_reverting(self._generator(1), count, deviation=0.0045, half_life=4)
        closes = {}
        for root in ROOTS:
            own = mean_reverting(
                self._generator(2, root.number), count, deviation=0.0015, half_life=5
            )
            path = root.beta * market + own
            reach = np.clip(
                (np.arange(count) - (count - 1 - _PULL_SESSIONS)) / _PULL_SESSIONS, 0, 1
            )
            recent = path[-_RECENT_SESSIONS:].mean()
            closes[root.number] = path + reach * (recent - path[-1])
        return closes

    def _daily_volatility(self) -> Floats:
        generator = self._generator(3)
        return mean_reverting(generator, len(self.sessions) + 1, deviation=0.12, half_life=10)

    def _root_points(self, root: Root, day: date) -> Floats:
        """Return the root's prices, four within each minute of the derivatives session."""
        known = self._points.get((root.number, day))
        if known is not None:
            return known
        at = self._position[day]
        minutes = TradingTime(self.sessions[at].windows).minutes
        before, after = self._closes[root.number][at : at + 2]
        generator = self._generator(4, root.number, day.toordinal())
        steps = minutes * _STEPS_PER_MINUTE
        path = bridge(generator, steps, float(before), float(after), _STEP_DEVIATION)
        points = (root.level * np.exp(path)).reshape(minutes, _STEPS_PER_MINUTE)
        self._points[root.number, day] = points
        return points

    def _values(
        self, instrument: Instrument, day: date, points: Floats, starts: Integers
    ) -> Floats:
        root = root_of(instrument)
        at = self._position[day]
        daily = np.interp(np.linspace(0, 1, len(points)), (0, 1), self._volatility[at : at + 2])
        volatility = np.broadcast_to((root.volatility * np.exp(daily))[:, None], points.shape)
        if instrument.expiry is None:
            return fair_value(instrument, points, points, volatility)
        left = years_left(instrument, starts * NS_PER_SECOND, self._calendar)
        years = np.broadcast_to(left[:, None], points.shape)
        values = fair_value(instrument, points, years, volatility)
        if instrument.kind.is_future:
            generator = self._generator(5, instrument.security_id, day.toordinal())
            noise = mean_reverting(generator, len(points), deviation=_BASIS_DEVIATION, half_life=10)
            values = values * (1 + noise[:, None])
        return values

    def _volume(self, instrument: Instrument, session: Session) -> Integers:
        minutes = TradingTime(session.windows).minutes
        if instrument.segment is Segment.IDX_I:
            return np.zeros(minutes, np.int64)
        generator = self._generator(6, instrument.security_id, session.day.toordinal())
        root = root_of(instrument)
        price = float(self._root_points(root, session.day)[0, 0])
        usual = liquidity(instrument, session.day, price).lots_per_minute
        minute = np.arange(minutes)
        shape = 1 + 0.9 * np.exp(-minute / 10) + 0.6 * np.exp((minute - minutes) / 18)
        noisy = usual * shape * np.exp(0.35 * generator.standard_normal(minutes))
        lots: Integers = np.maximum(np.rint(noisy), 1).astype(np.int64)
        return lots * instrument.lot_size

    def _interest(self, instrument: Instrument, day: date, minutes: int) -> Integers:
        """Return open interest by minute, from yesterday's last value to today's."""
        if instrument.expiry is None:
            return np.zeros(minutes, np.int64)
        at = self._position[day]
        ends = [self._interest_lots(instrument, position) for position in (at - 1, at)]
        lots: Integers = np.rint(np.linspace(ends[0], ends[1], minutes)).astype(np.int64)
        return lots * instrument.lot_size

    def _interest_lots(self, instrument: Instrument, position: int) -> float:
        """Return open interest in lots at the end of a session; -1 is before the first one."""
        day = self.sessions[max(position, 0)].day
        draw = float(self._generator(7, instrument.security_id, position + 1).normal())
        usual = liquidity(instrument, day, root_of(instrument).level).interest_lots
        return usual * float(np.exp(0.08 * draw))


def _point_of_control(candles: Candles, row: float) -> float:
    """Return the middle of the price row with most volume; a candle's is spread over its range."""
    edges = np.arange(candles.low.min() // row, candles.high.max() // row + 2) * row
    height = np.maximum(candles.high - candles.low, row * 1e-6)
    below = np.zeros(len(edges))
    for at, edge in enumerate(edges):
        below[at] = np.dot(np.clip((edge - candles.low) / height, 0.0, 1.0), candles.volume)
    return float(edges[int(np.argmax(np.diff(below)))] + row / 2)


def _sessions_before(day: date, calendar: TradingCalendar) -> tuple[Session, ...]:
    """Return at most 250 sessions before a day, oldest first, as far as the calendar goes."""
    first = max(day - timedelta(days=SESSIONS * 3 // 2 + 30), date(calendar.years[0], 1, 1))
    last = day - timedelta(days=1)
    if last < first:
        return ()
    found = calendar.sessions(first, last, Market.DERIVATIVES, skip_unconfirmed=True)
    return tuple(found)[-SESSIONS:]


def _listed(instrument: Instrument, day: date) -> bool:
    if instrument.expiry is None:
        return True
    return day <= instrument.expiry <= day + timedelta(days=_LIFE_DAYS)


def _minute_starts(session: Session) -> Integers:
    starts = [
        np.arange(start // NS_PER_SECOND, end // NS_PER_SECOND, _SECONDS_PER_MINUTE, np.int64)
        for start, end in session.windows
    ]
    return np.concatenate(starts)
