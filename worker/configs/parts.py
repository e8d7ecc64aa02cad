"""What all deployments share: the market, the symbols, the history, the processes.

In:  made once by `worker/run.py`.
Out: instruments for symbol rules, subscriptions, warm-up candles.
Next: `worker/configs/deployment.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from core.candle import Candle, InstrumentKey, Interval
from core.errors import DataError
from core.instrument import Instrument
from core.session import ist_date
from worker.broker.history import History
from worker.feed.feed import Feed
from worker.market.backfill import Backfill
from worker.market.chains import Chains
from worker.market.market import Market
from worker.market.symbols import Symbols
from worker.processes.pools import Pools
from worker.recovery.books import Books
from worker.recovery.told import Told


@dataclass(frozen=True, slots=True)
class Parts:
    """See the module."""

    market: Market
    feed: Feed
    symbols: Symbols
    history: History
    backfill: Backfill
    books: Books
    chains: Chains
    pools: Pools
    told: Told

    def resolve(self, rules: Iterable[str]) -> tuple[Instrument, ...]:
        """Return the instruments that symbol rules mean.

        Raises
        ------
        ConfigError
            Naming the first rule that means none.
        """
        # A feed that plays another day plays the contracts of that day, whatever today is.
        now_ns = self.market.now_ns
        today = ist_date(now_ns) if now_ns else date.min
        found = [self.symbols.find(rule, today) for rule in rules]
        return tuple(dict.fromkeys(found))

    def listed(self, key: InstrumentKey) -> Instrument:
        """Return the instrument with this key.

        Raises
        ------
        DataError
            If it is not listed any more.
        """
        found = self.symbols.with_key(key)
        if found is None:
            raise DataError(f"instrument {key[0]}:{key[1]} is not in the instrument master")
        return found

    def watch(self, instruments: Iterable[Instrument]) -> None:
        """Have instruments' candles built, and ask the feed for them; raises as `Feed.want`."""
        instruments = tuple(instruments)
        self.feed.require_room(instruments)
        for instrument in instruments:
            self.market.watch(instrument, has_derivatives=self.symbols.has_derivatives(instrument))
        self.feed.want(instruments)

    async def warm_up(
        self, instruments: Iterable[Instrument], counts: Mapping[Interval, int], until_ns: int
    ) -> list[Candle]:
        """Return so many candles of each interval of each instrument, in the order of their ends.

        Raises
        ------
        ConfigError, BrokerError, DataError
            As `History.candles`.
        """
        found: list[Candle] = []
        for interval, count in counts.items():
            for instrument in instruments:
                hours = self.market.hours_of(instrument.key)
                found += await self.history.candles(instrument, hours, interval, count, until_ns)
        return sorted(found, key=lambda candle: candle.close_ns)
