"""PVA behind the messages of a strategy process says what it says without one."""

import random
from decimal import Decimal

from core.hearing import Heard
from core.risk_parameters import RiskParameters
from core.signals import Signal
from core.strategy import StrategyConfig
from strategies.pva import Pva
from strategies.pva.parameters import PvaParameters
from tests.strategies.pva.test_pva import CANDLES, a_trade
from worker.processes.messages import (
    Answer,
    Candles,
    Decoder,
    Load,
    Loaded,
    Message,
    WarmUp,
    encode,
)
from worker.processes.strategy_process import Host

PARAMETERS = {"fade_rule": "literal", "trade": "OPTION"}
CONFIG = StrategyConfig(
    "c", "s", "u", "p", "pva", (CANDLES[0].instrument,), (), Decimal(1_000_000), RiskParameters()
)
WARM_UP = len(CANDLES) * 6 // 7
"""The last day is heard, those before are warm-up."""


class Process:
    """A host that is spoken to in bytes."""

    def __init__(self) -> None:
        self._host, self._to, self._from = Host(), Decoder(), Decoder()

    def ask(self, message: Message) -> Message | None:
        (arrived,) = self._to.feed(encode(message))
        answer = self._host.take(arrived)
        if answer is None:
            return None
        (found,) = self._from.feed(encode(answer))
        return found


def alone() -> list[Signal]:
    strategy, found = Pva(PvaParameters(fade_rule="literal")), []
    for candle in CANDLES:
        signal = strategy.on_candle(candle)
        if signal is not None:
            found.append(signal)
            if len(found) == 1:
                strategy.on_trade(a_trade(signal))
    return found


def test_rounds_of_candles_and_trades_give_the_same_signals() -> None:
    process, found = Process(), list[Signal]()
    loaded = process.ask(Load("strategies.pva", "Pva", {"parameters": PARAMETERS}, CONFIG))
    assert isinstance(loaded, Loaded)
    assert process.ask(WarmUp(tuple(CANDLES[:WARM_UP]))) is None
    random_numbers = random.Random(2)
    told: tuple[Heard, ...] = ()
    at = WARM_UP
    while at < len(CANDLES):
        size = random_numbers.choice((1, 2, 3)) if found else 1
        answer = process.ask(Candles(at, (*told, *CANDLES[at : at + size])))
        assert isinstance(answer, Answer)
        # The trade made of the first signal comes in front of the next candles.
        told = (a_trade(answer.signals[0]),) if answer.signals and not found else ()
        found += answer.signals
        at += size
    assert found == alone()
    assert len(found) > 2
