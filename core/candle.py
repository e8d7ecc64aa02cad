"""A candle: what one instrument traded at in one interval.

In:  ticks, by way of `core/candle_builder.py`; or a file or a broker's history.
Out: `Candle`, the only thing about the market that a strategy has to look at.
Next: `core/candle_builder.py`, which makes them.
"""

from enum import StrEnum
from typing import Final

from core.instrument import Segment
from core.session import NS_PER_MINUTE, NS_PER_SECOND

InstrumentKey = tuple[Segment, int]
"""What names an instrument everywhere: `Instrument.key`."""


class Interval(StrEnum):
    """The length of a candle, as it is stored and shown."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    H1 = "1h"
    H4 = "4h"
    D1 = "1d"

    @property
    def length_ns(self) -> int:
        """Nanoseconds from open to close; for a day longer than any session, which ends it."""
        return _LENGTH_NS[self]


class Origin(StrEnum):
    """How a candle came to be, as it is stored; a later one is better."""

    LIVE = "live"
    """Made of the feed's ticks, all of them."""
    BACKFILLED = "backfilled"
    """The broker's, for a minute that the feed did not bring whole, or made of such minutes."""
    REVISED = "revised"
    """The broker's, read again after the close because it differs from what we had."""


_LENGTH_NS: Final[dict[Interval, int]] = {
    Interval.M1: NS_PER_MINUTE,
    Interval.M5: 5 * NS_PER_MINUTE,
    Interval.M15: 15 * NS_PER_MINUTE,
    Interval.H1: 60 * NS_PER_MINUTE,
    Interval.H4: 240 * NS_PER_MINUTE,
    Interval.D1: 24 * 60 * NS_PER_MINUTE,
}
ALL_INTERVALS: Final = tuple(Interval)

NEVER_NS: Final = 1 << 61
"""Later than any instant: the year 2043. Still a small integer in compiled code."""
COMPLETION_DELAY_NS: Final = 2 * NS_PER_SECOND
"""How long after its end the clock completes a candle for which no later tick has come."""


class Candle:
    """Open, high, low, close and volume of one interval ``[open_ns, close_ns)``.

    A plain class because it is made often, pickled to strategy processes and read in compiled
    code; it must not be changed, and compiled it cannot be.

    Parameters
    ----------
    instrument
        Key of what was traded.
    interval
        Its length; the last one of a session is cut off at the session's end.
    open_ns, close_ns
        First instant inside and first instant after it, ns UTC. `open_ns` is its time stamp.
    open, high, low, close
        First, highest, lowest and last traded price, rupees.
    volume
        Units traded; 0 for an index.
    open_interest
        Units held in open contracts as last heard, None where the feed has none.
    origin
        Where it is from; two candles that say the same of the market are equal all the same.

    Examples
    --------
    >>> reliance = (Segment.NSE_EQ, 2885)
    >>> candle = Candle(reliance, Interval.M1, 0, 60 * 10**9, 10.0, 12.0, 9.5, 11.0, 75)
    >>> candle.typical_price
    10.833333333333334
    """

    __slots__ = (
        "close",
        "close_ns",
        "high",
        "instrument",
        "interval",
        "low",
        "open",
        "open_interest",
        "open_ns",
        "origin",
        "volume",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - a candle has these ten numbers.
        self,
        instrument: InstrumentKey,
        interval: Interval,
        open_ns: int,
        close_ns: int,
        open: float,  # noqa: A002 - its name everywhere: open, high, low, close.
        high: float,
        low: float,
        close: float,
        volume: int,
        open_interest: int | None = None,
        origin: Origin = Origin.LIVE,
    ) -> None:
        self.instrument: Final = instrument
        self.interval: Final = interval
        self.open_ns: Final = open_ns
        self.close_ns: Final = close_ns
        self.open: Final = open
        self.high: Final = high
        self.low: Final = low
        self.close: Final = close
        self.volume: Final = volume
        self.open_interest: Final = open_interest
        self.origin: Final = origin

    @property
    def typical_price(self) -> float:
        """Mean of high, low and close in rupees, which stands for the candle in averages."""
        return (self.high + self.low + self.close) / 3

    def as_tuple(
        self,
    ) -> tuple[InstrumentKey, Interval, int, int, float, float, float, float, int, int | None]:
        """Return the ten numbers in the order of the constructor."""
        return (
            self.instrument,
            self.interval,
            self.open_ns,
            self.close_ns,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume,
            self.open_interest,
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (Candle, (*self.as_tuple(), self.origin))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Candle) and self.as_tuple() == other.as_tuple()

    def __hash__(self) -> int:
        return hash(self.as_tuple())

    def __repr__(self) -> str:
        return f"Candle{self.as_tuple()}"
