"""The inside of a strategy process, without the process."""

from decimal import Decimal

from core.candle import Candle, InstrumentKey, Interval
from core.indicators.settling import ema_settled
from core.instrument import Segment
from core.order import Owner
from core.risk_parameters import RiskParameters
from core.signals import Direction, LegKind, Side, Signal, SignalType
from core.strategy import ConfigStatus, StrategyConfig
from core.tick_pace import Tick
from core.trade import Trade
from worker.processes.messages import (
    Answer,
    AskFigures,
    Candles,
    Crash,
    Figures,
    Finish,
    Load,
    Loaded,
    Refused,
    WarmUp,
)
from worker.processes.strategy_process import Host

KEY = (Segment.NSE_EQ, 1)
MINUTE = 60 * 10**9
QUICK = {"fast": 1, "slow": 2, "atr": 1}
CANDLE = Candle(KEY, Interval.M1, 0, 60, 10.0, 10.0, 10.0, 10.0, 1, None)
TRADE = Trade(
    "t", Owner("c", "s", "u", "p"), "d", "", KEY, "X", Direction.LONG, Side.BUY, 1, 1, 0,
    Decimal(10), 9.0, 12.0, Decimal(0),
)  # fmt: skip
CONFIG = StrategyConfig(
    "c", "s", "u", "p", "mine", (KEY,), (), Decimal(100_000), RiskParameters(),
    status=ConfigStatus.ACTIVE,
)  # fmt: skip
EXIT = Signal(SignalType.EXIT, KEY, 60, 10.0, None, None, 0, "enough", {})


class Leaver:
    """A strategy that wants out once it knows that it is in."""

    name = "leaver"
    warm_up = 1

    def __init__(self) -> None:
        self.trades: list[Trade] = []

    def on_candle(self, candle: Candle) -> Signal | None:  # noqa: ARG002 - part of the interface.
        return EXIT if self.trades else None

    def on_trade(self, trade: Trade) -> None:
        self.trades.append(trade)


class Broken(Leaver):
    """One that cannot stand trades."""

    def on_trade(self, trade: Trade) -> None:
        raise ValueError(trade.id)


def a_host(strategy: Leaver) -> Host:
    host = Host()
    host._next = strategy
    host.take(WarmUp(()))
    return host


def test_a_trade_is_heard_before_the_candle_that_follows_it() -> None:
    assert a_host(Leaver()).take(Candles(1, (CANDLE, TRADE, CANDLE))) == Answer(1, (EXIT,))


def test_what_a_strategy_raises_at_a_trade_is_told_as_its_end() -> None:
    answer = a_host(Broken()).take(Candles(1, (TRADE, CANDLE)))
    assert isinstance(answer, Crash)
    assert "ValueError: t" in answer.traceback


def test_a_strategy_that_does_not_listen_to_trades_hears_its_candles() -> None:
    host = Host()
    loaded = host.take(_momentum())
    assert isinstance(loaded, Loaded)
    host.take(WarmUp(()))
    assert host.take(Candles(1, (TRADE, CANDLE))) == Answer(1, ())


def _candle(minute: int, close: float) -> Candle:
    return Candle(
        KEY, Interval.M1, minute * MINUTE, (minute + 1) * MINUTE, close, close + 1, close - 1,
        close, 10, None,
    )  # fmt: skip


def _momentum(**parameters: float) -> Load:
    return Load("strategies.momentum", "Momentum", {"parameters": parameters}, CONFIG)


def test_a_strategy_is_loaded_warmed_up_and_asked() -> None:
    host = Host()
    loaded = host.take(_momentum(**QUICK))
    assert isinstance(loaded, Loaded)
    assert loaded.warm_up == {Interval.M1: ema_settled(QUICK["slow"])}
    assert len(loaded.digest) == 64
    assert host.take(WarmUp(tuple(_candle(each, 100.0 - each) for each in range(3)))) is None
    answer = host.take(Candles(1, (_candle(3, 120.0),)))
    assert isinstance(answer, Answer)
    assert answer.round == 1
    assert [signal.type for signal in answer.signals] == ["LONG"]


def test_one_that_is_not_warm_yet_says_nothing() -> None:
    host = Host()
    host.take(_momentum(**QUICK))
    candles = tuple(_candle(each, 100.0 + each % 2) for each in range(9))
    assert host.take(Candles(1, candles)) == Answer(1, ())


def test_what_cannot_be_made_is_refused_and_the_old_one_goes_on() -> None:
    host = Host()
    host.take(_momentum(**QUICK))
    host.take(WarmUp(tuple(_candle(each, 100.0 - each) for each in range(3))))
    refused = host.take(_momentum(fast=9, slow=3))
    assert refused == Refused("fast (9) must be below slow (3)")
    answer = host.take(Candles(2, (_candle(3, 120.0),)))
    assert isinstance(answer, Answer)
    assert answer.signals


def test_only_registered_strategies_are_loaded() -> None:
    refused = Host().take(Load("os", "system", {}, CONFIG))
    assert refused == Refused("os.system is not a registered strategy")


def test_the_digest_names_code_and_parameters() -> None:
    one, other = (Host().take(_momentum(fast=fast)) for fast in (9, 10))
    assert isinstance(one, Loaded)
    assert isinstance(other, Loaded)
    assert one.digest != other.digest


def _pva(*intervals: Interval, **settings: object) -> Load:
    return Load("strategies.pva", "Pva", dict(settings), CONFIG._replace(intervals=intervals))


def test_where_the_user_chose_nothing_the_type_s_own_candles_and_limits_are_taken() -> None:
    loaded = Host().take(_pva())
    assert isinstance(loaded, Loaded)
    assert loaded.config.intervals == (Interval.M1, Interval.M5)
    assert loaded.config.risk.max_outlay_pct == 20.0
    assert loaded.warm_up[Interval.M1] > 30 * 375 > loaded.warm_up[Interval.M5]
    assert {leg.kind for leg in loaded.option_legs} == {LegKind.OPTION}
    assert loaded.has_metrics


def test_what_the_user_chose_is_taken_before_the_type_s_own() -> None:
    chosen = {"risk_parameters": {"max_outlay_pct": 7.0}, "max_positions": 2}
    loaded = Host().take(_pva(Interval.M5, Interval.M1, Interval.M15, **chosen))
    assert isinstance(loaded, Loaded)
    assert loaded.config.intervals == (Interval.M5, Interval.M1, Interval.M15)
    assert (loaded.config.risk.max_outlay_pct, loaded.config.risk.max_open_trades) == (7.0, 2)


def test_a_config_without_the_candles_it_needs_is_refused_with_one_sentence() -> None:
    assert Host().take(_pva(Interval.M1)) == Refused(
        "pva needs candles of 5m too; the config has 1m"
    )


def test_a_strategy_that_cannot_even_be_made_is_refused_not_a_crash() -> None:
    host = a_host(Leaver())
    refused = host.take(Load("strategies.momentum", "Momentum", {"parameters": [1]}, CONFIG))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("the strategy cannot be made: TypeError")
    assert host.take(Candles(1, (TRADE, CANDLE))) == Answer(1, (EXIT,))


def test_open_trades_are_told_after_the_past_and_before_the_next_candle() -> None:
    host, strategy = Host(), Leaver()
    host._next = strategy
    host.take(WarmUp((CANDLE,), (TRADE,)))
    assert strategy.trades == [TRADE]
    assert host.take(Candles(1, (CANDLE,))) == Answer(1, (EXIT,))


class Diary(Leaver):
    """A strategy that writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def on_stop(self) -> None:
        self.told.append("stop")

    def metrics(self) -> dict[str, float]:
        return {"told": float(len(self.told)), "lost": float("nan")}


def test_its_own_figures_are_told_when_asked_and_no_number_is_none() -> None:
    assert a_host(Diary()).take(AskFigures()) == Figures({"told": 0.0, "lost": None})
    assert a_host(Leaver()).take(AskFigures()) == Figures({})
    assert Host().take(AskFigures()) == Figures({})


def test_it_is_told_when_it_ends_and_when_another_takes_its_place() -> None:
    replaced, ended = Diary(), Diary()
    host = a_host(replaced)
    host._next = ended
    host.take(WarmUp(()))
    assert (replaced.told, ended.told) == (["stop"], [])
    assert host.take(Finish()) is None
    assert (replaced.told, ended.told) == (["stop"], ["stop"])


class Watcher(Leaver):
    """A strategy that looks at ticks."""

    def on_tick(
        self, instrument: InstrumentKey, time_ns: int, price: float, volume: int
    ) -> Signal | None:
        return EXIT._replace(instrument=instrument, candle_close_ns=time_ns, price=price + volume)


def test_a_tick_is_shown_to_a_strategy_that_wants_ticks() -> None:
    answer = a_host(Watcher()).take(Candles(3, (Tick(KEY, 61, 9.0, 5),)))
    assert answer == Answer(3, (EXIT._replace(candle_close_ns=61, price=14.0),))
