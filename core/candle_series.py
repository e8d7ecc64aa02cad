"""All candles of one instrument, out of its minutes as they come, in order.

In:  completed minutes; what o'clock it is.
Out: the minutes themselves and the longer candles that are over.
Next: `core/longer_candle.py`, one interval.
"""

from collections.abc import Sequence
from typing import Any, Final

from core.candle import NEVER_NS, Candle, InstrumentKey, Interval
from core.gap import Gap
from core.longer_candle import LongerCandle
from core.session import Session

News = list[Candle | Gap]
"""What a packet or the clock has brought about, in order."""


class CandleSeries:
    """Add minutes up to the candles of all intervals.

    Parameters
    ----------
    instrument
        Key written into the candles.
    intervals
        Which candles to hand out.
    """

    __slots__ = ("_hands_out_minutes", "_instrument", "_longer")

    def __init__(self, instrument: InstrumentKey, intervals: Sequence[Interval]) -> None:
        self._instrument: Final = instrument
        self._hands_out_minutes: Final = Interval.M1 in intervals
        self._longer: Final = tuple(
            LongerCandle(each) for each in Interval if each in intervals and each != Interval.M1
        )

    @property
    def next_end_ns(self) -> int:
        """When the first of the running candles ends, `NEVER_NS` while none is running."""
        end_ns = NEVER_NS
        for longer in self._longer:
            end_ns = min(end_ns, longer.end_ns)
        return end_ns

    def state(self) -> tuple[tuple[Any, ...], ...]:
        """Return the running candles as plain values, for `put_back`."""
        return tuple([longer.state() for longer in self._longer])

    def put_back(self, state: tuple[tuple[Any, ...], ...]) -> None:
        """Go on from the state of a series of the same intervals."""
        for longer, each in zip(self._longer, state, strict=True):
            longer.put_back(each)

    def add(self, minute: Candle, session: Session, done: News) -> None:
        """Take in one minute, and complete what ends with it.

        What ended before it has to be complete already.
        """
        if self._hands_out_minutes:
            done.append(minute)
        for longer in self._longer:
            longer.add(minute, session)
        self.complete(minute.close_ns, done)

    def complete(self, end_ns: int, done: News) -> None:
        """Complete what has ended at an instant."""
        for longer in self._longer:
            if longer.end_ns <= end_ns:
                done.append(longer.complete(self._instrument))
