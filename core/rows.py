"""Effects as events for the database's one write function: a dict appears here first.

In:  effects of the engine; rows of the worker's own (heartbeat, metrics).
Out: events ``{id, kind, config_id, user_id, at, row}`` in JSON types, money and prices as text.
Next: the worker's outbox, and `worker_write` in `supabase/migrations`.

Names are the columns' names. An event's id is derived from the run and a count, so that sending
it twice writes it once.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from core.candle import Candle, InstrumentKey
from core.decision import Decision
from core.effects import Effects
from core.gap import Gap
from core.ledger import LedgerEntry
from core.money import to_money
from core.order import Fill, Order, Owner
from core.risk import Refused
from core.signals import Signal
from core.trade import Trade

Row = dict[str, Any]
Stored = Candle | Decision | Order | Fill | Trade | LedgerEntry
"""The effects that have a table."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EventRows:
    """Make events of effects and number them.

    Parameters
    ----------
    run_id
        Names this run of the process.
    symbol_of
        Answers the trading symbol of a watched instrument.
    """

    def __init__(self, run_id: UUID, symbol_of: Callable[[InstrumentKey], str]) -> None:
        self._run_id = run_id
        self._symbol_of: Final = symbol_of
        self._sequence = 0

    def state(self) -> tuple[UUID, int]:
        """Return the run and the count, for `put_back`."""
        return self._run_id, self._sequence

    def put_back(self, state: tuple[UUID, int]) -> None:
        """Go on numbering where another process of the same run was."""
        self._run_id, self._sequence = state

    def events(self, effects: Effects) -> list[Row]:
        """Return one event per effect, in their order; a gap is told by the candles it brings."""
        return [self._of(effect) for effect in effects if not isinstance(effect, Gap)]

    def event(self, kind: str, at_ns: int, row: Row, owner: Owner | None = None) -> Row:
        """Return one event.

        Parameters
        ----------
        kind
            Names the function of the database that takes it.
        at_ns
            Market time, ns UTC.
        row
            Column names to JSON values.
        owner
            Whose it is; None for the market's own.
        """
        self._sequence += 1
        return {
            "id": str(uuid5(self._run_id, f"event:{self._sequence}")),
            "kind": kind,
            "config_id": None if owner is None else owner.config_id,
            "user_id": None if owner is None else owner.user_id,
            "at": iso_time(at_ns),
            "row": row,
        }

    def _of(self, effect: Stored) -> Row:
        if isinstance(effect, Candle):
            row = candle_row(effect, self._symbol_of(effect.instrument))
            return self.event("candle", effect.close_ns, row)
        if isinstance(effect, Decision):
            return self.event("signal", effect.decided_ns, signal_row(effect), effect.owner)
        if isinstance(effect, Order):
            return self.event("order", effect.updated_ns, order_row(effect), effect.owner)
        if isinstance(effect, Fill):
            return self.event("fill", effect.time_ns, fill_row(effect), effect.owner)
        if isinstance(effect, Trade):
            at_ns = effect.exit_ns or effect.entry_ns
            return self.event("trade", at_ns, trade_row(effect), effect.owner)
        return self.event("ledger", effect.time_ns, ledger_row(effect), effect.owner)


def candle_row(candle: Candle, symbol: str) -> Row:
    """Return a row of `ohlcv_data`."""
    return {
        "instrument_key": key_text(candle.instrument),
        "symbol": symbol,
        "timeframe": str(candle.interval),
        "timestamp": iso_time(candle.open_ns),
        "open_price": _price(candle.open),
        "high_price": _price(candle.high),
        "low_price": _price(candle.low),
        "close_price": _price(candle.close),
        "volume": candle.volume,
        "open_interest": candle.open_interest,
        "origin": str(candle.origin),
    }


def signal_row(decision: Decision) -> Row:
    """Return a row of `trading_signals`."""
    signal, verdict = decision.signal, decision.verdict
    refused = verdict if isinstance(verdict, Refused) else None
    return {
        "id": decision.id,
        "instrument_key": key_text(signal.instrument),
        "symbol": decision.symbol,
        "signal_type": str(signal.type),
        "signal_strength": signal.strength,
        "price": _price(signal.price),
        "stop_loss": _price(signal.stop),
        "target_price": _price(signal.target),
        "reason": signal.reason,
        "indicators": {**signal.indicators, **_stop_moves(signal)},
        "candle_time": iso_time(signal.candle_close_ns),
        "generated_at": iso_time(decision.decided_ns),
        "executed": refused is None,
        "refused_by": None if refused is None else str(refused.rule),
        "refusal_reason": None if refused is None else refused.reason,
        "code_digest": decision.digest,
    }


def _stop_moves(signal: Signal) -> dict[str, float]:
    """Return how the stop is to move, which a restart needs, see `core/stored_rows.py`."""
    moves = {"breakeven": signal.breakeven, "trail": signal.trail}
    return {name: value for name, value in moves.items() if value is not None}


def order_row(order: Order) -> Row:
    """Return a row of `orders`."""
    return {
        "id": order.id,
        "version": order.version,
        "portfolio_id": order.owner.portfolio_id,
        "signal_id": order.signal_id,
        "trade_id": order.trade_id,
        "trade_mode": str(order.trade_mode),
        "instrument_key": key_text(order.instrument),
        "symbol": order.symbol,
        "side": str(order.side),
        "order_type": str(order.type),
        "purpose": str(order.purpose),
        "exit_reason": order.exit_reason,
        "quantity": order.quantity,
        "limit_price": _money(order.limit_price),
        "trigger_price": _money(order.trigger_price),
        "status": str(order.status),
        "filled_quantity": order.filled_quantity,
        "average_price": _money(order.average_price),
        "rejection_reason": order.rejection_reason,
        "code_digest": order.digest,
        "placed_at": iso_time(order.created_ns),
        "changed_at": iso_time(order.updated_ns),
    }


def fill_row(fill: Fill) -> Row:
    """Return a row of `fills`."""
    return {
        "id": fill.id,
        "order_id": fill.order_id,
        "trade_id": fill.trade_id,
        "instrument_key": key_text(fill.instrument),
        "side": str(fill.side),
        "quantity": fill.quantity,
        "price": _money(fill.price),
        "charges": _money(fill.charges),
        "filled_at": iso_time(fill.time_ns),
    }


def trade_row(trade: Trade) -> Row:
    """Return a row of `trades`."""
    return {
        "id": trade.id,
        "version": trade.version,
        "portfolio_id": trade.owner.portfolio_id,
        "signal_id": trade.signal_id,
        "trade_mode": str(trade.trade_mode),
        "instrument_key": key_text(trade.instrument),
        "symbol": trade.symbol,
        "trade_type": str(trade.direction),
        "side": str(trade.side),
        "quantity": trade.quantity,
        "open_quantity": trade.open_quantity,
        "entry_time": iso_time(trade.entry_ns),
        "entry_price": _money(trade.entry_price),
        "stop_loss": _price(trade.stop),
        "target_price": _price(trade.target),
        "entry_delta": trade.delta,
        "stop_premium": _money(trade.stop_premium),
        "target_premium": _money(trade.target_premium),
        "exit_time": None if trade.exit_ns is None else iso_time(trade.exit_ns),
        "exit_price": _money(trade.exit_price),
        "exit_reason": None if trade.exit_reason is None else str(trade.exit_reason),
        "gross_pnl": _money(trade.gross_pnl),
        "charges": _money(trade.charges),
        "pnl": _money(trade.net_pnl),
        "status": str(trade.status),
        "code_digest": trade.digest,
    }


def ledger_row(entry: LedgerEntry) -> Row:
    """Return a row of `ledger_entries`."""
    return {
        "id": entry.id,
        "portfolio_id": entry.owner.portfolio_id,
        "kind": str(entry.kind),
        "amount": _money(entry.amount),
        "order_id": entry.order_id,
        "fill_id": entry.fill_id,
        "trade_id": entry.trade_id,
        "occurred_at": iso_time(entry.time_ns),
    }


def key_text(key: InstrumentKey) -> str:
    """Return an instrument's key as one text.

    Examples
    --------
    >>> from core.instrument import Segment
    >>> key_text((Segment.NSE_FNO, 49543))
    'NSE_FNO:49543'
    """
    return f"{key[0]}:{key[1]}"


def iso_time(instant_ns: int) -> str:
    """Return an instant in ISO 8601, UTC, to the microsecond.

    Examples
    --------
    >>> iso_time(1_764_560_700_250_000_000)
    '2025-12-01T03:45:00.250000+00:00'
    """
    return (_EPOCH + timedelta(microseconds=instant_ns // 1_000)).isoformat()


def _price(price: float | None) -> str | None:
    return None if price is None else str(to_money(price))


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
