"""Mean reversion against its rule, recomputed from whole series."""

import pickle
from decimal import Decimal
from itertools import pairwise
from statistics import fmean, pstdev

import pytest

import strategies
from backtest.candle_file import ticks_of
from core.candle import Candle, Interval
from core.engine import Engine
from core.errors import ConfigError
from core.replay.driver import Deployment, Driver, run_id_of
from core.risk_parameters import RiskParameters
from core.signals import Direction, ExitReason, Signal, SignalType, check_signal
from core.strategy import StrategyConfig
from strategies.mean_reversion import MeanReversion, MeanReversionParameters
from tests.core.indicators.test_contract import atr_by_definition
from tests.core.market import CALENDAR, FUTURE, RELIANCE
from tests.strategies.candles import a_candle, a_series, a_trade, said


def rsi_by_definition(closes: list[float]) -> float | None:
    """Wilder's RSI(2), from the words of the definition."""
    changes = [after - before for before, after in pairwise(closes)]
    if len(changes) < 2:
        return None
    gain = fmean(max(each, 0) for each in changes[:2])
    loss = fmean(max(-each, 0) for each in changes[:2])
    for each in changes[2:]:
        gain, loss = (gain + max(each, 0)) / 2, (loss + max(-each, 0)) / 2
    return 100 * gain / (gain + loss) if gain + loss else None


def wish_by_definition(candles: list[Candle]) -> SignalType | None:
    closes = [candle.close for candle in candles]
    rsi = rsi_by_definition(closes)
    if len(closes) < 20 or rsi is None:
        return None
    middle, deviation = fmean(closes[-20:]), pstdev(closes[-20:])
    if closes[-1] <= middle - 2 * deviation and rsi < 10:
        return SignalType.LONG
    if closes[-1] >= middle + 2 * deviation and rsi > 90:
        return SignalType.SHORT
    return None


def test_it_enters_exactly_where_band_and_rsi_agree() -> None:
    candles = a_series(400)
    signals = said(MeanReversion(MeanReversionParameters()), candles)
    found = [signal and signal.type for signal in signals]
    assert found == [wish_by_definition(candles[: end + 1]) for end in range(len(candles))]
    assert {SignalType.LONG, SignalType.SHORT} <= set(found)


def test_the_stop_is_a_multiple_of_the_average_true_range_and_there_is_no_target() -> None:
    candles = a_series(400)
    parameters = MeanReversionParameters(stop_atr=3.0)
    for number, signal in enumerate(said(MeanReversion(parameters), candles)):
        if signal is None:
            continue
        bars = [(each.high, each.low, each.close) for each in candles[: number + 1]]
        atr = atr_by_definition(bars, 14)
        assert atr is not None
        assert signal.stop is not None
        assert abs(signal.price - signal.stop) == pytest.approx(3 * atr)
        assert signal.target is None
        assert check_signal(signal) is signal


def entered(wanted: Direction) -> tuple[MeanReversion, list[Candle], Signal]:
    """Return a strategy that has just signalled, the candles to come, and the signal."""
    strategy, candles = MeanReversion(MeanReversionParameters()), a_series(400)
    for number, candle in enumerate(candles):
        signal = strategy.on_candle(candle)
        if signal is not None and signal.direction is wanted:
            return strategy, candles[number + 1 :], signal
    raise AssertionError


@pytest.mark.parametrize("wanted", list(Direction))
def test_a_trade_ends_at_the_first_close_back_at_the_middle(wanted: Direction) -> None:
    strategy, rest, signal = entered(wanted)
    before = [candle.close for candle in a_series(400)][: 400 - len(rest)]
    strategy.on_trade(a_trade(signal))
    for candle in rest:
        before.append(candle.close)
        answer = strategy.on_candle(candle)
        is_back = wanted.sign * (candle.close - fmean(before[-20:])) >= 0
        assert (answer is not None) is is_back
        if answer is not None:
            assert answer.type is SignalType.EXIT
            assert check_signal(answer) is answer
            break
    else:
        raise AssertionError


def test_after_the_trade_it_enters_again() -> None:
    strategy, rest, signal = entered(Direction.LONG)
    strategy.on_trade(a_trade(signal))
    strategy.on_trade(a_trade(signal, closed=True))
    again = [each.type for each in said(strategy, rest) if each is not None]
    assert again
    assert SignalType.EXIT not in again


def test_a_trade_in_one_instrument_does_not_hold_another_back() -> None:
    strategy, _, signal = entered(Direction.LONG)
    strategy.on_trade(a_trade(signal))
    others = said(strategy, a_series(400, instrument=FUTURE))
    assert [each.type for each in others if each] == [
        each.type for each in said(MeanReversion(MeanReversionParameters()), a_series(400)) if each
    ]


def test_a_flat_market_gives_no_signal() -> None:
    strategy = MeanReversion(MeanReversionParameters())
    assert said(strategy, [a_candle(number, 100.0) for number in range(60)]) == [None] * 60


def test_a_copy_pickled_half_way_says_the_same() -> None:
    strategy, rest, signal = entered(Direction.SHORT)
    strategy.on_trade(a_trade(signal))
    copy = pickle.loads(pickle.dumps(strategy))  # noqa: S301 - our own bytes.
    assert said(copy, rest) == said(strategy, rest)


def test_thresholds_that_overlap_are_refused_with_both_values() -> None:
    with pytest.raises(ConfigError, match=r"oversold \(95\) must be below overbought \(90\)"):
        strategies.make("mean_reversion", {"oversold": 95})


def test_in_the_engine_trades_end_back_at_the_middle_or_at_their_stop() -> None:
    config = StrategyConfig(
        "c", "s", "u", "p", "reversion", (RELIANCE.key,), (Interval.M1,), Decimal(100_000),
        RiskParameters(cooldown_minutes=0),
    )  # fmt: skip
    engine = Engine(run_id_of("reversion"), CALENDAR)
    driver = Driver(engine)
    slot = engine.watch(RELIANCE)
    driver.deploy(Deployment(config, MeanReversion(MeanReversionParameters()), "digest"))
    driver.play(ticks_of(a_series(340), slot, has_volume=True))
    reasons = {trade.exit_reason for trade in driver.result.closed}
    assert ExitReason.SIGNAL in reasons
    assert reasons <= {ExitReason.SIGNAL, ExitReason.STOP_LOSS}
    directions = {trade.direction for trade in driver.result.trades}
    assert directions == set(Direction)
