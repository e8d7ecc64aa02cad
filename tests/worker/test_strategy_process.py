"""The inside of a strategy process, without the process."""

from decimal import Decimal

from core.candle import Candle, Interval
from core.instrument import Segment
from core.order import Owner
from core.signals import Direction, Side, Signal, SignalType
from core.trade import Trade
from worker.messages import Answer, Candles, Crash, Load, Loaded, Refused, WarmUp
from worker.strategy_process import Host

KEY = (Segment.NSE_EQ, 1)
MINUTE = 60 * 10**9
QUICK = {"fast": 1, "slow": 2, "atr": 1}
CANDLE = Candle(KEY, Interval.M1, 0, 60, 10.0, 10.0, 10.0, 10.0, 1, None)
TRADE = Trade(
    "t", Owner("c", "s", "u", "p"), "d", "", KEY, "X", Direction.LONG, Side.BUY, 1, 1, 0,
    Decimal(10), 9.0, 12.0, Decimal(0),
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
    loaded = host.take(Load("strategies.momentum", "Momentum", {}))
    assert isinstance(loaded, Loaded)
    host.take(WarmUp(()))
    assert host.take(Candles(1, (TRADE, CANDLE))) == Answer(1, ())


def _candle(minute: int, close: float) -> Candle:
    return Candle(
        KEY, Interval.M1, minute * MINUTE, (minute + 1) * MINUTE, close, close + 1, close - 1,
        close, 10, None,
    )  # fmt: skip


def _momentum(**parameters: float) -> Load:
    return Load("strategies.momentum", "Momentum", parameters)


def test_a_strategy_is_loaded_warmed_up_and_asked() -> None:
    host = Host()
    loaded = host.take(_momentum(**QUICK))
    assert isinstance(loaded, Loaded)
    assert loaded.warm_up == 3
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
    refused = Host().take(Load("os", "system", {}))
    assert refused == Refused("os.system is not a registered strategy")


def test_the_digest_names_code_and_parameters() -> None:
    one, other = (Host().take(_momentum(fast=fast)) for fast in (9, 10))
    assert isinstance(one, Loaded)
    assert isinstance(other, Loaded)
    assert one.digest != other.digest
