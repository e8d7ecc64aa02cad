"""What one strategy config has going: its running trades, its last exits, its day.

In:  trades that begin and end.
Out: what `core/risk.py` asks about, and the figures shown as metrics.
Next: `core/desks.py`, the desks of all configs.
"""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from core.candle import InstrumentKey
from core.instrument import Instrument
from core.kept_trade import InstrumentOf, running_again, state_of
from core.money import ZERO
from core.position import Position
from core.session import ist_date
from core.signals import Direction
from core.strategy import StrategyConfig
from core.trade import ExitReason, RunningTrade, Trade


class Account(NamedTuple):
    """Figures of one config, rupees.

    Attributes
    ----------
    realised_today, realised
        Net profit of closed trades.
    charges
        Of all fills.
    wins, losses
        Closed trades by net profit; those of exactly zero are in neither.
    is_blocked
        Whether the loss of the day was reached: nothing is entered until the next session.
    """

    realised_today: Decimal
    realised: Decimal
    charges: Decimal
    open_trades: int
    orders: int
    trades: int
    wins: int
    losses: int
    is_blocked: bool = False


class Desk:
    """Keep the books of one config.

    Parameters
    ----------
    config
        Replaced when the user changes it.
    """

    def __init__(self, config: StrategyConfig) -> None:
        self.config = config
        self.running: dict[str, RunningTrade] = {}
        self.positions: dict[InstrumentKey, Position] = {}
        self.orders = 0
        self.charges = ZERO
        self.is_halted = False
        """Whether an emergency stop is in force for its user."""
        self.live_doubt: str | None = None
        """Why nothing may be entered live now, whoever asks."""
        self._blocked: date | None = None
        self._last_exits: dict[tuple[str, Direction], int] = {}
        self._day: date | None = None
        self._realised_today = ZERO
        self._realised = ZERO
        self._trades = 0
        self._wins = 0
        self._losses = 0

    def position_in(self, key: InstrumentKey) -> Position:
        """Return the net position in an instrument, flat if there never was one."""
        return self.positions.setdefault(key, Position())

    def running_on(self, key: InstrumentKey) -> list[RunningTrade]:
        """Return the running trades made on signals of an instrument, in their order."""
        return [trade for trade in self.running.values() if trade.levels.instrument.key == key]

    def is_running(self, key: InstrumentKey, direction: Direction) -> bool:
        """Return whether a trade of this direction, on this instrument or in it, has not ended."""
        return any(
            trade.direction is direction
            and key in {trade.instrument.key, trade.levels.instrument.key}
            for trade in self.running.values()
        )

    def holds(self, key: InstrumentKey) -> bool:
        """Return whether a trade in an instrument has not ended."""
        return any(trade.instrument.key == key for trade in self.running.values())

    def partners(self, running: RunningTrade) -> list[RunningTrade]:
        """Return the other legs of a trade."""
        return [
            trade
            for trade in self.running.values()
            if trade.signal_id == running.signal_id and trade is not running
        ]

    def staying(self) -> list[RunningTrade]:
        """Return the running trades whose exit has not been decided."""
        return [trade for trade in self.running.values() if trade.exit_reason is None]

    def last_exit_ns(self, instrument: Instrument, direction: Direction) -> int | None:
        """Return when a trade on the same underlying and side ended last, None if never."""
        return self._last_exits.get((_underlying(instrument), direction))

    def realised_on_day_of(self, now_ns: int) -> Decimal:
        """Return the net profit of the trades that ended on the day (IST) of an instant."""
        return self._realised_today if self._day == ist_date(now_ns) else ZERO

    @property
    def equity(self) -> Decimal:
        """Capital and what the closed trades have earned, rupees."""
        return self.config.capital + self._realised

    @property
    def loss_limit(self) -> Decimal:
        """Rupees of loss in a day at which everything is closed."""
        percent = Decimal(str(self.config.risk.daily_loss_limit_pct))
        return self.config.capital * percent / 100

    def block(self, now_ns: int) -> None:
        """Enter nothing more on the day (IST) of an instant."""
        day = ist_date(now_ns)
        if self._blocked is None or self._blocked < day:
            self._blocked = day

    def is_blocked(self, now_ns: int) -> bool:
        """Return whether nothing is entered on the day (IST) of an instant."""
        return self._blocked == ist_date(now_ns)

    def state(self) -> tuple[Any, ...]:
        """Return all books as plain values, for `put_back`."""
        return (
            tuple([state_of(each) for each in self.running.values()]),
            {key: each.state() for key, each in self.positions.items()},
            self.orders,
            self.charges,
            self.is_halted,
            self._blocked,
            dict(self._last_exits),
            self._day,
            self._realised_today,
            self._realised,
            self._trades,
            self._wins,
            self._losses,
        )

    def put_back(self, state: tuple[Any, ...], instrument_of: InstrumentOf) -> None:
        """Go on from the state of a desk of the same config."""
        (
            running,
            positions,
            self.orders,
            self.charges,
            self.is_halted,
            self._blocked,
            self._last_exits,
            self._day,
            self._realised_today,
            self._realised,
            self._trades,
            self._wins,
            self._losses,
        ) = state
        again = [running_again(each, instrument_of) for each in running]
        self.running = {each.id: each for each in again}
        self.positions = {}
        for key, each in positions.items():
            self.position_in(key).put_back(each)

    def close(self, running: RunningTrade, trade: Trade | None) -> None:
        """Take a trade off the desk; `trade` is None when nothing of it was ever filled."""
        del self.running[running.id]
        if trade is not None:
            self.count_closed(trade, running.instrument)

    def count_closed(self, trade: Trade, instrument: Instrument) -> None:
        """Take a closed trade into the figures, also one of an earlier run.

        One that a circuit breaker closed ended the trading of its day, then as now.
        """
        if trade.net_pnl is None or trade.exit_ns is None:
            return
        place = (_underlying(instrument), trade.direction)
        self._last_exits[place] = max(trade.exit_ns, self._last_exits.get(place, 0))
        day = ist_date(trade.exit_ns)
        if self._day is None or day > self._day:
            self._day, self._realised_today = day, ZERO
        if day == self._day:
            self._realised_today += trade.net_pnl
        self._realised += trade.net_pnl
        if trade.exit_reason is ExitReason.CIRCUIT_BREAKER:
            self.block(trade.exit_ns)
        self._trades += 1
        self._wins += trade.net_pnl > 0
        self._losses += trade.net_pnl < 0

    def account(self, now_ns: int) -> Account:
        """Return the figures as they stand."""
        return Account(
            realised_today=self.realised_on_day_of(now_ns),
            realised=self._realised,
            charges=self.charges,
            open_trades=sum(trade.was_entered for trade in self.running.values()),
            orders=self.orders,
            trades=self._trades,
            wins=self._wins,
            losses=self._losses,
            is_blocked=self.is_blocked(now_ns),
        )


def _underlying(instrument: Instrument) -> str:
    return instrument.underlying or instrument.symbol
