"""The worker from start to stop: every part is made here and nowhere else.

In:  `Settings`.
Out: a running worker; it returns when it is asked to stop, and raises when it cannot go on.
Next: `worker/market/market.py` for what happens to a tick, `worker/configs/supervisor.py` for
      configs.

What must hold is checked before anything is started: the database answers and has the schema we
know, the lease is ours, Dhan accepts the token, the instrument master can be read.
"""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack, ExitStack, closing
from datetime import date
from functools import partial
from typing import Final, NamedTuple
from uuid import uuid4

from adapters.flattening import NoLiveBroker
from adapters.own_calendar import read_calendar
from core.errors import ConfigError, StoreError
from core.session import Market as Hours
from worker.broker.deltas import Deltas
from worker.broker.dhan import Dhan
from worker.broker.history import History
from worker.broker.token_keeper import TokenKeeper
from worker.broker.token_setup import opened_tokens
from worker.configs.commands import Commands
from worker.configs.emergency import Emergency
from worker.configs.parts import Parts
from worker.configs.supervisor import Supervisor
from worker.feed.feed import Feed
from worker.feed.gaps import FeedGaps
from worker.feed.line import Account
from worker.feed.subscriptions import Pulse
from worker.health.beats import Beats
from worker.health.figures import Figures
from worker.health.health_server import STANDBY, STARTING, HealthServer
from worker.lease.lease import Lease, LeaseLostError
from worker.lease.orphans import Orphans
from worker.lease.standby import Standby
from worker.market.backfill import Backfill
from worker.market.chains import Chains
from worker.market.cron_symbols import CronSymbols
from worker.market.listing import Listing
from worker.market.market import Market
from worker.market.new_day import NewDay
from worker.market.revision import Revision
from worker.market.symbols import Symbols
from worker.processes.fork_server import ForkServer
from worker.processes.limits import take_all_descriptors
from worker.processes.pools import Pools
from worker.recovery.books import Books
from worker.recovery.checkpoint import Checkpoints
from worker.recovery.recovery import Recovery
from worker.recovery.told import Told
from worker.replay.recorder import Recorder
from worker.service import Service
from worker.settings import Settings
from worker.state import State, opened_state
from worker.store.journal import Journal
from worker.store.journal_check import checked_journal
from worker.store.schema import Schema, require_schema
from worker.store.store import Store
from worker.store.supabase import Supabase

_log: Final = logging.getLogger(__name__)


class _Borders(NamedTuple):
    """What reaches outside this process."""

    supabase: Supabase
    dhan: Dhan
    listing: Listing
    tokens: TokenKeeper
    lease: Lease
    fork_server: ForkServer
    health: HealthServer
    schema: Schema


def run(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT.

    Raises
    ------
    TradingError
        If it cannot start or go on; `exit_code` says whether a restart can help.
    """
    take_all_descriptors()
    fork_server = ForkServer()
    fork_server.start()
    with opened_state(settings.state_dir) as state:
        asyncio.run(_run(settings, state, fork_server))


async def _run(settings: Settings, state: State, fork_server: ForkServer) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        health = await stack.enter_async_context(HealthServer(settings.health_address))
        supabase = await stack.enter_async_context(
            Supabase(settings.supabase_url, settings.supabase_secret_key)
        )
        tokens = await stack.enter_async_context(opened_tokens(settings))
        dhan = await stack.enter_async_context(
            Dhan(
                settings.dhan_api_url,
                settings.dhan_master_url,
                settings.dhan_client_id,
                tokens,
                candle_calls=settings.dhan_candle_calls,
            )
        )
        schema = await require_schema(supabase)
        orphans = Orphans(state.journal, settings.shard, state.holder)
        lease = Lease(
            supabase,
            settings.shard,
            state.holder,
            standby=settings.standby,
            last_token=orphans.last_token,
        )
        if not settings.standby:
            await lease.look()
        await tokens.begin(may_log_in=not settings.standby)
        listing = Listing(dhan, state.master, is_simulated=settings.follows_feed)
        symbols = await listing.ready()
        borders = _Borders(supabase, dhan, listing, tokens, lease, fork_server, health, schema)
        health.role = STANDBY if settings.standby else STARTING
        if await _standby(borders, symbols, stop).acquire():
            health.role = STARTING
            await _hold(settings, state, borders, symbols, orphans, stop)


def _standby(borders: _Borders, symbols: Symbols, stop: asyncio.Event) -> Standby:
    async def refresh() -> None:
        symbols.take(list(await borders.listing.ready()))

    return Standby(borders.lease, stop, refresh)


async def _hold(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
    settings: Settings,
    state: State,
    borders: _Borders,
    symbols: Symbols,
    orphans: Orphans,
    stop: asyncio.Event,
) -> None:
    """Work for as long as the shard is ours, and let it go."""
    orphans.begin(borders.lease)
    storing = asyncio.create_task(orphans.store(borders.supabase))
    try:
        await _work(settings, state, borders, symbols, stop)
    except LeaseLostError:
        orphans.set_aside()
        await orphans.store(borders.supabase)
        raise
    finally:
        storing.cancel()
        await asyncio.gather(storing, return_exceptions=True)
        await _release(borders.lease)


async def _release(lease: Lease) -> None:
    try:
        await lease.release()
    except StoreError as error:
        _log.warning("lease not released: %s", error)


async def _work(
    settings: Settings,
    state: State,
    borders: _Borders,
    symbols: Symbols,
    stop: asyncio.Event,
) -> None:
    """Put everything together, and run it."""
    calendar = read_calendar(settings.calendar_file)
    if settings.standby:  # While we waited, the token was another worker's to renew.
        await borders.tokens.begin()
    run_id = uuid4()
    with ExitStack() as stack:
        journal, reports = await checked_journal(
            state.journal, borders.supabase, settings.shard, borders.schema.id
        )
        stack.enter_context(closing(journal))
        recorder = None
        if settings.record_dir is not None:
            recorder = Recorder(
                settings.record_dir,
                run_id,
                settings.record_limits,
                follows_feed=settings.follows_feed,
            )
            stack.enter_context(closing(recorder))
        store = Store(borders.supabase, borders.lease, journal, settings.journal_bytes)
        for each in reports:
            store.report(*each)
        borders.tokens.on_trouble = partial(store.report, "token")
        market = Market(
            run_id,
            calendar,
            store,
            follows_feed=settings.follows_feed,
            recorder=recorder,
            repairs_gaps=True,
        )
        history = History(borders.dhan, calendar)
        parts = _parts(
            settings,
            borders,
            market,
            symbols,
            history,
            Told(store, is_needed=settings.follows_feed),
        )
        known = [str(row["id"]) for row in store.waiting_rows("command")]
        service = _service(settings, borders, parts, store, journal, known)
        facts = {"run": run_id, "instruments": symbols.count, "clock": settings.market_clock}
        _log.info("started", extra={"facts": facts})
        await service.run(settings, stop)


def _parts(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
    settings: Settings,
    borders: _Borders,
    market: Market,
    symbols: Symbols,
    history: History,
    told: Told,
) -> Parts:
    """Make what all deployments share."""
    borders.tokens.is_trading = market.clock.is_trading
    feed = Feed(
        Account(settings.dhan_feed_url, settings.dhan_client_id, borders.tokens),
        market.intake,
        market.clock.is_trading,
        pulse=_pulse(symbols, market),
        per_socket=settings.feed_per_socket,
        is_over=market.clock.has_expired,
    )
    market.on_told_to_go = feed.told_to_go
    borders.tokens.on_new.append(lambda _: feed.wake())
    market.before_signals = lambda: market.doubt_live(borders.lease.doubt)
    market.on_spoiled = told.spoil
    gaps = FeedGaps(market)
    feed.on_lost, feed.on_back, feed.on_doubt = gaps.lost, gaps.back, gaps.doubt
    feed.on_unheard = gaps.unheard
    backfill = Backfill(market, history, gaps)
    chains = Chains(market, feed, symbols)
    books = Books(borders.supabase)
    pools = Pools(borders.fork_server, settings.limits)
    return Parts(market, feed, symbols, history, backfill, books, chains, pools, told)


def _pulse(symbols: Symbols, market: Market) -> Pulse | None:
    """Return what shows that a socket lives: the index that is never silent."""
    try:
        index = symbols.find("NIFTY", date.min)
    except ConfigError:  # A listing without it, such as that of a single share's recording.
        return None
    return Pulse(index, partial(market.clock.trades, Hours.CASH))


def _service(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
    settings: Settings,
    borders: _Borders,
    parts: Parts,
    store: Store,
    journal: Journal,
    known_commands: list[str],
) -> Service:
    """Make the tasks of a running worker."""
    market, feed, symbols, chains = parts.market, parts.feed, parts.symbols, parts.chains
    supervisor = Supervisor(parts, borders.supabase, settings.shard)
    store.on_missing = supervisor.lose
    deltas = Deltas(market, chains, symbols, borders.dhan)
    revision = Revision(market, parts.history, store, borders.supabase)
    parts.backfill.on_given_up = revision.try_again
    checkpoints = Checkpoints(parts, store, lambda: supervisor.deployments)
    commands = Commands(borders.supabase, supervisor, settings.shard, known_commands)
    figures = Figures(market, feed, store, supervisor, chains, deltas, borders.lease, commands)
    borders.health.show(figures)
    return Service(
        feed,
        parts.backfill,
        revision,
        store,
        supervisor,
        commands,
        Beats(settings, market, figures),
        borders.lease,
        deltas,
        NewDay(market, symbols, chains, supervisor, borders.listing.fetched),
        CronSymbols(parts, borders.supabase, settings.shard),
        Emergency(
            borders.supabase,
            settings.shard,
            f"worker {borders.lease.holder}",
            market.halt,
            NoLiveBroker(),
        ),
        borders.tokens,
        Recovery(parts, store, journal, supervisor, checkpoints),
    )
