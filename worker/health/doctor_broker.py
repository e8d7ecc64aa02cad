"""What the doctor asks the broker: account, address, instruments, history, feed.

In:  the settings, the broker, the keeper of the token.
Out: checks by name, each a sentence or an error with its cure.
Next: `worker/health/doctor.py`, which makes them.
"""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID

from adapters.dhan_account import check_account
from adapters.secrets import Secret
from core.candle_builder import UNKNOWN
from core.effects import Effects
from core.engine import Engine
from core.errors import ConfigError, FeedError
from core.instrument import Instrument, InstrumentKind, Segment
from core.intake import Intake
from core.session import IST, load_calendar
from worker.broker.dhan import Dhan
from worker.broker.token_keeper import TokenKeeper
from worker.broker.tokens import FixedToken
from worker.feed.feed import Feed
from worker.feed.line import Account
from worker.health.doctor_machine import Check, MachineChecks
from worker.health.doctor_rules import account_of
from worker.market.symbols import read_master
from worker.settings import Settings
from worker.store.supabase import Supabase

_HANDSHAKE_SECONDS: Final = 10.0
_HISTORY_DAYS: Final = 5
_LEFT_TO_IT: Final = "not asked, a worker is at work here: see python -m worker top"
_NIFTY: Final = Instrument(Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX, 1, Decimal("0.05"))


class BrokerChecks:
    """Ask the broker.

    Parameters
    ----------
    machine
        Knows whether a worker runs here: what it needs of the account is then left to it.
    """

    def __init__(
        self,
        settings: Settings,
        supabase: Supabase,
        dhan: Dhan,
        tokens: TokenKeeper,
        machine: MachineChecks,
    ) -> None:
        self._machine: Final = machine
        self._settings: Final = settings
        self._supabase: Final = supabase
        self._dhan: Final = dhan
        self._tokens: Final = tokens

    def checks(self) -> dict[str, Check]:
        """Return the checks in their order."""
        return {
            "account": self._account,
            "address": self._address,
            "master": self._master,
            "history": self._history,
            "feed": self._feed,
        }

    async def _account(self) -> str:
        await self._tokens.begin()
        return account_of(await self._dhan.profile(), datetime.now(IST))

    async def _address(self) -> str:
        live = await self._supabase.rows(
            "strategy_configs",
            select="id",
            trade_mode="eq.LIVE",
            shard=f"eq.{self._settings.shard}",
        )
        if live:
            return await self._asked_address()
        return "no config is live: any will do"

    async def _asked_address(self) -> str:
        """Return whether Dhan takes orders that leave from here."""
        given = self._settings
        token = Secret(self._tokens.text)
        found = await asyncio.to_thread(
            check_account, given.dhan_api_url, given.dhan_client_id, token
        )
        if not found.static_ip_allowed:
            raise ConfigError(
                f"{found.detail}; register this machine's address on web.dhan.co (it is locked for "
                "seven days then), or let the worker run where it is registered"
            )
        return found.detail

    async def _master(self) -> str:
        folder = self._settings.state_dir
        try:
            with TemporaryDirectory(dir=folder) as part:
                place = Path(part) / "instruments.csv"
                await self._dhan.download_master(place)
                symbols = await asyncio.to_thread(read_master, place)
        except OSError as error:
            raise ConfigError(
                f"WORKER_STATE_DIR {folder} cannot hold the instrument master: {error.strerror}"
            ) from error
        return f"{symbols.count} instruments"

    async def _history(self) -> str:
        if self._machine.is_at_work:
            return _LEFT_TO_IT
        now = datetime.now(IST)
        begin = now - timedelta(days=_HISTORY_DAYS)
        columns = await self._dhan.minutes(_NIFTY, f"{begin:%F %T}", f"{now:%F %T}")
        minutes = len(columns.get("timestamp", ()))
        return f"gaps can be repaired: {minutes} minutes of NIFTY in {_HISTORY_DAYS} days"

    async def _feed(self) -> str:
        """Shake hands with the feed; nothing is subscribed."""
        if self._machine.is_at_work:  # One socket too many would cost it one of its own.
            return _LEFT_TO_IT
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


def _idle_intake() -> Intake:
    """Return an intake for a socket on which nothing is subscribed."""

    def ignore(_: Effects) -> None:
        """Nothing can happen without instruments."""

    engine = Engine(UUID(int=0), load_calendar())
    return Intake(engine, ignore, lambda _: None, lambda _: UNKNOWN)
