"""Seven generated days on the last of which PVA finds a breakout; nothing real is in them.

In:  nothing but a fixed seed.
Out: 1-minute candles of an invented index future.
Next: `backtest/draw_pva.py`, which draws the last day.
"""

import random
from datetime import date
from decimal import Decimal
from typing import Final

from core.candle import Candle, Interval
from core.instrument import Instrument, InstrumentKind, Segment
from core.session import NS_PER_MINUTE, Market, Session, load_calendar

FUTURE: Final = Instrument(
    Segment.NSE_FNO,
    900_001,
    "SCENE-Dec2025-FUT",
    InstrumentKind.FUTIDX,
    75,
    Decimal("0.10"),
    underlying="SCENE",
    expiry=date(2025, 12, 30),
)
LAST_DAY: Final = date(2025, 12, 10)
_SEED: Final = 3
_DAYS: Final = 7
_BEGIN: Final = 26_000.0
_HOME: Final = 26_006.0
_PULL: Final = 0.02  # Share of the way home in a minute.
_CALM: Final = 3.0  # Rupees that a minute moves, as a standard deviation.
_STEPS: Final = 4
_BREAKOUT: Final = 90  # The minute of the last day in which it begins.
_LOUD_MINUTES: Final = 15
_LENGTH: Final = 60
# Rupees per minute since the breakout, up to a minute each.
_COURSE: Final = ((5, 8.0), (20, 0.2), (_LENGTH, 1.6), (1_000, -0.2))


def scene() -> list[Candle]:
    """Return the candles of all days, oldest first."""
    random_numbers = random.Random(_SEED)  # noqa: S311 - a picture, no secret.
    candles: list[Candle] = []
    for session in _sessions():
        is_last = session.day == LAST_DAY
        candles += _day(session, random_numbers, breaks_out=is_last)
    return candles


def _sessions() -> list[Session]:
    calendar = load_calendar()
    last = calendar.session(LAST_DAY, Market.DERIVATIVES)
    assert last is not None  # noqa: S101 - a Wednesday without a holiday, in the shipped calendar.
    sessions = [last]
    while len(sessions) < _DAYS:
        sessions.insert(0, calendar.previous_session(sessions[0].day, Market.DERIVATIVES))
    return sessions


def _day(session: Session, random_numbers: random.Random, *, breaks_out: bool) -> list[Candle]:
    price, candles = _BEGIN, []
    for minute in range((session.close_ns - session.open_ns) // NS_PER_MINUTE):
        since = minute - _BREAKOUT if breaks_out else -1
        opened, path = price, []
        for _ in range(_STEPS):
            step = _drift(since, price) / _STEPS + random_numbers.gauss(0, _CALM / 2)
            price = FUTURE.round_price(price + step)
            path.append(price)
        lots = round(_loudness(since) * random_numbers.uniform(20, 40))
        start = session.open_ns + minute * NS_PER_MINUTE
        candles.append(
            Candle(
                FUTURE.key, Interval.M1, start, start + NS_PER_MINUTE,
                opened, max(opened, *path), min(opened, *path), price, FUTURE.lot_size * lots,
            )
        )  # fmt: skip
    return candles


def _drift(since: int, price: float) -> float:
    """Return rupees per minute: back to where the days are at home, until the breakout."""
    if since < 0:
        return (_HOME - price) * _PULL
    return next(rupees for minutes, rupees in _COURSE if since < minutes)


def _loudness(since: int) -> float:
    """Return the volume in calm minutes' volumes."""
    if since < 0:
        return 1.0
    return 6.0 if since < _LOUD_MINUTES else 2.5 if since < _LENGTH else 1.0
