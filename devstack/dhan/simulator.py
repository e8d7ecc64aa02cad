"""The whole simulator in one process: clock, player, feed socket, REST and control endpoint.

In:  a tape (or recorded frames), market data for REST, and how to play them.
Out: two servers on loopback; `addresses` tells a client where everything is.
Next: `devstack/dhan/__main__.py`, which starts one from the command line.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

from devstack.dhan.accounts import MINT_INTERVAL_SECONDS, TOKEN_LIFE_SECONDS, Accounts
from devstack.dhan.clock import BY_HAND, MarketClock
from devstack.dhan.counters import Counters
from devstack.dhan.encode import Encoder, TapeEncoder
from devstack.dhan.fault_board import FaultBoard
from devstack.dhan.feed.greeting import Greeting
from devstack.dhan.feed.keep_alive import Timing
from devstack.dhan.feed.player import Player
from devstack.dhan.feed.server import FeedServer, Limits
from devstack.dhan.frames import FrameEncoder
from devstack.dhan.market_data import MarketData
from devstack.dhan.pulse import PulseTape
from devstack.dhan.rest.app import RestServer
from devstack.dhan.rest.context import Context
from devstack.dhan.tape import FrameTape, Tape

Played = Tape | FrameTape | PulseTape
"""What can be played."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to play.

    Parameters
    ----------
    port_feed, port_rest
        Ports on loopback; 0 lets the system choose.
    start_ns
        Market time at the beginning, UTC nanoseconds; None is the opening of the first session.
    speed
        Market seconds per wall second, or infinity for as fast as the readers read.
    hold
        Whether market time stands still until the control endpoint resumes it.
    seed
        For PINs, keys and everything the servers draw at random.
    clients
        Number of accounts.
    snapshot
        Whether a subscription begins with the last state (Dhan promises none).
    rate_limits
        Whether REST calls and logins are limited as Dhan limits them.
    token_life_seconds
        How long a token lives.
    timing, limits
        Keep-alive and size limits of the feed.
    """

    port_feed: int = 0
    port_rest: int = 0
    start_ns: int | None = None
    speed: float = 1.0
    hold: bool = False
    seed: int = 1
    clients: int = 1
    snapshot: bool = False
    rate_limits: bool = True
    token_life_seconds: float = TOKEN_LIFE_SECONDS
    timing: Timing = field(default_factory=Timing)
    limits: Limits = field(default_factory=Limits)


class Simulator:
    """Run everything; use as an asynchronous context manager.

    Parameters
    ----------
    played
        A tape, or recorded frames.
    market
        Answers REST questions about what is played.
    options
        How to play.
    """

    def __init__(self, played: Played, market: MarketData, options: Options) -> None:
        verbatim = isinstance(played, FrameTape)
        self.tape = played if isinstance(played, Tape) else played.state
        self._options = options
        self.counters = Counters()
        self.board = FaultBoard(self.counters)
        self.clock = _clock(self.tape, options)
        self.accounts = Accounts(
            options.clients,
            options.seed,
            options.token_life_seconds,
            MINT_INTERVAL_SECONDS if options.rate_limits else 0.0,
        )
        encoder = _encoder(played)
        self.feed = FeedServer(
            self.tape,
            encoder,
            Greeting(
                self.tape,
                self.clock,
                previous_close=not verbatim,
                snapshot=options.snapshot and not verbatim,
            ),
            accounts=self.accounts,
            board=self.board,
            counters=self.counters,
            timing=options.timing,
            limits=options.limits,
            seed=options.seed,
        )
        self.player = Player(encoder, self.clock, self.feed, announce=not verbatim)
        self._rest = RestServer(self._context(market))
        self._playing: asyncio.Task[None] | None = None
        self._exits = AsyncExitStack()
        self.port_feed = self.port_rest = 0

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.feed.stop)
            self.port_feed = await self.feed.start(self._options.port_feed)
            stack.push_async_callback(self._rest.stop)
            self.port_rest = await self._rest.start(self._options.port_rest)
            stack.push_async_callback(self._stop_playing)
            self._playing = asyncio.create_task(self.player.run(), name="player")
            self._exits = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def run(self) -> None:
        """Wait until the player ends, which it only does by an error.

        Raises
        ------
        Exception
            Whatever went wrong while playing.
        """
        if self._playing is not None:
            await self._playing

    async def _stop_playing(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.gather(self._playing, return_exceptions=True)

    @property
    def addresses(self) -> dict[str, str]:
        """Environment names to addresses and credentials of the first client."""
        account = self.accounts.all[0]
        rest = f"http://127.0.0.1:{self.port_rest}"
        return {
            "DHAN_CLIENT_ID": account.client_id,
            "DHAN_ACCESS_TOKEN": account.token.text,
            "DHAN_PIN": account.pin,
            "DHAN_TOTP_SECRET": account.totp_secret,
            "DHAN_API_URL": f"{rest}/v2",
            "DHAN_AUTH_URL": rest,
            "DHAN_FEED_URL": f"ws://127.0.0.1:{self.port_feed}",
            "DHAN_MASTER_URL": f"{rest}/api-data",
            "DHAN_CONTROL_URL": f"{rest}/_control",
        }

    def _context(self, market: MarketData) -> Context:
        return Context(
            tape=self.tape,
            market=market,
            clock=self.clock,
            accounts=self.accounts,
            board=self.board,
            counters=self.counters,
            feed=self.feed,
            player=self.player,
            rate_limits=self._options.rate_limits,
        )


def _encoder(played: Played) -> Encoder:
    if isinstance(played, PulseTape):
        return played.encoder
    return FrameEncoder(played) if isinstance(played, FrameTape) else TapeEncoder(played)


def _clock(tape: Tape, options: Options) -> MarketClock:
    windows = [window for session in tape.sessions for window in session.windows]
    start_ns = windows[0][0] if options.start_ns is None else options.start_ns
    return MarketClock(windows, start_ns, options.speed, BY_HAND if options.hold else None)
