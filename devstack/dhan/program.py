"""Make what is to be played: the source the command line names, and how to play it.

In:  a `Command`.
Out: a tape or recorded frames, market data for REST, and the simulator's options.
Next: `devstack/dhan/simulator.py`, which plays it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from core.errors import CalendarError, ConfigError
from core.session import IST, NS_PER_SECOND, TradingCalendar, ist_date, load_calendar
from devstack.dhan.market_data import MarketData
from devstack.dhan.options import Command
from devstack.dhan.pulse import pulse
from devstack.dhan.simulator import Options, Played
from devstack.dhan.sources.candle_file import read_candle_file
from devstack.dhan.sources.candle_rows import read_rows
from devstack.dhan.sources.generated import generate
from devstack.dhan.sources.recorded_frames import read_frame_file
from devstack.dhan.sources.recorded_ticks import read_tick_file
from devstack.dhan.sources.symbols import find_instrument
from devstack.dhan.tape import FrameTape, Tape, TapeSession

_log: Final = logging.getLogger(__name__)


def prepare(command: Command) -> tuple[Played, MarketData, Options]:
    """Return what `Simulator` needs.

    Raises
    ------
    ConfigError
        If the market is closed at the chosen start, or the calendar file cannot be read.
    CalendarError
        If the day is not a session day, or not covered by the calendar.
    DataError
        If a file cannot be played; names file, line and value.
    """
    calendar = _calendar(command.calendar)
    with _naming(command.candles or command.ticks or command.frames):
        played, market = _source(command, calendar)
    _log.info("playing %s", market.tape.label)
    options = Options(
        port_feed=command.port_feed,
        port_rest=command.port_rest,
        start_ns=_start_ns(command, market.tape.sessions[0]),
        speed=command.speed,
        hold=command.hold,
        seed=command.seed,
        clients=command.clients,
        snapshot=command.snapshot,
        rate_limits=command.rate_limits,
        token_life_seconds=command.token_life_seconds,
    )
    return played, market, options


def _calendar(own: str) -> TradingCalendar:
    if not own:
        return load_calendar()
    try:
        return load_calendar(Path(own).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--calendar {own} cannot be read ({error})") from error


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Say which file a day comes from that the calendar does not know."""
    try:
        yield
    except CalendarError as error:
        raise CalendarError(f"{Path(file).name}: {error}" if file else str(error)) from error


def _source(command: Command, calendar: TradingCalendar) -> tuple[Played, MarketData]:
    if command.candles:
        tape = _candles(Path(command.candles), command.symbol, calendar)
        return tape, MarketData(tape, calendar)
    if command.ticks:
        tape = read_tick_file(Path(command.ticks), calendar)
        return tape, MarketData(tape, calendar)
    if command.frames:
        frames = _frames(Path(command.frames), calendar)
        return frames, MarketData(frames.state, calendar)
    if command.pulse:
        busy = pulse(command.pulse, command.seed, command.day, calendar)
        return busy, MarketData(busy.state, calendar)
    made = generate(command.seed, command.day, calendar)
    return made.tape, MarketData(made.tape, calendar, made.history)


def _candles(path: Path, symbol: str, calendar: TradingCalendar) -> Tape:
    first = read_rows(path)[0]
    instrument = find_instrument(symbol, ist_date(first.start * NS_PER_SECOND), calendar)
    file = read_candle_file(path, instrument, calendar)
    if file.outside or file.silent:
        _log.warning(
            "%s: not played are %d rows outside trading hours and %d without volume",
            path.name,
            file.outside,
            file.silent,
        )
    return file.tape


def _frames(path: Path, calendar: TradingCalendar) -> FrameTape:
    file = read_frame_file(path, calendar)
    if file.cut_off_bytes or file.unusable:
        _log.warning(
            "%s: not played are %d bytes of a record that was cut off; "
            "unknown to REST are %d packets",
            path.name,
            file.cut_off_bytes,
            file.unusable,
        )
    return file.tape


def _start_ns(command: Command, session: TapeSession) -> int | None:
    if command.start is None:
        return None
    begin = datetime.combine(session.day, command.start, IST)
    start_ns = int(begin.timestamp()) * NS_PER_SECOND
    if not session.open_ns <= start_ns < session.close_ns:
        opens, closes = (
            datetime.fromtimestamp(instant // NS_PER_SECOND, IST)
            for instant in (session.open_ns, session.close_ns)
        )
        raise ConfigError(
            f"--start {command.start:%H:%M:%S} is outside the session of {session.day}, "
            f"which is from {opens:%H:%M} to {closes:%H:%M}"
        )
    return start_ns
