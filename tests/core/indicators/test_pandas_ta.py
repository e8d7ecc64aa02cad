"""The indicators against pandas-ta, wherever that library means the same.

On literally every prefix of a generated series, and on every row of the real tables. By
`_library_agreement` it agrees on all but one point: its on-balance volume has no first value.
Its RSI and ADX are seeded otherwise (with one value, not with the mean of a window), so these
two are compared from where the seeds have faded.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest

from tests.core.indicators.cases import CASES
from tests.core.indicators.series import (
    INTERVALS,
    SERIES,
    Bar,
    bar_of,
    equals,
    generated_bars,
    oracle_rows,
)

# pandas-ta uses what pandas will one day remove, and warns of it while it is imported.
pytestmark = pytest.mark.filterwarnings("ignore")

Frame = Any
Reference = Callable[[Any, Frame], Any]

# TA-Lib is not installed; `talib=False` says that it is not meant either.
REFERENCES: dict[str, Reference] = {
    "obv": lambda ta, of: ta.obv(of.close, of.volume, talib=False),
    "vroc14": lambda ta, of: ta.roc(of.volume, 14, talib=False),
    "accumulation": lambda ta, of: ta.ad(of.high, of.low, of.close, of.volume, talib=False),
    "vwap": lambda ta, of: ta.vwap(of.high, of.low, of.close, of.volume, anchor="D"),
    "volume sma20": lambda ta, of: ta.sma(of.volume, 20, talib=False),
    "volume sma50": lambda ta, of: ta.sma(of.volume, 50, talib=False),
    "atr14": lambda ta, of: ta.atr(of.high, of.low, of.close, 14, talib=False),
    "ema9": lambda ta, of: ta.ema(of.close, 9, talib=False),
    "bollinger20": lambda ta, of: _columns(
        ta.bbands(of.close, 20, 2.0, ddof=0, talib=False), "BBL", "BBM", "BBU"
    ),
    "extremes20": lambda ta, of: _columns(
        # The channel with the current candle in it, one candle later.
        _shifted(ta.donchian(of.high, of.low, 20, 20)),
        "DCU",
        "DCL",
    ),
}
# Prefixes so short that it gives nothing at all for them, though it has the value in longer ones.
NO_ANSWER = {"atr14": 14, "vwap": 1}
FADED: dict[str, tuple[Reference, int]] = {
    "rsi14": (lambda ta, of: ta.rsi(of.close, 14, talib=False), 400),
    "rsi2": (lambda ta, of: ta.rsi(of.close, 2, talib=False), 2),
    "adx14": (
        lambda ta, of: _columns(
            ta.adx(of.high, of.low, of.close, 14, talib=False), "ADX_", "DMP", "DMN"
        ),
        700,
    ),
}


def _columns(frame: Frame, *beginnings: str) -> Frame:
    if frame is None:
        return None
    names = [next(name for name in frame if name.startswith(each)) for each in beginnings]
    return frame[names]


def _shifted(frame: Frame) -> Frame:
    return None if frame is None else frame.shift(1)


@pytest.fixture(scope="module")
def ta() -> Any:
    import pandas_ta  # noqa: PLC0415 - its warnings would be errors outside a test.

    return pandas_ta


def frame_of(bars: Sequence[Bar]) -> Frame:
    """Return the frame pandas-ta reads: one day per session, one minute per bar within it."""
    frame = pd.DataFrame([bar._asdict() for bar in bars])
    frame["volume"] = frame["volume"].astype(float)
    minutes = pd.to_timedelta(
        frame.index - frame.groupby("session").transform("idxmin").number, "min"
    )
    frame.index = pd.DatetimeIndex(
        pd.Timestamp("2020-01-01") + pd.to_timedelta(frame["session"] % 10_000, "D") + minutes
    )
    return frame


def values_of(found: Frame, count: int) -> list[Any]:
    """Return the library's values as ours are: None for none, a row as a tuple."""
    if found is None:  # Its answer to too short a series.
        return [None] * count
    if found.ndim == 1:
        return [None if math.isnan(value) else float(value) for value in found]
    rows = (tuple(map(float, row)) for row in found.itertuples(index=False))
    return [None if any(map(math.isnan, row)) else row for row in rows]


def ours(name: str, bars: Sequence[Bar]) -> list[Any]:
    indicator = CASES[name].make()
    return [indicator.update(*CASES[name].arguments(bar)) for bar in bars]


def agree(name: str, number: int, value: Any, reference: Any) -> bool:
    if name == "obv" and number == 0:
        return bool(value == 0 and reference is None)
    return equals(value, reference)


@pytest.mark.parametrize("name", sorted(REFERENCES))
def test_it_equals_pandas_ta_on_every_prefix(name: str, ta: Any) -> None:
    bars = generated_bars(150)
    frame = frame_of(bars)
    for number, value in enumerate(ours(name, bars)):
        found = values_of(REFERENCES[name](ta, frame[: number + 1].copy()), number + 1)
        if number >= NO_ANSWER.get(name, 0):
            assert agree(name, number, value, found[-1]), (number, value, found[-1])


@pytest.mark.parametrize("name", sorted(FADED))
def test_it_equals_pandas_ta_once_the_seeds_have_faded(name: str, ta: Any) -> None:
    bars = generated_bars(1000)
    reference, first = FADED[name]
    values, expected = ours(name, bars), values_of(reference(ta, frame_of(bars)), len(bars))
    begin = CASES[name].make().warm_up - 1
    # What is claimed about the seeds; of a window of two they are the same.
    assert equals(values[begin], expected[begin]) == (first == begin)
    assert equals(tuple(values[first:]), tuple(expected[first:]))


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("series", SERIES)
def test_it_equals_pandas_ta_on_every_row_of_the_real_tables(
    series: str, interval: str, ta: Any
) -> None:
    rows = oracle_rows(f"{series}_{interval}")
    bars = [bar_of(row, number) for number, row in enumerate(rows)]
    frame = frame_of(bars)
    for name, reference in REFERENCES.items():
        found = values_of(reference(ta, frame.copy()), len(bars))
        for number, value in enumerate(ours(name, bars)):
            assert agree(name, number, value, found[number]), (name, number)
