"""Volume-weighted average price of the session so far.

In:  the session, high, low, close and volume of each candle.
Out: the average in rupees, or None until the session has volume.
Next: `core/indicators/extremes.py`.
"""

from typing import Final


class Vwap:
    """Volume-weighted average price, ``sum((H + L + C) / 3 * V) / sum(V)`` of one session.

    It begins anew with each session, a special one included, and is None until volume has come.

    Examples
    --------
    >>> vwap = Vwap()
    >>> vwap.update(1, 11.0, 9.0, 10.0, 0) is None
    True
    >>> vwap.update(1, 12.0, 10.0, 11.0, 10), vwap.update(2, 21.0, 19.0, 20.0, 5)
    (11.0, 20.0)

    References
    ----------
    TradingView ``ta.vwap(hlc3)``, anchored at the session.
    """

    __slots__ = ("_session", "_turnover", "_volume", "value", "warm_up")

    def __init__(self) -> None:
        self.warm_up: Final = 1
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: float | None = None
        self._session: int | None = None
        self._turnover = 0.0
        self._volume = 0

    def update(
        self, session: int, high: float, low: float, close: float, volume: int
    ) -> float | None:
        """Take one candle; return the session's average in rupees, or None without volume.

        Parameters
        ----------
        session
            Any number that tells sessions apart: the ordinal of the date in India.
        """
        if session != self._session:
            self.reset()
            self._session = session
        self._turnover += (high + low + close) / 3 * volume
        self._volume += volume
        if self._volume > 0:
            self.value = self._turnover / self._volume
        return self.value

    def __reduce__(self) -> tuple[object, ...]:
        return (Vwap, (), (self.value, self._session, self._turnover, self._volume))

    def __setstate__(self, state: tuple[float | None, int | None, float, int]) -> None:
        self.value, self._session, self._turnover, self._volume = state
