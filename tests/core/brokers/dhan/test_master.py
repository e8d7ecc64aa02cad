"""`core/brokers/dhan/master.py`: both layouts, every trap, every row accounted for."""

import gzip
import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.brokers.dhan.master import LINES_KEPT_PER_REASON, MasterReader, MasterReport
from core.errors import DataError
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from tests.core.shared_data import shared

DATA = Path(__file__).parent / "data"
# Six invented rows in each layout, about the same six instruments.
COMPACT, *COMPACT_ROWS = (DATA / "master_compact.csv").read_text().splitlines()
DETAILED, *DETAILED_ROWS = (DATA / "master_detailed.csv").read_text().splitlines()
NIFTY = Instrument(
    Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX, 1, Decimal("0.05"), display_name="Nifty 50"
)


def read(header: str, *rows: str) -> tuple[list[Instrument], MasterReport]:
    reader = MasterReader([header, *rows])
    return list(reader), reader.report


def change(row: str, column: str, value: str, header: str = COMPACT) -> str:
    values = row.split(",")
    values[header.split(",").index(column)] = value
    return ",".join(values)


@pytest.mark.parametrize(("header", "rows"), [(COMPACT, COMPACT_ROWS), (DETAILED, DETAILED_ROWS)])
def test_both_layouts_give_the_same_instruments(header: str, rows: list[str]) -> None:
    instruments, report = read(header, *rows)
    index, share, future, option, hyphen, sensex = instruments
    assert index == NIFTY
    assert (share.symbol, share.tick_size, share.lot_size) == ("RELIANCE", Decimal("0.1"), 1)
    assert (share.expiry, share.strike, share.option_side, share.underlying) == (None,) * 4
    assert (future.underlying, future.expiry) == ("NIFTY", date(2026, 12, 29))
    assert (future.lot_size, future.tick_size, future.strike) == (65, Decimal("0.1"), None)
    assert (option.strike, option.option_side) == (Decimal(25000), OptionSide.CALL)
    assert (option.key, option.tick_size) == ((Segment.NSE_FNO, 49081), Decimal("0.05"))
    assert hyphen.underlying == "BAJAJ-AUTO"
    assert sensex.key == (Segment.BSE_FNO, 1107216)
    assert (report.rows, report.instruments, report.bad) == (6, 6, {})


def test_underlying_is_unknown_where_the_compact_layout_does_not_tell() -> None:
    assert read(COMPACT, COMPACT_ROWS[5])[0][0].underlying is None
    assert read(DETAILED, DETAILED_ROWS[5])[0][0].underlying == "SENSEX"


def test_freeze_quantity_is_read_where_the_file_has_it_and_zero_is_none() -> None:
    instruments, _ = read(DETAILED, *DETAILED_ROWS)
    assert [one.freeze_quantity for one in instruments] == [None, None, 1801, 1801, None, None]


@pytest.mark.parametrize(
    ("written", "tick"),
    [("0.0500", "0.05"), ("0.01", "0.01"), ("1.0000", "0.01"), ("5.0000", "0.05")],
)
def test_index_tick_is_in_rupees_or_in_older_files_in_paise(written: str, tick: str) -> None:
    ((index,), _) = read(COMPACT, change(COMPACT_ROWS[0], "SEM_TICK_SIZE", written))
    assert index.tick_size == Decimal(tick)


def test_columns_are_found_by_name_in_any_order_among_added_ones() -> None:
    names = [*DETAILED.split(","), "SOMETHING_NEW"]
    rows = [[*row.split(","), "1"] for row in DETAILED_ROWS]
    order = random.Random(3).sample(range(len(names)), len(names))
    shuffled = [",".join(row[place] for place in order) for row in (names, *rows)]
    assert read(*shuffled)[0] == read(DETAILED, *DETAILED_ROWS)[0]


def test_header_may_begin_with_a_byte_order_mark_and_hold_spaces() -> None:
    assert read("\ufeff" + COMPACT.replace(",", " , "), *COMPACT_ROWS)[1].instruments == 6


def test_trailing_commas_and_quoted_names_do_no_harm() -> None:
    row = change(COMPACT_ROWS[1], "SEM_CUSTOM_SYMBOL", '"Reliance, Industries"') + ","
    assert read(COMPACT, row)[0][0].display_name == "Reliance, Industries"


@pytest.mark.parametrize(
    "column",
    ["SEM_TICK_SIZE", "SEM_EXM_EXCH_ID", "SEM_TRADING_SYMBOL", "SEM_LOT_UNITS", "SEM_OPTION_TYPE"],
)
def test_missing_column_is_an_error_naming_it(column: str) -> None:
    with pytest.raises(DataError, match=f"^instrument master without column {column}$"):
        MasterReader([COMPACT.replace(column, "OTHER"), *COMPACT_ROWS])


def test_detailed_layout_needs_the_underlying() -> None:
    with pytest.raises(DataError, match="without column UNDERLYING_SYMBOL"):
        MasterReader([DETAILED.replace("UNDERLYING_SYMBOL", "OTHER")])


@pytest.mark.parametrize("lines", [[], ["<html>", "<body>502</body>"], ["a,b,c"]])
def test_something_else_than_a_master_is_refused(lines: list[str]) -> None:
    with pytest.raises(DataError, match="not an instrument master: the header has neither"):
        MasterReader(lines)


@pytest.mark.parametrize(
    ("row", "column", "value", "reason"),
    [
        (0, "SEM_TICK_SIZE", "0", "tick 0 is below one paisa (0.01)"),
        (3, "SEM_TICK_SIZE", "0.2500", "tick 0.0025 is below one paisa (0.01)"),
        (3, "SEM_TICK_SIZE", "five", "tick 'five' is not a number"),
        (3, "SEM_TICK_SIZE", "nan", "tick 'nan' is not a number"),
        (3, "SEM_LOT_UNITS", "0.0", "lot size 0 is below 1"),
        (3, "SEM_LOT_UNITS", "1.5", "lot size '1.5' is not a whole number"),
        (3, "SEM_LOT_UNITS", "1e999999999", "lot size '1e999999999' is beyond 1000000000000"),
        (3, "SEM_SMST_SECURITY_ID", "", "security id '' is not a whole number"),
        (3, "SEM_STRIKE_PRICE", "-0.01000", "strike -0.01000 is not above 0"),
        (3, "SEM_STRIKE_PRICE", "", "strike '' is not a number"),
        (3, "SEM_OPTION_TYPE", "XX", "option side 'XX' is neither CE nor PE"),
        (3, "SEM_EXPIRY_DATE", "0001-01-01", "expiry '0001-01-01' is a placeholder"),
        (2, "SEM_EXPIRY_DATE", "1979-12-31", "expiry '1979-12-31' is a placeholder"),
        (2, "SEM_EXPIRY_DATE", "29-12-2026", "expiry '29-12-2026' is not a date"),
        (2, "SEM_INSTRUMENT_NAME", "FUTIVX", "kind 'FUTIVX' is unknown"),
        (2, "SEM_INSTRUMENT_NAME", "INDEX", "INDEX in segment NSE_FNO"),
        (1, "SEM_SEGMENT", "I", "EQUITY in segment IDX_I"),
        (1, "SEM_SEGMENT", "M", "segment 'M' of exchange 'NSE' is not on the feed"),
    ],
)
def test_bad_row_is_counted_with_reason_and_line_and_the_others_are_read(
    row: int, column: str, value: str, reason: str
) -> None:
    rows = [*COMPACT_ROWS]
    rows[row] = change(rows[row], column, value)
    instruments, report = read(COMPACT, *rows)
    assert len(instruments) == report.instruments == 5
    assert report.bad == {reason: 1}
    assert report.bad_lines == {reason: [row + 2]}


def test_short_row_is_bad_and_an_empty_line_is_nothing() -> None:
    instruments, report = read(COMPACT, "", "NSE,E,2885", COMPACT_ROWS[0])
    assert instruments == [NIFTY]
    assert report.bad_lines == {"3 columns, must be 12 or more": [3]}
    assert report.rows == 2


def test_a_quote_that_nothing_closes_is_an_error_naming_the_line() -> None:
    reader = MasterReader([COMPACT, COMPACT_ROWS[0], '"' + "x" * 1000, *["x" * 1000] * 200])
    first = next(iter(reader))
    assert first == NIFTY
    with pytest.raises(DataError, match=r"instrument master line \d+: field larger than"):
        list(reader)


def test_lines_kept_for_a_reason_are_limited_while_the_count_goes_on() -> None:
    _, report = read(COMPACT, *["NSE,E,2885"] * 50)
    assert report.bad.total() == 50
    assert report.bad_lines.popitem()[1] == list(range(2, 2 + LINES_KEPT_PER_REASON))


def test_test_symbols_of_the_exchange_are_left_out_and_counted() -> None:
    test = change(COMPACT_ROWS[1], "SEM_TRADING_SYMBOL", "011NSETEST")
    instruments, report = read(COMPACT, test, COMPACT_ROWS[0])
    assert instruments == [NIFTY]
    assert report.left_out == {"test symbol": 1}


def test_unwanted_segments_are_left_out_and_counted() -> None:
    reader = MasterReader([COMPACT, *COMPACT_ROWS], segments={Segment.IDX_I, Segment.NSE_FNO})
    assert {one.segment for one in reader} == {Segment.IDX_I, Segment.NSE_FNO}
    assert reader.report.left_out == {"segment NSE_EQ": 1, "segment BSE_FNO": 1}


def test_rows_are_read_as_they_are_asked_for() -> None:
    lines = iter([COMPACT, *COMPACT_ROWS])
    reader = iter(MasterReader(lines))
    next(reader)
    assert next(lines) == COMPACT_ROWS[1]


cells = st.text(st.characters(exclude_characters=',\r\n"', exclude_categories=["Cs"]), max_size=8)


@given(
    st.lists(
        st.one_of(
            st.lists(cells, max_size=20).map(",".join),
            st.tuples(
                st.sampled_from(COMPACT_ROWS), st.sampled_from(COMPACT.split(",")), cells
            ).map(lambda parts: change(*parts)),
        ),
        max_size=10,
    )
)
def test_every_row_is_read_left_out_or_bad(rows: list[str]) -> None:
    instruments, report = read(COMPACT, *rows)
    assert len(instruments) == report.instruments
    assert report.rows == report.instruments + report.left_out.total() + report.bad.total()


@pytest.mark.parametrize(
    ("name", "rows", "bad"),
    [
        # The bad row of the first two is GIFTNIFTY, whose tick is 0.
        ("dhan_master_compact_idx_eq_2026-06-29.csv.gz", 204, 1),
        ("dhan_master_detailed_indices_2025.csv.gz", 191, 1),
        # Currency: eight rows with a tick of a quarter paisa, two indices in that segment.
        ("dhan_master_detailed_sample_2025-01.csv.gz", 40, 10),
    ],
)
def test_real_samples_are_read_but_for_the_rows_known_to_be_bad(
    name: str, rows: int, bad: int
) -> None:
    with gzip.open(shared(name), "rt", encoding="utf-8") as lines:
        reader = MasterReader(lines)
        keys = {instrument.key for instrument in reader}
    assert (reader.report.rows, reader.report.bad.total()) == (rows, bad)
    assert len(keys) == rows - bad
    assert (Segment.IDX_I, 13) in keys


def test_real_detailed_sample_holds_these_derivatives() -> None:
    with gzip.open(shared("dhan_master_detailed_sample_2025-01.csv.gz"), "rt") as lines:
        by_symbol = {instrument.symbol: instrument for instrument in MasterReader(lines)}
    option = by_symbol["NIFTY-Feb2025-29200-CE"]
    assert (option.security_id, option.underlying, option.lot_size) == (35024, "NIFTY", 75)
    assert (option.tick_size, option.expiry) == (Decimal("0.05"), date(2025, 2, 27))
    assert (option.strike, option.option_side) == (Decimal(29200), OptionSide.CALL)
    assert by_symbol["GOLD"].tick_size == Decimal("0.5")
