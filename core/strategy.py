"""What a strategy is to the rest of the system, and one deployment of it.

In:  completed candles, oldest first, of the instruments its config names.
Out: `Signal` or None. A strategy has no clock, network, database, broker or logging and does
     not size its orders; starting it again and replaying `warm_up` candles restores it.
Next: `strategies/momentum.py`, the one to copy; then `core/risk.py`.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from core.candle import Candle, InstrumentKey, Interval
from core.risk_parameters import RiskParameters
from core.signals import Signal


class Strategy(Protocol):
    """Rules that turn candles into signals.

    Attributes
    ----------
    name
        Its type, as in the registry.
    warm_up
        How many candles of an instrument it has to see before it may speak.
    """

    name: str
    warm_up: int

    def on_candle(self, candle: Candle) -> Signal | None:
        """Take one completed candle; return what is wanted now, None for no change."""
        ...


class TickStrategy(Protocol):
    """A strategy that has `on_tick` also sees ticks, `execution_interval` seconds apart.

    Of a tick that completes a candle it sees the candle instead.
    """

    def on_tick(
        self, instrument: InstrumentKey, time_ns: int, price: float, volume: int
    ) -> Signal | None:
        """Take one trade; return what is wanted now, None for no change."""
        ...


class TradeMode(StrEnum):
    """Whose money."""

    VIRTUAL = "VIRTUAL"
    LIVE = "LIVE"


class ConfigStatus(StrEnum):
    """What a strategy config is doing."""

    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"
    ERROR = "ERROR"
    PAUSED = "PAUSED"


class StrategyConfig(NamedTuple):
    """One deployment of a strategy: whose, with what money, on what.

    Attributes
    ----------
    id, strategy_id, user_id, portfolio_id
        As in the database, uuid as text.
    name
        Shown to the user.
    instruments
        Keys of what it watches and trades.
    intervals
        Which candles it gets.
    capital
        Rupees its risk limits refer to.
    """

    id: str
    strategy_id: str
    user_id: str
    portfolio_id: str
    name: str
    instruments: tuple[InstrumentKey, ...]
    intervals: tuple[Interval, ...]
    capital: Decimal
    risk: RiskParameters
    trade_mode: TradeMode = TradeMode.VIRTUAL
    status: ConfigStatus = ConfigStatus.ACTIVE


def digest_of(source: bytes, parameters: Mapping[str, Any]) -> str:
    """Return the SHA-256 that names exactly this code with exactly these parameters.

    Parameters
    ----------
    source
        Content of the strategy's file.
    parameters
        JSON values; their order does not matter.
    """
    canonical = json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    both = hashlib.sha256(source).digest() + hashlib.sha256(canonical.encode()).digest()
    return hashlib.sha256(both).hexdigest()
