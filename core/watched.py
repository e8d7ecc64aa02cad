"""One instrument under watch: its candles, its last depth, and which prices matter.

In:  the instrument, when it trades, the trades that hold it.
Out: two prices between which the engine need not look.
Next: `core/engine.py`.
"""

from collections.abc import Sequence
from typing import Any, Final

from core.candle_builder import CandleBuilder
from core.instrument import Instrument
from core.levels import Extremes
from core.market_sessions import MarketSessions
from core.trade import RunningTrade

_ANY: Final = float("inf")


class Watched:
    """What the engine keeps of an instrument.

    Parameters
    ----------
    instrument, builder, sessions
        What it is, its candles, when it trades.

    Attributes
    ----------
    depth
        The last depth as the feed sent it, None where there is none.
    delta
        Of an option, None where nobody has told.
    extremes
        Of the candle whose prices come now, None where each comes when it was traded.
    guarded
        Trades whose stop and target are to be watched.
    low_alert, high_alert
        Only a price with ``low_alert < price < high_alert`` can cause nothing.
    """

    __slots__ = (
        "builder",
        "delta",
        "depth",
        "extremes",
        "guarded",
        "high_alert",
        "instrument",
        "low_alert",
        "sessions",
    )

    def __init__(
        self, instrument: Instrument, builder: CandleBuilder, sessions: MarketSessions
    ) -> None:
        self.instrument: Final = instrument
        self.builder: Final = builder
        self.sessions: Final = sessions
        self.depth: bytes | None = None
        self.delta: float | None = None
        self.extremes: Extremes | None = None
        self.guarded: tuple[RunningTrade, ...] = ()
        self.low_alert = -_ANY
        self.high_alert = _ANY

    def state(self) -> tuple[Any, ...]:
        """Return what was heard as plain values, for `put_back`; who is guarded follows anew."""
        return self.builder.state(), self.depth, self.delta

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from the state of the same instrument."""
        builder, self.depth, self.delta = state
        self.builder.put_back(builder)

    def guard(
        self, trades: Sequence[RunningTrade], band: tuple[float, float], *, waiting: bool
    ) -> None:
        """Set which prices matter.

        Parameters
        ----------
        trades
            Those whose levels are to be watched.
        band
            Two prices between which no daily loss limit is reached.
        waiting
            Whether an order waits for the next packet, whatever its price.
        """
        self.guarded = tuple(trades)
        for trade in trades:
            trade.levels.within(self.extremes)
        if waiting:
            self.low_alert, self.high_alert = _ANY, -_ANY
            return
        levels = [band, *(trade.levels.bounds() for trade in trades)]
        self.low_alert = max(low for low, _ in levels)
        self.high_alert = min(high for _, high in levels)
