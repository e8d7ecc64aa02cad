"""How much an option moves with its underlying: asked of Dhan's option chain now and then.

In:  the expiries under watch.
Out: deltas told to the engine, which sizes option trades by them; without one it takes a half.
Next: `core/legs.py`.

One request per three seconds is allowed, so the chains take turns. A delta reaches the engine
between two ticks and is recorded: a replay sizes its trades alike.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from math import isfinite
from typing import Any, Final

from core.candle import InstrumentKey
from core.errors import TradingError
from core.instrument import Segment
from worker.broker.dhan import Dhan
from worker.market.chains import Chains
from worker.market.market import Market
from worker.market.symbols import Symbols

ROUND_SECONDS: Final = 15.0
"""Between two looks at all chains; with many of them the rate limit makes it more."""

_log: Final = logging.getLogger(__name__)


class Deltas:
    """Keep the deltas of the options under watch.

    Parameters
    ----------
    market, chains, symbols, dhan
        Where they go, what is under watch, what it is called, who is asked.

    Attributes
    ----------
    counters
        Chains asked for, those that failed, deltas taken.
    """

    def __init__(self, market: Market, chains: Chains, symbols: Symbols, dhan: Dhan) -> None:
        self._market: Final = market
        self._chains: Final = chains
        self._symbols: Final = symbols
        self._dhan: Final = dhan
        self.counters: Final[Counter[str]] = Counter()

    async def run(self) -> None:
        """Ask for the chains in turn until cancelled."""
        while True:
            if self._market.clock.is_trading():
                await self.ask_all()
            await asyncio.sleep(ROUND_SECONDS if self._chains.count else 1.0)

    async def ask_all(self) -> None:
        """Ask for every chain under watch, one after the other."""
        for underlying, expiry in self._chains.expiries():
            await self._ask(underlying, expiry)

    async def _ask(self, underlying: str, expiry: date) -> None:
        self.counters["asked"] += 1
        try:
            of = self._symbols.find(underlying, expiry)
            strikes = await self._dhan.option_chain(of, expiry)
        except TradingError as error:
            # Even a refused token is the feed's to report: without deltas a half is taken.
            if not self.counters["failed"]:
                _log.warning("no deltas of %s %s: %s", underlying, expiry, error)
            self.counters["failed"] += 1
            return
        await self._market.rounds.between(partial(self._take, list(deltas_in(strikes))))

    def _take(self, deltas: list[tuple[int, float]]) -> None:
        """Tell the engine those of contracts that are still under watch."""
        told: list[tuple[InstrumentKey, float]] = []
        for security_id, delta in deltas:
            key = (Segment.NSE_FNO, security_id)
            if self._market.is_watched(key):
                self._market.engine.delta(self._market.engine.slot_of(key), delta)
                told.append((key, delta))
        if told:
            self.counters["taken"] += len(told)
            self._market.note("deltas", {"deltas": told})


def deltas_in(strikes: dict[str, Any]) -> Iterator[tuple[int, float]]:
    """Yield security ids and deltas of an option chain; what says nothing is left out.

    Of an option whose price gives no volatility Dhan says 0, which is not a delta.

    Examples
    --------
    >>> call = {"security_id": 7, "greeks": {"delta": 0.53}}
    >>> list(deltas_in({"26000.000000": {"ce": call, "pe": {"greeks": {"delta": 0}}}}))
    [(7, 0.53)]
    """
    for sides in strikes.values():
        for quote in sides.values() if isinstance(sides, dict) else ():
            try:
                security_id = int(quote["security_id"])
                delta = float(quote["greeks"]["delta"])
            except (KeyError, TypeError, ValueError):
                continue
            if isfinite(delta) and 0 < abs(delta) <= 1:
                yield security_id, delta
