"""Every later strategy finds its conditions on a generated day.

The conditions are computed here with pandas from the candles a subscriber would make, by their
definitions in the trading rules, without anything of the generator.
"""

from datetime import date, time

import numpy as np
import pandas as pd
import pytest

from core.session import IST, NS_PER_SECOND
from devstack.dhan.candles import Candles, from_tape, longer
from devstack.dhan.pricing import RATE
from devstack.dhan.sources.generated import GeneratedDay
from devstack.dhan.sources.roots import years_left
from tests.devstack.dhan.generated_days import (
    BANKNIFTY_FUTURE,
    DEFAULT_DAY,
    NIFTY_FUTURE,
    NIFTY_INDEX,
    generated,
)

SEEDS = (1, 2, 3)
FUTURES = {NIFTY_FUTURE: 10.0, BANKNIFTY_FUTURE: 20.0}  # Height of a volume profile's row.
PROFILE_SESSIONS = 30


def candle_frame(made: GeneratedDay, number: int, minutes: int) -> pd.DataFrame:
    """Return 30 sessions of history and the day itself as one frame, stamped in IST."""
    instrument = made.tape.instruments[number]
    past = [made.history.candles(instrument, day) for day in made.history.days()[-30:]]
    parts = [longer(each, int(each.start[0]), minutes) for each in past if len(each)]
    session = made.tape.sessions[0]
    parts.append(from_tape(made.tape, number, session, minutes, session.close_ns))
    joined = Candles.joined(parts)
    frame = pd.DataFrame(
        {name: getattr(joined, name) for name in ("open", "high", "low", "close", "volume")}
    )
    frame.index = pd.to_datetime(joined.start, unit="s", utc=True).tz_convert(IST)
    return frame


def point_of_control(made: GeneratedDay, number: int, row: float) -> float:
    """Return the middle of the row with most volume over 30 sessions of one-minute candles."""
    instrument = made.tape.instruments[number]
    candles = made.history.joined(instrument, made.history.days()[-PROFILE_SESSIONS:])
    rows: dict[int, float] = {}
    for low, high, volume in zip(candles.low, candles.high, candles.volume, strict=True):
        for k in range(int(low // row), int(high // row) + 1):
            overlap = min(high, (k + 1) * row) - max(low, k * row)
            share = overlap / (high - low) if high > low else 1.0
            rows[k] = rows.get(k, 0.0) + volume * share
    return (max(rows, key=rows.__getitem__) + 0.5) * row


def pva_entries(frame: pd.DataFrame, poc: float, direction: int) -> pd.Series:
    """Return on which candles C1 to C5 of the resolved preset hold; -1 mirrors all of it."""
    close, volume = frame["close"] * direction, frame["volume"]
    ahead = frame["high" if direction > 0 else "low"] * direction
    edge = ahead.rolling(20).max().shift(1)
    broke = (close > edge) & (close.shift(1) <= edge.shift(1))
    c1 = broke & (volume > 1.5 * volume.rolling(20).mean().shift(1))
    obv = (np.sign(close.diff()).fillna(0) * volume).cumsum()
    c2 = obv > obv.rolling(20).max().shift(1)
    beyond = close > poc * direction
    body = close - frame["open"] * direction
    with_it = (volume * (beyond & (body > 0))).rolling(20).sum()
    against = (volume * (beyond & (body < 0))).rolling(20).sum()
    c3 = beyond & (with_it > against)
    c4 = 100 * (volume / volume.shift(14) - 1) > 200
    typical = (frame["high"] + frame["low"] + frame["close"]) / 3
    day = frame.index.date
    vwap = (typical * volume).groupby(day).cumsum() / volume.groupby(day).cumsum()
    c5 = (close > vwap * direction) & (volume > volume.shift(1))
    return c1 & c2 & c3 & c4 & c5


def of_the_day(found: pd.Series, day: date, first: time, last: time) -> list[time]:
    hits = found[found].index
    return [each.time() for each in hits if each.date() == day and first <= each.time() < last]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("number", "row"), FUTURES.items())
def test_pva_enters_in_both_directions_on_five_minutes(seed: int, number: int, row: float) -> None:
    made = generated(seed)
    frame = candle_frame(made, number, 5)
    poc = point_of_control(made, number, row)
    for direction in (1, -1):
        entries = pva_entries(frame, poc, direction)
        assert of_the_day(entries, DEFAULT_DAY, time(9, 30), time(15)), direction


@pytest.mark.parametrize("seed", SEEDS)
def test_pva_enters_on_one_minute_as_well(seed: int) -> None:
    made = generated(seed)
    frame = candle_frame(made, NIFTY_FUTURE, 1)
    poc = point_of_control(made, NIFTY_FUTURE, FUTURES[NIFTY_FUTURE])
    entries = pva_entries(frame, poc, 1) | pva_entries(frame, poc, -1)
    assert len(of_the_day(entries, DEFAULT_DAY, time(9, 30), time(15))) >= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_bursts_climax_and_fade_after_an_entry(seed: int) -> None:
    made = generated(seed)
    volume = candle_frame(made, NIFTY_FUTURE, 5)["volume"]
    climax = (100 * (volume / volume.shift(14) - 1) > 300) & (
        volume > 3 * volume.rolling(20).mean().shift(1)
    )
    dry = volume < 0.5 * volume.rolling(20).mean().shift(1)
    dried_up = dry & dry.shift(1, fill_value=False) & dry.shift(2, fill_value=False)
    assert len(of_the_day(climax, DEFAULT_DAY, time(9, 30), time(15))) >= 3
    assert of_the_day(dried_up, DEFAULT_DAY, time(9, 30), time(15))


def wilder(values: pd.Series, period: int) -> pd.Series:
    return values.ewm(alpha=1 / period, adjust=False).mean()


def adx(frame: pd.DataFrame) -> pd.Series:
    up, down = frame["high"].diff(), -frame["low"].diff()
    before = frame["close"].shift(1)
    reach = pd.concat([frame["high"], before], axis=1).max(axis=1)
    floor = pd.concat([frame["low"], before], axis=1).min(axis=1)
    span = wilder(reach - floor, 14)
    plus = wilder(up.where((up > down) & (up > 0), 0.0), 14) / span
    minus = wilder(down.where((down > up) & (down > 0), 0.0), 14) / span
    return wilder(100 * (plus - minus).abs() / (plus + minus), 14)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("number", FUTURES)
def test_averages_cross_in_a_trend_within_the_first_half_hour(seed: int, number: int) -> None:
    frame = candle_frame(generated(seed), number, 1)
    fast = frame["close"].ewm(span=9, adjust=False).mean()
    slow = frame["close"].ewm(span=21, adjust=False).mean()
    crossed = np.sign(fast - slow).diff().abs() == 2
    assert of_the_day(crossed & (adx(frame) > 20), DEFAULT_DAY, time(9, 15), time(9, 45))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("minutes", [1, 5])
def test_bollinger_bands_are_touched_with_an_extreme_rsi(seed: int, minutes: int) -> None:
    frame = candle_frame(generated(seed), NIFTY_FUTURE, minutes)
    close = frame["close"]
    middle, width = close.rolling(20).mean(), 2 * close.rolling(20).std(ddof=0)
    change = close.diff()
    gain, loss = wilder(change.clip(lower=0), 2), wilder(-change.clip(upper=0), 2)
    rsi = 100 * gain / (gain + loss)
    bought = (close < middle - width) & (rsi < 10)
    sold = (close > middle + width) & (rsi > 90)
    reverted = np.sign(close - middle).diff().abs() == 2
    for found in (bought, sold, reverted):
        assert of_the_day(found, DEFAULT_DAY, time(9, 15), time(15, 15))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_basis_leaves_a_band_of_two_deviations_and_comes_back(seed: int) -> None:
    made = generated(seed)
    future, index = (
        candle_frame(made, number, 1)["close"] for number in (NIFTY_FUTURE, NIFTY_INDEX)
    )
    both = pd.concat([future, index], axis=1, join="inner", keys=["future", "index"])
    both = both[both.index.date == DEFAULT_DAY]
    instants = both.index.as_unit("s").astype("int64").to_numpy() * NS_PER_SECOND
    years = years_left(made.tape.instruments[NIFTY_FUTURE], instants, made.calendar)
    off = both["future"] / (both["index"] * np.exp(RATE * years)) - 1
    band = 2 * off.rolling(60).std()
    outside = (off - off.rolling(60).mean()).abs() > band
    assert of_the_day(outside, DEFAULT_DAY, time(10, 15), time(15))
    assert of_the_day(off.abs() > 0.0006, DEFAULT_DAY, time(9, 15), time(9, 50))
    assert of_the_day(off.abs() < 0.0001, DEFAULT_DAY, time(9, 15), time(15))
