"""What the supervisor and a strategy process say to each other.

In:  values made on one side.
Out: bytes for a socket, and the values again on the other side.
Next: `worker/processes/seats.py` and `worker/processes/child.py`, the two ends.

A message is its length (four bytes, little-endian) and its pickle. Both ends are our own code;
a strategy may be faulty, it is not hostile.
"""

import pickle
from collections.abc import Iterator
from struct import Struct
from typing import Any, Final, NamedTuple

from core.candle import Candle, Interval
from core.errors import DataError
from core.hearing import Heard
from core.instrument import Instrument
from core.signals import LegRule, Signal
from core.strategy import StrategyConfig
from core.trade import Trade

_LENGTH: Final = Struct("<I")
LARGEST: Final = 64 << 20


class UserCode(NamedTuple):
    """What a strategy that brings its own code is made with besides."""

    source: str
    instruments: tuple[Instrument, ...]


class Load(NamedTuple):
    """Supervisor: make this strategy; it takes over once it has had its `WarmUp`.

    Attributes
    ----------
    settings
        The config's JSON: its parameters, and what the user has set of the risk parameters.
    config
        What the strategy is to be started with, before its type's own defaults.
    replaces
        Whether it stands in for one that runs, because the config was changed.
    code
        The user's own, of a type that brings its code.
    """

    module_path: str
    class_name: str
    settings: dict[str, Any]
    config: StrategyConfig
    replaces: bool = False
    code: UserCode | None = None


class Loaded(NamedTuple):
    """Child: it is made, and this is what it asks for.

    Attributes
    ----------
    config
        As asked, with its type's own intervals and risk parameters where the user set none.
    warm_up
        How many candles of each interval, of every instrument, it wants first.
    digest
        Names its code and parameters.
    option_legs
        The options that its signals may name.
    tick_seconds
        Market seconds between two ticks it is shown, None for none.
    has_metrics
        Whether it has figures of its own.
    """

    config: StrategyConfig
    warm_up: dict[Interval, int]
    digest: str
    option_legs: tuple[LegRule, ...] = ()
    tick_seconds: int | None = None
    has_metrics: bool = False


class Refused(NamedTuple):
    """Child: it cannot be made."""

    reason: str


class WarmUp(NamedTuple):
    """Supervisor: candles of the past, oldest first, and the trades that are open after them.

    Nothing is answered to it.
    """

    candles: tuple[Candle, ...]
    trades: tuple[Trade, ...] = ()


class Candles(NamedTuple):
    """Supervisor: completed candles; answer with what is wanted now.

    Between them, where they belong, gaps of the feed and the trades of the config as they changed.
    """

    round: int
    heard: tuple[Heard, ...]


class Answer(NamedTuple):
    """Child: all candles of this round were looked at.

    Attributes
    ----------
    said
        Lines for the owner's log.
    """

    round: int
    signals: tuple[Signal, ...]
    said: tuple[str, ...] = ()


class AskFigures(NamedTuple):
    """Supervisor: tell which figures of its own the strategy has."""


class Figures(NamedTuple):
    """Child: these."""

    figures: dict[str, float | None]


class Crash(NamedTuple):
    """Child: the strategy raised, and is no more."""

    reason: str
    traceback: str


class Finish(NamedTuple):
    """Supervisor: end."""


Message = (
    Load | Loaded | Refused | WarmUp | Candles | Answer | AskFigures | Figures | Crash | Finish
)


def encode(message: Message) -> bytes:
    """Return a message as it goes over the socket."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


class Decoder:
    """Make messages of bytes, however they are cut.

    Examples
    --------
    >>> decoder, sent = Decoder(), encode(Finish()) + encode(Refused("no"))
    >>> [*decoder.feed(sent[:10]), *decoder.feed(sent[10:])]
    [Finish(), Refused(reason='no')]
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes; yield the messages they complete.

        Raises
        ------
        DataError
            If what came is not a message.
        """
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > LARGEST:
                raise DataError(f"message of {length} bytes is above {LARGEST}")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield _unpickled(body)


def _unpickled(body: bytes) -> Message:
    try:
        message: Message = pickle.loads(body)  # noqa: S301 - see the module.
    except Exception as error:  # Whatever a damaged pickle may raise.
        raise DataError(f"message of {len(body)} bytes cannot be read: {error}") from error
    if not isinstance(message, Message):
        raise DataError(f"message is a {type(message).__name__}")
    return message
