"""What the engine says has happened, in order: what must now be stored, shown or handed on.

In:  made by `core/engine.py` and `core/dealer.py`.
Out: values told apart by their type; a tuple of them per event.
Next: `core/rows.py`, which makes rows of them.
"""

from typing import Final

from core.candle import Candle
from core.decision import Decision
from core.gap import Gap
from core.ledger import LedgerEntry
from core.order import Fill, Order
from core.trade import Trade

Effect = Candle | Decision | Order | Fill | Trade | LedgerEntry | Gap
Effects = tuple[Effect, ...]

NOTHING: Final[Effects] = ()
"""The answer to almost every tick."""
