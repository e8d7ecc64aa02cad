"""The options under watch: subscribed around the money, moved with it, rolled at expiry.

In:  what the strategies at work may trade; completed minutes of what they watch.
Out: contracts watched by the engine and subscribed at the feed, others let go of again.
Next: `worker/market/option_windows.py`, which contracts those are; `worker/broker/deltas.py`.

Beside a window its index and near-month future are watched: an option is settled by the one and
seen with the other. What is held or has an order on its way stays watched wherever the window is.
All of it happens between two ticks, and is recorded, so that a replay trades the same contracts.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from core.candle import Candle, InstrumentKey, Interval
from core.errors import TradingError
from core.instrument import Instrument
from core.session import ist_date
from worker.feed.feed import Feed
from worker.market.market import Market
from worker.market.option_windows import MOST_DRIFT, Window, contracts_in, drift
from worker.market.symbols import Symbols

_log: Final = logging.getLogger(__name__)


class Chains:
    """Keep the windows of all configs.

    Parameters
    ----------
    market, feed, symbols
        Where contracts are watched, where they are subscribed, where they are listed.

    Attributes
    ----------
    counters
        Contracts subscribed, let go of and refused so far; how often windows were set.
    """

    def __init__(self, market: Market, feed: Feed, symbols: Symbols) -> None:
        self._market: Final = market
        self._feed: Final = feed
        self._symbols: Final = symbols
        self._windows: Final[dict[str, tuple[Window, ...]]] = {}
        self._named: Final[dict[str, tuple[Instrument, ...]]] = {}
        self._watched: Final[dict[InstrumentKey, Instrument]] = {}
        self._prices: Final[dict[InstrumentKey, float]] = {}
        self._stands: dict[InstrumentKey, float] = {}
        self._day = date.min
        self._moving: asyncio.Task[None] | None = None
        self.counters: Final[Counter[str]] = Counter()
        market.on_candle = self._look

    @property
    def count(self) -> int:
        """How many options are subscribed."""
        return len(self._watched)

    def expiries(self) -> list[tuple[str, date]]:
        """Return which expiries of which underlyings are under watch."""
        found = {
            (each.underlying, each.expiry)
            for each in self._watched.values()
            if each.underlying and each.expiry
        }
        return sorted(found)

    def want(
        self,
        config_id: str,
        instruments: Sequence[Instrument],
        windows: Sequence[Window],
        prices: Mapping[InstrumentKey, float],
    ) -> None:
        """Watch what a config wants from here on; call it between two ticks.

        Parameters
        ----------
        instruments
            Those the config names itself.
        prices
            Last ones that are known, for instruments that have not traded since the start.
        """
        self._windows[config_id] = tuple(windows)
        self._named[config_id] = tuple(each for each in instruments if each.kind.is_option)
        self._prices.update(prices)
        self.settle()

    def leave(self, config_id: str) -> None:
        """Watch nothing more for a config, but what it still holds; call it between two ticks."""
        if self._windows.pop(config_id, ()) or self._named.pop(config_id, ()):
            self.settle()

    def state(self) -> tuple[Any, ...]:
        """Return which options are watched, and for whom, as plain values, for `put_back`."""
        watched = tuple(self._watched)
        places = dict(self._prices), dict(self._stands), self._day
        return dict(self._windows), dict(self._named), watched, places

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state; all instruments of it are watched and subscribed."""
        windows, named, watched, (prices, self._stands, self._day) = state
        self._windows.update(windows)
        self._named.update(named)
        self._watched.update({key: self._market.engine.instrument(key) for key in watched})
        self._prices.update(prices)

    def settle(self) -> None:
        """Set every window around the money as it is now."""
        self._day = self._today()
        self._stands = {}
        wanted: dict[InstrumentKey, Instrument] = {
            each.key: each for named in self._named.values() for each in named
        }
        for window in dict.fromkeys(each for some in self._windows.values() for each in some):
            self._watch(self._symbols.around(window.underlying, self._day))
            middles = [price for key in window.middles if (price := self._price(key))]
            found = contracts_in(window, self._symbols, self._day, middles)
            wanted |= {each.key: each for each in found}
            self._stands |= {key: self._price(key) or 0.0 for key in window.middles}
        if not wanted and not self._watched:
            return
        self.counters["settled"] += 1
        self._let_go([each for key, each in self._watched.items() if key not in wanted])
        new = [each for key, each in sorted(wanted.items()) if key not in self._watched]
        for each in self._watch(new):
            self._watched[each.key] = each
            self.counters["subscribed"] += 1

    def _watch(self, instruments: Sequence[Instrument]) -> Sequence[Instrument]:
        """Watch and subscribe; return what could be."""
        try:
            self._feed.require_room(instruments)
            for each in instruments:
                self._market.watch(each, has_derivatives=self._symbols.has_derivatives(each))
            self._feed.want(instruments)
        except TradingError as error:
            self.counters["refused"] += len(instruments)
            _log.error("%d instruments cannot be subscribed: %s", len(instruments), error)
            return ()
        return instruments

    def _let_go(self, instruments: Iterable[Instrument]) -> None:
        held = self._market.holdings.instruments()
        gone = [each for each in instruments if each.key not in held and self._market.forget(each)]
        for each in gone:
            del self._watched[each.key]
        self._feed.drop(gone)
        self.counters["let_go"] += len(gone)

    def _price(self, key: InstrumentKey) -> float | None:
        return self._market.last_price(key) or self._prices.get(key)

    def _today(self) -> date:
        now_ns = self._market.now_ns
        return ist_date(now_ns) if now_ns else date.min

    def _look(self, candle: Candle) -> None:
        """Move the windows if a price they stand around has gone too far, or a day has begun."""
        if candle.interval is not Interval.M1 or candle.instrument not in self._stands:
            return
        stood = self._stands[candle.instrument]
        if stood and self._day == self._today():
            far = max(
                drift(self._symbols, window, self._day, (stood, candle.close))
                for some in self._windows.values()
                for window in some
                if candle.instrument in window.middles
            )
            if far < MOST_DRIFT:
                return
        if self._moving is None or self._moving.done():
            self._moving = asyncio.create_task(self._market.rounds.between(self.settle))
