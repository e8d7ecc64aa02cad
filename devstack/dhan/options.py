"""The command line of the simulator: what to play, how, and where.

In:  arguments.
Out: `Command`, with every problem reported at once otherwise.
Next: `devstack/dhan/program.py`, which makes what is to be played.
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from core.settings import SettingsReader
from devstack.dhan.accounts import TOKEN_LIFE_SECONDS
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE, FASTEST_PACED, SLOWEST
from devstack.dhan.pulse import MOST_SHARES
from devstack.dhan.rest import control

DEFAULT_DAY: Final = date(2026, 11, 20)
DEFAULT_PORT_FEED: Final = 8765
DEFAULT_PORT_REST: Final = 8766
_MOST_CLIENTS: Final = 1_000
_SOURCES: Final = ("--candles", "--ticks", "--frames", "--pulse")
_EXAMPLES: Final = """\
examples:
  python -m devstack.dhan                              a generated day, market time as wall time
  python -m devstack.dhan --start 10:00 --speed 60     an hour in a minute, from 10:00 on
  python -m devstack.dhan --speed max                  as fast as the subscribers read
  python -m devstack.dhan --candles reliance.csv.gz --symbol RELIANCE
  python -m devstack.dhan --port-feed 0 --port-rest 0 --hold    for a test harness

On stdout it prints shell lines when it is ready: DHAN_CLIENT_ID, DHAN_ACCESS_TOKEN, DHAN_PIN,
DHAN_TOTP_SECRET, DHAN_API_URL, DHAN_AUTH_URL, DHAN_FEED_URL, DHAN_MASTER_URL, DHAN_CONTROL_URL.
It logs to stderr, ends with its parent, and exits with 0 when stopped, 2 when it was asked for
something it cannot do.

the control endpoint, to watch it and to make it misbehave while it runs:
"""


@dataclass(frozen=True, slots=True)
class Command:
    """What the command line asks for.

    Parameters
    ----------
    day
        Generated day.
    start
        Indian clock reading at which to begin, None for the opening.
    candles, symbol, ticks, frames
        Files to play instead of a generated day; at most one of them. `symbol` belongs to
        `candles`.
    pulse
        How many shares to trade once a second instead; 0 for none.
    calendar
        Calendar file laid over the shipped one; empty for none.
    speed
        Market seconds per wall second, infinity for as fast as possible.
    """

    port_feed: int
    port_rest: int
    seed: int
    day: date
    start: time | None
    speed: float
    hold: bool
    candles: str
    symbol: str
    ticks: str
    frames: str
    pulse: int
    calendar: str
    clients: int
    snapshot: bool
    rate_limits: bool
    token_life_seconds: float


def read_command(arguments: Sequence[str]) -> Command:
    """Read the command line.

    Raises
    ------
    ConfigError
        Lists everything that cannot be used.
    """
    given = vars(_parser().parse_args(arguments))
    flags = {name for name, value in given.items() if value is True}
    texts = {name: value for name, value in given.items() if isinstance(value, str)}
    reader = SettingsReader(texts)
    _require_sensible_sources(reader, texts)
    command = Command(
        port_feed=reader.integer("--port-feed", DEFAULT_PORT_FEED, low=0, high=65_535),
        port_rest=reader.integer("--port-rest", DEFAULT_PORT_REST, low=0, high=65_535),
        seed=reader.integer("--seed", 1, low=0, high=2**31 - 1),
        day=_day(reader),
        start=_start(reader),
        speed=_speed(reader, texts),
        hold="--hold" in flags,
        candles=reader.text("--candles", ""),
        symbol=reader.text("--symbol", ""),
        ticks=reader.text("--ticks", ""),
        frames=reader.text("--frames", ""),
        pulse=reader.integer("--pulse", 0, low=0, high=MOST_SHARES),
        calendar=reader.text("--calendar", ""),
        clients=reader.integer("--clients", 1, low=1, high=_MOST_CLIENTS),
        snapshot="--snapshot" in flags,
        rate_limits="--no-rate-limits" not in flags,
        token_life_seconds=reader.number("--token-life", TOKEN_LIFE_SECONDS, low=1.0, high=1e7),
    )
    if command.port_feed and command.port_feed == command.port_rest:
        reader.problem(f"--port-feed and --port-rest are both {command.port_feed}")
    reader.finish()
    return command


def _require_sensible_sources(reader: SettingsReader, texts: Mapping[str, str]) -> None:
    sources = [name for name in _SOURCES if name in texts]
    if len(sources) > 1:
        reader.problem(f"{' and '.join(sources)} exclude each other")
    if ("--candles" in texts) != ("--symbol" in texts):
        reader.problem("--candles FILE and --symbol NAME belong together")
    if set(sources) - {"--pulse"} and "--day" in texts:
        reader.problem(f"--day is for a generated day, {sources[0]} brings its own")


def _day(reader: SettingsReader) -> date:
    text = reader.text("--day", DEFAULT_DAY.isoformat())
    try:
        return date.fromisoformat(text)
    except ValueError:
        reader.problem(f"--day is {text!r}, must be YYYY-MM-DD")
        return DEFAULT_DAY


def _start(reader: SettingsReader) -> time | None:
    text = reader.text("--start", "")
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        reader.problem(f"--start is {text!r}, must be HH:MM or HH:MM:SS")
        return None


def _speed(reader: SettingsReader, texts: Mapping[str, str]) -> float:
    if texts.get("--speed") == "max":
        return AS_FAST_AS_POSSIBLE
    speed = reader.number("--speed", 1.0, low=SLOWEST, high=FASTEST_PACED)
    return speed if math.isfinite(speed) else 1.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack.dhan",
        description="A Dhan simulator: market feed and REST on loopback, playing a day.",
        epilog=_EXAMPLES + str(control.__doc__).partition("In:  ")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    servers = parser.add_argument_group("servers")
    _value(servers, "--port-feed", "PORT", f"market feed; 0 = any free ({DEFAULT_PORT_FEED})")
    _value(servers, "--port-rest", "PORT", f"REST and control; 0 = any free ({DEFAULT_PORT_REST})")
    _value(servers, "--clients", "N", "number of accounts (1)")
    _value(servers, "--token-life", "SECONDS", f"life of a token ({TOKEN_LIFE_SECONDS:g})")
    _flag(servers, "--no-rate-limits", "do not limit REST calls and logins")
    _flag(servers, "--snapshot", "begin each subscription with the last state")
    played = parser.add_argument_group("what is played")
    _value(played, "--seed", "N", "seed of the generated day (1)")
    _value(played, "--day", "YYYY-MM-DD", f"session day to generate ({DEFAULT_DAY})")
    _value(played, "--candles", "FILE", "one-minute candles: ts,open,high,low,close[,volume]")
    _value(played, "--symbol", "NAME", "what the candles are of, such as RELIANCE")
    _value(played, "--ticks", "FILE", "recorded ticks")
    _value(played, "--frames", "FILE", "recorded raw messages")
    _value(played, "--pulse", "N", f"N shares that trade once a second (up to {MOST_SHARES})")
    _value(played, "--calendar", "FILE", "sessions to add or change, as in core/nse_calendar.toml")
    clock = parser.add_argument_group("market clock")
    _value(clock, "--speed", "N|max", f"market seconds per second, {SLOWEST:g} and up, or max (1)")
    _value(clock, "--start", "HH:MM", "Indian time to begin at (the opening)")
    _flag(clock, "--hold", "stand still until the control endpoint resumes the clock")
    return parser


def _value(group: argparse._ArgumentGroup, name: str, shown: str, text: str) -> None:
    group.add_argument(name, dest=name, metavar=shown, help=text)


def _flag(group: argparse._ArgumentGroup, name: str, text: str) -> None:
    group.add_argument(name, dest=name, action="store_true", help=text)
