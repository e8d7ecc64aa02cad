"""`python -m worker doctor`: could a worker run here and now? Each failed check names its cure.

In:  the settings.
Out: one line per check on stdout; exit code 0, or that of the worst failure.
Next: `worker/run.py`, which makes the same checks before it starts.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple
from uuid import UUID

from adapters.own_calendar import read_calendar
from core.candle_builder import UNKNOWN
from core.effects import Effects
from core.engine import Engine
from core.errors import (
    EXIT_ASKED_TO_STOP,
    EXIT_CONFIGURATION,
    ConfigError,
    FeedError,
    TradingError,
)
from core.instrument import Instrument, InstrumentKind, Segment
from core.session import IST, Market, ist_date, load_calendar
from worker.dhan import Dhan
from worker.feed import Feed
from worker.feed_line import Account
from worker.intake import Intake
from worker.journal_desk import JournalDesk
from worker.schema import require_schema
from worker.settings import Settings
from worker.state import JOURNAL, opened_state
from worker.supabase import Supabase
from worker.symbols import read_master
from worker.token_keeper import TokenKeeper
from worker.token_setup import opened_tokens
from worker.tokens import FixedToken

_HANDSHAKE_SECONDS: Final = 10.0
_HISTORY_DAYS: Final = 5
_NIFTY: Final = Instrument(Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX, 1, Decimal("0.05"))

Check = Callable[[], Awaitable[str]]


class _Failure(NamedTuple):
    name: str
    error: TradingError


def examine(settings: Settings) -> int:
    """Make all checks, print them, and return the exit code."""
    failures = asyncio.run(_Doctor(settings).run())
    if not failures:
        _say("everything a run needs is there")
        return EXIT_ASKED_TO_STOP
    _say(f"{len(failures)} of the checks failed: {', '.join(each.name for each in failures)}")
    codes = {each.error.exit_code for each in failures}
    # What must be configured differently outweighs what may pass by itself.
    return EXIT_CONFIGURATION if EXIT_CONFIGURATION in codes else max(codes)


class _Doctor:
    """The checks, in the order in which a start needs them."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings
        self._tokens: TokenKeeper

    async def run(self) -> list[_Failure]:
        """Return what failed."""
        failures = []
        async with AsyncExitStack() as stack:
            given = self._settings
            supabase = await stack.enter_async_context(
                Supabase(given.supabase_url, given.supabase_secret_key)
            )
            self._tokens = await stack.enter_async_context(opened_tokens(given))
            dhan = await stack.enter_async_context(
                Dhan(given.dhan_api_url, given.dhan_master_url, given.dhan_client_id, self._tokens)
            )
            for name, check in self._checks(supabase, dhan).items():
                began = time.monotonic()
                try:
                    answer = await check()
                except TradingError as error:
                    failures.append(_Failure(name, error))
                    _say(f"FAILED  {name:10} {error}")
                else:
                    _say(f"ok      {name:10} {answer} ({time.monotonic() - began:.1f} s)")
        return failures

    def _checks(self, supabase: Supabase, dhan: Dhan) -> dict[str, Check]:
        async def database() -> str:
            schema = await require_schema(supabase)
            return f"{supabase.url}, schema version {schema.version}"

        async def key() -> str:
            leases = await supabase.rows("worker_leases", select="shard,holder,expires_at")
            held = [row["shard"] for row in leases if row["holder"]]
            return f"the secret key is accepted; shards held: {', '.join(held) or 'none'}"

        async def account() -> str:
            await self._tokens.begin()
            profile = await dhan.profile()
            return (
                f"client {profile.get('dhanClientId')}, token until "
                f"{profile.get('tokenValidity')} IST, data plan {profile.get('dataPlan')}"
            )

        async def master() -> str:
            with TemporaryDirectory() as folder:
                place = Path(folder) / "instruments.csv"
                await dhan.download_master(place)
                symbols = await asyncio.to_thread(read_master, place)
            return f"{symbols.count} instruments"

        async def history() -> str:
            now = datetime.now(IST)
            begin = now - timedelta(days=_HISTORY_DAYS)
            columns = await dhan.minutes(_NIFTY, f"{begin:%F %T}", f"{now:%F %T}")
            minutes = len(columns.get("timestamp", ()))
            return f"gaps can be repaired: {minutes} minutes of NIFTY in {_HISTORY_DAYS} days"

        async def gaps() -> str:
            beats = await supabase.rows(
                "worker_heartbeats", select="shard,figures", process="eq.supervisor"
            )
            told = [f"shard {each['shard']}: {_gaps_of(each['figures'])}" for each in beats]
            return "; ".join(told) or "no worker has run yet"

        return {
            "state": self._state,
            "journal": self._journal,
            "calendar": self._calendar,
            "database": database,
            "key": key,
            "account": account,
            "master": master,
            "history": history,
            "feed": self._feed,
            "gaps": gaps,
        }

    async def _state(self) -> str:
        with opened_state(self._settings.state_dir) as state:
            return f"{self._settings.state_dir}, name {state.holder}"

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
        session = calendar.session(today, Market.DERIVATIVES)
        if session is not None:
            return f"{today} is a session day"
        following = calendar.next_session(today, Market.DERIVATIVES, skip_unconfirmed=True)
        return f"{today} has no session; the next is on {following.day}"

    async def _feed(self) -> str:
        """Shake hands with the feed; nothing is subscribed."""
        given = self._settings
        intake = _idle_intake()
        tokens = FixedToken(self._tokens.text)
        account = Account(given.dhan_feed_url, given.dhan_client_id, tokens)
        feed = Feed(account, intake, lambda: False)
        running = asyncio.create_task(feed.run())
        connected = asyncio.create_task(feed.connected.wait())
        try:
            await asyncio.wait(
                (running, connected),
                timeout=_HANDSHAKE_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if running.done():
                running.result()
            if not connected.done():
                raise FeedError(
                    f"no connection to {given.dhan_feed_url} within {_HANDSHAKE_SECONDS:g} s; "
                    "check DHAN_FEED_URL and the network"
                )
        finally:
            running.cancel()
            connected.cancel()
            await asyncio.gather(running, connected, return_exceptions=True)
        return f"{given.dhan_feed_url} accepts the token"


def _gaps_of(figures: dict[str, Any]) -> str:
    """Return in words what became of the gaps of a run."""
    gaps = figures.get("gaps") or {}
    names = ("found", "empty", "repaired", "unrepaired", "failures", "revised")
    return ", ".join(f"{gaps.get(name, 0)} {name}" for name in names)


def _idle_intake() -> Intake:
    """Return an intake for a socket on which nothing is subscribed."""

    def ignore(_: Effects) -> None:
        """Nothing can happen without instruments."""

    engine = Engine(UUID(int=0), load_calendar())
    return Intake(engine, ignore, lambda _: None, lambda _: UNKNOWN)


def _say(line: str) -> None:
    print(line, file=sys.stdout, flush=True)  # noqa: T201 - a program for a terminal.
