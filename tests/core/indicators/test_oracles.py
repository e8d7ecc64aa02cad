"""The indicators against expected values on real candles, row by row.

In:  the tables of `../shared/data/oracles`, private fixtures; without them these tests skip and
     the generated series of `test_contract.py` stand alone.
"""

import csv
import gzip
from collections.abc import Iterator
from typing import Any

import pytest

from core.indicators.divergence import Divergence, ObvDivergence
from core.indicators.extremes import PreviousExtremes
from core.indicators.pivots import Pivots
from core.indicators.value_area import Profile
from core.indicators.volume_profile import Allocation, VolumeProfile
from tests.core.indicators.cases import CASES
from tests.core.indicators.series import (
    INTERVALS,
    SERIES,
    Bar,
    bar_of,
    equals,
    oracle_rows,
    session_of,
)
from tests.core.shared_data import shared

COLUMNS = {
    "obv__std": "obv",
    "vroc14__std": "vroc14",
    "ad__std": "accumulation",
    "vwap__std": "vwap",
    "vol_sma20__std": "volume sma20",
    "vol_sma50__std": "volume sma50",
    "atr14__std": "atr14",
}
ROWS = {
    "nifty_fut_24mar": (4744, 949, 317),
    "nifty_30dec25_26000ce": (3895, 779, 260),
    "nifty_30dec25_26000pe": (3914, 783, 261),
    "reliance_eq_2025": (15_372, 3075, 1025),
}
PROFILE_ROW = {"nifty_fut_24mar": 10.0, "nifty_30dec25_26000ce": 2.0, "reliance_eq_2025": 1.0}
OHLCV = ("open", "high", "low", "close", "volume")
PROFILE_COLUMNS = ("poc", "val", "vah", "total_volume", "poc_row_volume", "va_volume", "rows")
LAST = 10**6  # The session after all.


def number(text: str) -> float | None:
    return float(text) if text else None


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("series", SERIES)
def test_every_row_equals_the_standard_columns(series: str, interval: str) -> None:
    indicators = {column: CASES[name].make() for column, name in COLUMNS.items()}
    compared = 0
    for row in oracle_rows(f"{series}_{interval}"):
        bar = bar_of(row, compared)
        for column, indicator in indicators.items():
            value = indicator.update(*CASES[COLUMNS[column]].arguments(bar))
            assert equals(value, number(row[column])), (row["ts"], column)
        compared += 1
    assert compared == ROWS[series][INTERVALS.index(interval)]


@pytest.mark.parametrize("minutes", [5, 15])
@pytest.mark.parametrize("series", SERIES)
def test_the_longer_tables_are_made_of_the_shared_minutes(series: str, minutes: int) -> None:
    made: dict[str, list[float]] = {}
    with gzip.open(shared(f"{series}_1m.csv.gz"), "rt") as file:
        for row in csv.DictReader(file):
            clock = row["ts"][11:16]
            if clock == "15:30":  # Stamped after the session; the tables leave these out.
                continue
            minute = int(clock[:2]) * 60 + int(clock[3:])
            start = minute - (minute - 555) % minutes  # Anchored at 09:15.
            stamp = f"{row['ts'][:11]}{start // 60:02d}:{start % 60:02d}{row['ts'][16:]}"
            opened, high, low, close, volume = (float(row[name]) for name in OHLCV)
            before = made.get(stamp, [opened, high, low, close, 0.0])
            made[stamp] = [
                before[0], max(before[1], high), min(before[2], low), close, before[4] + volume,
            ]  # fmt: skip
    table = {
        row["ts"]: [float(row[name]) for name in OHLCV]
        for row in oracle_rows(f"{series}_{minutes}m")
    }
    assert made == table


def profiles(series: str, *arguments: Any) -> dict[int, Profile | None]:
    """Return the profile that stands during each session, and after the last."""
    stream = VolumeProfile(*arguments)
    found: dict[int, Profile | None] = {}
    for row in oracle_rows(f"{series}_1m"):
        bar = bar_of(row, 0)
        found[bar.session] = stream.update(bar.session, bar.high, bar.low, bar.close, bar.volume)
    found[LAST] = stream.update(LAST, 1.0, 1.0, 1.0, 0)
    return found


@pytest.mark.parametrize("allocation", list(Allocation))
@pytest.mark.parametrize(
    ("series", "row", "sessions"),
    [("nifty_fut_24mar", row, 10) for row in (1.0, 2.0, 5.0, 10.0)]
    + [("reliance_eq_2025", row, 30) for row in (0.5, 1.0, 2.0)],
)
def test_volume_profiles_equal_the_reference_rows(
    series: str, row: float, sessions: int, allocation: Allocation
) -> None:
    found = profiles(series, row, sessions, 5, allocation)
    compared = 0
    for expected in oracle_rows(f"volume_profile_{series}_1m"):
        which = (float(expected["row"]), expected["alloc"], expected["va_step"])
        if which == (row, allocation, "2"):
            assert int(expected["sessions"]) == sessions
            day = expected["for_session"]
            profile = found[LAST if day == "next" else session_of(day)]
            assert equals(profile, tuple(float(expected[name]) for name in PROFILE_COLUMNS)), day
            compared += 1
    assert compared == (4 if series == "nifty_fut_24mar" else 12)


def levels_of(bars: Iterator[Bar]) -> Iterator[dict[str, Any]]:
    extremes, pivots, divergence = PreviousExtremes(20), Pivots(5), ObvDivergence()
    for bar in bars:
        found = extremes.update(bar.high, bar.low)
        pivots.update(bar.high, bar.low)
        confirmed = divergence.update(bar.high, bar.low, bar.obv) or Divergence(
            bullish=False, bearish=False
        )
        yield {
            "resistance20": found and found.high,
            "support20": found and found.low,
            "pivot_high_level": pivots.high_level,
            "pivot_low_level": pivots.low_level,
            "obv_bull_div": int(confirmed.bullish),
            "obv_bear_div": int(confirmed.bearish),
        }


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("series", sorted(PROFILE_ROW))
def test_levels_and_divergences_equal_the_signal_tables(series: str, interval: str) -> None:
    pocs = {
        session: profile and profile.poc
        for session, profile in profiles(series, PROFILE_ROW[series]).items()
    }
    bars = (bar_of(row, 0) for row in oracle_rows(f"{series}_{interval}"))
    compared = 0
    for found, expected in zip(
        levels_of(bars), oracle_rows(f"signals_{series}_{interval}"), strict=True
    ):
        found["poc_prior"] = pocs[session_of(expected["ts"])]
        for column, value in found.items():
            assert equals(value, number(expected[column])), (expected["ts"], column)
        compared += 1
    assert compared == ROWS[series][INTERVALS.index(interval)]
