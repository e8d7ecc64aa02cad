"""Generated days that several tests look at, made once per process; tests only read them."""

from datetime import date
from functools import cache, lru_cache

import numpy as np

from core.session import TradingCalendar, load_calendar
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.generated import GeneratedDay, generate
from devstack.dhan.tape import Integers, Tape

DEFAULT_DAY = date(2026, 11, 20)
NIFTY_INDEX, BANKNIFTY_INDEX, VIX, NIFTY_FUTURE, NEXT_NIFTY_FUTURE, BANKNIFTY_FUTURE = range(6)
FIRST_SHARE = 7


@cache
def calendar() -> TradingCalendar:
    return load_calendar()


@lru_cache(maxsize=3)  # A day takes about 150 MB.
def generated(seed: int = 1, day: date = DEFAULT_DAY) -> GeneratedDay:
    return generate(seed, day, calendar())


def middle(tape: Tape, rows: Integers) -> Floats:
    """Return the middle between best bid and ask of these rows."""
    best = np.concatenate([tape.depth(int(row), int(row) + 1)[:, 0] for row in rows])
    result: Floats = (best["bid_price"].astype(float) + best["ask_price"]) / 2
    return result
