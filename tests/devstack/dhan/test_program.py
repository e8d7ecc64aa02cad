"""What the command line names is made ready to be played, or refused by its value."""

from pathlib import Path

import pytest

from core.errors import CalendarError, ConfigError, DataError, TradingError
from devstack.dhan.market_data import MarketData
from devstack.dhan.options import read_command
from devstack.dhan.program import prepare
from devstack.dhan.simulator import Options, Played
from devstack.dhan.tape import Tape
from tests.devstack.dhan.small_tape import OPEN, SECOND

CANDLES = """\
ts,open,high,low,close,volume
2026-11-20T09:15:00+05:30,1500,1501,1499.5,1500.5,1000
2026-11-20T09:16:00+05:30,1500.5,1502,1500,1501.5,800
"""


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    path = tmp_path / "reliance.csv"
    path.write_text(CANDLES)
    return path


def prepared(
    candles: Path, *more: str, symbol: str = "RELIANCE"
) -> tuple[Played, MarketData, Options]:
    return prepare(read_command(["--candles", str(candles), "--symbol", symbol, *more]))


def test_a_candle_file_becomes_a_tape_of_its_instrument(candles: Path) -> None:
    tape, market, options = prepared(candles, "--start=09:16", "--speed=2", "--clients=3")
    assert isinstance(tape, Tape)
    assert [each.symbol for each in tape.instruments] == ["RELIANCE"]
    assert market.tape is tape
    assert options.start_ns == OPEN + 60 * SECOND
    assert (options.speed, options.clients) == (2.0, 3)


def test_a_corrupt_candle_file_is_named_with_line_and_value(candles: Path) -> None:
    candles.write_text(CANDLES.replace("1502,1500", "1502,many"))
    with pytest.raises(DataError, match=r"reliance\.csv line 3.*'many'"):
        prepared(candles)


def test_an_unknown_symbol_is_named_with_near_ones(candles: Path) -> None:
    with pytest.raises(DataError, match=r"RELIANSE.*RELIANCE"):
        prepared(candles, symbol="RELIANSE")


def test_a_start_outside_the_session_names_the_session(candles: Path) -> None:
    text = "--start 20:00:00 is outside the session of 2026-11-20, which is from 09:15 to 15:"
    with pytest.raises(ConfigError, match=text):
        prepared(candles, "--start=20:00")


@pytest.mark.parametrize(
    ("option", "text"),
    [("--ticks", r"ticks\.csv\.gz"), ("--frames", r"day\.frames")],
)
def test_a_file_that_is_not_there_is_named(tmp_path: Path, option: str, text: str) -> None:
    name = text.replace("\\", "")
    with pytest.raises(DataError, match=text):
        prepare(read_command([f"{option}={tmp_path / name}"]))


@pytest.mark.parametrize(("day", "named"), [("2026-11-21", "2026-11-21"), ("2028-01-03", "2028")])
def test_a_day_without_a_session_or_outside_the_calendar_is_named(day: str, named: str) -> None:
    with pytest.raises(CalendarError, match=named):
        prepare(read_command([f"--day={day}"]))


def test_a_day_of_a_file_that_the_calendar_does_not_know_is_named_with_the_file(
    candles: Path,
) -> None:
    candles.write_text(CANDLES.replace("2026-11-20", "2028-01-03"))
    with pytest.raises(CalendarError, match=r"reliance\.csv: no calendar for 2028"):
        prepared(candles)


def test_a_calendar_file_of_ones_own_adds_what_the_shipped_one_does_not_confirm(
    candles: Path,
) -> None:
    candles.write_text(
        CANDLES.replace("2026-11-20T09:15", "2026-11-08T18:00").replace(
            "2026-11-20T09:16", "2026-11-08T18:01"
        )
    )
    with pytest.raises(CalendarError, match=r"hours of 2026-11-08 .* not confirmed"):
        prepared(candles)
    own = candles.with_name("calendar.toml")
    own.write_text('[[special]]\ndate = 2026-11-08\nname = "Muhurat"\nwindows = ["18:00-19:00"]\n')
    tape, _, _ = prepared(candles, f"--calendar={own}")
    assert isinstance(tape, Tape)
    assert [f"{session.day}" for session in tape.sessions] == ["2026-11-08"]


def test_a_calendar_file_that_cannot_be_used_is_named(candles: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--calendar .*nowhere\.toml cannot be read"):
        prepared(candles, f"--calendar={tmp_path / 'nowhere.toml'}")
    own = tmp_path / "calendar.toml"
    own.write_text("years = 2027\n")
    with pytest.raises(DataError, match="years is 2027"):
        prepared(candles, f"--calendar={own}")


def test_every_refusal_has_the_exit_code_of_a_configuration_error() -> None:
    for kind in (ConfigError, DataError, CalendarError):
        assert issubclass(kind, TradingError)
        assert kind.exit_code == 2
