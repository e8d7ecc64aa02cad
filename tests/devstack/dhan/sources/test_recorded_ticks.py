"""Recorded ticks: every recorded field is on the tape, the derived ones follow their rule."""

import csv
import gzip
from pathlib import Path

import pytest

from core.errors import DataError
from devstack.dhan.sources.recorded_ticks import read_tick_file
from devstack.dhan.tape import EventKind, Tape
from tests.devstack.dhan.generated_days import calendar

SHARED = Path(__file__).resolve().parents[4].parent / "shared" / "data"
RECORDED = SHARED / "ticks_dhan_full_nifty_fut_25dec_20251229_1247.csv.gz"
_HEADER = (
    "time,security_id,symbol,type,ltp,volume,oi,ltq,atp,total_buy_qty,total_sell_qty,"
    "open,high,low,close,bid_price_1,bid_qty_1,bid_orders_1,ask_price_1,ask_qty_1,ask_orders_1,"
    "bid_price_2,bid_qty_2,ask_price_2,ask_qty_2"
)
_FULL_LINE = (
    "2025-12-29T12:47:02.553384+05:30,49543,NIFTY25DECFUT,full,25974.9,3333675.0,11148150,75.0,"
    "26024.11,309225.0,421350.0,26080.0,26100.2,25972.4,26060.2,25974.8,525.0,7.0,25980.0,300.0,"
    "3.0,25974.7,600.0,25980.9,600.0"
)
COLUMNS, FULL = _HEADER.split(","), _FULL_LINE.split(",")
OI = ["2025-12-29T12:47:03.555390+05:30", "49543", "NIFTY25DECFUT", "oi", "", "", "11148225"]
NAMES = {
    "ltp": "ltp", "volume": "volume", "oi": "oi", "ltq": "ltq", "atp": "atp", "open": "open",
    "buy_quantity": "total_buy_qty", "sell_quantity": "total_sell_qty",
    "high": "high", "low": "low",
}  # fmt: skip
PRICES = {"ltp", "atp", "open", "high", "low"}


def changed(row: list[str], **fields: str) -> list[str]:
    return [fields.get(name, value) for name, value in zip(COLUMNS, row, strict=False)]


def written(folder: Path, *rows: list[str]) -> Path:
    path = folder / "ticks.csv"
    padded = [row + [""] * (len(COLUMNS) - len(row)) for row in (COLUMNS, *rows)]
    path.write_text("".join(",".join(row) + "\n" for row in padded))
    return path


def read(path: Path) -> Tape:
    return read_tick_file(path, calendar())


def assert_holds_every_field(tape: Tape, rows: list[dict[str, str]]) -> None:
    assert len(tape) == len(rows)
    for at, row in enumerate(rows):
        for name, column in NAMES.items():
            if row[column]:
                value = float(getattr(tape.columns, name)[at])
                assert (round(value, 2) if name in PRICES else value) == float(row[column]), at
        levels = tape.depth(at, at + 1)[0]
        for level in range(5):
            for side in ("bid", "ask"):
                if row.get(f"{side}_price_{level + 1}"):
                    price, size = (row[f"{side}_{what}_{level + 1}"] for what in ("price", "qty"))
                    assert round(float(levels[f"{side}_price"][level]), 2) == float(price)
                    assert levels[f"{side}_quantity"][level] == float(size)


def test_the_recording_is_on_the_tape_field_for_field() -> None:
    if not RECORDED.exists():
        pytest.skip("the shared market data are not on this machine")
    with gzip.open(RECORDED, "rt") as stream:
        rows = list(csv.DictReader(stream))
    tape = read(RECORDED)
    assert_holds_every_field(tape, rows)
    assert list(tape.columns.kind).count(EventKind.OPEN_INTEREST) == 1
    assert tape.instruments[0].security_id == 49543
    assert round(float(tape.sessions[0].previous_close[0]), 2) == 26060.2


def test_a_small_recording_is_on_the_tape_field_for_field(tmp_path: Path) -> None:
    later = changed(FULL, time="2025-12-29T12:47:04.1+05:30", volume="3333750", ltp="25980.0")
    path = written(tmp_path, FULL, OI, later)
    rows = [dict(zip(COLUMNS, row, strict=False)) for row in (FULL, OI, later)]
    blank = dict.fromkeys(COLUMNS, "")
    assert_holds_every_field(read(path), [blank | row for row in rows])


def test_trades_quotes_and_open_interest_are_told_apart(tmp_path: Path) -> None:
    quiet = changed(FULL, time="2025-12-29T12:47:04+05:30", bid_qty_1="450")
    trade = changed(FULL, time="2025-12-29T12:47:05.2+05:30", volume="3333750", oi="11148225")
    columns = read(written(tmp_path, FULL, OI, quiet, trade)).columns
    assert [EventKind(kind).name for kind in columns.kind] == [
        "TRADE", "OPEN_INTEREST", "BOOK", "TRADE",
    ]  # fmt: skip
    assert (columns.ltt - columns.ltt[0]).tolist() == [0, 0, 0, 3]
    assert columns.oi_high.tolist() == [11148150, 11148225, 11148225, 11148225]
    assert columns.oi_low.tolist() == [11148150] * 4


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (changed(FULL, type="quote"), "line 3: type 'quote' is neither full nor oi"),
        (changed(FULL, ltp="x"), "line 3: ltp 'x' is not a number"),
        (changed(FULL, volume="5000000000"), "line 3: volume '5000000000' is not a whole number"),
        (changed(FULL, ltq="70000"), "line 3: ltq '70000' is not a whole number from 0 to 65535"),
        (changed(FULL, time="2025-12-29T12:40:00+05:30"), "line 3: time 2025-12-29T12:40:00"),
        (changed(FULL, security_id="1", symbol="FOO"), "line 3: symbol 'FOO' is unknown"),
        (changed(OI, security_id="7"), "line 3: oi before the first full packet"),
    ],
)
def test_a_row_that_cannot_be_understood_is_named(
    tmp_path: Path, row: list[str], complaint: str
) -> None:
    with pytest.raises(DataError) as refused:
        read(written(tmp_path, FULL, row))
    assert complaint in str(refused.value)


def test_a_recording_of_nothing_or_of_a_holiday_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is nothing to play"):
        read(written(tmp_path))
    holiday = changed(FULL, time="2025-12-25T12:47:04+05:30")
    with pytest.raises(DataError, match="2025-12-25 is not a session day"):
        read(written(tmp_path, holiday))
