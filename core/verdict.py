"""What is answered to a signal: it is acted on, or which rule refuses it and why.

In:  made by `core/risk.py` and `core/decision.py`.
Out: `Approved` and `Refused`, values that are stored with their signal and shown to the user.
Next: `core/entry_rules.py`, the rules that can refuse.
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Rule(StrEnum):
    """What can refuse a signal."""

    INVALID_SIGNAL = "INVALID_SIGNAL"
    NOTHING_OPEN = "NOTHING_OPEN"
    EMERGENCY_STOP = "EMERGENCY_STOP"
    LEASE = "LEASE"
    CONFIG_NOT_ACTIVE = "CONFIG_NOT_ACTIVE"
    NOT_TRADABLE = "NOT_TRADABLE"
    STALE_SIGNAL = "STALE_SIGNAL"
    MARKET_CLOSED = "MARKET_CLOSED"
    ENTRY_WINDOW = "ENTRY_WINDOW"
    EXPIRY = "EXPIRY"
    NO_PRICE = "NO_PRICE"
    STOP_MISSING = "STOP_MISSING"
    REWARD_RISK = "REWARD_RISK"
    OPEN_TRADE = "OPEN_TRADE"
    MAX_OPEN_TRADES = "MAX_OPEN_TRADES"
    COOLDOWN = "COOLDOWN"
    DAILY_LOSS = "DAILY_LOSS"
    PORTFOLIO_OPEN_TRADES = "PORTFOLIO_OPEN_TRADES"
    PORTFOLIO_DAILY_LOSS = "PORTFOLIO_DAILY_LOSS"
    QUANTITY = "QUANTITY"


class Approved(NamedTuple):
    """The signal is acted on.

    Attributes
    ----------
    trade_id
        The trade it begins; of an EXIT the first of those it ends.
    quantity
        Units.
    outlay
        Capital it ties up, rupees.
    """

    trade_id: str
    quantity: int
    outlay: Decimal


class Refused(NamedTuple):
    """The signal is not acted on; `reason` is a sentence for a person."""

    rule: Rule
    reason: str
