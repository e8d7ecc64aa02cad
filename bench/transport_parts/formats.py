"""Ways to write down what a strategy process is told, ours and others.

In:  a `Candles` message.
Out: `Way`s that turn it into bytes and back into our own types.
Next: `bench/transport.py`, which times them.
"""

import importlib
import importlib.util
import json
import marshal
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from core.candle import Candle, InstrumentKey, Interval
from core.instrument import Segment
from core.tick_pace import Tick
from worker.processes.messages import Candles, Decoder, Message, encode

_FIELDS_OF_A_TICK = len(Tick._fields)
REPEATS = 3_000
US = 1e6


class Way(NamedTuple):
    """A way to write a message down and to read it again."""

    name: str
    write: Callable[[Candles], bytes]
    read: Callable[[bytes], Message]


def plain(message: Candles) -> tuple[Any, ...]:
    """Return a message in types that every format knows."""
    return message.round, [
        (plain_key(each.instrument), str(each.interval), *each.as_tuple()[2:])
        if isinstance(each, Candle)
        else (plain_key(each.instrument), *tuple(each)[1:])
        for each in message.heard
    ]


def plain_key(key: InstrumentKey) -> tuple[str, int]:
    """Return a key in types that every format knows."""
    return str(key[0]), key[1]


def rebuilt(parts: Sequence[Any]) -> Candles:
    """Return the message that `plain` took apart."""
    number, heard = parts
    return Candles(
        number,
        tuple(
            Tick((Segment(each[0][0]), each[0][1]), *each[1:])
            if len(each) == _FIELDS_OF_A_TICK
            else Candle((Segment(each[0][0]), each[0][1]), Interval(each[1]), *each[2:])
            for each in heard
        ),
    )


def ways() -> list[Way]:
    """Return all that can be had here, ours first."""
    found = [
        Way("pickle with length (ours)", encode, lambda data: next(Decoder().feed(data))),
        Way("marshal", lambda m: marshal.dumps(plain(m)), lambda d: rebuilt(marshal.loads(d))),  # noqa: S302 - our own bytes.
        Way("json", lambda m: json.dumps(plain(m)).encode(), lambda d: rebuilt(json.loads(d))),
    ]
    if importlib.util.find_spec("msgpack"):
        msgpack: Any = importlib.import_module("msgpack")
        found.append(Way(
            "msgpack", lambda m: msgpack.packb(plain(m)), lambda d: rebuilt(msgpack.unpackb(d))
        ))  # fmt: skip
    if importlib.util.find_spec("msgspec"):
        msgspec: Any = importlib.import_module("msgspec")
        packer, unpacker = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder()
        found.append(Way(
            "msgspec, MessagePack",
            lambda m: packer.encode(plain(m)),
            lambda d: rebuilt(unpacker.decode(d)),
        ))  # fmt: skip
    return found


def written(way: Way, message: Candles) -> tuple[float, int]:
    """Return the microseconds of writing down and reading, and the size in bytes."""
    data = way.write(message)
    if way.read(data) != message:
        raise SystemExit(f"{way.name} does not bring the message back")
    began = time.perf_counter()
    for _ in range(REPEATS):
        way.read(way.write(message))
    return US * (time.perf_counter() - began) / REPEATS, len(data)
