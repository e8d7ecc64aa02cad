"""Arbitrage: a basis that leaves its band, and two legs against it."""

import pickle
import random
from decimal import Decimal
from math import log
from statistics import fmean, pstdev

import pytest

from core.candle import Candle
from core.errors import ConfigError
from core.instrument import Instrument, OptionSide
from core.order import Side
from core.risk_parameters import RiskParameters
from core.signals import LegKind, LegRule, Signal, SignalType, check_signal
from core.strategy import StrategyConfig
from strategies.arbitrage import Arbitrage, ArbitrageParameters
from tests.core.market import FUTURE, NIFTY, RELIANCE
from tests.strategies.candles import a_candle, a_trade

PARAMETERS = ArbitrageParameters(period=30, width=3.0, least_gap=3.0)


def pairs(count: int, jumps: dict[int, float], seed: int = 5) -> list[tuple[Candle, Candle]]:
    """Return index and future minute by minute; `jumps` in basis points of the basis."""
    random_numbers = random.Random(seed)
    index, found = 26_000.0, []
    for number in range(count):
        index = round(index + random_numbers.gauss(0, 8), 2)
        basis = 40 - 0.005 * number + random_numbers.gauss(0, 0.5) + jumps.get(number, 0.0)
        future = FUTURE.round_price(index * (1 + basis / 10_000))
        found.append((a_candle(number, index, NIFTY), a_candle(number, future, FUTURE)))
    return found


def said(strategy: Arbitrage, minutes: list[tuple[Candle, Candle]]) -> dict[int, Signal]:
    """Return the signals by minute."""
    found: dict[int, Signal] = {}
    for number, both in enumerate(minutes):
        for candle in both:
            signal = strategy.on_candle(candle)
            if signal is not None:
                assert number not in found
                found[number] = check_signal(signal)
    return found


def bp(index: Candle, future: Candle) -> float:
    return 10_000 * log(future.close / index.close)


def test_it_signals_exactly_where_the_basis_leaves_the_band_of_the_minutes_before() -> None:
    minutes = pairs(300, {100: 12.0, 101: 5.0, 200: -12.0})
    basis = [bp(*each) for each in minutes]
    expected: dict[int, SignalType] = {}
    for number in range(30, 300):
        middle, deviation = fmean(basis[number - 30 : number]), pstdev(basis[number - 30 : number])
        gap = basis[number] - middle
        if abs(gap) > 3 * deviation and abs(gap) >= 3:
            expected[number] = SignalType.SHORT if gap > 0 else SignalType.LONG
    found = {number: each.type for number, each in said(Arbitrage(PARAMETERS), minutes).items()}
    assert found == expected
    assert found[100] is SignalType.SHORT
    assert found[200] is SignalType.LONG


def test_the_carry_that_runs_off_is_no_signal() -> None:
    assert said(Arbitrage(PARAMETERS), pairs(300, {})) == {}


def test_a_dear_future_is_sold_against_calls_a_cheap_one_bought_against_puts() -> None:
    signals = said(Arbitrage(PARAMETERS), pairs(300, {100: 12.0, 200: -12.0}))
    assert signals[100].instrument == signals[200].instrument == FUTURE.key
    assert signals[100].legs == (
        LegRule(LegKind.SAME, Side.SELL),
        LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL, ratio=2),
    )
    assert signals[200].legs == (
        LegRule(LegKind.SAME, Side.BUY),
        LegRule(LegKind.OPTION, Side.BUY, OptionSide.PUT, ratio=2),
    )


def held(gap: float) -> tuple[Arbitrage, list[tuple[Candle, Candle]]]:
    """Return a strategy whose signal on minute 100 has become a trade, and the minutes after."""
    minutes = pairs(140, dict.fromkeys(range(100, 120), gap))
    strategy = Arbitrage(PARAMETERS)
    (signal,) = said(strategy, minutes[:101]).values()
    strategy.on_trade(a_trade(signal))
    option = Instrument(
        FUTURE.segment, 77, "NIFTY-Dec2025-26000-CE", FUTURE.kind, 75, Decimal("0.05"),
        expiry=FUTURE.expiry,
    )  # fmt: skip
    strategy.on_trade(a_trade(signal, instrument=option)._replace(id="other leg"))
    return strategy, minutes[101:]


@pytest.mark.parametrize("gap", [12.0, -12.0])
def test_a_trade_ends_when_the_basis_is_back_at_its_mean(gap: float) -> None:
    strategy, rest = held(gap)
    signals = said(strategy, rest)
    first = min(signals)
    assert first == 19  # Minute 120, the first without the jump.
    assert signals[first].type is SignalType.EXIT
    assert signals[first].instrument == FUTURE.key


def test_closing_the_future_ends_the_view_whatever_becomes_of_the_other_leg() -> None:
    strategy, rest = held(12.0)
    (signal,) = said(Arbitrage(PARAMETERS), pairs(101, {100: 12.0})).values()
    strategy.on_trade(a_trade(signal, closed=True))
    assert SignalType.EXIT not in {each.type for each in said(strategy, rest).values()}


def test_a_minute_in_which_only_one_of_them_traded_is_left_out() -> None:
    minutes = pairs(101, {100: 12.0})
    strategy = Arbitrage(PARAMETERS)
    said(strategy, minutes[:100])
    assert strategy.on_candle(minutes[100][1]) is None


def test_a_copy_pickled_half_way_says_the_same() -> None:
    strategy, rest = held(12.0)
    copy = pickle.loads(pickle.dumps(strategy))  # noqa: S301 - our own bytes.
    assert said(copy, rest) == said(strategy, rest)


@pytest.mark.parametrize(
    ("instruments", "counts"),
    [
        ((FUTURE,), "0 and 1"),
        ((NIFTY, FUTURE, RELIANCE), "1 and 2"),
        ((NIFTY,), "1 and 0"),
    ],
)
def test_anything_but_an_index_and_a_future_is_refused(
    instruments: tuple[Instrument, ...], counts: str
) -> None:
    keys = tuple(each.key for each in instruments)
    config = StrategyConfig("c", "s", "u", "p", "n", keys, (), Decimal(1), RiskParameters())
    with pytest.raises(ConfigError, match=f"the config has {counts}"):
        Arbitrage(PARAMETERS).on_start(config)


def test_an_index_and_a_future_are_accepted() -> None:
    keys = (NIFTY.key, FUTURE.key)
    config = StrategyConfig("c", "s", "u", "p", "n", keys, (), Decimal(1), RiskParameters())
    Arbitrage(PARAMETERS).on_config(config)
