"""The last candles as a pandas frame: any indicator of pandas-ta for a strategy's author.

In:  completed candles of one instrument and interval, oldest first.
Out: a frame of the last of them whose accessor `ta` is pandas-ta.
Next: `strategies/momentum.py`, which needs none of this.

For indicators that `core/indicators` does not have. Those there cost microseconds a candle; a
frame and an indicator on it cost about a millisecond, and pandas a second of start-up and tens
of megabytes in the strategy's process. It is imported when the first frame is made.
"""

import warnings
from collections import deque
from typing import TYPE_CHECKING, Final

from core.candle import Candle
from core.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pandas as pd


class CandleWindow:
    """The last `length` candles of one instrument, and no more.

    Parameters
    ----------
    length
        How many are kept, at least 1. An average with a memory (EMA, RSI, ATR) begins anew in
        each frame: give it several times its period.

    Raises
    ------
    ConfigError
        If `length` is less than 1.

    Examples
    --------
    In a strategy, with the window made in `__init__`::

        def on_candle(self, candle: Candle) -> Signal | None:
            self._window.append(candle)
            frame = self._window.frame()
            if frame is None:
                return None
            trend = frame.ta.supertrend(length=10, multiplier=3.0)
            direction = trend.iloc[-1, 1]  # Of the candle that has just been completed.
    """

    def __init__(self, length: int) -> None:
        if length < 1:
            raise ConfigError(f"length {length} of a candle window is below 1")
        self._candles: Final[deque[Candle]] = deque(maxlen=length)

    def __len__(self) -> int:
        return len(self._candles)

    def append(self, candle: Candle) -> None:
        """Take the next candle; the oldest leaves a full window.

        Raises
        ------
        DataError
            If it is of another instrument or interval, or not later than the last.
        """
        if self._candles:
            last = self._candles[-1]
            if (candle.instrument, candle.interval) != (last.instrument, last.interval):
                raise DataError(f"{candle} in a window of {last.instrument} {last.interval}")
            if candle.open_ns <= last.open_ns:
                raise DataError(f"{candle} is not later than the window's last, {last.open_ns}")
        self._candles.append(candle)

    def clear(self) -> None:
        """Forget every candle, as before a repaired series is played again."""
        self._candles.clear()

    def frame(self) -> "pd.DataFrame | None":
        """Return the candles as a frame for pandas-ta, None until the window is full.

        Returns
        -------
        DataFrame
            Columns open, high, low, close (rupees) and volume (units), all floating point; one
            row per candle, indexed by its opening instant in UTC, oldest first. It is the
            author's own: changing it changes nothing here. Through `frame.ta` it offers every
            indicator of pandas-ta; the last row belongs to the last candle appended.
        """
        if len(self._candles) < (self._candles.maxlen or 0):
            return None
        import pandas as pd  # noqa: PLC0415 - see the module.

        _register_ta()
        return pd.DataFrame(
            {
                "open": [candle.open for candle in self._candles],
                "high": [candle.high for candle in self._candles],
                "low": [candle.low for candle in self._candles],
                "close": [candle.close for candle in self._candles],
                "volume": [float(candle.volume) for candle in self._candles],
            },
            index=pd.DatetimeIndex(
                pd.to_datetime([candle.open_ns for candle in self._candles], unit="ns", utc=True),
                name="open_time",
            ),
        )


def _register_ta() -> None:
    # Importing it is what gives every frame its accessor `ta`.
    with warnings.catch_warnings():
        # It uses what pandas will one day remove: its authors' affair, not a strategy's.
        warnings.simplefilter("ignore", DeprecationWarning)
        import pandas_ta  # noqa: F401, PLC0415 - see the module.
