"""Rows of the database as values again: what a restart takes up.

In:  rows of `trades`, `fills`, `trading_signals`, `portfolios` from PostgREST, money as text.
Out: `Trade`, `Fill` and `Guard`, together `KeptTrade`; a portfolio's limits.
Next: `core/engine.py`, `Engine.restore`; the way there is `core/rows.py`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from core.candle import InstrumentKey
from core.errors import DataError
from core.instrument import Segment
from core.levels import Guard
from core.loss_watch import PortfolioLimits
from core.order import Fill, Owner, Side
from core.signals import Direction
from core.strategy import TradeMode
from core.trade import ExitReason, Trade, TradeStatus

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NS_PER_MICROSECOND: Final = 1_000


def trade_of(row: Mapping[str, Any]) -> Trade:
    """Return a row of `trades` as a value.

    Raises
    ------
    DataError
        If a column is missing or cannot be read; names the row.
    """
    try:
        reason = row["exit_reason"]
        return Trade(
            id=row["id"],
            owner=_owner(row, row["portfolio_id"]),
            signal_id=row["signal_id"] or "",
            digest=row["code_digest"] or "",
            instrument=key_of(row["instrument_key"]),
            symbol=row["symbol"],
            direction=Direction(row["trade_type"]),
            side=Side(row["side"]),
            quantity=row["quantity"],
            open_quantity=row["open_quantity"],
            entry_ns=instant_of(row["entry_time"]),
            entry_price=_money(row["entry_price"]),
            stop=_price(row["stop_loss"]),
            target=_price(row["target_price"]),
            charges=_money(row["charges"]),
            status=TradeStatus(row["status"]),
            exit_ns=None if row["exit_time"] is None else instant_of(row["exit_time"]),
            exit_price=_money_or_none(row["exit_price"]),
            exit_reason=None if reason is None else ExitReason(reason),
            gross_pnl=_money_or_none(row["gross_pnl"]),
            net_pnl=_money_or_none(row["pnl"]),
            trade_mode=TradeMode(row["trade_mode"]),
            version=row["version"],
            delta=_price(row["entry_delta"]),
            stop_premium=_money_or_none(row["stop_premium"]),
            target_premium=_money_or_none(row["target_premium"]),
        )
    except (KeyError, ValueError, TypeError, InvalidOperation) as error:
        raise DataError(f"trade {row.get('id')}: {type(error).__name__} {error}") from error


def fill_of(row: Mapping[str, Any], portfolio_id: str) -> Fill:
    """Return a row of `fills` as a value.

    Parameters
    ----------
    portfolio_id
        Of its trade; the row does not carry it.

    Raises
    ------
    DataError
        As `trade_of`.
    """
    try:
        return Fill(
            id=row["id"],
            order_id=row["order_id"],
            trade_id=row["trade_id"],
            owner=_owner(row, portfolio_id),
            instrument=key_of(row["instrument_key"]),
            side=Side(row["side"]),
            quantity=row["quantity"],
            price=_money(row["price"]),
            charges=_money(row["charges"]),
            time_ns=instant_of(row["filled_at"]),
        )
    except (KeyError, ValueError, TypeError, InvalidOperation) as error:
        raise DataError(f"fill {row.get('id')}: {type(error).__name__} {error}") from error


class KeptTrade(NamedTuple):
    """A trade of an earlier run.

    Attributes
    ----------
    fills
        All of its fills, oldest first.
    guard
        Where its levels are watched, None where that is not known.
    """

    trade: Trade
    fills: tuple[Fill, ...]
    guard: Guard | None = None


def kept_of(rows: Mapping[str, Any]) -> KeptTrade:
    """Return a trade of an earlier run.

    Parameters
    ----------
    rows
        Its row (``trade``), those of its ``fills`` and of its ``signal``, which may be None.

    Raises
    ------
    DataError
        As `trade_of`.
    """
    trade, signal = trade_of(rows["trade"]), rows["signal"]
    fills = tuple(fill_of(each, trade.owner.portfolio_id) for each in rows["fills"])
    return KeptTrade(trade, fills, None if signal is None else guard_of(signal))


def limits_of(row: Mapping[str, Any]) -> PortfolioLimits:
    """Return, of a row of `portfolios`, what all its configs may do together.

    Raises
    ------
    DataError
        As `trade_of`.
    """
    try:
        return PortfolioLimits(
            _money(row["initial_capital"]),
            int(row["max_open_trades"]),
            float(row["daily_loss_limit_pct"]),
            float(row["max_outlay_pct"]),
        )
    except (KeyError, ValueError, TypeError, InvalidOperation) as error:
        raise DataError(f"portfolio {row.get('id')}: {type(error).__name__} {error}") from error


def guard_of(row: Mapping[str, Any]) -> Guard:
    """Return, of a row of `trading_signals`, where the levels of its trades are watched.

    Raises
    ------
    DataError
        As `trade_of`.
    """
    try:
        numbers = row["indicators"] or {}
        return Guard(
            key_of(row["instrument_key"]),
            float(row["price"]),
            _price(numbers.get("breakeven")),
            _price(numbers.get("trail")),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"signal {row.get('id')}: {type(error).__name__} {error}") from error


def key_of(text: str) -> InstrumentKey:
    """Return the key that `core.rows.key_text` wrote.

    Examples
    --------
    >>> key_of("NSE_FNO:49543")
    (<Segment.NSE_FNO: 'NSE_FNO'>, 49543)
    """
    segment, _, number = text.partition(":")
    return (Segment(segment), int(number))


def instant_of(text: str) -> int:
    """Return an ISO time with an offset as ns UTC.

    Raises
    ------
    ValueError
        If it is no time, or has no offset.

    Examples
    --------
    >>> instant_of("2025-12-01T09:15:00.250000+05:30")
    1764560700250000000
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"time {text} has no offset")
    return (time - _EPOCH) // _MICROSECOND * _NS_PER_MICROSECOND


def _owner(row: Mapping[str, Any], portfolio_id: str) -> Owner:
    return Owner(row["strategy_config_id"], row["strategy_id"], row["user_id"], portfolio_id)


def _money(value: Any) -> Decimal:
    return Decimal(str(value))


def _money_or_none(value: Any) -> Decimal | None:
    return None if value is None else _money(value)


def _price(value: Any) -> float | None:
    return None if value is None else float(value)
