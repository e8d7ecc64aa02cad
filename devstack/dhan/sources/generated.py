"""A generated market day: indices, futures, option chains and shares, the same for the same seed.

In:  a seed and a session day of the calendar.
Out: `GeneratedDay`: the `Tape`, the `History` before it, and the `Story` it was made from.
Next: `devstack/dhan/market_data.py` answers questions, `devstack/dhan/draw_day.py` draws it.

The story moves the roots (indices, shares), `devstack/dhan/sources/day_market.py` says what
every instrument is worth then, and `devstack/dhan/sources/flow.py` lets it trade.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from core.errors import CalendarError
from core.instrument import Instrument, Segment
from core.session import Market, TradingCalendar
from devstack.dhan.listing import INDIA_VIX, SHARES, UNDERLYINGS, futures_of, index_of, options_of
from devstack.dhan.sources.day_market import DayMarket
from devstack.dhan.sources.flow import Flow, index_flow, traded_flow
from devstack.dhan.sources.history import History
from devstack.dhan.sources.quoted_book import QuotedBook
from devstack.dhan.sources.roots import ROOTS, root_of
from devstack.dhan.sources.story import Story, tell
from devstack.dhan.sources.walk import TradingTime
from devstack.dhan.tape import Columns, Tape, TapeSession


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
    signal_instruments = _signal_instruments(day, calendar)
    anchors = {root: history.settle(root, signal_instruments[root.symbol]) for root in ROOTS}
    market = DayMarket((seed, day.toordinal()), clock, calendar, story, anchors, history.roots)
    instruments = _listed(day, calendar, history)
    tape = _tape(instruments, market, _session(day, clock, instruments, history),
                 f"generated day {day}, seed {seed}")  # fmt: skip
    return GeneratedDay(tape, history, story, calendar)


def _signal_instruments(day: date, calendar: TradingCalendar) -> dict[str, Instrument]:
    """Return what is traded of each root and has volume: the near future, or the share itself."""
    found = {each.symbol: futures_of(each, day, calendar)[0] for each in UNDERLYINGS}
    return found | {share.instrument.symbol: share.instrument for share in SHARES}


def _listed(day: date, calendar: TradingCalendar, history: History) -> tuple[Instrument, ...]:
    found = [index_of(each) for each in UNDERLYINGS] + [INDIA_VIX]
    for each in UNDERLYINGS:
        found += futures_of(each, day, calendar)
    found += [share.instrument for share in SHARES]
    for each in UNDERLYINGS:
        last = history.roots.last_price(root_of(index_of(each)))
        found += options_of(each, day, calendar, last)
    return tuple(found)


def _session(
    day: date, clock: TradingTime, instruments: tuple[Instrument, ...], history: History
) -> TapeSession:
    """Return what was known before the day began; nothing where there is no history."""
    last_day = history.days()[-1:]
    last = [history.joined(each, last_day) for each in instruments]
    return TapeSession(
        day,
        clock.windows,
        np.array([each.close[-1] if len(each) else 0 for each in last], np.float32),
        np.array([each.open_interest[-1] if len(each) else 0 for each in last], np.uint32),
        np.array([each.volume.sum() for each in last], np.uint32),
    )


def _tape(
    instruments: tuple[Instrument, ...], market: DayMarket, session: TapeSession, label: str
) -> Tape:
    """Return the packets of all instruments, merged in order of time."""
    flows = [
        _flow(number, instrument, market, session) for number, instrument in enumerate(instruments)
    ]
    columns = Columns.joined([flow.columns for flow in flows])
    order = np.argsort(columns.time_ns, kind="stable")
    columns = columns.take(order)
    book = QuotedBook(
        instruments,
        [market.liquidity(each).resting_lots for each in instruments],
        columns.instrument,
        np.concatenate([flow.best_bid for flow in flows])[order],
        np.concatenate([flow.spread for flow in flows])[order],
    )
    return Tape(instruments, [session], columns, book, label)


def _flow(number: int, instrument: Instrument, market: DayMarket, session: TapeSession) -> Flow:
    schedule = market.schedule(instrument)
    if instrument.segment is Segment.IDX_I:
        return index_flow(number, instrument, schedule)
    usual = market.liquidity(instrument)
    opening = int(session.previous_oi[number])
    if instrument.expiry is not None and opening == 0:  # A first day without history.
        opening = round(usual.interest_lots) * instrument.lot_size
    generator = market.generator(105, instrument.segment.code, instrument.security_id)
    return traded_flow(generator, number, instrument, schedule, (usual, opening))
