"""A candle longer than a minute, while its minutes come in.

In:  completed one-minute candles of one instrument, in order.
Out: the candle of the longer interval: the sum of its minutes and of nothing else.
Next: `core/candle_series.py`, which owns one per interval.
"""

from typing import Any, Final

from core.candle import NEVER_NS, Candle, InstrumentKey, Interval, Origin
from core.session import Session


class LongerCandle:
    """Add minutes up.

    Parameters
    ----------
    interval
        Five minutes or longer.

    Attributes
    ----------
    end_ns
        When the running candle ends; `NEVER_NS` while none is running.
    """

    __slots__ = (
        "_close",
        "_high",
        "_interval",
        "_low",
        "_open",
        "_open_interest",
        "_open_ns",
        "_origin",
        "_volume",
        "end_ns",
    )

    def __init__(self, interval: Interval) -> None:
        self._interval: Final = interval
        self._open_ns = 0
        self._open = 0.0
        self._high = 0.0
        self._low = 0.0
        self._close = 0.0
        self._volume = 0
        self._open_interest: int | None = None
        self._origin = Origin.LIVE
        self.end_ns = NEVER_NS

    def add(self, minute: Candle, session: Session) -> None:
        """Take in one minute; it lies in the running candle, or begins one.

        Parameters
        ----------
        session
            Whose opening the candles of all intervals count from, and whose end cuts off the last.
        """
        if self.end_ns == NEVER_NS:
            length = self._interval.length_ns
            self._open_ns = minute.open_ns - (minute.open_ns - session.open_ns) % length
            self.end_ns = min(self._open_ns + length, session.close_ns)
            self._open, self._high, self._low = minute.open, minute.high, minute.low
            self._volume = 0
            self._origin = minute.origin
        elif minute.origin is not Origin.LIVE and self._origin is Origin.LIVE:
            self._origin = minute.origin
        self._high = max(self._high, minute.high)
        self._low = min(self._low, minute.low)
        self._close = minute.close
        self._volume += minute.volume
        self._open_interest = minute.open_interest

    def state(self) -> tuple[Any, ...]:
        """Return the running candle as plain values, for `put_back`."""
        return (
            self._open_ns,
            self._open,
            self._high,
            self._low,
            self._close,
            self._volume,
            self._open_interest,
            self._origin,
            self.end_ns,
        )

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state."""
        (
            self._open_ns,
            self._open,
            self._high,
            self._low,
            self._close,
            self._volume,
            self._open_interest,
            self._origin,
            self.end_ns,
        ) = state

    def complete(self, instrument: InstrumentKey) -> Candle:
        """Return the running candle and forget it."""
        candle = Candle(
            instrument,
            self._interval,
            self._open_ns,
            self.end_ns,
            self._open,
            self._high,
            self._low,
            self._close,
            self._volume,
            self._open_interest,
            self._origin,
        )
        self.end_ns = NEVER_NS
        return candle
