"""What was stored can be taken up again, and goes on as if nothing had happened."""

from decimal import Decimal
from typing import Any

import pytest

from core.brokers.paper import PaperSettings
from core.engine import Engine
from core.errors import ConfigError, DataError
from core.instrument import Segment
from core.levels import Guard
from core.order import Fill
from core.risk import Refused, Rule
from core.rows import fill_row, trade_row
from core.signals import SignalType
from core.stored_rows import fill_of, guard_of, instant_of, trade_of
from core.trade import ExitReason, Trade, TradeStatus
from tests.core.engine_driver import (
    CONFIG_ID,
    Bench,
    a_config,
    decisions,
    depth_of,
    fills,
    orders,
    trades,
)
from tests.core.market import CALENDAR, FUTURE, RELIANCE, at


def as_stored(value: Trade | Fill) -> dict[str, Any]:
    """Return a row as PostgREST sends it: with the columns that the database adds."""
    row = trade_row(value) if isinstance(value, Trade) else fill_row(value)
    owner = value.owner
    ids = {
        "strategy_config_id": owner.config_id,
        "strategy_id": owner.strategy_id,
        "user_id": owner.user_id,
    }
    return {**row, **ids, "created_at": "2025-12-01T04:00:00+00:00"}


def stored(bench: Bench) -> tuple[Trade, list[Fill]]:
    """Return the last trade of a bench and its fills, by way of rows."""
    trade = trade_of(as_stored(trades(bench.effects)[-1]))
    portfolio = trade.owner.portfolio_id
    mine = [fill for fill in fills(bench.effects) if fill.trade_id == trade.id]
    return trade, [fill_of(as_stored(fill), portfolio) for fill in mine]


def a_long_trade() -> Bench:
    bench = Bench()
    bench.tick("09:30:00", 100.0)
    bench.signal(SignalType.LONG)
    bench.tick("09:30:01", 100.0)
    return bench


def restarted(bench: Bench, start: str = "09:40") -> Bench:
    """Return a new bench that has taken up what the old one left."""
    again = Bench(instrument=bench.instrument, start=start)
    again.engine.restore(*stored(bench))
    again.volume = bench.volume
    return again


def test_rows_come_back_as_the_values_they_were_made_of() -> None:
    bench = a_long_trade()
    trade, done = stored(bench)
    assert [trade] == trades(bench.effects)
    assert done == fills(bench.effects)
    bench.tick("09:31:00", 104.0)
    bench.tick("09:31:01", 104.0)
    assert stored(bench)[0] == trades(bench.effects)[-1]


def test_an_open_trade_ends_as_it_would_have_without_the_restart() -> None:
    through, before = a_long_trade(), a_long_trade()
    again = restarted(before)
    for bench in (through, again):
        bench.advance("09:41")
        bench.tick("09:41:05", 97.9)
        bench.tick("09:41:06", 97.8)
    assert trades(again.effects)[-1] == trades(through.effects)[-1]
    assert trades(again.effects)[-1].exit_reason is ExitReason.STOP_LOSS


def test_a_partly_closed_trade_goes_on_with_what_is_left() -> None:
    bench = Bench(instrument=FUTURE, config=a_config(capital="10000000"))
    bench.tick("09:30:00", 26_000.0)
    bench.signal(SignalType.LONG, price=26_000.0, risk=100.0, reward=250.0)
    bench.tick("09:30:01", 26_000.0)
    bench.stop()
    bench.tick("09:31:00", 26_000.0, depth_of(bids=[(150, 26_010.0)]))
    trade = stored(bench)[0]
    assert (trade.quantity, trade.open_quantity) == (750, 600)
    again = restarted(bench)
    (order,) = orders(again.stop())
    assert order.quantity == 600
    last = trades(again.tick("09:41:00", 26_020.0))[-1]
    assert (last.status, last.version) == (TradeStatus.CLOSED, trade.version + 1)
    # 750 in at 26,000.10, 150 out at 26,010.00, 600 at 26,019.90.
    assert last.gross_pnl == Decimal("13365.00")


def test_a_trade_whose_day_is_over_is_closed_as_soon_as_time_is_told() -> None:
    again = restarted(a_long_trade(), start="15:20")
    (order,) = orders(again.advance("15:20:01"))
    assert order.exit_reason is ExitReason.EOD


def test_a_second_trade_of_the_same_kind_is_refused_after_the_restart() -> None:
    again = restarted(a_long_trade())
    again.tick("09:41:00", 100.0)
    verdict = decisions(again.signal(SignalType.LONG))[0].verdict
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.OPEN_TRADE


def test_a_closed_trade_is_remembered_in_the_figures_and_the_cooldown() -> None:
    bench = a_long_trade()
    bench.tick("09:31:00", 104.0)
    bench.tick("09:31:01", 104.0)
    again = restarted(bench)
    old, new = bench.engine.account(CONFIG_ID), again.engine.account(CONFIG_ID)
    assert new._replace(orders=old.orders) == old
    again.tick("09:41:00", 100.0)
    verdict = decisions(again.signal(SignalType.LONG))[0].verdict
    assert isinstance(verdict, Refused)
    assert verdict.rule is Rule.COOLDOWN


def test_what_does_not_fit_is_refused() -> None:
    bench = a_long_trade()
    trade, done = stored(bench)
    again = Bench()
    with pytest.raises(DataError, match="its fills leave 0 units where it says 3000"):
        again.engine.restore(trade, [])
    again.engine.restore(trade, done)
    with pytest.raises(DataError, match="running already"):
        again.engine.restore(trade, done)
    engine = Engine(again.engine._dealer._ids._run_id, CALENDAR, paper=PaperSettings())
    with pytest.raises(DataError, match="NSE_EQ:2885 is not watched"):
        engine.restore(trade, done)
    engine.watch(RELIANCE)
    with pytest.raises(ConfigError, match="never deployed"):
        engine.restore(trade, done)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trade_type": "SIDEWAYS"}, "ValueError 'SIDEWAYS'"),
        ({"entry_time": "2025-12-01T09:30:00"}, "has no offset"),
        ({"entry_price": "cheap"}, "InvalidOperation"),
        ({"instrument_key": "MOON:1"}, "'MOON'"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_id(change: dict[str, object], said: str) -> None:
    row = as_stored(trades(a_long_trade().effects)[-1])
    with pytest.raises(DataError, match=f"trade {row['id']}: .*{said}"):
        trade_of({**row, **change})
    fill = as_stored(fills(a_long_trade().effects)[-1])
    del fill["side"]
    with pytest.raises(DataError, match="KeyError 'side'"):
        fill_of(fill, "portfolio")


def test_times_of_any_offset_are_the_same_instant() -> None:
    assert instant_of("2025-12-01T09:15:00+05:30") == instant_of("2025-12-01T03:45:00+00:00")
    assert instant_of("2025-12-01T09:15:00+05:30") == at("09:15")


def test_a_signal_tells_where_the_levels_of_its_trades_are_watched() -> None:
    row = {"id": "s", "instrument_key": "NSE_FNO:49543", "price": "26010.5000",
           "indicators": {"atr": 20.0, "breakeven": 26050.5, "trail": 30}}  # fmt: skip
    assert guard_of(row) == Guard((Segment.NSE_FNO, 49543), 26_010.5, 26_050.5, 30.0)
    assert guard_of(row | {"indicators": {}}) == Guard((Segment.NSE_FNO, 49543), 26_010.5)
    with pytest.raises(DataError, match="signal s: "):
        guard_of(row | {"price": None})
