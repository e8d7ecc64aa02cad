"""What the doctor looks at on this machine: folder, disk, journal, calendar, port.

In:  the settings.
Out: checks by name, each a sentence or an error with its cure.
Next: `worker/health/doctor.py`, which makes them.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from shutil import disk_usage
from typing import Any, Final

import httpx

from adapters.own_calendar import read_calendar
from core.errors import ConfigError
from core.session import Market, ist_date
from worker.health.doctor_rules import calendar_from, port_of, room_on_disk
from worker.settings import Settings
from worker.state import HOLDER, JOURNAL, opened_state
from worker.store.journal_desk import JournalDesk

_STATUS_SECONDS: Final = 2.0

Check = Callable[[], Awaitable[str]]


class MachineChecks:
    """Look at this machine.

    Attributes
    ----------
    holder
        The name of this installation, once its folder has been looked at.
    is_at_work
        Whether a worker runs in that folder now.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings
        self.holder = ""
        self.is_at_work = False

    def checks(self) -> dict[str, Check]:
        """Return the checks in their order."""
        return {
            "state": self._state,
            "disk": self._disk,
            "journal": self._journal,
            "calendar": self._calendar,
            "port": self._port,
        }

    async def _state(self) -> str:
        folder = self._settings.state_dir
        try:
            with opened_state(folder) as state:
                self.holder = state.holder
        except ConfigError:
            if not await self._runs_here():
                raise
            self.is_at_work = True
            self.holder = (folder / HOLDER).read_text(encoding="utf-8").strip()
            return f"{folder}, where worker {self.holder} runs"
        return f"{folder}, name {self.holder}"

    async def _runs_here(self) -> bool:
        """Return whether a worker answers at our address."""
        address = self._settings.health_address
        return address is not None and "role" in (await _status_of(address) or {})

    async def _disk(self) -> str:
        given = self._settings
        places = {"WORKER_STATE_DIR": given.state_dir, "WORKER_RECORD_DIR": given.record_dir}
        return "; ".join(
            f"{name} {room_on_disk(f'{name} {place}', _free_bytes(place))}"
            for name, place in places.items()
            if place is not None
        )

    async def _journal(self) -> str:
        path = self._settings.state_dir / JOURNAL
        if not path.exists():
            return "no worker has run here yet"
        with closing(JournalDesk(path)) as desk:
            lines = desk.lines()
        if lines:
            raise ConfigError("\n        ".join(["an operator has to decide:", *lines]))
        return "nothing is refused, nothing is missing"

    async def _calendar(self) -> str:
        calendar = read_calendar(self._settings.calendar_file)
        today = ist_date(time.time_ns())
        known = calendar_from(calendar, today)
        session = calendar.session(today, Market.DERIVATIVES)
        if session is not None:
            return f"{today} is a session day; {known}"
        following = calendar.next_session(today, Market.DERIVATIVES, skip_unconfirmed=True)
        return f"{today} has no session; the next is on {following.day}; {known}"

    async def _port(self) -> str:
        address = self._settings.health_address
        return port_of(address, None if address is None else await _status_of(address))


def _free_bytes(place: Path) -> int:
    """Return what is free where a folder is, or would be made."""
    while not place.exists():
        place = place.parent
    return disk_usage(place).free


async def _status_of(address: tuple[str, int]) -> dict[str, Any] | None:
    """Return what a worker at an address says of itself, None where there is none."""
    host, port = address
    try:
        async with httpx.AsyncClient(timeout=_STATUS_SECONDS, trust_env=False) as client:
            answer = (await client.get(f"http://{host}:{port}/status")).json()
    except (httpx.HTTPError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
