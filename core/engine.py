"""The engine: one event in, what it caused out. Worker, replay and backtest run the same one.

In:  ticks in plain numbers, depth, the market clock, signals, commands.
Out: `Effects`, in the order they happened; the shared empty tuple when nothing did.
Next: `core/market_watch.py`, `core/trading_floor.py`, `core/engine_commands.py` and
`core/market_time.py`, which it is made of; `core/rows.py`.

It has no clock of its own: market time is the latest trade time seen, or what `advance` says,
and whatever time brings about (a candle is over, a day ends, an order has reached the exchange)
happens inside, in the order of time. So the same events give the same effects, whenever and
wherever they are played.
"""

from uuid import UUID

from core.brokers.dhan.border import to_book
from core.brokers.paper import PaperSettings
from core.candle_builder import UNKNOWN
from core.charges import ChargesTable
from core.effects import NOTHING, Effect, Effects
from core.market_time import MarketTime
from core.market_watch import DepthReader
from core.session import TradingCalendar
from core.tick_columns import TickColumns
from core.watched import Watched


class Engine(MarketTime):
    """Turn market events and signals into candles, orders, trades and cash.

    Parameters
    ----------
    run_id
        Names this run; all ids are derived from it.
    calendar
        When markets trade.
    paper
        Latency and slippage of the simulated broker.
    charges
        What orders cost; the table shipped with the project by default.
    read_depth
        Makes a book of the bytes that `book` was given, when an order needs one.
    repairs_gaps
        Whether whoever drives it fetches the minutes that the feed does not bring, and answers
        each `Gap` that is missing with `repair` or `give_up`. Candles wait for it.

    Notes
    -----
    Before the first tick, `advance` to the present if it is known: then the last trade of
    yesterday, which feeds send first, is recognised as old.
    """

    def __init__(  # noqa: PLR0913 - the last four are options.
        self,
        run_id: UUID,
        calendar: TradingCalendar,
        *,
        paper: PaperSettings | None = None,
        charges: ChargesTable | None = None,
        read_depth: DepthReader = to_book,
        repairs_gaps: bool = False,
    ) -> None:
        super().__init__(
            run_id,
            calendar,
            paper or PaperSettings(),
            charges,
            read_depth,
            repairs_gaps=repairs_gaps,
        )

    def tick(
        self, slot: int, time_ns: int, price: float, volume: int, open_interest: int = UNKNOWN
    ) -> Effects:
        """Take one packet of the feed.

        Parameters
        ----------
        slot
            As `watch` returned it.
        time_ns
            Last-trade time, ns UTC.
        price
            Last traded price in rupees, on the instrument's tick.
        volume
            Cumulative volume of the day, units.
        open_interest
            Units, `UNKNOWN` where the packet has none.
        """
        watched = self._watched[slot]
        if time_ns > self._now_ns:
            if time_ns >= self._due_ns:
                return self._overdue(watched, time_ns, price, volume, open_interest)
            self._now_ns = time_ns
        builder = watched.builder
        if builder.tick(time_ns, price, volume):
            if open_interest > 0:
                builder.open_interest = open_interest
            if watched.low_alert < price < watched.high_alert:
                return NOTHING
            return tuple(self._alerted(watched, price, traded=True))
        return tuple(self._turned(watched, time_ns, price, volume, open_interest))

    def play(self, ticks: TickColumns, start: int) -> tuple[int, Effects]:
        """Take recorded packets one after the other until one of them causes something.

        The same as calling `tick` for each; compiled, the loop itself is fast too.

        Parameters
        ----------
        ticks
            The packets.
        start
            Position of the first one to take.

        Returns
        -------
        tuple
            Position of the next packet to take, and what the one before it caused; `NOTHING`
            after the last one only.
        """
        slots, times, prices, volumes = ticks.slots, ticks.times_ns, ticks.prices, ticks.volumes
        open_interests = ticks.open_interests
        for at in range(start, len(slots)):
            effects = self.tick(slots[at], times[at], prices[at], volumes[at], open_interests[at])
            if effects:
                return at + 1, effects
        return len(slots), NOTHING

    def _overdue(
        self, watched: Watched, time_ns: int, price: float, volume: int, open_interest: int
    ) -> Effects:
        """Take a packet before which the clock has something to do."""
        effects: list[Effect] = []
        self._pass_time(time_ns, effects)
        if not watched.builder.tick(time_ns, price, volume):
            effects += self._turned(watched, time_ns, price, volume, open_interest)
        else:
            if open_interest > 0:
                watched.builder.open_interest = open_interest
            effects += self._alerted(watched, price, traded=True)
        return tuple(effects)

    def _turned(
        self, watched: Watched, time_ns: int, price: float, volume: int, open_interest: int
    ) -> list[Effect]:
        """Take a packet that is not an ordinary trade inside the running minute."""
        builder = watched.builder
        traded, candles = builder.turn(time_ns, price, volume, self._now_ns)
        if open_interest > 0:  # After the turn: it is news of the minute that begins.
            builder.open_interest = open_interest
        self._due_ns = min(self._due_ns, builder.due_ns)
        effects: list[Effect] = [*candles]
        if not watched.low_alert < price < watched.high_alert:
            effects += self._alerted(watched, price, traded=traded)
        return effects
