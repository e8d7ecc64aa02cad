"""The ticks of the benchmark: a day of shares that all trade equally often.

In:  how many ticks.
Out: the same ones each time, in slices of a few minutes, so that they fit into memory.
Next: `bench/engine_parts/ours.py`.
"""

import random
from collections.abc import Iterator
from typing import Final

from core.candle import Interval
from core.session import NS_PER_MINUTE, NS_PER_SECOND
from core.tick_columns import TickColumns

OPEN_NS: Final = 1_764_560_700 * NS_PER_SECOND  # 2025-12-01 09:15 IST.
MINUTES: Final = 375
INTERVALS: Final = (Interval.M1, Interval.M5, Interval.M15)
INSTRUMENTS: Final = 50
_SLICE_MINUTES: Final = 25
_PATTERN: Final = 10_007  # A prime: each instrument walks its own way.


class Day:
    """Ticks of a day.

    Parameters
    ----------
    ticks
        At least so many.
    instruments
        Among how many they are divided.
    minutes
        In how many minutes they come.
    """

    def __init__(self, ticks: int, instruments: int = INSTRUMENTS, minutes: int = MINUTES) -> None:
        self.instruments: Final = instruments
        self.minutes: Final = minutes
        self.per_minute: Final = -(-ticks // (instruments * minutes))
        self.count: Final = self.per_minute * instruments * minutes

    def slices(self) -> Iterator[TickColumns]:
        """Return the ticks in the order of time."""
        lot = random.Random(11)  # noqa: S311 - a repeatable day.
        moves = [lot.choice((-0.1, 0.0, 0.1)) for _ in range(_PATTERN)]
        sizes = [lot.randint(1, 50) for _ in range(_PATTERN)]
        prices = [1_000.0 + number for number in range(self.instruments)]
        volumes = [0] * self.instruments
        count = 0
        for first in range(0, self.minutes, _SLICE_MINUTES):
            ticks = TickColumns()
            for minute in range(first, min(first + _SLICE_MINUTES, self.minutes)):
                begin_ns = OPEN_NS + minute * NS_PER_MINUTE
                for number in range(self.per_minute):
                    time_ns = begin_ns + number * NS_PER_MINUTE // self.per_minute
                    for slot in range(self.instruments):
                        at = count % _PATTERN
                        prices[slot] = round(prices[slot] + moves[at], 1)
                        volumes[slot] += sizes[at]
                        ticks.append(slot, time_ns, prices[slot], volumes[slot])
                        count += 1
            yield ticks
