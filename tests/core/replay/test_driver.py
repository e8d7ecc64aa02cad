"""Candles to strategies, signals back in order."""

from core.candle import Candle, Interval
from core.engine import Engine
from core.replay.driver import Deployment, Driver, run_id_of
from core.session import NS_PER_SECOND
from core.signals import Signal, SignalType
from core.strategy import StrategyConfig
from core.tick_columns import TickColumns
from core.trade import Trade, TradeStatus
from tests.core.engine_driver import a_config
from tests.core.market import CALENDAR, FUTURE, RELIANCE, at


class Listener:
    """A strategy that writes down what it hears and says what it was told to."""

    name = "listener"
    warm_up = 1

    def __init__(self, says: SignalType | None = None) -> None:
        self.heard: list[Candle] = []
        self._says = says

    def on_candle(self, candle: Candle) -> Signal | None:
        self.heard.append(candle)
        if self._says is None or len(self.heard) > 1:
            return None
        close = candle.close
        return Signal(
            self._says, candle.instrument, candle.close_ns, close, close - 2, close + 4, 50, "", {}
        )


def a_deployment(listener: Listener, **changes: object) -> Deployment:
    config: StrategyConfig = a_config()._replace(**changes)  # type: ignore[arg-type]
    return Deployment(config, listener, "digest")


def a_minute_of_ticks(driver: Driver, minutes: int = 2) -> TickColumns:
    ticks = TickColumns()
    for second in range(0, 60 * minutes, 5):
        time_ns = at("09:15") + second * NS_PER_SECOND
        ticks.append(driver.engine.slot_of(RELIANCE.key), time_ns, 100.0, second + 1)
    return ticks


def a_driver() -> Driver:
    engine = Engine(run_id_of("driver"), CALENDAR)
    engine.watch(RELIANCE)
    engine.watch(FUTURE)
    return Driver(engine)


def test_a_strategy_hears_only_its_instruments_and_intervals() -> None:
    driver = a_driver()
    mine, other = Listener(), Listener()
    driver.deploy(a_deployment(mine, instruments=(RELIANCE.key,), intervals=(Interval.M1,)))
    driver.deploy(a_deployment(other, id="other", instruments=(FUTURE.key,)))
    driver.play(a_minute_of_ticks(driver, 6))
    assert [candle.interval for candle in mine.heard] == [Interval.M1] * 5
    assert other.heard == []


def test_signals_of_one_close_are_applied_in_the_order_of_config_ids() -> None:
    driver = a_driver()
    for name in ("b", "c", "a"):
        driver.deploy(a_deployment(Listener(SignalType.LONG), id=name))
    driver.play(a_minute_of_ticks(driver))
    assert [decision.owner.config_id for decision in driver.result.decisions] == ["a", "b", "c"]


class TradeListener(Listener):
    """One that writes down what becomes of its trades too, in the order in which it hears."""

    def __init__(self, says: SignalType | None = None) -> None:
        super().__init__(says)
        self.told: list[Candle | Trade] = []

    def on_candle(self, candle: Candle) -> Signal | None:
        self.told.append(candle)
        return super().on_candle(candle)

    def on_trade(self, trade: Trade) -> None:
        self.told.append(trade)


def test_a_strategy_is_told_of_its_trades_before_its_next_candle() -> None:
    driver = a_driver()
    mine, other = TradeListener(SignalType.LONG), TradeListener()
    driver.deploy(a_deployment(mine))
    driver.deploy(a_deployment(other, id="other"))
    driver.play(a_minute_of_ticks(driver, 4))
    kinds = [type(each).__name__ for each in mine.told]
    assert kinds == ["Candle", "Trade", "Candle", "Candle"]
    assert mine.told[1] == driver.result.trades[0]
    assert [type(each) for each in other.told] == [Candle] * 3


def test_warm_up_candles_are_heard_before_anything_is_said_to_the_engine() -> None:
    driver = a_driver()
    listener = Listener(SignalType.LONG)
    candle = Candle(RELIANCE.key, Interval.M1, at("09:14"), at("09:15"), 1, 1, 1, 1, 1)
    driver.deploy(a_deployment(listener), [candle])
    driver.play(a_minute_of_ticks(driver))
    assert listener.heard[0] == candle
    assert driver.result.decisions == []


def test_a_config_deployed_again_has_its_new_strategy_only() -> None:
    driver = a_driver()
    old, new = Listener(), Listener()
    driver.deploy(a_deployment(old))
    driver.deploy(a_deployment(new))
    driver.play(a_minute_of_ticks(driver))
    assert (len(old.heard), len(new.heard)) == (0, 1)


def test_the_result_holds_the_newest_version_of_everything() -> None:
    driver = a_driver()
    driver.deploy(a_deployment(Listener(SignalType.LONG)))
    driver.play(a_minute_of_ticks(driver))
    result = driver.result
    (trade,) = result.trades
    assert trade.status is TradeStatus.OPEN
    assert result.closed == []
    assert len(result.orders_by_id) == len(result.fills) == 1
    assert len(result.entries) == 2
    assert result.rows()[0]["id"] == trade.id
    assert result.ticks == 24
    assert (result.candle_count, result.candles) == (1, [])


def test_the_same_facts_name_the_same_run() -> None:
    assert run_id_of("a", 1) == run_id_of("a", 1)
    assert run_id_of("a", 1) != run_id_of("a", 2)


class Watcher(Listener):
    """One that looks at ticks too, every 20 seconds."""

    execution_interval = 20

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def on_tick(self, instrument: object, time_ns: int, price: float, volume: int) -> Signal | None:
        assert (instrument, price) == (RELIANCE.key, 100.0)
        assert volume > 0
        self.seen.append((time_ns - at("09:15")) // NS_PER_SECOND)
        return None


def test_a_strategy_that_wants_ticks_is_shown_them_at_its_pace() -> None:
    driver, watcher = a_driver(), Watcher()
    driver.deploy(a_deployment(watcher, instruments=(RELIANCE.key,)))
    driver.play(a_minute_of_ticks(driver))
    # Ticks come every five seconds; the one at 60 completes a candle and is not shown as well.
    assert watcher.seen == [0, 20, 40, 65, 85, 105]
    assert len(watcher.heard) == 1


class Careful(Listener):
    """One that refuses to begin with little money, and keeps a diary."""

    def __init__(self) -> None:
        super().__init__()
        self.diary: list[object] = []

    def on_start(self, config: StrategyConfig) -> None:
        self.diary.append(("start", config.name))

    def on_config(self, config: StrategyConfig) -> None:
        self.diary.append(("config", config.name))

    def on_trade(self, trade: Trade) -> None:
        self.diary.append(trade.id)


def test_a_strategy_that_replaces_another_is_told_so_and_of_what_is_open() -> None:
    driver, first, second = a_driver(), Listener(SignalType.LONG), Careful()
    driver.deploy(a_deployment(first, instruments=(RELIANCE.key,)))
    driver.play(a_minute_of_ticks(driver))
    (trade,) = driver.result.trades
    assert trade.status is TradeStatus.OPEN
    driver.deploy(a_deployment(second, instruments=(RELIANCE.key,)), changed=True)
    assert second.diary == [("start", "test"), ("config", "test"), trade.id]
