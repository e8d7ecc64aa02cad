"""What user code is given: the argument `context` of its entry function.

In:  candles, price, position and parameters, gathered by cron or worker.
Out: `StrategyContext`, one dict of JSON values when it crosses into the sandbox.
Next: `adapters/sandbox/session.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict


class CandleRow(TypedDict):
    """One candle as user code sees it; prices in rupees, `time` its start in ISO 8601."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: int


class PositionRow(TypedDict):
    """The open position as user code sees it; `side` is ``LONG`` or ``SHORT``, prices in rupees."""

    side: str
    quantity: int
    entry_price: float
    entry_time: str


@dataclass(frozen=True, slots=True)
class StrategyContext:
    """Everything one evaluation may look at.

    Parameters
    ----------
    candles
        Closed candles, oldest first.
    current_price
        Rupees.
    position
        The open position, or None.
    parameters
        The configuration's own parameters, JSON values.
    """

    candles: Sequence[CandleRow]
    current_price: float
    position: PositionRow | None
    parameters: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return the dict that crosses into the sandbox; the sandbox works on a copy of it."""
        return {
            "candles": [dict(candle) for candle in self.candles],
            "current_price": self.current_price,
            "position": None if self.position is None else dict(self.position),
            "parameters": dict(self.parameters),
        }
