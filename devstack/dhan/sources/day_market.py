"""The market of one generated day without its trading: what everything is worth, second by second.

In:  a story, the anchor of each root, and where history left off.
Out: for any instrument a `Schedule`: when packets are sent and what it is worth then.
Next: `devstack/dhan/sources/flow.py`, which lets it trade.

Roots follow the story with noise of their own. Futures are root plus carry plus a small basis
that now and then strays; options are priced on the clean forward, so that a future out of its
band can be traded against them.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np

from core.instrument import Instrument, Segment
from core.session import NS_PER_SECOND, TradingCalendar, ist_date
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.flow import Schedule
from devstack.dhan.sources.root_history import RootHistory
from devstack.dhan.sources.roots import (
    Liquidity,
    Root,
    fair_value,
    liquidity,
    root_of,
    session_of,
    years_left,
)
from devstack.dhan.sources.story import Story
from devstack.dhan.sources.walk import TradingTime, inside, mean_reverting
from devstack.dhan.tape import Integers

_BASIS_DEVIATION: Final = 0.00006
_BASIS_FADES_YEARS: Final = 2 / 365  # Within two days of expiry a future is pulled to its index.
_DELAY_SECONDS: Final = (0.04, 0.22)  # From the exchange to the broker's feed.
_MINUTE_NOISE: Final = 0.22


class DayMarket:
    """Values of all instruments through one session.

    Parameters
    ----------
    seeds
        What all random numbers of this day grow from.
    clock
        The seconds of the session.
    story
        Where the roots go, and how busy the market is.
    anchors
        The price of each root around which the story is told.
    past
        Gives the volatility the day begins with.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a day is made from, each of them once
        self,
        seeds: tuple[int, int],
        clock: TradingTime,
        calendar: TradingCalendar,
        story: Story,
        anchors: Mapping[Root, float],
        past: RootHistory,
    ) -> None:
        self._seeds = seeds
        self._clock = clock
        self._calendar = calendar
        self._story = story
        self._day: date = ist_date(clock.windows[0][0])
        self._grid = np.arange(clock.seconds + 1, dtype=np.float64)
        self._level = story.level(self._grid)
        self._prices = {root: anchor * self._moves(root) for root, anchor in anchors.items()}
        self._volatility = {
            root: past.last_volatility(root) * self._fears(root) for root in anchors
        }

    def generator(self, *parts: int) -> np.random.Generator:
        """Return random numbers of their own for each purpose of this day."""
        return np.random.default_rng([*self._seeds, *parts])

    def liquidity(self, instrument: Instrument) -> Liquidity:
        """Return how busily an instrument trades this day."""
        return liquidity(instrument, self._day, float(self._prices[root_of(instrument)][0]))

    def schedule(self, instrument: Instrument) -> Schedule:
        """Return when packets of an instrument are sent, and what it is worth then."""
        generator = self.generator(103, instrument.segment.code, instrument.security_id)
        at = self._packet_seconds(generator, instrument)
        traded_ns = self._clock.instants(at)
        time_ns = traded_ns
        if instrument.segment is not Segment.IDX_I:
            delays = generator.uniform(*_DELAY_SECONDS, len(at)) * NS_PER_SECOND
            time_ns = np.maximum.accumulate(traded_ns + delays.astype(np.int64))
        session = session_of(instrument, self._day, self._calendar)
        windows = session.windows if session is not None else ()
        kept = inside(windows, time_ns) & inside(windows, traded_ns)
        at, time_ns, traded_ns = at[kept], time_ns[kept], traded_ns[kept]
        noise = np.exp(_MINUTE_NOISE * generator.standard_normal(self._clock.minutes))
        busy = (self._story.activity * noise)[(at / 60).astype(np.int64)]
        return Schedule(time_ns, traded_ns, self._fair(instrument, at, time_ns), busy)

    def _moves(self, root: Root) -> Floats:
        """Return a root's price at every second, as a multiple of its anchor."""
        generator = self.generator(101, root.number)
        steps = len(self._grid)
        slow = mean_reverting(generator, steps, deviation=0.00034, half_life=330)
        fast = mean_reverting(generator, steps, deviation=0.00013, half_life=22)
        moves: Floats = np.exp(root.beta * self._level + slow + fast)
        return moves

    def _fears(self, root: Root) -> Floats:
        """Return the volatility at every second, as a multiple of yesterday's; it mirrors price."""
        generator = self.generator(102, root.number)
        noise = mean_reverting(generator, len(self._grid), deviation=0.008, half_life=900)
        fears: Floats = np.exp(noise - noise[0] - 2.5 * (self._level - self._level[0]))
        return fears

    def _packet_seconds(self, generator: np.random.Generator, instrument: Instrument) -> Floats:
        """Return when packets are made: an index by the clock, the rest at random."""
        rate = self.liquidity(instrument).packets_per_second
        count = max(int(rate * self._clock.seconds), 2)
        if instrument.segment is Segment.IDX_I:
            return np.arange(count, dtype=np.float64) / rate
        at = np.sort(generator.uniform(0.0, float(self._clock.seconds), count))
        at[0] = min(at[0], generator.uniform(0.3, 4.0))  # All are quoted soon after the opening.
        return at

    def _fair(self, instrument: Instrument, at: Floats, time_ns: Integers) -> Floats:
        root = root_of(instrument)
        price = np.interp(at, self._grid, self._prices[root])
        volatility = np.interp(at, self._grid, self._volatility[root])
        if instrument.expiry is None:
            return fair_value(instrument, price, price, volatility)
        years = years_left(instrument, time_ns, self._calendar)
        value = fair_value(instrument, price, years, volatility)
        if instrument.kind.is_future:
            basis = np.interp(at, self._grid, self._basis(instrument))
            value = value * (1.0 + basis * np.minimum(years / _BASIS_FADES_YEARS, 1.0))
        return value

    def _basis(self, instrument: Instrument) -> Floats:
        """Return by which fraction a future is off its carry, at every second."""
        generator = self.generator(104, instrument.security_id)
        steps = len(self._grid)
        noise = mean_reverting(generator, steps, deviation=_BASIS_DEVIATION, half_life=90)
        return noise + self._story.basis(self._grid)
