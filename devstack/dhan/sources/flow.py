"""From a fair value to the packets of one instrument: trades, quotes, volume, open interest.

In:  when packets are sent, what the instrument is worth then, how busily it trades.
Out: `Columns` of one instrument and its best quotes.
Next: `devstack/dhan/sources/generated.py` merges all instruments into one tape.

Everything is in whole ticks and whole lots, so prices lie on the tick and quantities are
multiples of the lot by construction; totals of the day are running sums of the trades.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.instrument import PAISE_PER_RUPEE, Instrument
from core.session import NS_PER_SECOND
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.roots import Liquidity
from devstack.dhan.tape import Columns, EventKind, Integers

_MOST_TRADED_QUANTITY: Final = 65_535  # The packet's field has 16 bits.
_TRADE_SHARE: Final = 0.72  # Of packets that could be a trade; the others move quotes only.
_INTEREST_EVERY_SECONDS: Final = 12.0  # Open interest is published about this often, if it moved.
_QUEUE_LEVELS: Final = 140  # Total resting quantity, in usual levels.


@dataclass(frozen=True, slots=True)
class Schedule:
    """When packets of one instrument are sent, and what is true then.

    Parameters
    ----------
    time_ns
        Sending times, in order.
    traded_ns
        When the exchange saw what the packet tells; a little earlier.
    fair
        Value in rupees.
    busy
        Factor on the usual traded volume.
    """

    time_ns: Integers
    traded_ns: Integers
    fair: Floats
    busy: Floats


@dataclass(frozen=True, slots=True)
class Flow:
    """Packets of one instrument and the quotes beside them, in ticks."""

    columns: Columns
    best_bid: NDArray[np.int32]
    spread: NDArray[np.uint16]


def index_flow(number: int, instrument: Instrument, schedule: Schedule) -> Flow:
    """Return the values of an index: no volume, no quotes."""
    count = len(schedule.time_ns)
    prices = _rupees(_ticks(schedule.fair, instrument), instrument)
    nothing = np.zeros(count, np.uint32)
    columns = Columns(
        time_ns=schedule.time_ns,
        instrument=np.full(count, number, np.int32),
        kind=np.full(count, EventKind.TRADE, np.uint8),
        ltt=schedule.traded_ns // NS_PER_SECOND,
        ltp=prices,
        ltq=np.zeros(count, np.uint16),
        atp=np.zeros(count, np.float32),
        volume=nothing,
        sell_quantity=nothing,
        buy_quantity=nothing,
        oi=nothing,
        oi_high=nothing,
        oi_low=nothing,
        open=np.full(count, prices[0]),
        high=np.maximum.accumulate(prices),
        low=np.minimum.accumulate(prices),
    )
    return Flow(columns, np.zeros(count, np.int32), np.zeros(count, np.uint16))


def traded_flow(
    generator: np.random.Generator,
    number: int,
    instrument: Instrument,
    schedule: Schedule,
    terms: tuple[Liquidity, int],
) -> Flow:
    """Return the packets of an instrument that is traded.

    Parameters
    ----------
    number
        Its position on the tape.
    terms
        How busily it trades, and its open interest in units when the session opens.
    """
    usual, interest = terms
    count = len(schedule.time_ns)
    published = _published(generator, count, usual, has_interest=instrument.expiry is not None)
    lots = _lots(generator, schedule.busy, usual)
    lots[published] = 0
    lots[0] = max(int(lots[0]), 1)  # A session begins with a trade.
    traded = lots > 0
    last = np.maximum.accumulate(np.where(traded, np.arange(count), 0))
    bid, spread = _quotes(generator, schedule.fair, instrument, usual)
    bid, spread = _held(bid, published), _held(spread, published)
    price_ticks = (bid + np.where(generator.random(count) < 0.5, spread, 0))[last]
    prices = _rupees(price_ticks, instrument)
    volume = np.cumsum(lots) * instrument.lot_size
    oi = _interest(generator, published, lots, interest, instrument.lot_size)
    columns = Columns(
        time_ns=schedule.time_ns,
        instrument=np.full(count, number, np.int32),
        kind=np.select(
            [published, traded], [EventKind.OPEN_INTEREST, EventKind.TRADE], EventKind.BOOK
        ).astype(np.uint8),
        ltt=schedule.traded_ns[last] // NS_PER_SECOND,
        ltp=prices,
        ltq=_last_quantity(generator, lots, instrument.lot_size)[last],
        atp=(np.cumsum(price_ticks * lots) / np.cumsum(lots)
             * instrument.tick_paise / PAISE_PER_RUPEE).astype(np.float32),
        volume=volume.astype(np.uint32),
        sell_quantity=_resting(generator, schedule, usual, instrument.lot_size),
        buy_quantity=_resting(generator, schedule, usual, instrument.lot_size),
        oi=oi,
        oi_high=np.maximum.accumulate(oi),
        oi_low=np.minimum.accumulate(oi),
        open=np.full(count, prices[0]),
        high=np.maximum.accumulate(prices),
        low=np.minimum.accumulate(prices),
    )  # fmt: skip
    return Flow(columns, bid.astype(np.int32), spread.astype(np.uint16))


def _ticks(prices: Floats, instrument: Instrument) -> Integers:
    return np.rint(prices * PAISE_PER_RUPEE / instrument.tick_paise).astype(np.int64)


def _rupees(ticks: Integers, instrument: Instrument) -> NDArray[np.float32]:
    return (ticks * instrument.tick_paise / PAISE_PER_RUPEE).astype(np.float32)


def _published(
    generator: np.random.Generator, count: int, usual: Liquidity, *, has_interest: bool
) -> NDArray[np.bool_]:
    """Return which packets only tell new open interest."""
    if not has_interest:
        return np.zeros(count, np.bool_)
    every = max(_INTEREST_EVERY_SECONDS * usual.packets_per_second, 4.0)
    published = generator.random(count) < 1 / every
    published[0] = False
    return published


def _lots(generator: np.random.Generator, busy: Floats, usual: Liquidity) -> Integers:
    """Return the lots traded before each packet: many small, few large, often none."""
    mean = usual.lots_per_minute / (60 * usual.packets_per_second * _TRADE_SHARE)
    lots = generator.standard_exponential(len(busy)) * (mean * busy) + 0.5
    lots[generator.random(len(busy)) >= _TRADE_SHARE] = 0
    return lots.astype(np.int64)


def _quotes(
    generator: np.random.Generator, fair: Floats, instrument: Instrument, usual: Liquidity
) -> tuple[Integers, Integers]:
    """Return best bid and spread in ticks; the dearer, the wider, and never below one tick."""
    share = 0.0012 if instrument.strike is not None else 0.0
    mean = usual.spread_ticks + share * fair * PAISE_PER_RUPEE / instrument.tick_paise
    spread = 1 + (generator.standard_exponential(len(fair)) * mean).astype(np.int64)
    middle = fair * PAISE_PER_RUPEE / instrument.tick_paise
    bid = np.maximum(np.rint(middle - spread / 2), 1).astype(np.int64)
    return bid, spread


def _held(values: Integers, where: NDArray[np.bool_]) -> Integers:
    """Return values in which marked ones repeat the last unmarked one before them."""
    kept: Integers = values[np.maximum.accumulate(np.where(where, 0, np.arange(len(values))))]
    return kept


def _last_quantity(
    generator: np.random.Generator, lots: Integers, lot_size: int
) -> NDArray[np.uint16]:
    """Return the size of the last trade of each packet, a part of what was traded since."""
    most = np.minimum(np.maximum(lots, 1), _MOST_TRADED_QUANTITY // lot_size)
    part = 1 + (generator.random(len(lots)) ** 2 * most).astype(np.int64)
    quantity: NDArray[np.uint16] = (np.minimum(part, most) * lot_size).astype(np.uint16)
    return quantity


def _interest(
    generator: np.random.Generator,
    published: NDArray[np.bool_],
    lots: Integers,
    opening: int,
    lot_size: int,
) -> NDArray[np.uint32]:
    """Return open interest: at each publication a part of the lots traded since the last one."""
    traded = np.cumsum(lots)
    at = np.flatnonzero(published)
    since = np.diff(traded[at], prepend=0)
    moved = np.rint(since * generator.uniform(-0.09, 0.1, len(at))).astype(np.int64)
    steps = np.zeros(len(lots), np.int64)
    steps[at] = moved
    least = lot_size if opening > 0 else 0
    interest: NDArray[np.uint32] = np.maximum(opening + np.cumsum(steps) * lot_size, least).astype(
        np.uint32
    )
    return interest


def _resting(
    generator: np.random.Generator, schedule: Schedule, usual: Liquidity, lot_size: int
) -> NDArray[np.uint32]:
    """Return the total quantity on one side of the book: slow waves and small changes."""
    phase, period = generator.uniform(0, 2 * np.pi), generator.uniform(900, 2_400)
    seconds = (schedule.time_ns - schedule.time_ns[0]) / NS_PER_SECOND
    wave = 1 + 0.22 * np.sin(2 * np.pi * seconds / period + phase)
    small = generator.integers(-usual.resting_lots, usual.resting_lots + 1, len(seconds))
    lots = np.maximum(usual.resting_lots * _QUEUE_LEVELS * wave + small, 1)
    quantity: NDArray[np.uint32] = (lots.astype(np.int64) * lot_size).astype(np.uint32)
    return quantity
