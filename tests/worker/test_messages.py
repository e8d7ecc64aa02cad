"""Messages between supervisor and strategy process."""

import pickle
import struct
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.candle import Candle, Interval
from core.errors import DataError
from core.instrument import Segment
from core.risk_parameters import RiskParameters
from core.signals import Signal, SignalType
from core.strategy import StrategyConfig
from worker.processes.messages import (
    Answer,
    AskFigures,
    Candles,
    Crash,
    Decoder,
    Figures,
    Finish,
    Load,
    Loaded,
    Message,
    Refused,
    WarmUp,
    encode,
)

KEY = (Segment.NSE_EQ, 2885)
CANDLE = Candle(KEY, Interval.M1, 0, 60 * 10**9, 10.0, 12.0, 9.5, 11.0, 75, None)
SIGNAL = Signal(SignalType.LONG, KEY, 60 * 10**9, 11.0, 10.0, 13.0, 50, "up", {"fast": 1.0})
CONFIG = StrategyConfig(
    "c", "s", "u", "p", "mine", (KEY,), (Interval.M1,), Decimal(100_000), RiskParameters()
)
ALL: list[Message] = [
    Load("strategies.momentum", "Momentum", {"parameters": {"fast": 9}}, CONFIG),
    Loaded(CONFIG, {Interval.M1: 22}, "digest"),
    Refused("fast (9) must be below slow (3)"),
    WarmUp((CANDLE,)),
    Candles(7, (CANDLE, CANDLE)),
    Answer(7, (SIGNAL,)),
    AskFigures(),
    Figures({"views": 1.0, "unknown": None}),
    Crash("ValueError: no", "Traceback ..."),
    Finish(),
]


@given(
    messages=st.lists(st.sampled_from(ALL), max_size=12),
    cuts=st.lists(st.integers(0, 4000), max_size=20),
)
def test_messages_arrive_whole_however_the_bytes_are_cut(
    messages: list[Message], cuts: list[int]
) -> None:
    sent = b"".join(encode(each) for each in messages)
    places = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    decoder = Decoder()
    found = [
        message for begin, end in pairwise(places) for message in decoder.feed(sent[begin:end])
    ]
    assert found == messages


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<I", 1 << 30),
        struct.pack("<I", 4) + b"nope",
        struct.pack("<I", len(pickle.dumps("text"))) + pickle.dumps("text"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(DataError):
        list(Decoder().feed(data))
