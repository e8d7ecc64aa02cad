"""What we say to Dhan's market feed: which instruments to send, and how much about each.

In:  instrument keys and a mode.
Out: JSON texts, each one WebSocket message; the server acknowledges none of them.
Next: `core/brokers/dhan/wire.py`, what comes back.

An instrument may be held in several modes; each is ended with its own code.
"""

import json
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import batched
from typing import Final

from core.instrument import Segment

INSTRUMENTS_PER_MESSAGE: Final = 100
INSTRUMENTS_PER_CONNECTION: Final = 5_000
CONNECTIONS_PER_ACCOUNT: Final = 5
DISCONNECT_CODE: Final = 12

Key = tuple[Segment, int]


class Mode(IntEnum):
    """How much the feed sends about an instrument; the value is the request code to subscribe."""

    TICKER = 15
    QUOTE = 17
    FULL = 21

    @property
    def unsubscribe_code(self) -> int:
        """The request code that ends this mode."""
        return self + 1


def subscribe_messages(mode: Mode, keys: Iterable[Key]) -> Iterator[str]:
    """Yield the messages that subscribe to `keys`, at most 100 instruments each.

    Examples
    --------
    >>> list(subscribe_messages(Mode.TICKER, [(Segment.IDX_I, 13)]))  # doctest: +ELLIPSIS
    ['{"RequestCode": 15, "InstrumentCount": 1, "InstrumentList": [{...: "13"}]}']
    """
    return _messages(int(mode), keys)


def unsubscribe_messages(mode: Mode, keys: Iterable[Key]) -> Iterator[str]:
    """Yield the messages that end `mode` for `keys`, at most 100 instruments each."""
    return _messages(mode.unsubscribe_code, keys)


def disconnect_message() -> str:
    """Return the message that announces we are going."""
    return json.dumps({"RequestCode": DISCONNECT_CODE})


def _messages(code: int, keys: Iterable[Key]) -> Iterator[str]:
    for batch in batched(keys, INSTRUMENTS_PER_MESSAGE):
        instruments = [
            # The id is text: the server ignores a number without a word.
            {"ExchangeSegment": str(segment), "SecurityId": str(security_id)}
            for segment, security_id in batch
        ]
        yield json.dumps(
            {
                "RequestCode": code,
                "InstrumentCount": len(instruments),
                "InstrumentList": instruments,
            }
        )
