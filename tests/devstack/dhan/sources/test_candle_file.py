"""Candle files: what is played aggregates back to the file, and what cannot be played is named."""

import gzip
import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import DataError
from core.instrument import Instrument
from devstack.dhan.candles import from_tape
from devstack.dhan.listing import NIFTY, SHARES, futures_of, index_of
from devstack.dhan.sources.candle_file import CandleFile, read_candle_file
from devstack.dhan.tape import EventKind
from tests.devstack.dhan.generated_days import calendar

SHARED = Path(__file__).resolve().parents[4].parent / "shared" / "data"
RELIANCE = SHARES[0].instrument
HEADER = "ts,open,high,low,close,volume"
FOREVER = 2**62

type Row = tuple[int, float, float, float, float, int]


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "candles.csv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def played(path: Path, instrument: Instrument = RELIANCE) -> CandleFile:
    return read_candle_file(path, instrument, calendar())


def candles_of(file: CandleFile) -> list[Row]:
    """Return what a subscriber would aggregate from the tape, minute by minute."""
    rows: list[Row] = []
    for session in file.tape.sessions:
        found = from_tape(file.tape, 0, session, 1, FOREVER)
        columns = (found.start, found.open, found.high, found.low, found.close, found.volume)
        rows += zip(*(column.tolist() for column in columns), strict=True)
    return rows


def rows_of(path: Path) -> list[Row]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt") as stream:
        lines = [line.split(",") for line in stream.read().split()[1:]]
    rows: list[Row] = []
    for ts, *prices in lines:
        opening, high, low, close = (float(price) for price in prices[:4])
        volume = int(prices[4]) if len(prices) > 4 else 0
        start = int(datetime.fromisoformat(ts).timestamp())
        rows.append((start, opening, high, low, close, volume))
    return rows


def random_lines(seed: int) -> list[str]:
    """Return two sessions of candles on a tick of 0.10, with silent gaps and tiny volumes."""
    source = random.Random(seed)
    lines = []
    for day in ("2025-10-30", "2025-10-31"):
        for minute in sorted(source.sample(range(375), 200)):
            ticks = [source.randint(14_900, 14_960) for _ in range(4)]
            opening, closing = ticks[:2]
            high, low = max(ticks), min(ticks)
            volume = source.choice([4, 5, 11, 12, 13, 99_999])
            at = datetime.fromisoformat(f"{day}T09:15:00+05:30") + timedelta(minutes=minute)
            prices = ",".join(f"{tick / 10}" for tick in (opening, high, low, closing))
            lines.append(f"{at.isoformat()},{prices},{volume}")
    return lines


def test_ticks_of_a_file_aggregate_back_to_it_in_all_fields(tmp_path: Path) -> None:
    path = written(tmp_path, *random_lines(7))
    file = played(path)
    assert candles_of(file) == rows_of(path)
    assert (file.outside, file.silent) == (0, 0)


def test_the_recorded_reliance_file_comes_back_on_every_row() -> None:
    path = SHARED / "reliance_eq_2025_1m.csv.gz"
    if not path.exists():
        pytest.skip("the shared market data are not on this machine")
    file = played(path)
    assert len(file.tape.sessions) == 41
    assert candles_of(file) == rows_of(path)


def test_an_index_file_without_volume_comes_back(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "2024-01-01T09:15:00+05:30,21727.75,21737.35,21701.8,21712.0",
        "2024-01-01T09:16:00+05:30,21711.5,21720.0,21695.35,21695.65",
        header="ts,open,high,low,close",
    )
    file = played(path, index_of(NIFTY))
    assert candles_of(file) == rows_of(path)
    assert not file.tape.depth(0, 1)["bid_quantity"].any()


def test_the_day_volume_begins_anew_each_session_and_closes_are_handed_on(tmp_path: Path) -> None:
    file = played(written(tmp_path, *random_lines(8)))
    first, second = file.tape.sessions
    begins = file.tape.between(second.open_ns, FOREVER)[0]
    assert file.tape.columns.volume[begins] < file.tape.columns.volume[begins - 1]
    assert second.previous_close[0] == file.tape.columns.ltp[begins - 1]
    assert second.previous_volume[0] == file.tape.columns.volume[begins - 1]
    assert first.previous_close[0] == 0


def test_a_candle_of_few_units_has_only_the_trades_it_needs(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "2025-10-29T09:15:00+05:30,1490,1490,1490,1490,1",
        "2025-10-29T09:16:00+05:30,1490,1492,1489,1491,4",
        "2025-10-29T09:17:00+05:30,1490,1490,1488,1488,3",
    )
    file = played(path)
    assert candles_of(file) == rows_of(path)
    assert file.tape.columns.ltp.tolist() == [1490, 1490, 1489, 1492, 1491, 1490, 1488]
    assert set(file.tape.columns.kind) == {EventKind.TRADE}


def test_rows_outside_trading_hours_and_silent_minutes_are_counted(tmp_path: Path) -> None:
    file = played(
        written(
            tmp_path,
            "2025-10-29T09:14:00+05:30,1490,1490,1490,1490,10",
            "2025-10-29T09:15:00+05:30,1490,1490,1490,1490,10",
            "2025-10-29T09:16:00+05:30,1490,1490,1490,1490,0",
            "2025-10-29T15:30:00+05:30,1490,1490,1490,1490,10",
        )
    )
    assert (file.outside, file.silent) == (2, 1)
    assert len(candles_of(file)) == 1


FIRST = "2025-10-29T09:15:00+05:30,1490,1495,1488.1,1494.6,67995"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("2025-10-29T09:16:00+05:30,abc,1495,1488,1494,5", "line 3: open 'abc' is not a number"),
        ("2025-10-29T09:16:00+05:30,nan,1495,1488,1494,5", "line 3: open 'nan' is not a number"),
        ("2025-10-29T09:16:00+05:30,1490,1480,1488,1490,5", "high 1480.0 is below low 1488.0"),
        ("2025-10-29T09:16:00+05:30,1499,1495,1488,1494,5", "open 1499.0 is outside 1488.0 to"),
        ("2025-10-29T09:16:00+05:30,1490,1495,1488,1400,5", "close 1400.0 is outside 1488.0"),
        ("2025-10-29T09:16:00+05:30,0,1495,0,1494,5", "low 0.0 is not above 0"),
        ("2025-10-29T09:16:00+05:30,1,1e300,1,1,5", "high 1e300 is outside 0 to 10000000"),
        ("2025-10-29T09:16:00+05:30,1490,1495,1488,1494,-5", "volume '-5' is not a whole number"),
        ("2025-10-29T09:16:00+05:30,1490,1495,1488,1494,5.5", "volume '5.5' is not a whole"),
        ("2025-10-29T09:16:00+05:30,1490,1495,1488,1494,2", "volume 2 is less than the 4 trades"),
        ("2025-10-29T09:16:00+05:30,1490,1495,1488", "line 3: close is missing"),
        ("2025-10-29T09:15:00+05:30,1490,1495,1488,1494,5", "repeats that of line 2"),
        ("2025-10-28T09:16:00+05:30,1490,1495,1488,1494,5", "is earlier than that of line 2"),
        ("2025-10-29T09:16:00,1490,1495,1488,1494,5", "has no offset such as"),
        ("29/10/2025 09:16,1490,1495,1488,1494,5", "'29/10/2025 09:16' is not a time"),
        ("2025-10-29T09:16:30+05:30,1490,1495,1488,1494,5", "is not a whole minute"),
        ("2025-11-01T09:16:00+05:30,1490,1495,1488,1494,5", "2025-11-01 is not a session day"),
        ("2025-10-29T09:16:00+05:30,1490.05,1495,1488,1494,5", "1490.05 is not a multiple of"),
    ],
)
def test_a_row_that_is_no_candle_is_refused_with_line_and_value(
    tmp_path: Path, line: str, complaint: str
) -> None:
    with pytest.raises(DataError) as refused:
        played(written(tmp_path, FIRST, line))
    assert complaint in str(refused.value)
    assert "candles.csv line 3" in str(refused.value)


def test_a_file_that_is_no_candle_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column low, close is missing"):
        played(written(tmp_path, header="ts,open,high"))
    with pytest.raises(DataError, match="has a header but no rows"):
        played(written(tmp_path))
    with pytest.raises(DataError, match="no column volume, but RELIANCE is traded"):
        played(written(tmp_path, FIRST.rpartition(",")[0], header="ts,open,high,low,close"))
    with pytest.raises(DataError, match=r"nowhere\.csv: cannot be read"):
        played(tmp_path / "nowhere.csv")
    damaged = tmp_path / "candles.csv.gz"
    damaged.write_bytes(gzip.compress(FIRST.encode())[:-9])
    with pytest.raises(DataError, match="cannot be read"):
        played(damaged)


def test_more_volume_than_the_feed_can_carry_is_refused(tmp_path: Path) -> None:
    lines = [f"2025-10-29T09:{minute}:00+05:30,1,1,1,1,4000000000" for minute in (15, 16)]
    with pytest.raises(DataError, match="volume 8000000000 of one day, ending at line 3"):
        played(written(tmp_path, *lines))


def test_a_contract_of_its_time_is_played_on_its_own_tick(tmp_path: Path) -> None:
    future = futures_of(NIFTY, date(2024, 3, 11), calendar())[0]
    path = written(tmp_path, "2024-03-11T09:15:00+05:30,22431.95,22435,22429.5,22431.95,900")
    assert candles_of(played(path, future)) == rows_of(path)
