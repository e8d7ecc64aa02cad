"""One config's minute in the engine: what it holds is watched, what its code wants is done.

In:  a due config, its candles, market time.
Out: effects, in the order they happened.
Next: `functions/minute/run.py`, which asks the code in between.

The engine is the worker's own. It is given the prices since a trade was entered, path by path
within each minute, so that a stop or target that was reached closes the trade where it was
reached; of both in one minute the stop counts. What is wanted now is filled at the last price,
worse by one tick.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from core.brokers.paper import PaperSettings
from core.candle import InstrumentKey, Interval
from core.charges import ChargesTable
from core.decision import Decision
from core.effects import Effect
from core.engine import Engine
from core.ledger import LedgerEntry
from core.order import Fill, Order
from core.session import NS_PER_SECOND, Session, TradingCalendar
from core.signals import Direction, Signal
from core.strategy import StrategyConfig
from core.trade import Trade, TradeStatus
from functions.minute.configs import Held, Listed
from functions.minute.shelf import Shelf, StoredCandle

if TYPE_CHECKING:
    from functions.minute.market import MarketNow

_SETTINGS: Final = PaperSettings(latency_ms=0, slippage_ticks=1)
_HALF_MINUTE_NS: Final = 30 * NS_PER_SECOND
_STEP_NS: Final = 4 * NS_PER_SECOND


class Price(NamedTuple):
    """What an instrument trades at now, and when it did; rupees, ns UTC."""

    value: float
    at_ns: int


class Desk:
    """A config with the engine of this minute.

    Parameters
    ----------
    run_id
        Names the run; every id is derived from it.
    config
        As the engine is told.
    held
        Its open trades, all with a price of now, and those that ended today.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that a minute needs; one caller.
        self,
        run_id: UUID,
        config: StrategyConfig,
        held: Sequence[Held],
        listed: Sequence[Listed],
        calendar: TradingCalendar,
        charges: ChargesTable,
    ) -> None:
        self._engine: Final = Engine(run_id, calendar, paper=_SETTINGS, charges=charges)
        self._config: Final = config
        self._held: Final = held
        self._trades: dict[str, Trade] = {
            each.trade.id: each.trade for each in held if each.trade.status is TradeStatus.OPEN
        }
        self._volume = 0
        self.effects: Final[list[Effect]] = []
        for each in listed:
            self._engine.watch(
                each.instrument,
                intervals=(Interval.M1,),
                has_volume=False,
                has_derivatives=each.has_derivatives,
            )
        self._engine.deploy(config)
        for one in held:
            self._engine.restore(one.trade, one.fills)

    def watch(self, shelf: Shelf, market: "MarketNow") -> None:
        """Let the market pass from the first entry until now, and close what it closes."""
        ticks = sorted(
            tick
            for one in self._held
            if one.trade.id in self._trades
            for tick in _path(one.trade, shelf, market.sessions[one.trade.instrument])
        )
        times = [*(at_ns for at_ns, *_ in ticks[:1]), *(p.at_ns for p in market.prices.values())]
        if times:
            self._engine.advance(min(times))
        for at_ns, _, key, value in ticks:
            self._tick(key, at_ns, value)
        for key, price in market.prices.items():
            self.trade_at(key, price)

    def trade_at(self, key: InstrumentKey, price: Price) -> None:
        """Let an instrument trade now: twice, since the first may send an order."""
        for _ in range(2):
            self._tick(key, max(price.at_ns, self._engine.now_ns), price.value)

    def follow(self, signal: Signal, digest: str, price: Price) -> None:
        """Do what a signal wants."""
        self._take(self._engine.signal(self._config.id, signal, digest))
        self.trade_at(signal.instrument, price)

    def close_all(self, market: "MarketNow") -> None:
        """Close what the config holds."""
        self._take(self._engine.stop(self._config.id))
        for key, price in market.prices.items():
            self.trade_at(key, price)

    def held_in(self, key: InstrumentKey) -> Trade | None:
        """Return the open trade in an instrument."""
        return next((each for each in self._trades.values() if each.instrument == key), None)

    def _tick(self, key: InstrumentKey, at_ns: int, price: float) -> None:
        self._volume += 1
        self._take(self._engine.tick(self._engine.slot_of(key), at_ns, price, self._volume))

    def _take(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            if not isinstance(effect, Decision | Order | Fill | Trade | LedgerEntry):
                continue  # Candles are stored by whoever makes them of real ticks.
            if isinstance(effect, Trade):
                self._trades.pop(effect.id, None)
                if effect.status is TradeStatus.OPEN:
                    self._trades[effect.id] = effect
            self.effects.append(effect)


def _path(
    trade: Trade, shelf: Shelf, session: Session
) -> Iterator[tuple[int, int, InstrumentKey, float]]:
    """Yield the prices since a trade was entered: time, order, instrument, price."""
    order = 0
    for candle in shelf.candles(trade.instrument, Interval.M1, session):
        # The minute of the entry counts where most of it came after.
        if candle.open_ns < trade.entry_ns - _HALF_MINUTE_NS:
            continue
        begin_ns = max(candle.open_ns, trade.entry_ns)
        for number, price in enumerate(_prices(candle, trade)):
            at_ns = min(begin_ns + number * _STEP_NS, max(candle.close_ns - 1, begin_ns))
            order += 1
            yield at_ns, order, trade.instrument, price


def _prices(candle: StoredCandle, trade: Trade) -> list[float]:
    """Return the way of a candle's price: first against the trade, every level it meets on it.

    Each price stands twice: at the first the level is noticed, at the second the order is filled.
    """
    against, with_it = candle.low, candle.high
    if trade.direction is Direction.SHORT:
        against, with_it = with_it, against
    way = [candle.open]
    for level, end in ((trade.stop, against), (trade.target, with_it), (None, candle.close)):
        low, high = sorted((way[-1], end))
        if level is not None and low < level < high:
            way.append(level)
        way.append(end)
    return [price for price in way for _ in range(2)]
