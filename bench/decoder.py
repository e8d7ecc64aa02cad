"""How fast the feed's bytes become values: our decoder beside the official package's own.

In:  nothing; packets are made here.
Out: packets per second on the screen, median of five rounds taken in turn, and the ratios.
Next: `core/brokers/dhan/wire.py`.

Run ``python bench/decoder.py``. Both sides get the same bytes in the same process, one after the
other in every round, so that a busy machine slows both. `MarketFeed.process_data` reads only the
first packet of a message; stacked messages are therefore measured for our decoder alone, and it
is given one packet per message in the comparison. It always takes the five levels of a full packet
apart, ours only on demand: the row "full+levels" has us do the same work. "to price" adds what the
worker does with each packet: find the instrument, round the price, turn the time into UTC.
"""

import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from time import perf_counter

sys.path.append(str(Path(__file__).resolve().parent.parent))

from dhanhq import DhanContext
from dhanhq.marketfeed import MarketFeed

import core
from core.brokers.dhan.border import trade_time_ns
from core.brokers.dhan.wire import (
    FULL,
    LEVELS,
    QUOTE,
    TICKER,
    PacketKind,
    WireCounters,
    decode,
)
from core.instrument import Instrument, InstrumentKind, Segment

ROUNDS = 5
PACKETS = 100_000
STACK = 8
LTT = 1_781_084_997
SHARE = Instrument(Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY, 1, Decimal("0.10"))
BY_KEY = {(SHARE.segment.code, SHARE.security_id): SHARE}
HEAD = (SHARE.segment.code, SHARE.security_id)
TRADE = (1425.3, 75, LTT, 1421.87, 3_333_675, 421_350, 309_225)
DAY = (1420.0, 1418.6, 1431.2, 1416.4)
PACKET_OF = {
    "ticker": TICKER.pack(2, 16, *HEAD, 1425.3, LTT),
    "quote": QUOTE.pack(4, 50, *HEAD, *TRADE, *DAY),
    "full": FULL.pack(
        *(8, 162, *HEAD, *TRADE, 11_148_150, 11_200_000, 11_000_000, *DAY),
        LEVELS.pack(*(525, 300, 7, 3, 1425.2, 1425.4) * 5),
    ),
}
PACKET_OF["full+levels"] = PACKET_OF["full"]
CONTENDERS = {  # Packets per message of each column.
    "dhanhq 1/msg": 1,
    "ours 1/msg": 1,
    f"ours {STACK}/msg": STACK,
    "to price 1/msg": 1,
    f"to price {STACK}/msg": STACK,
}


def decode_only(message: bytes, rounds: int) -> None:
    """Decode a message as often as told."""
    counters = WireCounters()
    for _ in range(rounds):
        for _fields in decode(message, counters):
            pass


def decode_with_levels(message: bytes, rounds: int) -> None:
    """Decode a message of full packets and take their depth levels apart."""
    counters = WireCounters()
    for _ in range(rounds):
        for fields in decode(message, counters):
            LEVELS.unpack(fields[-1])


def decode_to_price(message: bytes, rounds: int) -> None:
    """Decode, find the instrument, round its price, convert the time."""
    counters = WireCounters()
    time_at = 5 if message[0] == PacketKind.TICKER else 6
    for _ in range(rounds):
        for fields in decode(message, counters):
            instrument = BY_KEY[fields[2], fields[3]]
            instrument.round_price(fields[4])
            trade_time_ns(fields[time_at])


def official(feed: MarketFeed) -> Callable[[bytes, int], None]:
    """Return the package's decoder in the same loop."""

    def run(message: bytes, rounds: int) -> None:
        for _ in range(rounds):
            feed.process_data(message)

    return run


def packets_per_second(run: Callable[[bytes, int], None], packet: bytes, stack: int) -> float:
    """Return the speed of one run over `PACKETS` packets, `stack` of them per message."""
    message = packet * stack
    started = perf_counter()
    run(message, PACKETS // stack)
    return PACKETS / (perf_counter() - started)


def measure(packet: bytes, runs: Sequence[Callable[[bytes, int], None]]) -> list[float]:
    """Return the median speed of each run, in packets per second, over `ROUNDS` rounds in turn."""
    rounds = [
        [
            packets_per_second(run, packet, stack)
            for run, stack in zip(runs, CONTENDERS.values(), strict=True)
        ]
        for _ in range(ROUNDS)
    ]
    return [statistics.median(speeds) for speeds in zip(*rounds, strict=True)]


def main() -> None:
    """Measure and print."""
    feed = MarketFeed(DhanContext("1000000001", "no token"), [])
    peer = official(feed)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, core in {core.__file__}")
    print(f"thousand packets/s, median of {ROUNDS} rounds of {PACKETS:,} packets, in turn")
    print(f"{'':12}" + "".join(f"{name:>17}" for name in CONTENDERS) + f"{'ours : dhanhq':>16}")
    for kind, packet in PACKET_OF.items():
        decoder = decode_with_levels if kind == "full+levels" else decode_only
        speeds = measure(packet, (peer, decoder, decoder, decode_to_price, decode_to_price))
        figures = "".join(f"{speed / 1e3:>17,.0f}" for speed in speeds)
        print(f"{kind:12}{figures}{speeds[1] / speeds[0]:>15.1f}x")
    feed.loop.close()


if __name__ == "__main__":
    main()
