"""Series that the tests of the indicators feed: generated ones, and the oracle tables.

In:  a length, or the name of a table in `../shared/data/oracles`.
Out: bars, oldest first; the tables' expected columns.
"""

import csv
import gzip
import random
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import pytest

from tests.core.shared_data import shared

SERIES = ("nifty_fut_24mar", "nifty_30dec25_26000ce", "nifty_30dec25_26000pe", "reliance_eq_2025")
INTERVALS = ("1m", "5m", "15m")


class Bar(NamedTuple):
    """What any indicator is fed with."""

    number: int
    session: int
    high: float
    low: float
    close: float
    volume: int
    obv: int = 0


def generated_bars(count: int, seed: int = 12) -> list[Bar]:
    """Return a random walk on the tick with repeated closes, flat bars and gaps over night."""
    random_numbers = random.Random(seed)
    close, balance = 26_000.0, 0
    bars: list[Bar] = []
    for number in range(count):
        # Every 40th candle opens with a gap, as a new day does.
        close += random_numbers.gauss(0, 150 if number % 40 == 0 else 8) * (number % 7 > 0)
        close = round(close, 1)
        reach = abs(random_numbers.gauss(0, 6)) * (number % 11 > 0)
        high, low = round(close + reach * random_numbers.random(), 1), round(close - reach, 1)
        volume = 75 * random_numbers.randint(1, 4_000)
        before = bars[-1].close if bars else close
        balance += volume * ((close > before) - (close < before))
        bars.append(
            Bar(number, number // 40, max(high, close), min(low, close), close, volume, balance)
        )
    return bars


def oracle_rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table; skip the test where it is absent."""
    with gzip.open(shared(f"oracles/{name}.csv.gz"), "rt") as file:
        yield from csv.DictReader(file)


def bar_of(row: dict[str, str], number: int) -> Bar:
    """Return an oracle row's candle."""
    high, low, close = (float(row[name]) for name in ("high", "low", "close"))
    volume, balance = int(float(row["volume"])), int(float(row["obv__std"]))
    return Bar(number, session_of(row["ts"]), high, low, close, volume, balance)


def session_of(text: str) -> int:
    """Return the session of a time stamp in India."""
    return date.fromisoformat(text[:10]).toordinal()


def equals(value: Any, expected: Any, tolerance: float = 1e-9) -> bool:
    """Compare two values, or two rows of them, by relative difference; None equals only None."""
    if isinstance(value, tuple):
        return isinstance(expected, tuple) and all(
            equals(ours, theirs, tolerance) for ours, theirs in zip(value, expected, strict=True)
        )
    if value is None or expected is None:
        return value is None and expected is None
    return bool(value == pytest.approx(expected, rel=tolerance, abs=0))
