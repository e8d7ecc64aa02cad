"""What a run without processes did, collected.

In:  effects of the engine, as they happened.
Out: the newest version of everything.
Next: `backtest/report.py`, which sums it up.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.candle import Candle
from core.decision import Decision
from core.effects import Effects
from core.gap import Gap
from core.ledger import LedgerEntry
from core.order import Fill, Order
from core.replay.decided import DecisionHash, decided
from core.rows import trade_row
from core.session import ist_date
from core.strategy import StrategyConfig
from core.trade import Trade, TradeStatus


@dataclass
class Result:
    """What happened, newest version of everything, in order of first appearance.

    Attributes
    ----------
    configs
        As they were deployed last, by id.
    days
        Dates (IST) of the candles.
    keep_candles
        Whether the candles are kept too.
    """

    trades_by_id: dict[str, Trade] = field(default_factory=dict)
    orders_by_id: dict[str, Order] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    candles: list[Candle] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    configs: dict[str, StrategyConfig] = field(default_factory=dict)
    days: set[date] = field(default_factory=set)
    candle_count: int = 0
    ticks: int = 0
    keep_candles: bool = False

    @property
    def trades(self) -> list[Trade]:
        """All trades, open ones too."""
        return list(self.trades_by_id.values())

    @property
    def closed(self) -> list[Trade]:
        """The trades that have ended."""
        return [trade for trade in self.trades if trade.status is TradeStatus.CLOSED]

    def decision_hashes(self) -> dict[date, str]:
        """Return for each market day the hash over what was decided on it."""
        days: dict[date, DecisionHash] = {}
        for each in self.decisions:
            day = ist_date(each.decided_ns)
            days.setdefault(day, DecisionHash()).add(decided(each))
        return {day: whole.hash for day, whole in days.items()}

    def rows(self) -> list[dict[str, Any]]:
        """Return the trades as rows of the table `trades`."""
        return [trade_row(trade) for trade in self.trades]

    def collect(self, effects: Effects) -> None:
        """Take what happened."""
        for effect in effects:
            if isinstance(effect, Candle):
                self.candle_count += 1
                self.days.add(ist_date(effect.open_ns))
                if self.keep_candles:
                    self.candles.append(effect)
            elif isinstance(effect, Trade):
                self.trades_by_id[effect.id] = effect
            elif isinstance(effect, Order):
                self.orders_by_id[effect.id] = effect
            elif isinstance(effect, Fill):
                self.fills.append(effect)
            elif isinstance(effect, LedgerEntry):
                self.entries.append(effect)
            elif isinstance(effect, Gap):
                self.gaps.append(effect)
            else:
                self.decisions.append(effect)
