"""A signal to enter and everything that speaks for or against it.

In:  gathered by `core/decision.py`.
Out: `Entry`, which the rules look at and nothing else.
Next: `core/entry_rules.py`.
"""

from decimal import Decimal
from typing import NamedTuple

from core.instrument import Instrument
from core.legs import Leg
from core.loss_watch import PortfolioLimits
from core.signals import Direction, Signal
from core.strategy import StrategyConfig


class PortfolioState(NamedTuple):
    """What all configs of a portfolio do together, and what they may.

    Attributes
    ----------
    open_trades
        How many there are, those that the signal itself ends left aside.
    tied_up
        Capital in them, rupees.
    day_pnl
        Today's profit, realised and open, rupees.
    """

    limits: PortfolioLimits
    open_trades: int
    tied_up: Decimal
    day_pnl: Decimal


class Entry(NamedTuple):
    """A signal to enter, and what speaks for or against it.

    Attributes
    ----------
    instrument
        The signal's.
    legs
        What would be traded.
    open_same_way
        Whether a trade of this config, instrument and direction is open or on its way.
    equity
        The config's capital and what its closed trades have earned, rupees.
    open_trades
        How many of the config there are, those that the signal itself ends left aside.
    tied_up
        Capital in them, rupees.
    last_exit_ns
        When a trade of this config, underlying and direction ended last, None if never.
    day_pnl
        Today's profit of the config, realised and open, rupees.
    problem
        Why it is not known what would be traded, None where it is.
    blind_until_ns
        End of the last gap of the feed in the signal's instrument.
    blocked
        Whether trading was stopped for today.
    halted
        Whether an emergency stop is in force: it concerns live trading only.
    live_doubt
        Why it is not certain that we may trade live, None where it is.
    portfolio
        What all configs of its portfolio do together, None where that is not limited.
    """

    config: StrategyConfig
    equity: Decimal
    signal: Signal
    direction: Direction
    instrument: Instrument
    legs: tuple[Leg, ...]
    now_ns: int
    open_same_way: bool
    open_trades: int
    tied_up: Decimal
    last_exit_ns: int | None
    day_pnl: Decimal
    problem: str | None = None
    blocked: bool = False
    halted: bool = False
    live_doubt: str | None = None
    blind_until_ns: int = 0
    portfolio: PortfolioState | None = None
