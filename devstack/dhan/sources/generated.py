"""A generated market day: indices, futures, option chains and shares, the same for the same seed.

In:  a seed and a session day of the calendar.
Out: `GeneratedDay`: the `Tape`, the `History` before it, and the `Story` it was made from.
Next: `devstack/dhan/market_data.py` answers questions about it, `draw_day.py` draws it.

The story moves the roots (indices, shares); futures are root plus carry plus a small basis that
now and then strays; options are priced by Black's formula with a smile on the clean forward,
so that a future out of its band can be traded against them.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from core.errors import CalendarError
from core.instrument import Instrument, Segment
from core.session import Market, TradingCalendar
from devstack.dhan.listing import INDIA_VIX, SHARES, UNDERLYINGS, futures_of, index_of, options_of
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.flow import Flow, Schedule, index_flow, traded_flow
from devstack.dhan.sources.history import History
from devstack.dhan.sources.quoted_book import QuotedBook
from devstack.dhan.sources.roots import (
    ROOTS,
    Liquidity,
    Root,
    fair_value,
    liquidity,
    root_of,
    session_of,
    years_left,
)
from devstack.dhan.sources.story import Story, tell
from devstack.dhan.sources.walk import TradingTime, inside, mean_reverting
from devstack.dhan.tape import Columns, Integers, Tape, TapeSession

_BASIS_DEVIATION: Final = 0.00006
_BASIS_FADES_YEARS: Final = 2 / 365  # Within two days of expiry a future is pulled to its index.
_DELAY_SECONDS: Final = (0.04, 0.22)  # From the exchange to the broker's feed.


@dataclass(frozen=True, slots=True)
class GeneratedDay:
    """One generated day with its past."""

    tape: Tape
    history: History
    story: Story
    calendar: TradingCalendar


def generate(seed: int, day: date, calendar: TradingCalendar) -> GeneratedDay:
    """Generate a day.

    Parameters
    ----------
    seed
        Not negative; the same seed and day give the same bytes.

    Raises
    ------
    CalendarError
        When `day` is not a session day, or its hours are not known.
    """
    session = calendar.session(day, Market.DERIVATIVES)
    if session is None:
        raise CalendarError(f"{day} is not a session day of the calendar; choose another day")
    clock = TradingTime(tuple((start, end) for start, end in session.windows))
    history = History(seed, day, calendar)
    story = tell(np.random.default_rng([seed, day.toordinal(), 100]), clock.minutes)
    maker = _Maker(seed, day, calendar, clock, history, story)
    return GeneratedDay(maker.tape(), history, story, calendar)


class _Maker:
    """The parts of one day, made in order: paths of the roots, then every instrument on them."""

    def __init__(  # noqa: PLR0913, PLR0917 - everything a day is made from
        self,
        seed: int,
        day: date,
        calendar: TradingCalendar,
        clock: TradingTime,
        history: History,
        story: Story,
    ) -> None:
        self._seed = seed
        self._day = day
        self._calendar = calendar
        self._clock = clock
        self._history = history
        self._story = story
        self._grid = np.arange(clock.seconds + 1, dtype=np.float64)
        self._instruments = _listed(day, calendar, history)
        traded = {root_of(each).number: each for each in reversed(self._instruments)
                  if each.kind.is_future or each.segment is Segment.NSE_EQ}  # fmt: skip
        self._paths = {root: self._path(root, traded[root.number]) for root in ROOTS}
        self._volatility = {root: self._volatility_path(root) for root in ROOTS}

    def tape(self) -> Tape:
        """Return all packets merged in order of time."""
        session = self._session()
        usual = [self._liquidity(instrument) for instrument in self._instruments]
        flows = [
            self._flow(number, usual[number], int(session.previous_oi[number]))
            for number in range(len(usual))
        ]
        columns = Columns.joined([flow.columns for flow in flows])
        order = np.argsort(columns.time_ns, kind="stable")
        columns = columns.take(order)
        book = QuotedBook(
            self._instruments,
            [each.resting_lots for each in usual],
            columns.instrument,
            np.concatenate([flow.best_bid for flow in flows])[order],
            np.concatenate([flow.spread for flow in flows])[order],
        )
        label = f"generated day {self._day}, seed {self._seed}"
        return Tape(self._instruments, [session], columns, book, label)

    def _generator(self, *parts: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, self._day.toordinal(), *parts])

    def _path(self, root: Root, traded: Instrument) -> Floats:
        """Return a root's price at every second of trading."""
        generator = self._generator(101, root.number)
        steps = len(self._grid)
        slow = mean_reverting(generator, steps, deviation=0.00034, half_life=330)
        fast = mean_reverting(generator, steps, deviation=0.00013, half_life=22)
        level = root.beta * self._story.level(self._grid) + slow + fast
        path: Floats = self._history.anchor(root, traded) * np.exp(level)
        return path

    def _volatility_path(self, root: Root) -> Floats:
        """Return the volatility at the money: it falls when the market rises."""
        noise = mean_reverting(
            self._generator(102, root.number), len(self._grid), deviation=0.008, half_life=900
        )
        fall = 2.5 * (self._story.level(self._grid) - self._story.level(np.zeros(1)))
        path: Floats = self._history.last_volatility(root) * np.exp(noise - noise[0] - fall)
        return path

    def _liquidity(self, instrument: Instrument) -> Liquidity:
        return liquidity(instrument, self._day, float(self._paths[root_of(instrument)][0]))

    def _flow(self, number: int, usual: Liquidity, interest: int) -> Flow:
        instrument = self._instruments[number]
        generator = self._generator(103, instrument.segment.code, instrument.security_id)
        schedule = self._schedule(generator, instrument, usual)
        if instrument.segment is Segment.IDX_I:
            return index_flow(number, instrument, schedule)
        return traded_flow(generator, number, instrument, schedule, (usual, interest))

    def _schedule(
        self, generator: np.random.Generator, instrument: Instrument, usual: Liquidity
    ) -> Schedule:
        at = self._packet_seconds(generator, instrument, usual)
        traded_ns = self._clock.instants(at)
        time_ns = self._clock.instants(at)
        if instrument.segment is not Segment.IDX_I:
            delays = generator.uniform(*_DELAY_SECONDS, len(at)) * 1e9
            time_ns = np.maximum.accumulate(traded_ns + delays.astype(np.int64))
        session = session_of(instrument, self._day, self._calendar)
        windows = session.windows if session is not None else ()
        kept = inside(windows, time_ns) & inside(windows, traded_ns)
        at, time_ns, traded_ns = at[kept], time_ns[kept], traded_ns[kept]
        minute_noise = np.exp(0.22 * generator.standard_normal(self._clock.minutes))
        busy = (self._story.activity * minute_noise)[(at / 60).astype(np.int64)]
        return Schedule(time_ns, traded_ns, self._fair(instrument, at, time_ns), busy)

    def _packet_seconds(
        self, generator: np.random.Generator, instrument: Instrument, usual: Liquidity
    ) -> Floats:
        """Return when packets are made: an index by the clock, the rest at random."""
        seconds = float(self._clock.seconds)
        if instrument.segment is Segment.IDX_I:
            beats = int(seconds * usual.packets_per_second)
            return np.arange(beats, dtype=np.float64) / usual.packets_per_second
        count = max(int(usual.packets_per_second * seconds), 2)
        at = np.sort(generator.uniform(0.0, seconds, count))
        at[0] = min(at[0], generator.uniform(0.3, 4.0))  # All are quoted soon after the opening.
        return at

    def _fair(self, instrument: Instrument, at: Floats, time_ns: Integers) -> Floats:
        root = root_of(instrument)
        price = np.interp(at, self._grid, self._paths[root])
        volatility = np.interp(at, self._grid, self._volatility[root])
        if instrument.expiry is None:
            return fair_value(instrument, price, price, volatility)
        years = years_left(instrument, time_ns, self._calendar)
        value = fair_value(instrument, price, years, volatility)
        if instrument.kind.is_future:
            value = value * (1.0 + np.interp(at, self._grid, self._basis(instrument, years)))
        return value

    def _basis(self, instrument: Instrument, years: Floats) -> Floats:
        """Return by which fraction a future is off its carry, at every second."""
        noise = mean_reverting(
            self._generator(104, instrument.security_id),
            len(self._grid),
            deviation=_BASIS_DEVIATION,
            half_life=90,
        )
        pull = np.clip(np.interp(self._grid, (0, len(self._grid)), (years[0], years[-1]))
                       / _BASIS_FADES_YEARS, 0.0, 1.0)  # fmt: skip
        basis: Floats = (noise + self._story.basis(self._grid)) * pull
        return basis

    def _session(self) -> TapeSession:
        """Return what was known before the day began; nothing where there is no history."""
        days = self._history.recent_days(1)
        last = [self._history.joined(each, days) for each in self._instruments]
        return TapeSession(
            self._day,
            self._clock.windows,
            np.array([each.close[-1] if len(each) else 0 for each in last], np.float32),
            np.array([each.open_interest[-1] if len(each) else 0 for each in last], np.uint32),
            np.array([each.volume.sum() for each in last], np.uint32),
        )


def _listed(day: date, calendar: TradingCalendar, history: History) -> tuple[Instrument, ...]:
    found = [index_of(each) for each in UNDERLYINGS] + [INDIA_VIX]
    for each in UNDERLYINGS:
        found += futures_of(each, day, calendar)
    found += [share.instrument for share in SHARES]
    for each, root in zip(UNDERLYINGS, ROOTS, strict=False):
        found += options_of(each, day, calendar, history.last_root_price(root))
    return tuple(found)
