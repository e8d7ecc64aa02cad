"""Recorded ticks with their depth, made here and real."""

from pathlib import Path

import pytest

from backtest.tick_file import play_packets, read_packets
from core.brokers.dhan.border import to_book
from core.candle import Interval
from core.engine import Engine
from core.errors import DataError
from core.replay.driver import Driver, run_id_of
from tests.core.market import CALENDAR, FUTURE
from tests.core.shared_data import shared

LEVELS = [
    f"{side}_{what}_{n}"
    for n in range(1, 6)
    for side in ("bid", "ask")
    for what in ("price", "qty")
]
HEADER = ",".join(["time", "type", "ltp", "volume", "oi", *LEVELS])
REAL = "ticks_dhan_full_nifty_fut_25dec_20251229_1247.csv.gz"


def a_row(clock: str, price: str, volume: str, oi: str = "", book: str = "100.1") -> str:
    levels = [book if "price" in name else "75" for name in LEVELS]
    return ",".join([f"2025-12-01T{clock}+05:30", "full", price, volume, oi, *levels])


def a_file(folder: Path, *rows: str) -> Path:
    path = folder / "ticks.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_a_packet_has_its_numbers_and_its_depth(tmp_path: Path) -> None:
    (packet,) = read_packets(a_file(tmp_path, a_row("09:15:00.25", "100.1", "75.0", "900")), FUTURE)
    assert (packet.price, packet.volume, packet.open_interest) == (100.1, 75, 900)
    assert packet.time_ns % 1_000_000_000 == 250_000_000
    assert packet.depth is not None
    book = to_book(packet.depth, FUTURE)
    assert book.best_ask is not None
    assert (book.best_ask.price, book.best_ask.quantity) == (100.1, 75)
    assert len(book.bids) == 5


def test_open_interest_alone_is_no_trade(tmp_path: Path) -> None:
    rows = [a_row("09:15:00", "100.1", "75"), a_row("09:15:01", "", "", "900", "")]
    engine = Engine(run_id_of("ticks"), CALENDAR)
    driver = Driver(engine, keep_candles=True)
    play_packets(driver, engine.watch(FUTURE), a_file(tmp_path, *rows), FUTURE)
    driver.take(engine.advance(engine.now_ns + 120 * 10**9))
    assert driver.result.ticks == 1
    assert driver.result.candles[0].open_interest == 900


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (a_row("09:15:00", "cheap", "75"), "line 2: could not convert string to float: 'cheap'"),
        (a_row("25:15:00", "100", "75"), "line 2: "),
        (a_row("09:15:00", "100", "75").replace("+05:30", ""), "has no offset"),
        (a_row("09:15:00", "100", "75", book="nowhere"), "line 2: .*'nowhere'"),
    ],
)
def test_a_bad_row_is_refused_by_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(DataError, match=r"ticks\.csv .*" + said):
        list(read_packets(a_file(tmp_path, row), FUTURE))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ticks.csv"
    path.write_text("time,price\n")
    with pytest.raises(DataError, match="no column ltp, volume"):
        list(read_packets(path, FUTURE))


def test_five_real_minutes_make_candles_whose_volume_is_the_feed_s_difference() -> None:
    engine = Engine(run_id_of(REAL), CALENDAR)
    driver = Driver(engine, keep_candles=True)
    packets = [p for p in read_packets(shared(REAL), FUTURE) if p.price is not None]
    play_packets(driver, engine.watch(FUTURE), shared(REAL), FUTURE)
    driver.take(engine.advance(engine.now_ns + 120 * 10**9))
    minutes = [candle for candle in driver.result.candles if candle.interval is Interval.M1]
    assert len(minutes) == 5
    # The first packet only tells where the volume stands: we joined in the middle of the day.
    assert sum(candle.volume for candle in minutes) == packets[-1].volume - packets[0].volume
    assert all(candle.open_interest for candle in minutes)
    assert driver.result.ticks == 355
