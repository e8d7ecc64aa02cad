"""The sessions before a generated day: one-minute candles that join it without a seam.

In:  the prices of the roots (`devstack/dhan/sources/root_history.py`).
Out: `Candles` per instrument and session, made when asked for and always the same.
Next: `devstack/dhan/sources/generated.py`, which opens where this history closed.

Futures and options are priced from the minutes of their root, so every relation of the tape
holds in its history too. History belongs to one generated day: the same date as the tape of
another day looks different.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import numpy as np

from core.instrument import PAISE_PER_RUPEE, Instrument, Segment
from core.session import NS_PER_SECOND, Session, TradingCalendar
from devstack.dhan.candles import Candles, rounded
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.root_history import RootHistory
from devstack.dhan.sources.roots import Root, fair_value, liquidity, root_of, session_of, years_left
from devstack.dhan.sources.walk import TradingTime, mean_reverting
from devstack.dhan.tape import Integers

RECENT_SESSIONS: Final = 30  # What a volume profile looks back on.
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
        self._calendar = calendar
        self.roots = RootHistory(seed, day, calendar)

    def days(self) -> list[date]:
        """Return all days it knows, in order."""
        return [session.day for session in self.roots.sessions]

    def candles(self, instrument: Instrument, day: date) -> Candles:
        """Return the one-minute candles of a session; none where it was not traded."""
        known = day in self.roots.position and _listed(instrument, day)
        session = session_of(instrument, day, self._calendar) if known else None
        if session is None:
            return Candles.joined(())
        starts = _minute_starts(session)
        values = rounded(self._values(instrument, day, starts), instrument)
        prices = np.maximum(values, instrument.tick_paise / PAISE_PER_RUPEE)
        return Candles(
            start=starts,
            open=prices[:, 0],
            high=prices.max(axis=1),
            low=prices.min(axis=1),
            close=prices[:, -1],
            volume=self._volume(instrument, session),
            open_interest=self._interest(instrument, day, len(starts)),
        )

    def joined(self, instrument: Instrument, days: Iterable[date]) -> Candles:
        """Return the one-minute candles of several sessions, which must be in order."""
        return Candles.joined([self.candles(instrument, day) for day in days])

    def settle(self, root: Root, traded: Instrument) -> float:
        """Let a root's last sessions end where most of its `traded` instrument changed hands.

        A generated day begins there and moves to both sides, so that rules about the volume
        profile of the last 30 sessions can be met in both directions.

        Returns
        -------
        float
            The root's price at which its traded instrument has its point of control.
        """
        self.roots.pull_to(root, self._point_of_control(root, traded))
        return self._point_of_control(root, traded)

    def _point_of_control(self, root: Root, traded: Instrument) -> float:
        candles = self.joined(traded, self.days()[-RECENT_SESSIONS:])
        if not len(candles):
            return self.roots.last_price(root)
        carry = float(candles.close[-1]) / self.roots.last_price(root)
        return point_of_control(candles, root.profile_row) / carry

    def _values(self, instrument: Instrument, day: date, starts: Integers) -> Floats:
        """Return what an instrument was worth, one row per minute, four values in each."""
        root = root_of(instrument)
        points = self.roots.points(root, day)[: len(starts)]
        by_minute = self.roots.volatility(root, day, len(starts))
        volatility = np.broadcast_to(by_minute[:, None], points.shape)
        if instrument.expiry is None:
            return fair_value(instrument, points, points, volatility)
        left = years_left(instrument, starts * NS_PER_SECOND, self._calendar)
        years = np.broadcast_to(left[:, None], points.shape)
        values = fair_value(instrument, points, years, volatility)
        if instrument.kind.is_future:
            generator = self.roots.generator(5, instrument.security_id, day.toordinal())
            noise = mean_reverting(generator, len(points), deviation=_BASIS_DEVIATION, half_life=10)
            values = values * (1 + noise[:, None])
        return values

    def _volume(self, instrument: Instrument, session: Session) -> Integers:
        minutes = TradingTime(session.windows).minutes
        if instrument.segment is Segment.IDX_I:
            return np.zeros(minutes, np.int64)
        generator = self.roots.generator(6, instrument.security_id, session.day.toordinal())
        price = float(self.roots.points(root_of(instrument), session.day)[0, 0])
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
        at = self.roots.position[day]
        ends = [self._interest_lots(instrument, position) for position in (at - 1, at)]
        lots: Integers = np.rint(np.linspace(ends[0], ends[1], minutes)).astype(np.int64)
        return lots * instrument.lot_size

    def _interest_lots(self, instrument: Instrument, position: int) -> float:
        """Return open interest in lots at the end of a session; -1 is before the first one."""
        day = self.roots.sessions[max(position, 0)].day
        draw = float(self.roots.generator(7, instrument.security_id, position + 1).normal())
        usual = liquidity(instrument, day, root_of(instrument).level).interest_lots
        return usual * float(np.exp(0.08 * draw))


def point_of_control(candles: Candles, row: float) -> float:
    """Return the middle of the price row with most volume; a candle's is spread over its range."""
    edges = np.arange(candles.low.min() // row, candles.high.max() // row + 2) * row
    height = np.maximum(candles.high - candles.low, row * 1e-6)
    below = np.zeros(len(edges))
    for at, edge in enumerate(edges):
        below[at] = np.dot(np.clip((edge - candles.low) / height, 0.0, 1.0), candles.volume)
    return float(edges[int(np.argmax(np.diff(below)))] + row / 2)


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
