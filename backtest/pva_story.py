"""What PVA and the engine make of the generated days: the trade that `docs/pva.md` shows.

In:  the candles of `backtest/pva_scene.py`.
Out: `Story`: what the strategy read on the last day, its signal and its trade.
Next: `backtest/draw_pva.py`.
"""

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import strategies
from backtest.candle_file import ticks_of
from backtest.pva_scene import FUTURE, LAST_DAY, scene
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.engine import Engine
from core.parameters import parameters_from
from core.replay.driver import Deployment, Driver, run_id_of
from core.risk_parameters import RiskParameters
from core.session import NS_PER_MINUTE, ist_date, ist_midnight_ns, load_calendar
from core.signals import Signal, SignalType
from core.strategy import StrategyConfig
from core.trade import Trade
from strategies.pva import Pva
from strategies.pva.conditions import Reading
from strategies.pva.parameters import PvaParameters

_LOOK_BACK: Final = 20
_END_NS: Final = ist_midnight_ns(LAST_DAY) + 13 * 60 * NS_PER_MINUTE  # The rest is quiet.
_VALUES: Final = {"trade": "SIGNAL"}


class Story(NamedTuple):
    """What the picture shows.

    Attributes
    ----------
    readings
        Of the 5-minute candles until 13:00.
    resistance, obv_high
        Beside each: highest high, rupees, and highest OBV, units, of the 20 candles before.
    """

    readings: list[Reading]
    resistance: list[float]
    obv_high: list[int]
    signal: Signal
    trade: Trade


def story() -> Story:
    """Run PVA over the scene and gather what happened on its last day."""
    driver = _run()
    strategy = Pva(parameters_from(PvaParameters, _VALUES))
    readings: list[Reading] = []
    for candle in driver.result.candles:
        strategy.on_candle(candle)
        if candle.interval is Interval.M5:
            reading = strategy.reading(FUTURE.key, Interval.M5)
            assert reading is not None  # noqa: S101 - it has just seen a candle.
            readings.append(reading)
    highs = [reading.candle.high for reading in readings]
    first = next(at for at, each in enumerate(readings) if _day_of(each.candle) == LAST_DAY)
    resistance = [max(highs[at - _LOOK_BACK : at]) for at in range(first, len(highs))]
    obv = [reading.obv for reading in readings]
    obv_high = [max(obv[at - _LOOK_BACK : at]) for at in range(first, len(obv))]
    shown = sum(each.candle.open_ns < _END_NS for each in readings[first:])
    signal = next(
        each.signal for each in driver.result.decisions if each.signal.type is SignalType.LONG
    )
    return Story(
        readings[first : first + shown],
        resistance[:shown],
        obv_high[:shown],
        signal,
        driver.result.trades[0],
    )


def _run() -> Driver:
    config, strategy, user, portfolio = (
        str(run_id_of(name)) for name in ("config", "strategy", "user", "portfolio")
    )
    design = StrategyConfig(
        config, strategy, user, portfolio, "pva",
        (FUTURE.key,), (Interval.M1, Interval.M5), Decimal(2_000_000),
        parameters_from(RiskParameters, strategies.risk_defaults("pva", _VALUES)),
    )  # fmt: skip
    candles = scene()
    engine = Engine(run_id_of("pva scene"), load_calendar())
    driver = Driver(engine, keep_candles=True)
    slot = engine.watch(FUTURE)
    driver.deploy(Deployment(design, strategies.make("pva", _VALUES), "scene"))
    driver.play(ticks_of(candles, slot, has_volume=True))
    driver.take(engine.advance(candles[-1].close_ns + COMPLETION_DELAY_NS))
    return driver


def _day_of(candle: Candle) -> date:
    return ist_date(candle.open_ns)
