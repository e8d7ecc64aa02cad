"""The candle window: what it keeps, what it refuses, and pandas-ta on its frame."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from core.candle import Candle, InstrumentKey, Interval
from core.errors import ConfigError, DataError
from core.indicators.ema import Ema
from core.session import NS_PER_MINUTE
from strategies.frames import CandleWindow
from tests.core.market import FUTURE, RELIANCE, at

ROOT = Path(__file__).resolve().parents[2]


def candle(number: int, instrument: InstrumentKey = RELIANCE.key) -> Candle:
    start, close = at("09:15") + number * NS_PER_MINUTE, 1_500.0 + number % 7
    return Candle(
        instrument,
        Interval.M1, start, start + NS_PER_MINUTE, close - 1, close + 2, close - 2, close,
        100 + number,
    )  # fmt: skip


def window_of(count: int, length: int) -> CandleWindow:
    window = CandleWindow(length)
    for number in range(count):
        window.append(candle(number))
    return window


def test_there_is_no_frame_until_the_window_is_full() -> None:
    window = CandleWindow(3)
    found = []
    for number in range(4):
        window.append(candle(number))
        found.append(window.frame() is not None)
    assert found == [False, False, True, True]


def test_the_frame_holds_the_last_candles_by_their_opening() -> None:
    frame = window_of(10, 4).frame()
    assert frame is not None
    assert list(frame.columns) == ["open", "high", "low", "close", "volume"]
    assert str(frame.index.tz) == "UTC"
    assert [time.value for time in frame.index] == [
        candle(number).open_ns for number in range(6, 10)
    ]
    assert [tuple(row) for row in frame.itertuples(index=False)] == [
        (each.open, each.high, each.low, each.close, each.volume)
        for each in map(candle, range(6, 10))
    ]


@pytest.mark.filterwarnings("ignore")  # Those of pandas-ta.
def test_its_accessor_is_pandas_ta() -> None:
    frame = window_of(60, 50).frame()
    assert frame is not None
    ema = Ema(9)
    expected = [ema.update(candle(number).close) for number in range(10, 60)]
    assert frame.ta.ema(length=9).iloc[-1] == pytest.approx(expected[-1], rel=1e-12)
    assert frame.ta.supertrend(length=10).iloc[-1].notna().sum() >= 3
    assert frame.ta.vwap().iloc[-1] > 1_490


def test_changing_a_frame_changes_no_other() -> None:
    window = window_of(3, 3)
    first = window.frame()
    assert first is not None
    first["close"] = 0.0
    second = window.frame()
    assert second is not None
    assert second["close"].tolist() == [candle(number).close for number in range(3)]


def test_a_pickled_window_goes_on() -> None:
    window = pickle.loads(pickle.dumps(window_of(3, 3)))  # noqa: S301 - our own bytes.
    window.append(candle(3))
    assert len(window) == 3
    assert window.frame()["volume"].tolist() == [101, 102, 103]


def test_a_cleared_window_takes_the_series_again() -> None:
    window = window_of(5, 3)
    window.clear()
    assert (len(window), window.frame()) == (0, None)
    window.append(candle(0))


@pytest.mark.parametrize("late", [candle(4), candle(1)])
def test_a_candle_that_is_not_later_is_refused(late: Candle) -> None:
    with pytest.raises(DataError, match="is not later"):
        window_of(5, 3).append(late)


def test_another_instrument_is_refused() -> None:
    with pytest.raises(DataError, match="in a window of"):
        window_of(5, 3).append(candle(5, FUTURE.key))


def test_a_window_of_no_candles_is_refused() -> None:
    with pytest.raises(ConfigError, match="length 0"):
        CandleWindow(0)


def test_pandas_is_imported_with_the_first_frame_and_not_before() -> None:
    code = (
        "import sys, strategies.frames as f\n"
        "f.CandleWindow(5).frame()\n"
        "print(sorted({'pandas', 'numpy', 'pandas_ta'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
