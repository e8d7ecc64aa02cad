"""The user's own code in a strategy process: asked on candles, in the sandbox, not alone."""

from decimal import Decimal
from typing import Any

import pytest

from core import hooks
from core.candle import Candle, Interval
from core.instrument import Instrument, InstrumentKind, Segment
from core.order import Owner
from core.risk_parameters import RiskParameters
from core.signals import Direction, Side, SignalType
from core.strategy import ConfigStatus, StrategyConfig, digest_of
from core.trade import Trade, TradeStatus
from tests.functions.code_market import BROKEN, BUY, ENDLESS, HOLD, SMA
from worker.processes.messages import (
    Answer,
    Candles,
    Crash,
    Load,
    Loaded,
    Message,
    Refused,
    UserCode,
    WarmUp,
    encode,
)
from worker.processes.strategy_process import Host

SHARE = Instrument(
    Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY, 1, Decimal("0.05")
)  # fmt: skip
MINUTE = 60 * 10**9
CONFIG = StrategyConfig(
    "c", "s", "u", "p", "mine", (SHARE.key,), (), Decimal(100_000), RiskParameters(),
    status=ConfigStatus.ACTIVE,
)  # fmt: skip
TRADE = Trade(
    "t", Owner("c", "s", "u", "p"), "d", "", SHARE.key, "RELIANCE", Direction.LONG, Side.BUY,
    1, 1, 0, Decimal(1500), 1470.0, None, Decimal(0),
)  # fmt: skip


def candle(number: int, close: float) -> Candle:
    start = number * MINUTE
    return Candle(
        SHARE.key, Interval.M1, start, start + MINUTE, close, close + 1, close - 1, close, 10
    )


def load(code: str | None, **parameters: Any) -> Load:
    own = None if code is None else UserCode(code, (SHARE,))
    return Load("strategies.code", "Code", {"parameters": parameters}, CONFIG, code=own)


def started(code: str, *past: Candle, trades: tuple[Trade, ...] = (), **parameters: Any) -> Host:
    host = Host()
    loaded = host.take(load(code, **parameters))
    assert isinstance(loaded, Loaded), loaded
    host.take(WarmUp(past, trades))
    return host


def heard(host: Host, *news: Candle | Trade) -> Answer:
    answer = host.take(Candles(1, news))
    assert isinstance(answer, Answer), answer
    return answer


def test_the_same_code_as_on_the_cron_signals_on_a_candle() -> None:
    past = [candle(number, 1500.0) for number in range(30)]
    answer = heard(started(SMA, *past, period=10), candle(30, 1510.0))
    (signal,) = answer.signals
    assert (signal.type, signal.reason) == (SignalType.LONG, "price above SMA")
    assert (signal.price, signal.stop, signal.units) == (1510.0, 1479.8, 1)
    assert signal.indicators == {"sma": 1501.0}


def test_it_knows_what_it_holds_and_leaves_it() -> None:
    past = [candle(number, 1500.0) for number in range(30)]
    host = started(SMA, *past, trades=(TRADE,), period=10)
    (signal,) = heard(host, candle(30, 1490.0)).signals
    assert (signal.type, signal.stop, signal.units) == (SignalType.EXIT, None, None)
    closed = TRADE._replace(status=TradeStatus.CLOSED, open_quantity=0)
    assert heard(host, closed, candle(31, 1489.0)).signals == ()


def test_a_trade_that_opens_is_known_at_the_next_candle() -> None:
    host = started(BUY)
    assert len(heard(host, candle(0, 1500.0)).signals) == 1
    answer = heard(host, TRADE, candle(1, 1501.0))
    assert answer.signals == ()
    assert answer.said == (
        "buy is held back: it holds RELIANCE LONG already",
        "buy RELIANCE",
    )


def test_what_it_says_and_prints_is_for_its_owner() -> None:
    code = HOLD.replace("    return", "    print('hello')\n    return")
    host = started(code)
    assert heard(host, candle(0, 1500.0)).said == ("printed: hello", "hold RELIANCE")
    assert heard(host).said == ()


def test_the_past_is_not_asked_about() -> None:
    host = started(BROKEN, *[candle(number, 1500.0) for number in range(300)])
    assert isinstance(host.take(Candles(1, (candle(300, 1500.0),))), Crash)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (BROKEN, "line 2: it raised ZeroDivisionError: division by zero"),
        (ENDLESS, "it ran longer than 0.5 seconds"),
        ("def strategy(context):\n    return 7\n", "the result is 7, must be a dict with a signal"),
    ],
)
def test_code_that_fails_ends_the_process_with_the_sentence(code: str, sentence: str) -> None:
    crash = started(code).take(Candles(1, (candle(0, 1500.0),)))
    assert isinstance(crash, Crash)
    assert crash.traceback.strip().endswith(f"CodeFailedError: {sentence}")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (None, "a strategy of type code needs its code"),
        ("import os\n" + HOLD, "the code cannot run: line 1: the module os is not available"),
        ("def f(:", "the code cannot run: line 1: not Python"),
    ],
)
def test_code_that_cannot_run_is_not_started(code: str | None, sentence: str) -> None:
    refused = Host().take(load(code))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith(sentence)


def test_the_digest_names_code_and_parameters_as_on_the_cron() -> None:
    loaded = Host().take(load(SMA, period=5))
    assert isinstance(loaded, Loaded)
    assert loaded.digest == digest_of(SMA.encode(), {"period": 5})
    assert loaded.tick_seconds is None


def test_ticks_are_shown_when_the_parameters_ask_for_them() -> None:
    loaded = Host().take(load(BUY, execution_interval=2))
    assert isinstance(loaded, Loaded)
    assert loaded.tick_seconds == 2
    host = started(BUY, candle(0, 1500.0), execution_interval=1)
    strategy: Any = host._strategy
    signal = strategy.on_tick(SHARE.key, 90 * 10**9, 1502.0, 11)
    assert (signal.type, signal.price) == (SignalType.LONG, 1502.0)
    assert hooks.said_by(strategy) == ()


def test_the_messages_cross_the_border() -> None:
    message: Message = load(SMA)
    assert encode(message)
