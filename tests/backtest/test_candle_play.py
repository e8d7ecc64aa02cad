"""Candles played through the engine: each trade ends where its levels are, the stop first."""

from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backtest.candle_play import CandlePlay
from core.brokers.paper import PaperSettings
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.engine import Engine
from core.errors import DataError
from core.instrument import Instrument
from core.replay.driver import Deployment, Driver, run_id_of
from core.risk_parameters import RiskParameters
from core.session import NS_PER_MINUTE
from core.signals import Direction, Signal, SignalType
from core.trade import ExitReason, Trade
from tests.core.engine_driver import a_config
from tests.core.market import CALENDAR, NIFTY, RELIANCE, at

Prices = tuple[float, float, float, float]
ALONE = RiskParameters(
    min_reward_risk=0.0, cooldown_minutes=0, daily_loss_limit_pct=100.0, max_open_trades=9
)


class Once:
    """Enters with given levels when its first candle has closed."""

    name = "once"
    warm_up = 1

    def __init__(self, *wishes: tuple[Direction, float | None, float | None]) -> None:
        self.wishes = list(wishes)
        self.heard: list[Candle] = []

    def on_candle(self, candle: Candle) -> Signal | None:
        self.heard.append(candle)
        if not self.wishes:
            return None
        direction, stop, target = self.wishes.pop(0)
        return Signal(
            SignalType(direction.value), candle.instrument, candle.close_ns, candle.close, stop,
            target, 50, "because", {},
        )  # fmt: skip


def candles_of(
    *shapes: Prices, volume: int = 1_000, instrument: Instrument = RELIANCE
) -> list[Candle]:
    """Return minutes from half past nine on, each (open, high, low, close)."""
    first = at("09:30")
    return [
        Candle(
            instrument.key, Interval.M1, first + minute * NS_PER_MINUTE,
            first + (minute + 1) * NS_PER_MINUTE, *shape, volume,
        )
        for minute, shape in enumerate(shapes)
    ]  # fmt: skip


def played(
    candles: list[Candle],
    *strategies: Once,
    instrument: Instrument = RELIANCE,
    latency_ms: int = 250,
) -> Driver:
    engine = Engine(run_id_of("play"), CALENDAR, paper=PaperSettings(latency_ms, 1))
    driver = Driver(engine, keep_candles=True)
    engine.watch(instrument)
    engine.advance(at("09:15"))
    for number, strategy in enumerate(strategies):
        config = a_config(
            config_id=f"00000000-0000-4000-8000-00000000003{number}", risk=ALONE,
            instruments=(instrument.key,),
        )  # fmt: skip
        driver.deploy(Deployment(config, strategy, "digest"))
    has_volume = instrument is not NIFTY
    play = CandlePlay(driver, instrument, has_volume=has_volume, latency_ms=latency_ms)
    play.play(candles)
    driver.take(engine.advance(candles[-1].close_ns + COMPLETION_DELAY_NS))
    return driver


def only_trade(driver: Driver) -> Trade:
    (trade,) = driver.result.trades
    return trade


QUIET = (100.0, 100.5, 99.5, 100.0)
LONG, SHORT = (Direction.LONG, 98.0, 104.0), (Direction.SHORT, 102.0, 96.0)


def test_what_a_candle_says_is_done_at_the_open_of_the_next() -> None:
    trade = only_trade(played(candles_of(QUIET, (100.8, 101.5, 100.3, 101.0)), Once(LONG)))
    assert trade.entry_price == Decimal("100.9")  # The open, and one tick of slippage.


@pytest.mark.parametrize(
    ("wish", "shape", "reason", "price"),
    [
        # The path goes to the target first: its extreme is further from the close.
        (LONG, (100.0, 105.0, 97.0, 99.0), ExitReason.STOP_LOSS, "97.9"),
        (LONG, (100.0, 105.0, 97.0, 103.0), ExitReason.STOP_LOSS, "97.9"),
        (SHORT, (100.0, 103.0, 95.0, 101.0), ExitReason.STOP_LOSS, "102.1"),
        (SHORT, (100.0, 103.0, 95.0, 97.0), ExitReason.STOP_LOSS, "102.1"),
        (LONG, (100.0, 105.0, 98.1, 99.0), ExitReason.TARGET, "103.9"),
        (SHORT, (100.0, 101.9, 95.0, 97.0), ExitReason.TARGET, "96.1"),
        (LONG, (100.0, 100.1, 90.0, 91.0), ExitReason.STOP_LOSS, "97.9"),
    ],
)
def test_a_candle_that_holds_stop_and_target_ends_a_trade_at_the_stop(
    wish: tuple[Direction, float, float], shape: Prices, reason: ExitReason, price: str
) -> None:
    trade = only_trade(played(candles_of(QUIET, QUIET, shape, QUIET), Once(wish)))
    assert (trade.exit_reason, trade.exit_price) == (reason, Decimal(price))


@pytest.mark.parametrize("shape", [(100.0, 105.0, 95.0, 99.0), (100.0, 105.0, 95.0, 101.0)])
def test_a_candle_that_holds_the_levels_of_a_long_and_a_short_trade_stops_both(
    shape: Prices,
) -> None:
    driver = played(candles_of(QUIET, QUIET, shape, QUIET), Once(LONG), Once(SHORT))
    assert {trade.exit_reason for trade in driver.result.trades} == {ExitReason.STOP_LOSS}


def test_the_candle_in_which_a_trade_begins_may_stop_it() -> None:
    trade = only_trade(played(candles_of(QUIET, (100.0, 105.0, 97.0, 104.5)), Once(LONG)))
    assert trade.exit_reason is ExitReason.STOP_LOSS


def test_a_price_that_opens_beyond_the_stop_is_what_is_paid() -> None:
    shapes = candles_of(QUIET, QUIET, (95.0, 96.0, 94.0, 95.5), QUIET)
    trade = only_trade(played(shapes, Once(LONG)))
    assert (trade.exit_reason, trade.exit_price) == (ExitReason.STOP_LOSS, Decimal("94.9"))


def test_a_candle_with_hardly_any_volume_passes_its_levels_at_the_extreme() -> None:
    thin = candles_of(QUIET, QUIET, (100.0, 100.1, 90.0, 91.0), QUIET, volume=4)
    trade = only_trade(played(thin, Once(LONG)))
    assert (trade.exit_reason, trade.exit_price) == (ExitReason.STOP_LOSS, Decimal("89.9"))


def test_a_candle_with_less_volume_than_prices_is_refused() -> None:
    with pytest.raises(DataError, match="volume 3 cannot hold 4 different prices"):
        played(candles_of((10.0, 12.0, 9.0, 11.0), volume=3))


def test_a_latency_longer_than_the_candle_waits_for_the_next() -> None:
    slow = played(candles_of(QUIET, QUIET, (103.0, 103.5, 102.5, 103.0)), Once(LONG),
                  latency_ms=60_000)  # fmt: skip
    assert only_trade(slow).entry_price == Decimal("103.1")


LEVEL = st.integers(-40, 40).map(lambda ticks: round(100 + ticks / 10, 1))
SHAPE = st.tuples(LEVEL, LEVEL, LEVEL, LEVEL).map(
    lambda four: (four[0], max(four), min(four), four[1])
)
WISH = st.tuples(st.sampled_from(Direction), st.integers(1, 30), st.integers(1, 30))


@settings(max_examples=150, deadline=None)
@given(
    shapes=st.lists(SHAPE, min_size=2, max_size=25),
    wish=WISH,
    volume=st.integers(70, 5_000),
    instrument=st.sampled_from([RELIANCE, NIFTY]),
)
def test_the_candles_come_out_again_and_the_trade_ends_where_the_rule_says(
    shapes: list[Prices], wish: tuple[Direction, int, int], volume: int, instrument: Instrument
) -> None:
    direction, risk, reward = wish
    sign, close = direction.sign, shapes[0][3]
    stop = round(close - sign * risk / 10, 1)
    target = round(close + sign * reward / 10, 1)
    candles = candles_of(
        *shapes, volume=volume if instrument is RELIANCE else 0, instrument=instrument
    )
    driver = played(candles, Once((direction, stop, target)), instrument=instrument)
    minutes = [each for each in driver.result.candles if each.interval is Interval.M1]
    assert minutes == candles
    if instrument is NIFTY:
        return
    # An entry beyond its own levels is filled before there is anything to touch them.
    assume(sign * (shapes[1][0] - stop) > 0 and sign * (shapes[1][0] - target) < 0)
    (trade,) = driver.result.trades
    expected = _by_the_rule(shapes[1:], sign, stop, target)
    if expected is None:
        assert trade.exit_reason is None
    else:
        reason, price = expected
        worse = Decimal(str(round(price - sign * 0.1, 1)))
        assert (trade.exit_reason, trade.exit_price) == (reason, worse)


def _by_the_rule(
    shapes: list[Prices], sign: int, stop: float, target: float
) -> tuple[ExitReason, float] | None:
    """Return reason and price of the exit as the definition has it, candle by candle."""
    for first, high, low, _ in shapes:
        against, ahead = (low, high) if sign > 0 else (high, low)
        if sign * (first - stop) <= 0:
            return (ExitReason.STOP_LOSS, first)
        if sign * (against - stop) <= 0:
            return (ExitReason.STOP_LOSS, stop)
        if sign * (first - target) >= 0:
            return (ExitReason.TARGET, first)
        if sign * (ahead - target) >= 0:
            return (ExitReason.TARGET, target)
    return None
