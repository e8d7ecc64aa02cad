"""Everything the worker is told from outside, read once and checked at once.

In:  the environment as a mapping; only `worker/__main__.py` looks at the real one.
Out: `Settings`, frozen; or one error that lists every problem.
Next: `worker/run.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.brokers.dhan.subscription import INSTRUMENTS_PER_CONNECTION
from core.brokers.dhan.totp import secret_bytes
from core.errors import ConfigError
from core.settings import SettingsReader
from worker.broker.tokens import Credentials
from worker.processes.limits import Limits
from worker.replay.record_files import RecordLimits

WALL: Final = "wall"
FEED: Final = "feed"
ON: Final = "on"
OFF: Final = "off"
HEALTH_ADDRESS: Final = "127.0.0.1:9464"

_HIGHEST_PORT: Final = 65535
_STATE_DIR: Final = "/var/tmp/tradebase-worker"  # noqa: S108 - outlives a reboot, unlike /tmp.


@dataclass(frozen=True, slots=True)
class Settings:
    """What one worker runs with.

    Parameters
    ----------
    supabase_url, supabase_secret_key
        The project's address, and the key that may call the worker's functions.
    dhan_client_id, dhan_access_token
        The account whose data plan feeds the worker.
    dhan_login
        With what the worker gets tokens by itself; None: it renews the one it was given.
    token_file, broker_keys
        Where the newest token is kept, None for the state folder, and what seals it.
    dhan_api_url, dhan_auth_url, dhan_feed_url, dhan_master_url
        Dhan's addresses.
    dhan_candle_calls
        How many requests for candles the account may make in a second.
    shard
        Which share of all configs this worker runs.
    state_dir
        Where the journal, the lock and the last instrument master are kept.
    journal_bytes
        How large the journal may become.
    market_speed
        Market seconds per wall second that the feed plays.
    market_clock
        `WALL`: market time is the time of day. `FEED`: it is the latest trade time of the feed,
        and the worker waits for the strategy processes at each completed candle.
    record_dir
        Where raw feed messages are recorded; None records nothing.
    record_limits
        How much of it is kept.
    calendar_file
        The operator's own calendar; None uses the shipped one alone.
    feed_per_socket
        Most instruments on one socket of the feed.
    limits
        What each strategy process may use.
    standby
        Whether to wait for a shard that another worker runs, and to let another take ours over
        when we do not renew it.
    health_address
        Host and port of `/healthz` and `/metrics`; None serves neither. Port 0 is any free one.
    """

    supabase_url: str
    supabase_secret_key: str = field(repr=False)
    dhan_client_id: str
    dhan_access_token: str = field(repr=False)
    dhan_login: Credentials | None = field(repr=False)
    token_file: Path | None
    broker_keys: str = field(repr=False)
    dhan_api_url: str
    dhan_auth_url: str
    dhan_feed_url: str
    dhan_master_url: str
    dhan_candle_calls: float
    shard: str
    state_dir: Path
    journal_bytes: int
    market_speed: float
    market_clock: str
    record_dir: Path | None
    record_limits: RecordLimits
    limits: Limits
    calendar_file: Path | None
    feed_per_socket: int
    standby: bool
    health_address: tuple[str, int] | None

    @property
    def follows_feed(self) -> bool:
        """Whether the feed is the clock."""
        return self.market_clock == FEED


def read_settings(values: Mapping[str, str]) -> Settings:
    """Return the settings in a mapping of names to text.

    Raises
    ------
    ConfigError
        Lists everything missing or malformed.
    """
    reader = SettingsReader(values)
    speed = reader.number("MARKET_SPEED", 1.0, low=0.01, high=1e9)
    login = _login(reader)
    settings = Settings(
        supabase_url=reader.address("SUPABASE_URL", None, aliases=("NEXT_PUBLIC_SUPABASE_URL",)),
        supabase_secret_key=reader.text(
            "SUPABASE_SECRET_KEY", aliases=("SUPABASE_SERVICE_ROLE_KEY",), secret=True
        ),
        dhan_client_id=reader.text("DHAN_CLIENT_ID"),
        dhan_access_token=reader.text("DHAN_ACCESS_TOKEN", "" if login else None, secret=True),
        dhan_login=login,
        token_file=reader.path("DHAN_TOKEN_FILE"),
        broker_keys=reader.text("BROKER_KEYS", "", secret=True),
        dhan_api_url=reader.address("DHAN_API_URL", "https://api.dhan.co/v2"),
        dhan_auth_url=reader.address("DHAN_AUTH_URL", "https://auth.dhan.co"),
        dhan_feed_url=reader.address(
            "DHAN_FEED_URL", "wss://api-feed.dhan.co", schemes=("wss", "ws")
        ),
        dhan_master_url=reader.address("DHAN_MASTER_URL", "https://images.dhan.co/api-data"),
        dhan_candle_calls=reader.number("DHAN_CANDLE_CALLS", 5.0, low=0.1, high=1e6),
        shard=reader.text("WORKER_SHARD", "main"),
        state_dir=Path(reader.text("WORKER_STATE_DIR", _STATE_DIR)),
        journal_bytes=reader.integer("WORKER_JOURNAL_MB", 4096, low=64, high=1_000_000) << 20,
        market_speed=speed,
        # Above 1x no wall clock can tell market time.
        market_clock=reader.choice("MARKET_CLOCK", WALL if speed == 1 else FEED, (WALL, FEED)),
        record_dir=reader.path("WORKER_RECORD_DIR"),
        record_limits=RecordLimits(
            reader.integer("WORKER_RECORD_DAYS", RecordLimits().days, low=1, high=10_000),
            round(reader.number("WORKER_RECORD_MAX_GB", 20.0, low=0.001, high=1e6) * 1e9),
        ),
        calendar_file=reader.path("CALENDAR_FILE"),
        feed_per_socket=reader.integer(
            "FEED_INSTRUMENTS_PER_SOCKET",
            INSTRUMENTS_PER_CONNECTION,
            low=1,
            high=INSTRUMENTS_PER_CONNECTION,
        ),
        limits=Limits(
            reader.integer("STRATEGY_MEMORY_MB", 512, low=64, high=65_536),
            reader.number("STRATEGY_CPU_SECONDS", 30.0, low=0.1, high=60.0),
        ),
        standby=reader.choice("WORKER_STANDBY", OFF, (ON, OFF)) == ON,
        health_address=read_health_address(reader),
    )
    if speed != 1 and settings.market_clock == WALL:
        reader.problem(
            f"MARKET_CLOCK is {WALL!r}, must be {FEED!r} while MARKET_SPEED is {speed:g}"
        )
    reader.finish()
    return settings


def _login(reader: SettingsReader) -> Credentials | None:
    """Return PIN and secret of the one-time passwords, None where a person logs in."""
    pin = reader.text("DHAN_PIN", "", secret=True)
    secret = reader.text("DHAN_TOTP_SECRET", "", secret=True)
    if not pin and not secret:
        return None
    if not pin or not secret:
        reader.problem("DHAN_PIN and DHAN_TOTP_SECRET belong together, one of them is missing")
        return None
    try:
        secret_bytes(secret)
    except ConfigError as error:
        reader.problem(f"DHAN_TOTP_SECRET: {error}")
    return Credentials(pin, secret)


def read_health_address(reader: SettingsReader) -> tuple[str, int] | None:
    """Return where a worker tells how it is, None where it does not."""
    text = reader.text("WORKER_HEALTH_ADDRESS", HEALTH_ADDRESS)
    if text == OFF:
        return None
    host, _, port = text.rpartition(":")
    if host and port.isdecimal() and int(port) <= _HIGHEST_PORT:
        return host.strip("[]"), int(port)
    reader.problem(
        f"WORKER_HEALTH_ADDRESS is {text!r}, must be an address such as {HEALTH_ADDRESS}, or {OFF}"
    )
    return None
