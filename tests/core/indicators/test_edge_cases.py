"""Small cases with values worked out by hand: the oracle's fourteen.

In:  `../shared/data/oracles/edge_cases.json`, a private fixture; its twins with other numbers
     stand in the doctests, in `test_contract.py` and in `test_volume_profile.py`.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.indicators.accumulation import AccumulationDistribution
from core.indicators.atr import Atr
from core.indicators.divergence import ObvDivergence
from core.indicators.obv import Obv
from core.indicators.pivots import Pivots
from core.indicators.sma import Sma
from core.indicators.volume_profile import VolumeProfile
from core.indicators.vroc import Vroc
from core.indicators.vwap import Vwap
from tests.core.indicators.series import equals
from tests.core.shared_data import shared

Given = dict[str, Any]


def cases() -> list[Given]:
    found: list[Given] = json.loads(shared("oracles/edge_cases.json").read_text())
    return found


def the_case(beginning: str) -> Given:
    (found,) = [case for case in cases() if case["case"].startswith(beginning)]
    return found


def candles(case: Given, *names: str) -> list[tuple[Any, ...]]:
    if "session" in names:  # "d1", "d2"
        case = {**case, "session": [int(day.removeprefix("d")) for day in case["session"]]}
    return list(zip(*(case[name] for name in names), strict=True))


@pytest.mark.parametrize(
    ("beginning", "make", "names"),
    [
        ("obv:", Obv, ("close", "volume")),
        ("vroc n=2: zero", lambda: Vroc(2), ("volume",)),
        ("vroc n=2: 300%", lambda: Vroc(2), ("volume",)),
        ("ad:", AccumulationDistribution, ("high", "low", "close", "volume")),
        ("vwap:", Vwap, ("session", "high", "low", "close", "volume")),
        ("atr14: gap", lambda: Atr(14), ("high", "low", "close")),
        ("sma20:", lambda: Sma(20), ("volume",)),
    ],
)
def test_a_series_gives_the_values_of_the_case(
    beginning: str, make: Callable[[], Any], names: tuple[str, ...]
) -> None:
    case, indicator = the_case(beginning), make()
    found = tuple(indicator.update(*candle) for candle in candles(case, *names))
    assert equals(found, tuple(case["std"]))


def test_thirteen_candles_give_no_range_of_fourteen() -> None:
    expected = the_case("atr14 with 13")["std"]
    atr = Atr(14)
    assert [atr.update(12.0, 11.0, 11.5) for _ in expected] == expected


@pytest.mark.parametrize(
    "beginning",
    ["vp: one flat", "vp: POC tie", "vp: step2", "vp: empty rows", "vp: bar straddling"],
)
def test_a_profile_is_that_of_the_case(beginning: str) -> None:
    case = the_case(beginning)
    stream = VolumeProfile(case["row"], sessions=1, fewest=1)
    for high, low, close, volume in case["bars"]:
        stream.update(1, high, low, close, volume)
    # What has been gathered of the session; the case gives it row by row.
    assert equals(
        tuple(sorted(stream._today.items())),
        tuple(sorted((int(row), volume) for row, volume in case["expected"]["profile"].items())),
    )
    expected = case["expected"]["step2"]
    names = ("poc", "val", "vah", "total", "poc_row_volume", "va_volume", "rows")
    assert equals(stream.update(2, 1.0, 1.0, 1.0, 0), tuple(expected[name] for name in names))


def test_a_price_on_an_edge_belongs_to_the_row_above() -> None:
    case = the_case("vp: bar straddling")
    ((price, volume),) = case["edge"].items()
    stream = VolumeProfile(1.0, sessions=1, fewest=1)
    stream.update(1, float(price), float(price), float(price), int(volume))
    assert stream._today == {int(price): volume}


def test_the_divergence_of_the_case_is_flagged_where_it_says() -> None:
    case = the_case("regular bullish")
    pivots, divergence = Pivots(5), ObvDivergence()
    lows: list[int] = []
    flags: list[int] = []
    for number, (low, obv) in enumerate(candles(case, "low", "obv")):
        turn, found = pivots.update(low + 1, low), divergence.update(low + 1, low, obv)
        lows += [number - 5] if turn is not None and turn.low else []
        flags += [number] if found is not None and found.bullish else []
    assert (lows, flags) == (case["pivots"], case["flags"])


def test_every_case_of_the_file_is_held_here() -> None:
    assert len(cases()) == 14  # Seven series, one without a value, five profiles, a divergence.
