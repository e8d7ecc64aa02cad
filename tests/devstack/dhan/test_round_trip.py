"""Encoded by the simulator, sent over a socket, decoded by `core`: field for field the same."""

import asyncio
import csv
import gzip
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.brokers.dhan.packets import Full, OpenInterest, raw_levels
from core.brokers.dhan.recording import HEAD, encode_record
from core.brokers.dhan.subscription import Mode, subscribe_messages
from core.brokers.dhan.wire import PacketKind
from core.instrument import Instrument
from core.session import load_calendar
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE
from devstack.dhan.sources.generated import generate
from devstack.dhan.sources.recorded_frames import read_frame_file
from devstack.dhan.sources.recorded_ticks import read_tick_file
from devstack.dhan.tape import EventKind, FrameTape, Tape
from tests.devstack.dhan.running import (
    PATIENCE_SECONDS,
    FeedClient,
    Fields,
    feed_client,
    simulate,
)
from tests.devstack.dhan.small_tape import FUTURE, INSTRUMENTS, small_tape

RECORDED = (
    Path(__file__).resolve().parents[4]
    / "shared/data/ticks_dhan_full_nifty_fut_25dec_20251229_1247.csv.gz"
)
MUHURAT = date(2025, 10, 21)


async def played(
    tape: Tape | FrameTape, instruments: Sequence[Instrument], count: int
) -> list[Fields]:
    """Return so many packets as a client in full mode receives and decodes them."""
    async with (
        simulate(tape, speed=AS_FAST_AS_POSSIBLE) as simulator,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.FULL, instruments)
        simulator.clock.resume("control")
        packets = await client.packets(count)
        assert client.counters.malformed == client.counters.unknown == 0
        return packets


@pytest.mark.skipif(not RECORDED.exists(), reason=f"{RECORDED.name} is not on this machine")
async def test_a_recorded_day_comes_back_field_for_field() -> None:
    with gzip.open(RECORDED, "rt") as file:
        rows = list(csv.DictReader(file))
    tape = read_tick_file(RECORDED, load_calendar())
    packets = await played(tape, tape.instruments, len(rows))
    assert len(rows) == 356
    for row, packet in zip(rows, packets, strict=True):
        assert packet[3] == int(row["security_id"])
        if row["type"] == "oi":
            assert OpenInterest(*packet).open_interest == int(row["oi"])
        else:
            assert _fields_of(Full(*packet)) == _recorded_fields(row)
            sent = datetime.fromisoformat(row["time"]).timestamp()
            assert abs(Full(*packet).trade_time - 19_800 - sent) < 60


async def test_a_generated_session_comes_back_field_for_field() -> None:
    tape = generate(3, MUHURAT, load_calendar()).tape
    wanted = [each for each in tape.instruments if each.underlying == "NIFTY"][:3]
    numbers = [tape.instruments.index(each) for each in wanted]
    rows = np.flatnonzero(np.isin(tape.columns.instrument, numbers))[:6_000]
    packets = await played(tape, wanted, len(rows))
    kinds = set()
    for row, packet in zip(rows.tolist(), packets, strict=True):
        kinds.add(tape.columns.kind[row])
        assert packet[3] == tape.instruments[tape.columns.instrument[row]].security_id
        if tape.columns.kind[row] == EventKind.OPEN_INTEREST:
            assert packet[0] == PacketKind.OPEN_INTEREST
            assert packet[4] == tape.columns.oi[row]
        else:
            _assert_full(Full(*packet), tape, row)
    assert kinds == set(EventKind)


async def test_recorded_messages_are_played_byte_for_byte_and_nothing_else(
    tmp_path: Path,
) -> None:
    tape = small_tape()
    async with (
        simulate(tape, speed=AS_FAST_AS_POSSIBLE) as simulator,
        feed_client(simulator) as client,
    ):
        await client.subscribe(Mode.FULL, INSTRUMENTS)
        simulator.clock.resume("control")
        messages = await _raw(client, 200)
    start_ns = int(tape.columns.time_ns[0])
    path = tmp_path / "recorded.frames"
    records = [encode_record(start_ns + at, message) for at, message in enumerate(messages)]
    path.write_bytes(HEAD + b"".join(records))
    frames = read_frame_file(path, load_calendar()).tape
    async with (
        simulate(frames, speed=AS_FAST_AS_POSSIBLE) as simulator,
        feed_client(simulator) as client,
    ):
        # Any subscription opens the tap.
        for text in subscribe_messages(Mode.TICKER, [FUTURE.key]):
            await client.socket.send(text)
        simulator.clock.resume("control")
        assert await _raw(client, 200) == messages


async def _raw(client: FeedClient, count: int) -> list[bytes]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [bytes(await client.socket.recv(decode=False)) for _ in range(count)]


def _fields_of(packet: Full) -> dict[str, float]:
    levels = [level._asdict() for level in raw_levels(packet.levels)]
    fields: dict[str, float] = {
        "ltp": packet.price,
        "volume": packet.volume,
        "oi": packet.open_interest,
        "ltq": packet.last_quantity,
        "atp": packet.average_price,
        "total_buy_qty": packet.buy_quantity,
        "total_sell_qty": packet.sell_quantity,
        "open": packet.day_open,
        "high": packet.day_high,
        "low": packet.day_low,
        "close": packet.close,
        "bid_orders_1": levels[0]["bid_orders"],
        "ask_orders_1": levels[0]["ask_orders"],
    }
    for number, level in enumerate(levels, start=1):
        for side in ("bid", "ask"):
            fields[f"{side}_price_{number}"] = level[f"{side}_price"]
            fields[f"{side}_qty_{number}"] = level[f"{side}_quantity"]
    return {name: round(value, 2) for name, value in fields.items()}


def _recorded_fields(row: dict[str, str]) -> dict[str, float]:
    other = {"time", "security_id", "symbol", "type"}
    return {name: float(text) for name, text in row.items() if name not in other}


def _assert_full(packet: Full, tape: Tape, row: int) -> None:
    columns = tape.columns
    session = tape.session_at(int(columns.time_ns[row]))
    expected: dict[str, Any] = {
        "price": columns.ltp[row],
        "last_quantity": columns.ltq[row],
        "trade_time": columns.ltt[row] + 19_800,
        "average_price": columns.atp[row],
        "volume": columns.volume[row],
        "sell_quantity": columns.sell_quantity[row],
        "buy_quantity": columns.buy_quantity[row],
        "open_interest": columns.oi[row],
        "open_interest_high": columns.oi_high[row],
        "open_interest_low": columns.oi_low[row],
        "day_open": columns.open[row],
        "close": session.previous_close[columns.instrument[row]],
        "day_high": columns.high[row],
        "day_low": columns.low[row],
    }
    assert {name: getattr(packet, name) for name in expected} == expected
    levels = tape.depth(row, row + 1)[0]
    assert [tuple(level) for level in raw_levels(packet.levels)] == [tuple(x) for x in levels]
