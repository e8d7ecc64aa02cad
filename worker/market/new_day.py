"""What a new day changes for a worker that runs on: the listing, futures and options that rolled.

In:  the market's date.
Out: today's instrument master, of which only what differs is stored; configs on the contracts
     their symbols mean today; option windows at today's expiries.
Next: `worker/configs/supervisor.py`, `Supervisor.roll`; `worker/market/chains.py`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

from core.errors import TradingError
from worker.configs.supervisor import Supervisor
from worker.market.chains import Chains
from worker.market.instrument_rows import instrument_row
from worker.market.listing import listing_day
from worker.market.market import Market
from worker.market.symbols import Symbols

AGAIN_SECONDS: Final = 30.0
"""How long to wait before a listing is asked for again that could not be had."""
_LOOK_SECONDS: Final = 1.0
_log: Final = logging.getLogger(__name__)


class NewDay:
    """Wait for new days.

    Parameters
    ----------
    market, symbols, chains, supervisor
        What is brought up to date.
    load
        Fetches the instrument master.
    again_seconds
        How long to wait when it cannot be had.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
        self,
        market: Market,
        symbols: Symbols,
        chains: Chains,
        supervisor: Supervisor,
        load: Callable[[], Awaitable[Symbols]],
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        self._market: Final = market
        self._symbols: Final = symbols
        self._chains: Final = chains
        self._supervisor: Final = supervisor
        self._load: Final = load
        self._again: Final = again_seconds
        self._day: date | None = None
        self._is_listed = True
        self._next_try = 0.0

    async def run(self) -> None:
        """Begin each new day until cancelled; the first one has begun already."""
        while True:
            now_ns = self._market.now_ns
            day = listing_day(now_ns) if now_ns else None
            if day is not None and day != self._day:
                if self._day is not None:
                    await self._begin(day)
                self._day = day
            elif day is not None and not self._is_listed and time.monotonic() >= self._next_try:
                await self._begin(day)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _begin(self, day: date) -> None:
        """Take the day's listing, and go on with what it lists."""
        self._is_listed = False
        try:
            self._symbols.take(list(await self._load()))
            self._is_listed = True
        except TradingError as error:
            self._next_try = time.monotonic() + self._again
            _log.warning("the listing of %s cannot be had, that of before is used: %s", day, error)
        if self._is_listed:
            self._store_differences()
        await self._supervisor.roll()
        await self._market.rounds.between(self._chains.settle)
        facts = {"day": day, "instruments": self._symbols.count, "is_listed": self._is_listed}
        _log.info("a new day", extra={"facts": facts})

    def _store_differences(self) -> None:
        """Store what of the instruments under watch is listed otherwise today, or no more."""
        for instrument, _ in self._market.watched():
            listed = self._symbols.with_key(instrument.key)
            if listed == instrument:
                continue
            named = listed or instrument
            row = instrument_row(named, has_derivatives=self._symbols.has_derivatives(named))
            self._market.put_own("instrument", {**row, "is_active": listed is not None})
