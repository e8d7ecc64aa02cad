"""The picture of `docs/pva.md` is made of a real run of the strategy over generated days."""

from pathlib import Path

from backtest import draw_pva
from backtest.pva_scene import LAST_DAY, scene
from backtest.pva_story import story
from core.session import ist_date
from core.trade import ExitReason

PNG = b"\x89PNG"


def test_the_scene_is_the_same_each_time_and_ends_on_its_last_day() -> None:
    candles = scene()
    assert candles == scene()
    assert ist_date(candles[-1].open_ns) == LAST_DAY
    assert len({ist_date(candle.open_ns) for candle in candles}) == 7
    for candle in candles:
        assert candle.low <= min(candle.open, candle.close)
        assert candle.high >= max(candle.open, candle.close)


def test_the_story_is_a_breakout_that_reaches_its_target() -> None:
    found = story()
    reading = next(
        each for each in found.readings if each.candle.close_ns == found.signal.candle_close_ns
    )
    flags = reading.long
    assert flags.c1
    assert flags.c2 or flags.lead
    assert flags.c3
    assert flags.c4
    assert flags.c5
    assert found.trade.exit_reason is ExitReason.TARGET
    assert len(found.readings) == len(found.resistance) == len(found.obv_high)


def test_it_draws_a_picture(tmp_path: Path) -> None:
    out = tmp_path / "docs" / "pva.png"
    assert draw_pva.main(["--out", str(out)]) == 0
    assert out.read_bytes().startswith(PNG)
