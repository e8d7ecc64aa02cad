"""`python -m worker top`: what an operator wants to see of a worker, live in a terminal.

In:  `/status` of the worker on this machine; of one elsewhere its rows in `worker_heartbeats`.
Out: a view that is drawn anew every second, or once.
Next: `worker/health/top_view.py`, which draws it; `worker/health/health.py`, which judges.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from rich.console import Console
from rich.live import Live

from core.errors import EXIT_ASKED_TO_STOP, StoreError, TradingError
from core.settings import SettingsReader
from worker.health.figures import Report
from worker.health.health_server import ACTIVE
from worker.health.top_view import View, drawn
from worker.settings import read_health_address
from worker.store.supabase import Supabase

_EVERY_SECONDS: Final = 1.0
_TIMEOUT: Final = 2.0
_STALE_SECONDS: Final = 15.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker can be seen.

    Parameters
    ----------
    health_address
        Of a worker on this machine; None for none.
    shard
        Whose worker is looked for in the database.
    supabase_url, secret_key
        Where its heartbeats are; empty for nowhere.
    """

    health_address: tuple[str, int] | None
    shard: str
    supabase_url: str
    secret_key: str = field(repr=False)


def read_place(values: Mapping[str, str], *, database: bool) -> Place:
    """Return where to look.

    Parameters
    ----------
    database
        Look into the database only.

    Raises
    ------
    ConfigError
        If what is needed for that is not set.
    """
    reader = SettingsReader(values)
    needed = None if database else ""
    place = Place(
        health_address=None if database else read_health_address(reader),
        shard=reader.text("WORKER_SHARD", "main"),
        supabase_url=reader.address("SUPABASE_URL", needed, aliases=("NEXT_PUBLIC_SUPABASE_URL",)),
        secret_key=reader.text(
            "SUPABASE_SECRET_KEY", needed, aliases=("SUPABASE_SERVICE_ROLE_KEY",), secret=True
        ),
    )
    reader.finish()
    return place


def top(place: Place, *, once: bool) -> int:
    """Show a worker until Ctrl-C, or once; return the exit code.

    Raises
    ------
    TradingError
        If it can be seen nowhere.
    """
    with suppress(KeyboardInterrupt):
        asyncio.run(_show(place, Console(), once=once))
    return EXIT_ASKED_TO_STOP


async def _show(place: Place, console: Console, *, once: bool) -> None:
    view = await look(place)
    if once:
        console.print(drawn(view))
        return
    with Live(drawn(view), console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(drawn(view), refresh=True)
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                view = await look(place)
            except TradingError as error:
                view = view._replace(problem=str(error))


async def look(place: Place) -> View:
    """Return a worker as it is now: the one on this machine, else what the database knows.

    Raises
    ------
    StoreError
        If neither can be had.
    """
    said = "WORKER_HEALTH_ADDRESS is off"
    if place.health_address is not None:
        host, port = place.health_address
        url = f"http://{host}:{port}"
        try:
            return await _local(url)
        except (httpx.HTTPError, ValueError) as error:
            said = f"no worker answers at {url} ({type(error).__name__})"
    if not (place.supabase_url and place.secret_key):
        raise StoreError(f"{said}, and SUPABASE_URL and SUPABASE_SECRET_KEY are not set")
    return await _remote(place, said)


async def _local(url: str) -> View:
    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
        answer = (await client.get(f"{url}/status")).json()
    rows = answer.get("rows")
    report = None if rows is None else Report(rows[0], rows[1:])
    return View(url, answer["role"], 0.0, report)


async def _remote(place: Place, said: str) -> View:
    async with Supabase(place.supabase_url, place.secret_key) as supabase:
        shard = f"eq.{place.shard}"
        rows = await supabase.rows("worker_heartbeats", shard=shard)
        failed = await supabase.rows(
            "strategy_configs", select="id,name,class_name,status", shard=shard, status="eq.ERROR"
        )
        now = (await supabase.call("health"))["database_time"]
    supervisor = next((row for row in rows if row["process"] == "supervisor"), None)
    if supervisor is None:
        raise StoreError(f"{said}, and no worker of shard {place.shard!r} has ever run")
    beaten = _at(supervisor["beat_at"])
    running = [
        row
        for row in rows
        if row is not supervisor and beaten - _at(row["beat_at"]) < _STALE_SECONDS
    ]
    known = {row["process"] for row in running}
    configs = running + [_failed(row) for row in failed if row["id"] not in known]
    where = f"{place.supabase_url}, shard {place.shard}, {supervisor['holder']}"
    return View(where, ACTIVE, _at(now) - beaten, Report(supervisor, configs))


def _failed(row: Row) -> Row:
    """Return a config without a process in the shape of a sign of life."""
    figures = {"name": row["name"], "strategy": row["class_name"], "restarts": 0}
    return {"process": row["id"], "status": row["status"], "pid": None, "figures": figures}


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
