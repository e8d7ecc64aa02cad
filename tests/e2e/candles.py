"""A candle file made here: minutes of a share over some days, quiet ones and gaps included.

In:  a seed.
Out: rows, the same as a file, and what longer candles of them must be.
Next: `tests/e2e/test_candle_file.py`.

The aggregation is written anew, from the words of the specification and without our engine.
"""

import gzip
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

IST = timezone(timedelta(hours=5, minutes=30))
DAYS = (date(2025, 12, 23), date(2025, 12, 24), date(2025, 12, 26))  # The 25th is a holiday.
_MINUTES = 375
_TICK = 0.1


class Minute(NamedTuple):
    """One candle; the start is aware, prices in rupees."""

    start: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int


def make_minutes(seed: int) -> list[Minute]:
    """Return minutes that wander, some missing, some with a single price."""
    chance = random.Random(seed)
    price, found = 15000, []  # In ticks.
    for day in DAYS:
        price += chance.randint(-200, 200)  # Overnight.
        for at in range(_MINUTES):
            start = datetime(day.year, day.month, day.day, 9, 15, tzinfo=IST)
            path = [price]
            for _ in range(chance.choice((0, 3, 10))):
                path.append(path[-1] + chance.randint(-8, 8))
            price = path[-1] + chance.randint(-3, 3)
            if chance.random() < 0.02 and at:
                continue
            first, high, low, last = (
                round(each * _TICK, 2) for each in (path[0], max(path), min(path), path[-1])
            )
            start += timedelta(minutes=at)
            found.append(Minute(start, first, high, low, last, chance.randint(12, 50_000)))
    return found


def write_file(path: Path, minutes: Iterable[Minute]) -> None:
    """Write minutes as the simulator and the demo read them."""
    with gzip.open(path, "wt") as file:
        file.write("ts,open,high,low,close,volume\n")
        for each in minutes:
            file.write(",".join((each.start.isoformat(), *map(str, each[1:]))) + "\n")


def longer(minutes: Iterable[Minute], length: timedelta) -> dict[datetime, tuple[float, ...]]:
    """Return candles of a length, laid from each day's opening on, by their start in UTC."""
    found: dict[datetime, tuple[float, ...]] = {}
    for minute in minutes:
        opening = minute.start.replace(hour=9, minute=15)
        start = (opening + (minute.start - opening) // length * length).astimezone(UTC)
        if start not in found:
            found[start] = minute[1:]
            continue
        first, high, low, _, volume = found[start]
        found[start] = (
            first,
            max(high, minute.high),
            min(low, minute.low),
            minute.close,
            volume + minute.volume,
        )
    return found
