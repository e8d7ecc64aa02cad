"""Arbitrage in the engine: both legs are entered, and both left when the basis is back."""

from datetime import date
from decimal import Decimal

import strategies
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.engine import Engine
from core.instrument import Instrument, InstrumentKind, OptionSide
from core.order import Side
from core.replay.driver import Deployment, Driver, run_id_of
from core.risk_parameters import RiskParameters
from core.session import NS_PER_SECOND
from core.strategy import StrategyConfig
from core.trade import TradeStatus
from tests.core.market import CALENDAR, FUTURE, NIFTY
from tests.strategies.test_arbitrage import pairs


def an_option(number: int, side: OptionSide) -> Instrument:
    return Instrument(
        FUTURE.segment, number, f"NIFTY-Dec2025-26100-{side}", InstrumentKind.OPTIDX, 75,
        Decimal("0.05"), underlying="NIFTY", expiry=date(2025, 12, 30), strike=Decimal(26_100),
        option_side=side,
    )  # fmt: skip


CALL, PUT = an_option(71, OptionSide.CALL), an_option(72, OptionSide.PUT)
JUMP = dict.fromkeys(range(100, 120), 12.0)


def driven(jumps: dict[int, float], options_until: int = 160) -> Driver:
    """Play index, future and two options; each minute trades at its close.

    Parameters
    ----------
    options_until
        The minute from which on nobody trades the options.
    """
    config = StrategyConfig(
        "c", "s", "u", "p", "arbitrage", (NIFTY.key, FUTURE.key), (Interval.M1,),
        Decimal(3_000_000), RiskParameters(risk_per_trade_pct=5.0, entry_cutoff_minutes=0),
    )  # fmt: skip
    engine = Engine(run_id_of("arbitrage"), CALENDAR)
    driver = Driver(engine)
    slots = {each.key: engine.watch(each) for each in (NIFTY, FUTURE, CALL, PUT)}
    parameters = {"period": 30, "stop_atr": 20.0}
    driver.deploy(Deployment(config, strategies.make("arbitrage", parameters), "digest"))

    last: Candle | None = None
    for number, (index, future) in enumerate(pairs(160, jumps)):
        prices = {NIFTY.key: NIFTY.round_price(index.close), FUTURE.key: future.close}
        for option, sign in ((CALL, 1), (PUT, -1)) if number < options_until else ():
            prices[option.key] = option.round_price(300 + sign * (future.close - 26_100) / 2)
        for second in 0, 1, 2, 30:
            time_ns = future.open_ns + second * NS_PER_SECOND
            for key, price in prices.items():
                volume = 0 if key == NIFTY.key else (number + 1) * 1_000 + second
                driver.take(engine.tick(slots[key], time_ns, price, volume))
        last = future
    assert last is not None
    driver.take(engine.advance(last.close_ns + COMPLETION_DELAY_NS))
    return driver


def test_a_dear_future_is_sold_with_twice_the_calls_and_both_are_left_together() -> None:
    result = driven(JUMP).result
    assert len(result.closed) == 2
    by_instrument = {trade.instrument: trade for trade in result.trades}
    future, call = by_instrument[FUTURE.key], by_instrument[CALL.key]
    assert (future.side, call.side) == (Side.SELL, Side.BUY)
    assert call.quantity == 2 * future.quantity
    assert future.status is call.status is TradeStatus.CLOSED
    assert future.exit_ns is not None
    assert call.exit_ns is not None
    assert abs(future.exit_ns - call.exit_ns) <= 60 * NS_PER_SECOND
    assert future.signal_id == call.signal_id


def test_a_cheap_future_is_bought_with_puts() -> None:
    result = driven({number: -gap for number, gap in JUMP.items()}).result
    sides = {trade.instrument: trade.side for trade in result.trades}
    assert sides == {FUTURE.key: Side.BUY, PUT.key: Side.BUY}
    assert len(result.closed) == 2


def test_a_future_whose_options_cannot_be_had_is_bought_back() -> None:
    result = driven({100: 12.0}, options_until=101).result
    (trade,) = result.trades
    assert (trade.instrument, trade.status) == (FUTURE.key, TradeStatus.CLOSED)
    assert trade.exit_ns is not None
    assert trade.exit_ns - trade.entry_ns <= 60 * NS_PER_SECOND


def test_carry_alone_trades_nothing() -> None:
    assert driven({}).result.trades == []
