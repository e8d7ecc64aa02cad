"""The inside of a strategy process, without the process."""

from decimal import Decimal

from core.candle import Candle, Interval
from core.instrument import Segment
from core.order import Owner
from core.signals import Direction, Side, Signal, SignalType
from core.trade import Trade
from worker.messages import Answer, Candles, Crash, Load, Loaded, WarmUp
from worker.strategy_process import Host

KEY = (Segment.NSE_EQ, 1)
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
