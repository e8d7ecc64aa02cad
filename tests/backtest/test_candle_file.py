"""Candle files: read whole or refused by line, and given back by the engine exactly."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.candle_file import read_candles, ticks_of
from core.candle import Candle, Interval
from core.engine import Engine
from core.errors import DataError
from core.instrument import Instrument
from core.replay.driver import Driver, run_id_of
from core.session import NS_PER_MINUTE
from tests.backtest.market_files import HEADER, write_candles
from tests.core.market import CALENDAR, NIFTY, RELIANCE, at

ROW = "2025-12-01T09:15:00+05:30,100,103,99,101,75"


def built_again(candles: list[Candle], instrument: Instrument, *, has_volume: bool) -> list[Candle]:
    engine = Engine(run_id_of("test"), CALENDAR)
    driver = Driver(engine, keep_candles=True)
    slot = engine.watch(instrument)
    engine.advance(at("09:15"))
    driver.play(ticks_of(candles, slot, has_volume=has_volume))
    driver.take(engine.advance(at("15:30:02")))
    return [candle for candle in driver.result.candles if candle.interval is Interval.M1]


def test_a_row_becomes_a_candle_stamped_with_its_start(tmp_path: Path) -> None:
    (candle,) = read_candles(write_candles(tmp_path / "a.csv", ROW), RELIANCE)
    assert candle == Candle(
        RELIANCE.key, Interval.M1, at("09:15"), at("09:16"), 100.0, 103.0, 99.0, 101.0, 75
    )


def test_a_compressed_file_reads_the_same(tmp_path: Path) -> None:
    plain = write_candles(tmp_path / "a.csv", ROW)
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_candles(packed, RELIANCE) == read_candles(plain, RELIANCE)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROW.replace("100", "ten")], "line 2: open 'ten' is not a number"),
        ([ROW.replace("103", "nan")], "line 2: high 'nan' is not a number"),
        ([ROW.replace("103", "98")], "line 2: .* are no candle"),
        ([ROW.replace("99,", "0,")], "line 2: .* are no candle"),
        ([ROW.replace(",75", ",7.5")], "line 2: volume '7.5' is not a whole number"),
        ([ROW.replace(",75", ",-75")], "line 2: volume '-75' is not a whole number"),
        ([ROW.replace("+05:30", "")], "line 2: ts 2025-12-01T09:15:00 has no offset"),
        ([ROW.replace("2025-12-01T", "yesterday ")], "line 2: ts .* is not a time"),
        ([ROW, ROW], "line 3: ts .* is not later than the row before"),
        (["2025-12-01T09:15:00+05:30,100"], "line 2: high None is not a number"),
        ([], "holds no candles"),
    ],
)
def test_a_bad_row_is_refused_by_file_line_and_value(
    tmp_path: Path, rows: list[str], said: str
) -> None:
    with pytest.raises(DataError, match=r"bad\.csv.*" + said):
        read_candles(write_candles(tmp_path / "bad.csv", *rows), RELIANCE)


def test_a_missing_column_and_a_missing_file_are_named(tmp_path: Path) -> None:
    short = write_candles(tmp_path / "short.csv", header="ts,open,high,close")
    with pytest.raises(DataError, match=r"short\.csv: no column low"):
        read_candles(short, RELIANCE)
    with pytest.raises(DataError, match=r"none\.csv cannot be read"):
        read_candles(tmp_path / "none.csv", RELIANCE)
    broken = tmp_path / "broken.csv.gz"
    many = "\n".join([HEADER, *(ROW.replace("T09:15", f"T10:{at_:02}") for at_ in range(60))])
    broken.write_bytes(gzip.compress(many.encode())[:-9])
    with pytest.raises(DataError, match=r"broken\.csv\.gz cannot be read"):
        read_candles(broken, RELIANCE)


def test_a_candle_with_less_volume_than_prices_is_refused() -> None:
    candle = Candle(RELIANCE.key, Interval.M1, at("09:15"), at("09:16"), 10.0, 12.0, 9.0, 11.0, 3)
    with pytest.raises(DataError, match="volume 3 cannot hold 4 different prices"):
        ticks_of([candle], 0, has_volume=True)


def test_a_silent_candle_is_left_out() -> None:
    candle = Candle(RELIANCE.key, Interval.M1, at("09:15"), at("09:16"), 10.0, 10.0, 10.0, 10.0, 0)
    assert len(ticks_of([candle], 0, has_volume=True)) == 0


PRICES = st.integers(10, 2_000).map(lambda ticks: ticks / 10)
SHAPES = st.lists(
    st.tuples(PRICES, PRICES, PRICES, PRICES, st.integers(4, 10_000), st.integers(1, 4)),
    min_size=1,
    max_size=40,
)


def candles_of(
    shapes: list[tuple[float, float, float, float, int, int]],
    instrument: Instrument,
    *,
    has_volume: bool,
) -> list[Candle]:
    candles, minute = [], 0
    for one, two, three, four, volume, gap in shapes:
        minute += gap
        start = at("09:15") + minute * NS_PER_MINUTE
        high, low = max(one, two, three, four), min(one, two, three, four)
        end, units = start + NS_PER_MINUTE, volume if has_volume else 0
        candles.append(Candle(instrument.key, Interval.M1, start, end, one, high, low, two, units))
    return candles


@given(shapes=SHAPES)
def test_any_candles_come_out_of_their_ticks_again(
    shapes: list[tuple[float, float, float, float, int, int]],
) -> None:
    candles = candles_of(shapes, RELIANCE, has_volume=True)
    assert built_again(candles, RELIANCE, has_volume=True) == candles


@given(shapes=SHAPES)
def test_candles_of_an_index_come_out_without_volume(
    shapes: list[tuple[float, float, float, float, int, int]],
) -> None:
    candles = candles_of(shapes, NIFTY, has_volume=False)
    assert built_again(candles, NIFTY, has_volume=False) == candles
