"""Volume profile: at which prices the completed sessions traded.

In:  the session, high, low, close and volume of each 1-minute candle.
Out: the profile of the sessions before the current one, fixed for its duration.
Next: `core/indicators/rsi.py`.
"""

from collections import deque
from enum import StrEnum
from math import floor
from typing import Final

from core.errors import ConfigError
from core.indicators.value_area import Profile, profile_of

# A price on the edge of a row may come out of the division a little below it.
_EDGE: Final = 1e-9


class Allocation(StrEnum):
    """To which rows a candle's volume goes."""

    UNIFORM = "uniform"  # All rows between its low and its high, by how much of each it covers.
    CLOSE = "close"  # The row of its close.


class VolumeProfile:
    """Volume by price of the last completed sessions, with point of control and value area.

    Row k is ``[k * row, (k + 1) * row)``: a price on an edge belongs to the row above it. None
    until `fewest` sessions are complete. Memory is bounded by the sessions' price ranges.

    Parameters
    ----------
    row
        Height of a row, rupees: 10 for NIFTY, 20 for BANKNIFTY, 0.05 to 0.1 % of a share's
        price.
    sessions
        How many completed sessions count, at least 1.
    fewest
        With fewer there is no profile, from 1 to `sessions`.
    allocation
        How a candle's volume is spread.

    Raises
    ------
    ConfigError
        If a parameter is outside its limits.

    Examples
    --------
    >>> profile = VolumeProfile(1.0, sessions=1, fewest=1)
    >>> profile.update(1, 102.0, 100.0, 101.0, 40) is None
    True
    >>> profile.update(1, 101.0, 101.0, 101.0, 60) is None
    True
    >>> profile.update(2, 103.0, 102.0, 103.0, 10)
    Profile(poc=101.5, val=101.0, vah=102.0, volume=100.0, poc_volume=80.0, area_volume=80.0, rows=2)

    Notes
    -----
    `warm_up` is the fewest updates that can give a profile: sessions of one candle each.
    """  # noqa: E501 - what Python prints.

    __slots__ = (
        "_allocation",
        "_fewest",
        "_past",
        "_row",
        "_session",
        "_sessions",
        "_today",
        "value",
        "warm_up",
    )

    def __init__(
        self,
        row: float,
        sessions: int = 30,
        fewest: int = 5,
        allocation: Allocation = Allocation.UNIFORM,
    ) -> None:
        if row <= 0:
            raise ConfigError(f"row {row} of a volume profile is not above 0")
        if not 1 <= fewest <= sessions:
            raise ConfigError(f"a volume profile of {fewest} to {sessions} sessions cannot be")
        self._row: Final = row
        self._sessions: Final = sessions
        self._fewest: Final = fewest
        self._allocation: Final = allocation
        self.warm_up: Final = fewest + 1
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: Profile | None = None
        self._session: int | None = None
        self._today: dict[int, float] = {}
        self._past: deque[dict[int, float]] = deque(maxlen=self._sessions)

    def update(
        self, session: int, high: float, low: float, close: float, volume: int
    ) -> Profile | None:
        """Take one 1-minute candle; return the profile of the sessions before its own.

        Parameters
        ----------
        session
            Any number that tells sessions apart: the ordinal of the date in India.
        """
        if session != self._session:
            self._turn_to(session)
        if volume > 0:
            if self._allocation is Allocation.CLOSE:
                high = low = close
            self._add(high, low, volume)
        return self.value

    def _turn_to(self, session: int) -> None:
        if self._session is not None:
            self._past.append(self._today)
            self._today = {}
        self._session = session
        if len(self._past) >= self._fewest:
            rows: dict[int, float] = {}
            for day in self._past:
                for number, volume in day.items():
                    rows[number] = rows.get(number, 0.0) + volume
            self.value = profile_of(rows, self._row)

    def _add(self, high: float, low: float, volume: int) -> None:
        rows, row = self._today, self._row
        first, last = floor(low / row + _EDGE), floor(high / row + _EDGE)
        if first == last:
            rows[first] = rows.get(first, 0.0) + volume
            return
        for number in range(first, last + 1):
            overlap = min(high, (number + 1) * row) - max(low, number * row)
            if overlap > _EDGE * row:
                share = volume * overlap / (high - low)
                rows[number] = rows.get(number, 0.0) + share

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.value, self._session, self._today, self._past)
        return (
            VolumeProfile,
            (self._row, self._sessions, self._fewest, self._allocation),
            state,
        )

    def __setstate__(
        self,
        state: tuple[Profile | None, int | None, dict[int, float], deque[dict[int, float]]],
    ) -> None:
        self.value, self._session, self._today, self._past = state
