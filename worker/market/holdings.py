"""What is held and what is on its way, by config: trades that are open, orders that may fill.

In:  trades and orders as they change, and what an earlier run has left.
Out: the open trades of a config; the instruments that must go on being watched.
Next: `worker/configs/runner.py`, which tells a new strategy; `worker/market/chains.py`, which lets
      options go.
"""

from typing import Any, Final

from core.candle import InstrumentKey
from core.order import Order
from core.trade import Trade, TradeStatus


class Holdings:
    """Remember what is open."""

    def __init__(self) -> None:
        self._trades: Final[dict[str, dict[str, Trade]]] = {}
        self._orders: Final[dict[str, InstrumentKey]] = {}

    def take(self, each: Trade | Order) -> None:
        """Take a trade or an order as it stands now."""
        if isinstance(each, Order):
            if each.status.is_final:
                self._orders.pop(each.id, None)
            else:
                self._orders[each.id] = each.instrument
            return
        mine = self._trades.setdefault(each.owner.config_id, {})
        if each.status is TradeStatus.OPEN:
            mine[each.id] = each
        else:
            mine.pop(each.id, None)

    def state(self) -> tuple[Any, ...]:
        """Return everything as plain values, for `put_back`."""
        return {name: dict(mine) for name, mine in self._trades.items()}, dict(self._orders)

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state."""
        trades, orders = state
        self._trades.clear()
        self._trades.update(trades)
        self._orders.clear()
        self._orders.update(orders)

    def trades_of(self, config_id: str) -> tuple[Trade, ...]:
        """Return what a config has open, in the order in which it was entered."""
        return tuple(self._trades.get(config_id, {}).values())

    def instruments(self) -> set[InstrumentKey]:
        """Return what is held or on its way, by anybody."""
        held = {each.instrument for mine in self._trades.values() for each in mine.values()}
        return held | set(self._orders.values())
