"""A round trip: from the first entry fill until everything is out again.

In:  an approved entry, then its fills.
Out: `Trade`, a value that is replaced by a newer version at each change.
Next: `core/ledger.py`.

Profit comes from turnover, which is exact, never from average prices, which are rounded.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from core.candle import NEVER_NS, InstrumentKey
from core.instrument import Instrument
from core.levels import Levels
from core.money import ZERO, average_price, to_money, to_paise
from core.order import Fill, Order, OrderPurpose, Owner, Side
from core.signals import Direction
from core.signals import ExitReason as ExitReason  # noqa: PLC0414 - also found here.
from core.strategy import TradeMode


class TradeStatus(StrEnum):
    """Whether anything of it is still held."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Trade(NamedTuple):
    """A round trip as it stands.

    Attributes
    ----------
    side
        Of its entry.
    quantity, open_quantity
        Units entered so far; units still held.
    entry_price, exit_price
        Averages to four places, rupees.
    stop, target
        Levels of the watched instrument, rupees.
    gross_pnl, charges, net_pnl
        Rupees; profits are None while it is open, charges are those so far.
    version
        1 at first, one more at each change.
    delta
        Of an option on the watched instrument: rupees it moved by with each rupee of that
        instrument when it was entered, below 0 for a put.
    stop_premium, target_premium
        What the option is estimated to be worth when the level is reached, rupees.
    """

    id: str
    owner: Owner
    signal_id: str
    digest: str
    instrument: InstrumentKey
    symbol: str
    direction: Direction
    side: Side
    quantity: int
    open_quantity: int
    entry_ns: int
    entry_price: Decimal
    stop: float | None
    target: float | None
    charges: Decimal
    status: TradeStatus = TradeStatus.OPEN
    exit_ns: int | None = None
    exit_price: Decimal | None = None
    exit_reason: ExitReason | None = None
    gross_pnl: Decimal | None = None
    net_pnl: Decimal | None = None
    trade_mode: TradeMode = TradeMode.VIRTUAL
    version: int = 1
    delta: float | None = None
    stop_premium: Decimal | None = None
    target_premium: Decimal | None = None


class RunningTrade:
    """A trade from its approval until it is closed, with the orders it waits for.

    Parameters
    ----------
    trade_id, owner, signal_id, digest
        What it is made of.
    instrument
        What is traded.
    direction
        Which way the view looks: a bought put is SHORT and BUY.
    side
        Of the entry.
    levels
        What ends it, watched on the signal's instrument.
    outlay
        Capital it ties up, rupees.
    square_off_ns, square_off_reason
        When it is closed at the latest, and why then.
    complete_by_ns
        When it must be entered in full, as one of several legs.
    settles_ns
        When an option that is still held is settled, on its last day.
    delta
        As in `Trade`.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from one approved signal.
        self,
        trade_id: str,
        owner: Owner,
        signal_id: str,
        digest: str,
        *,
        instrument: Instrument,
        direction: Direction,
        side: Side,
        levels: Levels,
        outlay: Decimal = ZERO,
        square_off_ns: int = NEVER_NS,
        square_off_reason: ExitReason = ExitReason.EOD,
        complete_by_ns: int = NEVER_NS,
        settles_ns: int = NEVER_NS,
        trade_mode: TradeMode = TradeMode.VIRTUAL,
        delta: float | None = None,
    ) -> None:
        self.id: Final = trade_id
        self.owner: Final = owner
        self.signal_id: Final = signal_id
        self.digest: Final = digest
        self.instrument: Final = instrument
        self.direction: Final = direction
        self.side: Final = side
        self.levels: Final = levels
        self.outlay: Final = outlay
        self.square_off_ns: Final = square_off_ns
        self.square_off_reason: Final = square_off_reason
        self.trade_mode: Final = trade_mode
        self.delta: Final = delta
        self.settles_ns = settles_ns
        self.complete_by_ns: Final = complete_by_ns
        self.exit_reason: ExitReason | None = None  # Set once its exit has been decided.
        self.orders: dict[str, Order] = {}  # Those that are not final.
        self._entered = 0
        self._exited = 0
        self._entry_turnover = ZERO
        self._exit_turnover = ZERO
        self._charges = ZERO
        self._entry_ns = 0
        self._exit_ns: int | None = None
        self._version = 0

    @property
    def open_quantity(self) -> int:
        """Units held."""
        return self._entered - self._exited

    @property
    def is_over(self) -> bool:
        """Whether nothing is held and no order of it can change that."""
        return not self.open_quantity and not self.orders

    @property
    def was_entered(self) -> bool:
        """Whether it ever held anything."""
        return self._entered > 0

    @property
    def cash(self) -> Decimal:
        """What its fills have moved so far, charges aside, rupees.

        Of a future the profit of the closed share of it, to the paisa: all of it once it is flat.
        """
        sign = self.side.sign
        if not self.instrument.kind.is_future:
            return sign * (self._exit_turnover - self._entry_turnover)
        if not self._exited:
            return ZERO
        closed = self._entry_turnover * self._exited / self._entered
        return to_paise(sign * (self._exit_turnover - closed))

    def profit_at(self, price: Decimal | None) -> Decimal:
        """Return what it has earned after charges, its open units valued at a price.

        Parameters
        ----------
        price
            Rupees; None counts the open units as worth what they cost.
        """
        if not self._entered:
            return ZERO
        if price is None:
            price = self._entry_turnover / self._entered
        gross = self._exit_turnover + self.open_quantity * price - self._entry_turnover
        return self.side.sign * gross - self._charges

    @property
    def is_entering(self) -> bool:
        """Whether an entry order of it is on its way."""
        return any(order.purpose is OrderPurpose.ENTRY for order in self.orders.values())

    @property
    def due_ns(self) -> int:
        """When time ends it, as things are."""
        if self.complete_by_ns < self.square_off_ns and self.is_entering:
            return self.complete_by_ns
        return self.square_off_ns

    @property
    def due_reason(self) -> ExitReason:
        """Why it ends at `due_ns`."""
        before = self.due_ns < self.square_off_ns
        return ExitReason.SIGNAL if before else self.square_off_reason

    def touched(self, price: float) -> ExitReason | None:
        """Return which level a price of the signal's instrument has reached."""
        return self.levels.touched(price)

    def follow(self, price: float) -> Trade | None:
        """Let the stop follow a price; return the trade if it has moved."""
        if not self._entered:
            return None
        if self.levels.instrument is self.instrument:
            self.levels.entry = float(self._entry_turnover / self._entered)
        return self.snapshot() if self.levels.follow(price) else None

    def apply(self, fill: Fill, purpose: OrderPurpose) -> Trade:
        """Take one fill; return the trade as it stands now."""
        self._add(fill, purpose)
        return self.snapshot()

    def restore(self, fills: Sequence[Fill], version: int) -> None:
        """Take the fills of an earlier run without telling; versions go on after `version`."""
        for fill in fills:
            purpose = OrderPurpose.ENTRY if fill.side is self.side else OrderPurpose.EXIT
            self._add(fill, purpose)
        self._version = version

    def state(self) -> tuple[Any, ...]:
        """Return what has become of it as plain values, for `put_back`."""
        return (
            self.levels.state(),
            self.exit_reason,
            dict(self.orders),
            self._entered,
            self._exited,
            self._entry_turnover,
            self._exit_turnover,
            self._charges,
            self._entry_ns,
            self._exit_ns,
            self._version,
        )

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from the state of the same trade."""
        (
            levels,
            self.exit_reason,
            self.orders,
            self._entered,
            self._exited,
            self._entry_turnover,
            self._exit_turnover,
            self._charges,
            self._entry_ns,
            self._exit_ns,
            self._version,
        ) = state
        self.levels.put_back(levels)

    def snapshot(self) -> Trade:
        """Return the trade as it stands, as the next version."""
        self._version += 1
        closed = self.is_over
        gross = self.side.sign * (self._exit_turnover - self._entry_turnover)
        return Trade(
            id=self.id,
            owner=self.owner,
            signal_id=self.signal_id,
            digest=self.digest,
            instrument=self.instrument.key,
            symbol=self.instrument.symbol,
            direction=self.direction,
            side=self.side,
            quantity=self._entered,
            open_quantity=self.open_quantity,
            entry_ns=self._entry_ns,
            entry_price=average_price(self._entry_turnover, self._entered),
            stop=self.levels.stop,
            target=self.levels.target,
            charges=self._charges,
            status=TradeStatus.CLOSED if closed else TradeStatus.OPEN,
            exit_ns=self._exit_ns if closed else None,
            exit_price=average_price(self._exit_turnover, self._exited) if closed else None,
            exit_reason=self.exit_reason if closed else None,
            gross_pnl=gross if closed else None,
            net_pnl=gross - self._charges if closed else None,
            trade_mode=self.trade_mode,
            version=self._version,
            delta=self.delta,
            stop_premium=self._premium_at(self.levels.stop),
            target_premium=self._premium_at(self.levels.target),
        )

    def _premium_at(self, level: float | None) -> Decimal | None:
        """Return what the option is worth at a level of what it is on, to first order."""
        if self.delta is None or level is None:
            return None
        entry = float(average_price(self._entry_turnover, self._entered))
        premium = entry + self.delta * (level - self.levels.entry)
        # Worth less than nothing it cannot be.
        return to_money(self.instrument.round_price(max(premium, 0.0)))

    def _add(self, fill: Fill, purpose: OrderPurpose) -> None:
        turnover = fill.quantity * fill.price
        self._charges += fill.charges
        if purpose is OrderPurpose.ENTRY:
            self._entry_ns = self._entry_ns or fill.time_ns
            self._entered += fill.quantity
            self._entry_turnover += turnover
        else:
            self._exit_ns = fill.time_ns
            self._exited += fill.quantity
            self._exit_turnover += turnover
