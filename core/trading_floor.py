"""What packets and time cause where trades are made: fills, stops, targets, losses of the day.

In:  packets that may fill an order or touch a level, the clock.
Out: `Effects`; between which prices of an instrument nothing can happen.
Next: `core/engine_commands.py`, what is asked of it; `core/exits.py`, how trades end.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from core.brokers.paper import PaperBroker, PaperSettings
from core.candle import InstrumentKey
from core.charges import ChargesTable, load_charges
from core.dealer import Dealer
from core.effects import Effect
from core.levels import Extremes
from core.market_watch import DepthReader, MarketWatch
from core.order import Order
from core.session import TradingCalendar
from core.watched import Watched


class TradingFloor(MarketWatch):
    """Keep orders and trades on the instruments under watch.

    Parameters
    ----------
    run_id, calendar, paper, charges, read_depth, repairs_gaps
        As of `Engine`.
    """

    def __init__(  # noqa: PLR0913 - everything a trading day depends on.
        self,
        run_id: UUID,
        calendar: TradingCalendar,
        paper: PaperSettings,
        charges: ChargesTable | None,
        read_depth: DepthReader,
        *,
        repairs_gaps: bool,
    ) -> None:
        super().__init__(calendar, read_depth, repairs_gaps=repairs_gaps)
        self._broker: Final = PaperBroker(paper)
        self._dealer: Final = Dealer(
            run_id, charges or load_charges(), self._broker, self._price_of
        )
        self._due_ns = 0  # The first event is where time begins.

    def state(self) -> tuple[Any, ...]:
        """Return everything that changes as plain values, see `MarketTime.state`."""
        return super().state(), self._dealer.state(), self._broker.state()

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state; see `MarketTime.put_back`."""
        market, dealer, broker = state
        super().put_back(market)
        self._dealer.put_back(dealer, self.instrument)
        running = self._dealer.desks.running()
        orders = {name: order for trade in running for name, order in trade.orders.items()}
        self._broker.put_back(broker, orders, self.instrument)
        self._set_all_alerts()

    def unordered(self, slot: int, low: float, high: float) -> None:
        """Say that the prices that follow are of one candle, in an order nobody knows.

        Where the stop of a trade lies among them, that is where the trade ends, whether its
        target lies there too or not. It holds until the next call for this instrument.

        Parameters
        ----------
        low, high
            Of the candle, rupees.
        """
        watched = self._watched[slot]
        watched.extremes = Extremes(low, high)
        self._set_alerts(watched)

    def quiet_range(self, slot: int) -> tuple[float, float]:
        """Return two prices of an instrument strictly between which a trade causes nothing.

        The first is above the second while an order waits for any price.
        """
        watched = self._watched[slot]
        return watched.low_alert, watched.high_alert

    def _alerted(self, watched: Watched, price: float, *, traded: bool) -> list[Effect]:
        """Fill the orders that wait for this packet, then look at stops and targets."""
        effects: list[Effect] = []
        key, now_ns = watched.instrument.key, self._now_ns
        if self._broker.has_orders(key):
            # A quote's price is that of the last trade, which may be of another day.
            last = price if traded else watched.builder.price
            for done in self._broker.executions(key, now_ns, last, self._depth(watched)):
                effects += self._dealer.execution(done, now_ns)
        filled = bool(effects)
        if traded:
            touched = self._dealer.exits.touched(watched.guarded, price, now_ns)
            self._expect_fills(touched)
            effects += touched
        low, high = self._dealer.portfolios.loss_band(key)
        if filled or (traded and not low < price < high):
            effects += self._watch_losses(key)
        self._set_alerts(watched)
        return effects

    def _watch_losses(self, key: InstrumentKey) -> list[Effect]:
        """Stop whoever has lost too much; set anew which prices matter to the others."""
        effects = self._dealer.exits.watch_losses(key, self._now_ns)
        for each in self._dealer.portfolios.held_beside(key):
            self._set_alerts(self._of(each))
        self._expect_fills(effects)
        return effects

    def _end_by_time(self, moment_ns: int) -> list[Effect]:
        """Close and settle what time ends at a moment."""
        effects = self._dealer.exits.square_off(moment_ns)
        effects += self._dealer.exits.settle(moment_ns, self._underlying_price)
        self._set_all_alerts()
        return effects

    def _expect_fills(self, effects: Sequence[Effect]) -> None:
        """Look at every packet of the instruments that orders were sent for."""
        for key in dict.fromkeys(each.instrument for each in effects if isinstance(each, Order)):
            self._set_alerts(self._of(key))

    def _set_all_alerts(self) -> None:
        for watched in self._watched:
            self._set_alerts(watched)

    def _set_alerts(self, watched: Watched) -> None:
        """Set between which prices nothing can happen, and note when the day of a trade ends."""
        key, dealer = watched.instrument.key, self._dealer
        waiting = self._broker.has_orders(key)
        band = dealer.portfolios.loss_band(key)
        watched.guard(dealer.desks.guarded_by(key), band, waiting=waiting)
        for trade in watched.guarded:
            self._due_ns = min(self._due_ns, trade.due_ns)
