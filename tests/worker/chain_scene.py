"""A market with option chains, without a feed: what the tests of chains share.

In:  a wall clock that a test sets.
Out: a market, a feed that remembers what it was asked for, contracts of two weeks.
Next: `tests/worker/test_chains.py`, `tests/worker/test_deltas.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import FULL, LEVELS
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.session import NS_PER_SECOND, load_calendar
from tests.core.market import at
from worker.broker.tokens import FixedToken
from worker.feed.feed import Feed
from worker.feed.line import Account
from worker.lease.lease import Lease
from worker.market.chains import Chains
from worker.market.market import Market
from worker.market.symbols import Symbols
from worker.store.journal import Journal
from worker.store.store import Store
from worker.store.supabase import Supabase

DAY = date(2025, 12, 1)
NEAREST, NEXT, LATER = date(2025, 12, 2), date(2025, 12, 9), date(2025, 12, 16)
INDEX = Instrument(Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX, 1, Decimal("0.05"))
FUTURE = Instrument(
    Segment.NSE_FNO, 7, "NIFTY-Dec2025-FUT", InstrumentKind.FUTIDX, 75, Decimal("0.10"),
    underlying="NIFTY", expiry=date(2025, 12, 30),
)  # fmt: skip


def an_option(strike: int, side: OptionSide, expiry: date) -> Instrument:
    return Instrument(
        Segment.NSE_FNO, expiry.day * 100_000 + strike + (side is OptionSide.PUT),
        f"NIFTY-{expiry:%d%b}-{strike}-{side}", InstrumentKind.OPTIDX, 75, Decimal("0.05"),
        underlying="NIFTY", expiry=expiry, strike=Decimal(strike), option_side=side,
    )  # fmt: skip


OPTIONS = [
    an_option(strike, side, expiry)
    for expiry in (LATER, NEAREST, NEXT)
    for strike in range(25_000, 27_001, 50)
    for side in OptionSide
]


class Wall:
    """A clock on the wall that a test sets."""

    def __init__(self) -> None:
        self.now_ns = at("09:00", DAY)

    def __call__(self) -> int:
        return self.now_ns


@dataclass
class Scene:
    """A market and what is on it."""

    wall: Wall
    market: Market
    feed: Feed
    symbols: Symbols
    chains: Chains

    def trades(self, instrument: Instrument, clock: str, price: float, volume: int) -> None:
        """Let an instrument trade, and the wall clock be there."""
        self.wall.now_ns = at(clock, DAY)
        ltt = self.wall.now_ns // NS_PER_SECOND + LTT_OFFSET_SECONDS
        last = (price, 1, ltt, price, volume, 0, 0, 0, 0, 0, *([price] * 4))
        levels = LEVELS.pack(*(750, 750, 1, 1, price, price) * 5)
        code = instrument.segment.code
        self.market.intake.take(FULL.pack(8, 162, code, instrument.security_id, *last, levels))
        self.market.advance()

    def watched(self) -> set[str]:
        """Return the symbols of the options under watch."""
        routes = self.market.intake.routes
        return {each.instrument.symbol for each in routes if each.instrument.kind.is_option}


@contextmanager
def a_scene(per_socket: int = 5_000) -> Iterator[Scene]:
    """Yield a market at nine o'clock whose store is never run."""
    journal = Journal(Path(":memory:"))
    supabase = Supabase("http://127.0.0.1:9", "nobody")
    store = Store(supabase, Lease(supabase, "test", "test"), journal)
    wall = Wall()
    market = Market(UUID(int=1), load_calendar(), store, follows_feed=False, wall_ns=wall)
    symbols = Symbols([INDEX, FUTURE, *OPTIONS])
    account = Account("ws://127.0.0.1:9", "1", FixedToken("token"))
    feed = Feed(account, market.intake, market.clock.is_trading, per_socket=per_socket)
    scene = Scene(wall, market, feed, symbols, Chains(market, feed, symbols))
    market.watch(FUTURE, has_derivatives=False)
    feed.want([FUTURE])
    try:
        yield scene
    finally:
        journal.close()
