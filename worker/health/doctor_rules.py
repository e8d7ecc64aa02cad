"""What the doctor asks of the machine and of the account: room, limits, clock, port, token.

In:  what was found.
Out: a sentence that says that it is well, or an error that names the cure.
Next: `worker/health/doctor.py`, whose checks find it.
"""

import errno
import socket
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from core.errors import CalendarError, ConfigError, StoreError
from core.session import IST, TradingCalendar

LEAST_FREE_BYTES: Final = 1 << 30
BYTES_PER_CONFIG: Final = 40_000_000
BYTES_OF_WORKER: Final = 300_000_000
FILES_PER_CONFIG: Final = 4
FILES_OF_WORKER: Final = 256
MOST_DRIFT_SECONDS: Final = 2.0
LEAST_TOKEN: Final = timedelta(hours=1)
CALENDAR_AHEAD: Final = timedelta(days=30)

_GB: Final = 1e9
_MB: Final = 1e6
_VALIDITY_FORM: Final = "%d/%m/%Y %H:%M"


def room_on_disk(place: str, free: int) -> str:
    """Return how much room there is; raises ConfigError if a day would not fit."""
    if free < LEAST_FREE_BYTES:
        raise ConfigError(
            f"{place} has {free / _GB:.2f} GB free, needed are {LEAST_FREE_BYTES / _GB:.2f} GB; "
            "make room, or choose a larger disk"
        )
    return f"{free / _GB:.0f} GB free"


def room_for_processes(configs: int, free_memory: int, files: int) -> str:
    """Return what so many strategy processes may use; raises ConfigError if it is too little.

    Parameters
    ----------
    files
        The limit of open files of one process, RLIMIT_NOFILE.
    """
    memory = BYTES_OF_WORKER + configs * BYTES_PER_CONFIG
    if free_memory < memory:
        raise ConfigError(
            f"{configs} configs need about {memory / _MB:.0f} MB of memory, "
            f"{free_memory / _MB:.0f} MB are free; a larger machine, or fewer configs"
        )
    needed = FILES_OF_WORKER + configs * FILES_PER_CONFIG
    if files < needed:
        raise ConfigError(
            f"{configs} configs need {needed} open files, {files} are allowed; raise the limit "
            "(ulimit -n, LimitNOFILE of systemd)"
        )
    return f"{configs} configs; {free_memory / _MB:.0f} MB of memory free, {files} files"


def clock_of(drift: float) -> str:
    """Return how far our clock is ahead of the database's; raises ConfigError if it is too far."""
    if abs(drift) > MOST_DRIFT_SECONDS:
        raise ConfigError(
            f"this machine's clock is {drift:+.1f} s from the database's, at most "
            f"{MOST_DRIFT_SECONDS:g} s are allowed; have it set by NTP (timedatectl set-ntp true)"
        )
    return f"{drift:+.2f} s from the database's"


def calendar_from(calendar: TradingCalendar, today: date) -> str:
    """Return until when the calendar is known; raises CalendarError if that is too near."""
    ahead = today + CALENDAR_AHEAD
    try:
        calendar.is_session_day(ahead)
    except CalendarError as error:
        raise CalendarError(
            f"{error}; that is less than {CALENDAR_AHEAD.days} days ahead: write the new year "
            "into a file of your own and name it in CALENDAR_FILE"
        ) from error
    return f"known beyond {ahead}"


def port_of(address: tuple[str, int] | None, answer: Mapping[str, Any] | None) -> str:
    """Return whether our figures can be served; raises ConfigError if somebody else is there.

    Parameters
    ----------
    answer
        What `/status` of that address says, None where nothing of ours answers.
    """
    if address is None:
        return "off: no /healthz and no /metrics"
    host, port = address
    if answer is not None and "role" in answer:
        return f"{host}:{port}, where a worker ({answer['role']}) answers already"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is used by another program" if taken else f"cannot be used: {error.strerror}"
            raise ConfigError(
                f"WORKER_HEALTH_ADDRESS {host}:{port} {why}; choose another, or off"
            ) from error
    return f"{host}:{port} is free"


def account_of(profile: Mapping[str, Any], now: datetime) -> str:
    """Return what Dhan says of the account; raises ConfigError if a worker could not use it."""
    client = profile.get("dhanClientId")
    plan = str(profile.get("dataPlan", ""))
    if plan.lower() != "active":
        raise ConfigError(
            f"the data plan of client {client} is {plan or 'unknown'}, must be Active; subscribe "
            "to the Data APIs on web.dhan.co"
        )
    if "derivative" not in str(profile.get("activeSegment", "derivative")).lower():
        raise ConfigError(
            f"derivatives are not active for client {client}; have the segment activated by Dhan"
        )
    validity = str(profile.get("tokenValidity"))
    try:
        until = datetime.strptime(validity, _VALIDITY_FORM).replace(tzinfo=IST)
    except ValueError:
        raise ConfigError(f"Dhan says that the token is valid until {validity!r}") from None
    if until - now < LEAST_TOKEN:
        raise ConfigError(
            f"the token of client {client} expires at {until:%H:%M} IST, in less than an hour; "
            "make a new one on web.dhan.co and hand it in: python -m worker token"
        )
    return f"client {client}, token until {until:%d %b %H:%M} IST, data plan {plan}"


def lease_of(row: Mapping[str, Any] | None, holder: str, *, standby: bool) -> str:
    """Return who has the shard; raises StoreError if that is somebody who keeps us out."""
    if row is None or row["holder"] is None:
        return "nobody has the shard"
    if row["holder"] == holder:
        return "this installation has the shard"
    until = datetime.fromisoformat(row["expires_at"]).astimezone(UTC)
    held = f"{row['holder']} has the shard, until {until:%H:%M:%S} UTC"
    if standby:
        return f"{held}; this worker would stand by"
    raise StoreError(
        f"{held}; stop it, set WORKER_STANDBY=on to wait for it, or if it is dead: "
        "python -m worker free"
    )
