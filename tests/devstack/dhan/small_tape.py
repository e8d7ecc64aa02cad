"""A tape made by hand: three instruments, one minute, numbers that are easy to recognise."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from devstack.dhan.tape import (
    DEPTH_LEVEL,
    DEPTH_LEVELS,
    Columns,
    EventKind,
    Records,
    StoredBook,
    Tape,
    TapeSession,
)

INDEX = Instrument(Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX, 1, Decimal("0.05"))
FUTURE = Instrument(
    Segment.NSE_FNO,
    49543,
    "NIFTY-Nov2026-FUT",
    InstrumentKind.FUTIDX,
    65,
    Decimal("0.10"),
    underlying="NIFTY",
    expiry=date(2026, 11, 23),
)
OPTION = Instrument(
    Segment.NSE_FNO,
    49081,
    "NIFTY-Nov2026-25000-CE",
    InstrumentKind.OPTIDX,
    65,
    Decimal("0.05"),
    underlying="NIFTY",
    expiry=date(2026, 11, 23),
    strike=Decimal(25000),
    option_side=OptionSide.CALL,
)
INSTRUMENTS = (INDEX, FUTURE, OPTION)
SECOND = 1_000_000_000
OPEN = int(datetime(2026, 11, 20, 3, 45, tzinfo=UTC).timestamp()) * SECOND  # 09:15 IST
CLOSE = int(datetime(2026, 11, 20, 10, 10, tzinfo=UTC).timestamp()) * SECOND  # 15:40 IST
PREVIOUS_CLOSE = (24_900.5, 24_950.0, 101.25)


def small_tape(rounds: int = 60, step_ns: int = SECOND) -> Tape:
    """Return `rounds` times (index trade, future trade, option book, future open interest).

    The price of round *n* is the instrument's first price + n rupees; volume is 65 * (n + 1).
    """
    count = 4 * rounds
    which = np.tile(np.array([0, 1, 2, 1], np.int32), rounds)
    kind = np.tile(
        np.array(
            [EventKind.TRADE, EventKind.TRADE, EventKind.BOOK, EventKind.OPEN_INTEREST], np.uint8
        ),
        rounds,
    )
    number = np.repeat(np.arange(rounds), 4)
    first = np.array([25_000.0, 25_050.0, 110.0], np.float32)
    ltp = (first[which] + number).astype(np.float32)
    time_ns = OPEN + number * step_ns + np.tile(np.arange(4) * (step_ns // 4), rounds)
    columns = Columns(
        time_ns=time_ns,
        instrument=which,
        kind=kind,
        ltt=time_ns // SECOND,
        ltp=ltp,
        ltq=np.full(count, 65, np.uint16),
        atp=(ltp - np.float32(0.5)),
        volume=(65 * (number + 1)).astype(np.uint32),
        sell_quantity=np.full(count, 1_300, np.uint32),
        buy_quantity=np.full(count, 2_600, np.uint32),
        oi=(1_000_000 + 65 * number).astype(np.uint32),
        oi_high=(1_000_000 + 65 * number).astype(np.uint32),
        oi_low=np.full(count, 1_000_000, np.uint32),
        open=first[which],
        high=ltp,
        low=first[which],
    )
    session = TapeSession(
        day=date(2026, 11, 20),
        windows=((OPEN, CLOSE),),
        previous_close=np.array(PREVIOUS_CLOSE, np.float32),
        previous_oi=np.array([0, 990_000, 5_000], np.uint32),
        previous_volume=np.array([0, 650_000, 6_500], np.uint32),
    )
    return Tape(INSTRUMENTS, (session,), columns, StoredBook(_levels(ltp)), "made by hand")


def _levels(ltp: NDArray[np.float32]) -> Records:
    levels = np.zeros((len(ltp), DEPTH_LEVELS), DEPTH_LEVEL)
    for level in range(DEPTH_LEVELS):
        levels["bid_price"][:, level] = ltp - np.float32(0.1 * (level + 1))
        levels["ask_price"][:, level] = ltp + np.float32(0.1 * (level + 1))
        levels["bid_quantity"][:, level] = 65 * (level + 1)
        levels["ask_quantity"][:, level] = 130 * (level + 1)
        levels["bid_orders"][:, level] = level + 1
        levels["ask_orders"][:, level] = level + 2
    return levels
