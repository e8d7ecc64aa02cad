"""What the doctor makes of what it finds: well in a sentence, or an error with its cure."""

import re
import socket
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from core.errors import CalendarError, ConfigError, StoreError, TradingError
from core.session import IST, load_calendar
from worker.health.doctor_rules import (
    account_of,
    calendar_from,
    clock_of,
    lease_of,
    port_of,
    room_for_processes,
    room_on_disk,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=IST)
PROFILE = {
    "dhanClientId": "1100000001",
    "tokenValidity": "21/11/2026 08:30",
    "activeSegment": "Equity, Derivative",
    "dataPlan": "Active",
}
LEASE = {"holder": "other/1", "expires_at": "2026-11-20T03:30:00+00:00"}


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (lambda: room_on_disk("WORKER_STATE_DIR /var", 80_000_000_000), "80 GB free"),
        (lambda: room_for_processes(50, 8_000_000_000, 65_536), "50 configs; 8000 MB of memory"),
        (lambda: clock_of(-0.3), "-0.30 s from the database's"),
        (lambda: calendar_from(load_calendar(), date(2026, 11, 20)), "known beyond 2026-12-20"),
        (lambda: port_of(None, None), "off: no /healthz and no /metrics"),
        (lambda: port_of(("127.0.0.1", 0), None), "127.0.0.1:0 is free"),
        (lambda: port_of(("127.0.0.1", 9464), {"role": "active"}), "a worker .active. answers"),
        (lambda: account_of(PROFILE, NOW), "token until 21 Nov 08:30 IST, data plan Active"),
        (lambda: lease_of(None, "mine/1", standby=False), "nobody has the shard"),
        (lambda: lease_of({"holder": None}, "mine/1", standby=False), "nobody has the shard"),
        (lambda: lease_of(LEASE, "other/1", standby=False), "this installation has the shard"),
        (lambda: lease_of(LEASE, "mine/1", standby=True), "this worker would stand by"),
    ],
)
def test_what_is_well_is_said_in_a_sentence(check: Callable[[], str], said: str) -> None:
    assert re.search(said, check())


@pytest.mark.parametrize(
    ("check", "error", "cure"),
    [
        (lambda: room_on_disk("WORKER_STATE_DIR /x", 9**8), ConfigError, "make room, or choose"),
        (lambda: room_for_processes(50, 10**9, 65_536), ConfigError, "a larger machine, or fewer"),
        (lambda: room_for_processes(400, 10**11, 1024), ConfigError, "LimitNOFILE of systemd"),
        (lambda: clock_of(2.5), ConfigError, "is .2.5 s from .*timedatectl set-ntp true"),
        (lambda: clock_of(-90.0), ConfigError, "timedatectl set-ntp true"),
        (
            lambda: calendar_from(load_calendar(), date(2035, 1, 1)),
            CalendarError,
            "write the new year into a file of your own and name it in CALENDAR_FILE",
        ),
        (
            lambda: account_of({**PROFILE, "dataPlan": "Deactive"}, NOW),
            ConfigError,
            "is Deactive, must be Active; subscribe to the Data APIs on web.dhan.co",
        ),
        (
            lambda: account_of({**PROFILE, "activeSegment": "Equity"}, NOW),
            ConfigError,
            "have the segment activated by Dhan",
        ),
        (
            lambda: account_of(PROFILE, NOW + timedelta(hours=23)),
            ConfigError,
            "expires at 08:30 IST, in less than an hour; .* python -m worker token",
        ),
        (
            lambda: account_of({**PROFILE, "tokenValidity": "soon"}, NOW),
            ConfigError,
            "valid until 'soon'",
        ),
        (
            lambda: lease_of(LEASE, "mine/1", standby=False),
            StoreError,
            "other/1 has the shard, until 03:30:00 UTC; stop it, .* python -m worker free",
        ),
    ],
)
def test_what_is_not_names_its_cure(
    check: Callable[[], str], error: type[TradingError], cure: str
) -> None:
    with pytest.raises(error, match=cure):
        check()


def test_a_port_that_somebody_else_uses_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port} is used by another program; cho"):
            port_of(("127.0.0.1", port), None)
        with pytest.raises(ConfigError, match="cannot be used: "):
            port_of(("203.0.113.9", 80), None)
