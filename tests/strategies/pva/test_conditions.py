"""C1 to C5, on real candles against the shared tables and on generated ones by definition."""

import random
from datetime import date, timedelta

import pytest

from core.candle import Candle, Interval
from core.session import NS_PER_MINUTE
from strategies.pva import Pva
from strategies.pva.conditions import Conditions, Flags, Reading
from strategies.pva.parameters import PvaParameters
from tests.core.indicators.series import oracle_rows
from tests.core.market import FUTURE, at
from tests.strategies.pva.oracle import PROFILE_ROW, oracle_candles

COLUMNS = ("C1", "C2", "C2lead", "C3", "C4", "C5")
INTERVALS = (Interval.M1, Interval.M5, Interval.M15)
ROWS = {
    "nifty_fut_24mar": (4744, 949, 317),
    "nifty_30dec25_26000ce": (3895, 779, 260),
    "reliance_eq_2025": (15_372, 3075, 1025),
}


def parameters_for(series: str, interval: Interval) -> PvaParameters:
    return PvaParameters(
        profile_row=PROFILE_ROW[series],
        signal_1m=interval is Interval.M1,
        signal_5m=interval is Interval.M5,
        signal_15m=interval is Interval.M15,
    )


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("series", sorted(PROFILE_ROW))
def test_every_flag_of_every_candle_equals_the_shared_tables(
    series: str, interval: Interval
) -> None:
    strategy = Pva(parameters_for(series, interval))
    expected = oracle_rows(f"signals_{series}_{interval}")
    compared, seen = 0, dict.fromkeys(COLUMNS, 0)
    for candle in oracle_candles(series, interval):
        strategy.on_candle(candle)
        if candle.interval is not interval:
            continue
        row, reading = next(expected), strategy.reading(candle.instrument, interval)
        assert reading is not None
        for letter, flags in ("L", reading.long), ("S", reading.short):
            for column, flag in zip(COLUMNS, flags, strict=True):
                assert flag is (row[f"{letter}_{column}"] == "1"), (row["ts"], letter, column)
                seen[column] += flag
        compared += 1
    assert next(expected, None) is None
    assert compared == ROWS[series][INTERVALS.index(interval)]
    assert all(seen.values()), seen


def generated(count: int, seed: int) -> list[tuple[Candle, float | None]]:
    """Return 5-minute candles with sudden volume, and a point of control that moves by session."""
    random_numbers = random.Random(seed)
    price, day, found = 26_000.0, date(2025, 12, 1), []
    poc = None
    for number in range(count):
        if number % 75 == 0 and number:
            day += timedelta(days=1)
            poc = round(price + random_numbers.gauss(0, 20), 1)
        start = at("09:15", day) + number % 75 * 5 * NS_PER_MINUTE
        opened = price
        price = round(price + random_numbers.gauss(0, 12) * (number % 9 > 0), 1)
        high = round(max(opened, price) + abs(random_numbers.gauss(0, 5)), 1)
        low = round(min(opened, price) - abs(random_numbers.gauss(0, 5)), 1)
        volume = 75 * int(random_numbers.paretovariate(1.1) * 100) * (number % 31 > 0)
        candle = Candle(
            FUTURE.key, Interval.M5, start, start + 5 * NS_PER_MINUTE,
            opened, high, low, price, volume,
        )  # fmt: skip
        found.append((candle, poc))
    return found


def mirrored(candle: Candle) -> Candle:
    around = 52_000.0
    return Candle(
        candle.instrument, candle.interval, candle.open_ns, candle.close_ns,
        round(around - candle.open, 1), round(around - candle.low, 1),
        round(around - candle.high, 1), round(around - candle.close, 1), candle.volume,
    )  # fmt: skip


class ByDefinition:
    """The long side of the last candle of a list, from the words of the definition."""

    def __init__(self, series: list[tuple[Candle, float | None]]) -> None:
        self.candles = [candle for candle, _ in series]
        self.pocs = [poc for _, poc in series]
        self.last = self.candles[-1]
        self.obv = [0]
        for before, candle in zip(self.candles, self.candles[1:], strict=False):
            step = (candle.close > before.close) - (candle.close < before.close)
            self.obv.append(self.obv[-1] + step * candle.volume)

    def c1(self) -> bool:
        if len(self.candles) < 22:
            return False
        resistance = max(candle.high for candle in self.candles[-21:-1])
        resistance_before = max(candle.high for candle in self.candles[-22:-2])
        average = sum(candle.volume for candle in self.candles[-21:-1]) / 20
        return (
            self.last.close > resistance
            and self.candles[-2].close <= resistance_before
            and self.last.volume > 1.5 * average
        )

    def c2(self) -> bool:
        end = len(self.candles)
        return any(self._confirmed(at_) for at_ in range(max(0, end - 20), end))

    def _confirmed(self, at_: int) -> bool:
        """Return whether a bullish divergence is confirmed on candle `at_`."""
        lows = [pivot for pivot in range(5, at_ - 4) if self._is_low(pivot)]
        if len(lows) < 2 or lows[-1] != at_ - 5:
            return False
        one, other = lows[-2:]
        return (
            5 <= other - one <= 60
            and self.candles[other].low < self.candles[one].low
            and self.obv[other] > self.obv[one]
        )

    def _is_low(self, at_: int) -> bool:
        low = self.candles[at_].low
        before, after = self.candles[at_ - 5 : at_], self.candles[at_ + 1 : at_ + 6]
        return all(low <= each.low for each in before) and all(low < each.low for each in after)

    def lead(self) -> bool:
        return len(self.obv) > 20 and self.obv[-1] > max(self.obv[-21:-1])

    def c3(self) -> bool:
        poc = self.pocs[-1]
        if poc is None or self.last.close <= poc:
            return False
        rising = falling = 0
        for candle, its_poc in list(zip(self.candles, self.pocs, strict=True))[-20:]:
            if its_poc is not None and candle.close > its_poc:
                rising += candle.volume * (candle.close > candle.open)
                falling += candle.volume * (candle.close < candle.open)
        return rising > falling

    def c4(self) -> bool:
        if len(self.candles) < 15 or self.candles[-15].volume == 0:
            return False
        then = self.candles[-15].volume
        return 100 * (self.last.volume - then) / then > 200

    def c5(self) -> bool:
        if len(self.candles) < 2:
            return False
        first = (len(self.candles) - 1) // 75 * 75
        today = self.candles[first:]
        volume = sum(candle.volume for candle in today)
        if not volume:
            return False
        turnover = sum((c.high + c.low + c.close) / 3 * c.volume for c in today)
        return self.last.close > turnover / volume and self.last.volume > self.candles[-2].volume

    def flags(self) -> Flags:
        return Flags(self.c1(), self.c2(), self.lead(), self.c3(), self.c4(), self.c5())


def readings(series: list[tuple[Candle, float | None]]) -> list[Reading]:
    conditions = Conditions(1.5, 200.0)
    return [conditions.update(candle, poc) for candle, poc in series]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_long_side_equals_its_definition_on_every_prefix(seed: int) -> None:
    series = generated(320, seed)
    seen = [0] * len(Flags._fields)
    for number, reading in enumerate(readings(series)):
        assert reading.long == ByDefinition(series[: number + 1]).flags(), number
        seen = [count + flag for count, flag in zip(seen, reading.long, strict=True)]
    assert all(seen), seen


def test_the_short_side_is_the_long_side_in_a_mirror() -> None:
    series = generated(450, 3)
    mirror = [
        (mirrored(candle), None if poc is None else round(52_000.0 - poc, 1))
        for candle, poc in series
    ]
    for one, other in zip(readings(series), readings(mirror), strict=True):
        assert one.short == other.long
        assert one.long == other.short
