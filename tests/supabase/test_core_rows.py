"""What the engine decides fits the tables: its own rows, written as the worker writes them."""

from decimal import Decimal
from uuid import uuid4

import pytest

from core.rows import EventRows, trade_row
from core.signals import SignalType
from core.strategy import StrategyConfig
from core.trade import Trade, TradeStatus
from tests.core.engine_driver import CONFIG_ID, Bench, a_config, depth_of, entries, trades
from tests.core.market import FUTURE
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person

MONEY = ("gross_pnl", "charges", "pnl")


@pytest.fixture
def day() -> Bench:
    """Play a day with partial fills, a target, a refusal, a cancelled entry and an open end."""
    bench = Bench(instrument=FUTURE, config=a_config(capital="10000000"))
    bench.tick("09:30:00", 26_000.0)
    bench.signal(SignalType.LONG, price=26_000.0, risk=100.0, reward=250.0)
    bench.tick("09:30:01", 26_000.0, depth_of(asks=[(75, 26_001.0)] * 5))
    bench.tick("09:30:02", 26_000.0, depth_of(asks=[(3_000, 26_005.0)]))
    bench.signal(SignalType.SHORT, price=26_000.0, risk=-100.0)
    bench.tick("09:31:00", 26_250.0, depth_of(bids=[(3_000, 26_249.0)]))
    bench.tick("09:31:01", 26_251.0, depth_of(bids=[(3_000, 26_250.0)]))
    bench.tick("10:30:00", 26_300.0)
    bench.signal(SignalType.LONG, price=26_300.0, risk=100.0, reward=250.0)
    bench.tick("10:30:01", 26_300.0, depth_of(asks=[(75, 26_301.0)]))
    return bench


def of(deployment: Deployment, config: StrategyConfig) -> dict[str, str]:
    """Return which invented id stands for which real one."""
    return {
        config.id: deployment.config_id,
        config.strategy_id: deployment.strategy_id,
        config.user_id: deployment.user_id,
        config.portfolio_id: deployment.portfolio_id,
    }


def test_every_effect_of_a_day_is_stored_and_the_balance_agrees(
    day: Bench, deployment: Deployment, worker: Worker, user: Person
) -> None:
    rows = EventRows(uuid4(), lambda _: FUTURE.symbol).events(tuple(day.effects))
    real = of(deployment, a_config())
    for event in rows:
        for holder in (event, event["row"]):
            holder.update(
                {
                    key: real.get(value, value)
                    for key, value in holder.items()
                    if isinstance(value, str)
                }
            )
    worker.must_write(*rows)

    newest: dict[str, Trade] = {trade.id: trade for trade in trades(day.effects)}
    assert {trade.status for trade in newest.values()} == set(TradeStatus)
    select = ",".join(f"{column}::text" for column in MONEY)
    for trade in newest.values():
        stored = user.row(f"trades?id=eq.{trade.id}&select=*,{select}")
        expected = trade_row(trade)
        assert {column: stored[column] for column in MONEY} == {
            column: expected[column] for column in MONEY
        }
        assert stored["open_quantity"] == trade.open_quantity

    balance = Decimal(user.row("portfolios?select=balance::text")["balance"])
    moved = sum(entry.amount for entry in entries(day.effects))
    assert balance == 1_000_000 + moved
    assert day.engine.account(CONFIG_ID).open_trades == len(user.rows("positions")) == 1
