"""What the supervisor and a strategy process say to each other.

In:  values made on one side.
Out: bytes for a socket, and the values again on the other side.
Next: `worker/strategy_process.py` and `worker/child.py`, the two ends.

A message is its length (four bytes, little-endian) and its pickle. Both ends are our own code;
a strategy may be faulty, it is not hostile.
"""

import pickle
from collections.abc import Iterator
from struct import Struct
from typing import Any, Final, NamedTuple

from core.candle import Candle
from core.errors import DataError
from core.signals import Signal
from core.trade import Trade

_LENGTH: Final = Struct("<I")
LARGEST: Final = 64 << 20


class Load(NamedTuple):
    """Supervisor: make this strategy; it takes over once it has had its `WarmUp`."""

    module_path: str
    class_name: str
    parameters: dict[str, Any]


class Loaded(NamedTuple):
    """Child: it is made, and wants so many candles of each instrument first."""

    warm_up: int
    digest: str


class Refused(NamedTuple):
    """Child: it cannot be made."""

    reason: str


class WarmUp(NamedTuple):
    """Supervisor: candles of the past, oldest first; nothing is answered to them."""

    candles: tuple[Candle, ...]


Heard = Candle | Trade
"""What a strategy is told of."""


class Candles(NamedTuple):
    """Supervisor: completed candles; answer with what is wanted now.

    Between them, where they belong, the trades of the config as they changed.
    """

    round: int
    heard: tuple[Heard, ...]


class Answer(NamedTuple):
    """Child: all candles of this round were looked at."""

    round: int
    signals: tuple[Signal, ...]


class Crash(NamedTuple):
    """Child: the strategy raised; this process ends."""

    traceback: str


class Finish(NamedTuple):
    """Supervisor: end."""


Message = Load | Loaded | Refused | WarmUp | Candles | Answer | Crash | Finish


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
