"""Candle files and recordings that the tests of the backtest make for themselves."""

import json
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from core.brokers.dhan.recording import encode_record
from core.brokers.dhan.wire import FULL, OPEN_INTEREST, QUOTE, TICKER
from core.candle import Candle
from core.instrument import Instrument
from core.rows import key_text
from core.session import IST_OFFSET_SECONDS, NS_PER_SECOND
from tests.core.engine_driver import RUN, depth_of
from tests.core.market import DAY, FUTURE, NIFTY, at
from worker.replay.record_files import RecordFiles, RecordLimits

HEADER = "ts,open,high,low,close,volume"
CONFIG: dict[str, Any] = {
    "id": "00000000-0000-4000-8000-000000000020",
    "strategy_id": "00000000-0000-4000-8000-000000000021",
    "user_id": "00000000-0000-4000-8000-000000000022",
    "portfolio_id": "00000000-0000-4000-8000-000000000023",
    "name": "test",
    "module_path": "strategies.momentum",
    "class_name": "Momentum",
    "parameters": {"fast": 2, "slow": 4, "atr": 3},
    "risk": {"cooldown_minutes": 0},
    "intervals": ["1m"],
    "capital": "10000000",
    "digest": "d" * 64,
    "after": 0,
    "warm_up": [],
}


def write_candles(path: Path, *rows: str, header: str = HEADER) -> Path:
    """Write a candle file; each row follows "2025-12-01T" up to its end."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def a_walk(count: int, seed: int = 5, start: float = 26_000.0) -> list[float]:
    """Return prices on a tick of ten paise that trend and turn."""
    random_numbers = random.Random(seed)
    price, drift, prices = start, 0.0, []
    for number in range(count):
        if number % 300 == 0:
            drift = random_numbers.choice([-0.25, 0.25])
        price = round(price + drift + random_numbers.gauss(0, 1.0), 1)
        prices.append(price)
    return prices


def full(instrument: Instrument, time_ns: int, price: float, volume: int) -> bytes:
    """Return a full packet with a book of one tick around its price."""
    depth = depth_of(bids=[(7_500, price - 0.1)], asks=[(7_500, price + 0.1)])
    return FULL.pack(
        8, FULL.size, instrument.segment.code, instrument.security_id, price, 75, _ltt(time_ns),
        price, volume, 0, 0, 9_000, 0, 0, price, price, price, price, depth,
    )  # fmt: skip


def quote(instrument: Instrument, time_ns: int, price: float, volume: int) -> bytes:
    """Return a quote packet."""
    return QUOTE.pack(
        4, QUOTE.size, instrument.segment.code, instrument.security_id, price, 75, _ltt(time_ns),
        price, volume, 0, 0, price, price, price, price,
    )  # fmt: skip


def ticker(instrument: Instrument, time_ns: int, price: float) -> bytes:
    """Return a ticker packet."""
    return TICKER.pack(
        2, TICKER.size, instrument.segment.code, instrument.security_id, price, _ltt(time_ns)
    )


def open_interest(instrument: Instrument, units: int) -> bytes:
    """Return an open-interest packet."""
    segment = instrument.segment.code
    return OPEN_INTEREST.pack(5, OPEN_INTEREST.size, segment, instrument.security_id, units)


def a_day_of_messages(seconds: int = 9_000, day: date = DAY) -> list[bytes]:
    """Return messages of one to two packets: the future every second, the index with it."""
    messages = []
    for number, price in enumerate(a_walk(seconds)):
        time_ns = at("09:15", day) + number * NS_PER_SECOND
        packets = full(FUTURE, time_ns, price, 75 * (number + 1))
        if number % 2:
            packets += ticker(NIFTY, time_ns, round(price - 40, 1))
        messages.append(packets)
    return messages


def write_run(
    folder: Path,
    messages: list[bytes],
    *,
    configs: list[dict[str, Any]] | None = None,
    commands: list[dict[str, Any]] | None = None,
    others: Sequence[dict[str, Any]] = (),
    **about: Any,
) -> Path:
    """Write a recorded run of the future and the index; return the run's own folder."""
    records = b"".join(encode_record(number, message) for number, message in enumerate(messages))
    facts: list[dict[str, Any]] = [
        {"fact": "run", "run_id": str(RUN), "started_ns": 0, **about},
        *({"fact": "instruments", **_fact(each)} for each in (FUTURE, NIFTY)),
        *({"fact": "configs", **each} for each in configs or [a_config_fact()]),
        *({"fact": "commands", **each} for each in commands or ()),
        *others,
        {"fact": "mark", "messages": len(messages)},
        {"fact": "end"},
    ]
    files = RecordFiles(folder, str(RUN), RecordLimits())
    files.write(DAY, records, "".join(json.dumps(each) + "\n" for each in facts).encode())
    files.close()
    return folder / str(DAY) / str(RUN)


def a_config_fact(**changes: Any) -> dict[str, Any]:
    """Return what the worker notes of a deployed config."""
    return {**CONFIG, "instruments": [list(FUTURE.key)], **changes}


def candle_fact(candle: Candle) -> list[Any]:
    """Return a candle as the worker notes it."""
    return list(candle.as_tuple())


def _fact(instrument: Instrument) -> dict[str, Any]:
    return {
        "after": 0,
        "has_derivatives": False,
        "instrument_key": key_text(instrument.key),
        "segment": str(instrument.segment),
        "security_id": instrument.security_id,
        "symbol": instrument.symbol,
        "display_name": instrument.display_name,
        "kind": str(instrument.kind),
        "underlying": instrument.underlying,
        "expiry": None if instrument.expiry is None else instrument.expiry.isoformat(),
        "strike": None,
        "option_side": None,
        "lot_size": instrument.lot_size,
        "tick_size": str(instrument.tick_size),
        "freeze_quantity": instrument.freeze_quantity,
        "is_active": True,
    }


def _ltt(time_ns: int) -> int:
    return time_ns // NS_PER_SECOND + IST_OFFSET_SECONDS
