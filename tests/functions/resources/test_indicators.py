"""Indicators over HTTP: what the strategy itself has at each stored candle, and in its signals."""

from collections.abc import Iterator
from typing import Any

import pytest

from core import hooks
from core.candle import Candle, Interval
from core.rows import iso_time, key_text
from core.signals import Signal
from strategies import make
from tests.core.market import FUTURE
from tests.functions.conftest import Caller, Database, problem
from tests.strategies.candles import a_series
from tests.strategies.test_arbitrage import pairs
from tests.supabase import events
from tests.supabase.closed_trades import market_held_at
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person, refusal

COUNT = 700
PARAMETERS = {"fast": 3, "slow": 8}
INSERT = """
insert into public.ohlcv_data (
  instrument_key, timeframe, timestamp, symbol, open_price, high_price, low_price, close_price,
  volume
) values (%s, %s, %s, 'TEST', %s, %s, %s, %s, %s)
on conflict do nothing
"""


def store(database: Database, candles: list[Candle]) -> None:
    rows = [
        (
            key_text(each.instrument),
            str(each.interval),
            iso_time(each.open_ns),
            *(each.open, each.high, each.low, each.close, each.volume),
        )
        for each in candles
    ]
    with database.cursor() as cursor:
        cursor.executemany(INSERT, rows)


def designed(user: Person, kind: str, parameters: dict[str, Any], *symbols: str) -> Deployment:
    made = user.rpc(
        "create_strategy",
        p_name=events.new_id(),
        p_strategy_type=kind,
        p_config=parameters,
        p_symbols=list(symbols),
        p_timeframes=["1m"],
    )
    return Deployment(user.id, "", made["strategy_id"], made["config_id"])


def read(caller: Caller, deployment: Deployment, query: str = "") -> dict[str, Any]:
    path = f"/api/strategies/{deployment.strategy_id}/indicators"
    reply = caller.get(f"{path}?instrument_key={key_text(FUTURE.key)}&{query}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.get_json()
    return found


@pytest.fixture(autouse=True)
def evening(database: Database) -> Iterator[None]:
    """Hold the market's time after all the candles, and forget those of another test."""
    database.execute(
        "delete from public.ohlcv_data where instrument_key in (%s, 'IDX_I:13')",
        (key_text(FUTURE.key),),
    )
    with market_held_at(database, "2027-01-01T00:00:00+00:00"):
        yield


@pytest.fixture
def candles(database: Database) -> list[Candle]:
    """Return a random walk that is stored."""
    candles = a_series(COUNT, instrument=FUTURE)
    store(database, candles)
    return candles


def test_the_lists_are_what_the_strategy_has_at_each_candle(
    caller: Caller, user: Person, candles: list[Candle]
) -> None:
    found = read(caller, designed(user, "momentum", PARAMETERS, "NIFTY-FUT"), f"limit={COUNT}")
    strategy = make("momentum", PARAMETERS)
    names = ("fast", "slow", "atr")
    expected: dict[str, list[float | None]] = {name: [] for name in names}
    for candle in candles:
        strategy.on_candle(candle)
        figures = hooks.indicators_of(strategy, candle.instrument, candle.interval)
        for name in names:
            expected[name].append(figures.get(name))
    assert found["indicators"] == expected
    assert found["indicators"]["slow"][:8] == [None] * 7 + [expected["slow"][7]]
    assert [instant.replace("Z", "+00:00") for instant in found["times"]] == [
        iso_time(each.open_ns) for each in candles
    ]
    assert found["settled"] == hooks.warm_up_of(strategy, Interval.M1) - 1


def test_a_signal_and_the_pane_say_the_same_of_a_candle(
    caller: Caller, user: Person, worker: Worker, candles: list[Candle]
) -> None:
    deployment = designed(user, "momentum", PARAMETERS, "NIFTY-FUT")
    # Started later than the stored candles begin, as a worker is.
    strategy, begin = make("momentum", PARAMETERS), 350
    for candle in candles[begin - hooks.warm_up_of(strategy, Interval.M1) : begin]:
        hooks.remember(strategy, candle)
    signals = [signal for each in candles[begin:] if (signal := strategy.on_candle(each))]
    worker.must_write(*(_event(deployment, signal) for signal in signals))
    rows = user.rows(
        f"trading_signals?strategy_config_id=eq.{deployment.config_id}"
        "&select=candle_time,indicators&order=candle_time"
    )
    assert len(rows) == len(signals) > 10

    found = read(caller, deployment, "limit=350")
    closes = {iso_time(each.open_ns): iso_time(each.close_ns) for each in candles}
    panes = {
        closes[instant.replace("Z", "+00:00")]: {
            name: values[place] for name, values in found["indicators"].items()
        }
        for place, instant in enumerate(found["times"])
    }
    assert found["settled"] == 0
    for row in rows:
        assert row["indicators"] == pytest.approx(panes[row["candle_time"]], rel=1e-9)


def _event(deployment: Deployment, signal: Signal) -> dict[str, Any]:
    at = iso_time(signal.candle_close_ns)
    return events.signal(
        deployment,
        signal_type=str(signal.type),
        instrument_key=key_text(signal.instrument),
        indicators=dict(signal.indicators),
        candle_time=at,
        generated_at=at,
    )


def test_one_that_compares_instruments_hears_all_of_them(
    caller: Caller, user: Person, database: Database, worker: Worker
) -> None:
    minutes = pairs(200, {100: 12.0})
    for both in minutes:
        store(database, list(both))
    worker.must_write(
        events.instrument(
            instrument_key="IDX_I:13", segment="IDX_I", security_id=13, symbol="NIFTY",
            kind="INDEX", underlying=None, expiry=None, lot_size=1, freeze_quantity=None,
        )
    )  # fmt: skip
    deployment = designed(user, "arbitrage", {"period": 30}, "NIFTY", "NIFTY-FUT")
    worker.must_write(
        events.instrument(
            instrument_key=key_text(FUTURE.key), security_id=FUTURE.key[1], expiry="2027-01-28"
        )
    )
    found = read(caller, deployment, "limit=1000")
    strategy = make("arbitrage", {"period": 30})
    basis = []
    for index, future in minutes:
        strategy.on_candle(index)
        strategy.on_candle(future)
        figures = hooks.indicators_of(strategy, future.instrument, future.interval)
        basis.append(figures.get("basis"))
    assert found["indicators"]["basis"] == basis


def test_an_interval_that_is_not_looked_at_has_nothing_to_draw(
    caller: Caller, user: Person, candles: list[Candle]
) -> None:
    assert candles
    deployment = designed(user, "momentum", PARAMETERS, "NIFTY-FUT")
    found = read(caller, deployment, "timeframe=15m")
    assert (found["times"], found["indicators"], found["settled"]) == ([], {}, 0)


def test_a_stranger_draws_nothing(stranger: Caller, deployment: Deployment) -> None:
    path = f"/api/strategies/{deployment.strategy_id}/indicators"
    problem(stranger.get(path), 404, "not_found")


def test_a_symbol_that_nobody_lists_is_named(caller: Caller, user: Person) -> None:
    deployment = designed(user, "momentum", {}, "NOWHERE-FUT")
    path = f"/api/strategies/{deployment.strategy_id}/indicators"
    refused = problem(caller.get(path), 409, "unusable_config")
    assert "NOWHERE-FUT" in refused["detail"]


def test_more_candles_than_the_database_gives_at_once_are_refused(user: Person) -> None:
    wanted = [{"instrument_key": "NSE_FNO:1", "timeframe": "1m", "count": 30_001}]
    body = {"p_wanted": wanted, "p_until": "2027-01-01"}
    code, sentence = refusal(user.call("POST", "rpc/stored_candles", body))
    assert code == "TB422"
    assert "30001" in sentence
