"""PVA as it trades by default: signals from the future, options bought, levels on the future."""

from datetime import date
from decimal import Decimal

import strategies
from backtest.pva_scene import FUTURE, LAST_DAY, scene
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.decision import Decision
from core.engine import Engine
from core.instrument import Instrument, InstrumentKind, OptionSide
from core.order import Side
from core.parameters import parameters_from
from core.replay.driver import Deployment, Driver, run_id_of
from core.replay.result import Result
from core.risk import Approved, Refused
from core.risk_parameters import RiskParameters
from core.session import NS_PER_SECOND, ist_date
from core.signals import Direction, ExitReason, SignalType
from core.strategy import StrategyConfig
from tests.core.market import CALENDAR
from tests.strategies.pva.test_pva import upside_down

NEAREST, NEXT = date(2025, 12, 16), date(2025, 12, 23)
STRIKES = range(25_800, 26_201, 50)


def an_option(number: int, strike: int, side: OptionSide, expiry: date) -> Instrument:
    return Instrument(
        FUTURE.segment, number, f"SCENE-{expiry:%d%b}-{strike}-{side}", InstrumentKind.OPTIDX, 75,
        Decimal("0.05"), underlying="SCENE", expiry=expiry, strike=Decimal(strike),
        option_side=side,
    )  # fmt: skip


OPTIONS = [
    an_option(1_000 + number, strike, side, expiry)
    for number, (strike, side, expiry) in enumerate(
        (strike, side, expiry)
        for expiry in (NEXT, NEAREST)
        for strike in STRIKES
        for side in OptionSide
    )
]


def premium(option: Instrument, price: float) -> float:
    """Return 120 rupees at the money and half a rupee for each that it moves."""
    assert option.strike is not None
    sign = 1 if option.option_side is OptionSide.CALL else -1
    return option.round_price(max(1.0, 120 + sign * (price - float(option.strike)) / 2))


def traded(candles: list[Candle], **parameters: object) -> Result:
    """Play the future, and on the last day after each of its ticks one of every option."""
    risk = parameters_from(RiskParameters, strategies.risk_defaults("pva", parameters))
    config = StrategyConfig(
        "c", "s", "u", "p", "pva", (FUTURE.key,), (Interval.M1, Interval.M5), Decimal(1_000_000),
        risk,
    )  # fmt: skip
    engine = Engine(run_id_of("options"), CALENDAR)
    driver = Driver(engine)
    future = engine.watch(FUTURE)
    options = [(engine.watch(option), option) for option in OPTIONS]
    driver.deploy(Deployment(config, strategies.make("pva", parameters), "digest"))
    volume, day = 0, 0
    for candle in candles:
        if candle.open_ns - day > 12 * 3_600 * NS_PER_SECOND:
            volume, day = 0, candle.open_ns
        for second, price in (
            (0, candle.open),
            (15, candle.low),
            (35, candle.high),
            (59, candle.close),
        ):
            volume += candle.volume if second == 0 else 1
            time_ns = candle.open_ns + second * NS_PER_SECOND
            driver.take(engine.tick(future, time_ns, price, volume))
            for slot, option in options if ist_date(time_ns) == LAST_DAY else ():
                driver.take(engine.tick(slot, time_ns, premium(option, price), volume))
    driver.take(engine.advance(candles[-1].close_ns + COMPLETION_DELAY_NS))
    return driver.result


def entry_of(result: Result) -> Decision:
    (found,) = [each for each in result.decisions if each.signal.type is not SignalType.EXIT]
    return found


def test_a_long_buys_the_nearest_call_at_the_money_and_leaves_at_the_future_s_target() -> None:
    result = traded(scene())
    (trade,) = result.trades
    signal = entry_of(result).signal
    assert trade.symbol == "SCENE-16Dec-26050-CE"
    assert (trade.direction, trade.side) == (Direction.LONG, Side.BUY)
    assert signal.stop is not None
    assert trade.target == FUTURE.round_price(signal.target or 0)
    assert trade.exit_reason is ExitReason.TARGET
    assert trade.gross_pnl is not None
    assert trade.exit_price is not None
    assert trade.gross_pnl == (trade.exit_price - trade.entry_price) * trade.quantity > 0


def test_a_short_buys_the_put_and_profits_from_the_fall() -> None:
    result = traded(upside_down(scene()), profile_row=1.0, expiry="next")
    (trade,) = result.trades
    assert trade.symbol == "SCENE-23Dec-25950-PE"
    assert (trade.direction, trade.side) == (Direction.SHORT, Side.BUY)
    assert trade.exit_reason is ExitReason.TARGET
    assert trade.gross_pnl is not None
    assert trade.gross_pnl > 0


def test_a_rule_of_the_future_s_candles_sells_the_option() -> None:
    result = traded(scene(), fade_rule="literal")
    (trade,) = result.trades
    assert trade.exit_reason is ExitReason.VOLUME_FADE
    verdict = result.decisions[-1].verdict
    assert isinstance(verdict, Approved)


def test_the_loss_at_the_stop_is_two_percent_and_the_premium_twenty() -> None:
    result = traded(scene())
    (trade,) = result.trades
    signal = entry_of(result).signal
    loss_per_lot = (signal.price - (signal.stop or 0)) * 0.5 * 75
    by_risk = int(signal.tier * 0.02 * 1_000_000 / loss_per_lot)
    by_outlay = int(0.2 * 1_000_000 / (float(trade.entry_price) * 75))
    assert trade.quantity // 75 in {min(by_risk, by_outlay), min(by_risk, by_outlay) + 1}


def test_without_options_the_signal_is_refused_with_a_sentence() -> None:
    result = traded(scene(), strike_offset=20)
    assert result.trades == []
    verdict = entry_of(result).verdict
    assert isinstance(verdict, Refused)
    assert "is not watched" in verdict.reason
