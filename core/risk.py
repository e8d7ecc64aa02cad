"""Whether a signal may become an order, and of how many units: the front door of risk.

In:  `Entry`: the signal and everything that speaks for or against it, gathered by the engine.
Out: `Approved` with a quantity, or `Refused` with the rule and a sentence with its figures.
Next: `core/entry_rules.py` and `core/sizing.py`; then `core/order.py`.

The rules are asked in the order of `RULES`; the first one that objects decides. A refusal is a
value: it is stored with its signal and shown to the user.
"""

from core.entry import Entry, PortfolioState
from core.entry_rules import RULES
from core.sizing import outlay_of, outlay_of_lot, sized
from core.verdict import Approved, Refused, Rule

__all__ = [
    "Approved",
    "Entry",
    "PortfolioState",
    "Refused",
    "Rule",
    "judge",
    "outlay_of",
    "outlay_of_lot",
]


def judge(entry: Entry, trade_id: str) -> Approved | Refused:
    """Return the verdict on a signal to enter.

    Parameters
    ----------
    trade_id
        Of the trade it would begin.
    """
    for rule, objection in RULES:
        reason = objection(entry)
        if reason is not None:
            return Refused(rule, reason)
    return sized(entry, trade_id)
