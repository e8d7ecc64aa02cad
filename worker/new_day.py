"""What a new day changes for a worker that runs on: the listing, futures and options that rolled.

In:  the market's date.
Out: today's instrument master; configs on the contracts their symbols mean today; option windows
     at today's expiries.
Next: `worker/supervisor.py`, `Supervisor.roll`; `worker/chains.py`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

from core.errors import TradingError
from core.session import NS_PER_MINUTE, ist_date
from worker.chains import Chains
from worker.market import Market
from worker.supervisor import Supervisor
from worker.symbols import Symbols

BEGINS_AT_NS: Final = 8 * 60 * NS_PER_MINUTE
"""Into a date: by 08:00 in India the broker has listed the day's contracts."""
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
    """

    def __init__(
        self,
        market: Market,
        symbols: Symbols,
        chains: Chains,
        supervisor: Supervisor,
        load: Callable[[], Awaitable[Symbols]],
    ) -> None:
        self._market: Final = market
        self._symbols: Final = symbols
        self._chains: Final = chains
        self._supervisor: Final = supervisor
        self._load: Final = load
        self._day: date | None = None

    async def run(self) -> None:
        """Begin each new day until cancelled; the first one has begun already."""
        while True:
            now_ns = self._market.now_ns
            day = ist_date(now_ns - BEGINS_AT_NS) if now_ns else None
            if day is not None and day != self._day:
                if self._day is not None:
                    await self._begin(day)
                self._day = day
            await asyncio.sleep(_LOOK_SECONDS)

    async def _begin(self, day: date) -> None:
        try:
            self._symbols.take(list(await self._load()))
        except TradingError as error:
            _log.warning("the listing of %s cannot be had, that of before is used: %s", day, error)
        await self._supervisor.roll()
        await self._market.rounds.between(self._chains.settle)
        _log.info("a new day", extra={"facts": {"day": day, "instruments": self._symbols.count}})
