"""A round trip: from the first entry fill until everything is out again.

In:  an approved entry, then its fills.
Out: `Trade`, a value that is replaced by a newer version at each change.
Next: `core/ledger.py`.

Profit comes from turnover, which is exact, never from average prices, which are rounded.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from core.candle import InstrumentKey
from core.instrument import Instrument
from core.money import ZERO, average_price, to_paise
from core.order import Fill, Order, OrderPurpose, Owner, Side, side_of
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


class RunningTrade:
    """A trade from its approval until it is closed, with the orders it waits for.

    Parameters
    ----------
    trade_id, owner, signal_id, digest
        What it is made of.
    instrument
        What is traded.
    direction, stop, target
        As signalled; levels on the instrument's tick.
    outlay
        Capital it ties up, rupees.
    square_off_ns
        When it is closed at the latest.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place, from one approved signal.
        self,
        trade_id: str,
        owner: Owner,
        signal_id: str,
        digest: str,
        instrument: Instrument,
        direction: Direction,
        stop: float | None,
        target: float | None,
        outlay: Decimal,
        square_off_ns: int,
        trade_mode: TradeMode,
    ) -> None:
        self.id: Final = trade_id
        self.owner: Final = owner
        self.signal_id: Final = signal_id
        self.digest: Final = digest
        self.instrument: Final = instrument
        self.direction: Final = direction
        self.stop: Final = stop
        self.target: Final = target
        self.outlay: Final = outlay
        self.square_off_ns: Final = square_off_ns
        self.trade_mode: Final = trade_mode
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
        sign = side_of(self.direction, entering=True).sign
        if not self.instrument.kind.is_future:
            return sign * (self._exit_turnover - self._entry_turnover)
        if not self._exited:
            return ZERO
        closed = self._entry_turnover * self._exited / self._entered
        return to_paise(sign * (self._exit_turnover - closed))

    def touched(self, price: float) -> ExitReason | None:
        """Return which level a price has reached; the stop where both have been."""
        sign = self.direction.sign
        if self.stop is not None and sign * (price - self.stop) <= 0:
            return ExitReason.STOP_LOSS
        if self.target is not None and sign * (price - self.target) >= 0:
            return ExitReason.TARGET
        return None

    def levels(self) -> tuple[float, float]:
        """Return the lower and the upper level, infinite where there is none."""
        below, above = self.stop, self.target
        if self.direction is Direction.SHORT:
            below, above = above, below
        return (
            float("-inf") if below is None else below,
            float("inf") if above is None else above,
        )

    def apply(self, fill: Fill, purpose: OrderPurpose) -> Trade:
        """Take one fill; return the trade as it stands now."""
        self._add(fill, purpose)
        return self.snapshot()

    def restore(self, fills: Sequence[Fill], version: int) -> None:
        """Take the fills of an earlier run without telling; versions go on after `version`."""
        entering = side_of(self.direction, entering=True)
        for fill in fills:
            purpose = OrderPurpose.ENTRY if fill.side is entering else OrderPurpose.EXIT
            self._add(fill, purpose)
        self._version = version

    def snapshot(self) -> Trade:
        """Return the trade as it stands, as the next version."""
        self._version += 1
        closed = self.is_over
        gross = self.direction.sign * (self._exit_turnover - self._entry_turnover)
        return Trade(
            id=self.id,
            owner=self.owner,
            signal_id=self.signal_id,
            digest=self.digest,
            instrument=self.instrument.key,
            symbol=self.instrument.symbol,
            direction=self.direction,
            side=side_of(self.direction, entering=True),
            quantity=self._entered,
            open_quantity=self.open_quantity,
            entry_ns=self._entry_ns,
            entry_price=average_price(self._entry_turnover, self._entered),
            stop=self.stop,
            target=self.target,
            charges=self._charges,
            status=TradeStatus.CLOSED if closed else TradeStatus.OPEN,
            exit_ns=self._exit_ns if closed else None,
            exit_price=average_price(self._exit_turnover, self._exited) if closed else None,
            exit_reason=self.exit_reason if closed else None,
            gross_pnl=gross if closed else None,
            net_pnl=gross - self._charges if closed else None,
            trade_mode=self.trade_mode,
            version=self._version,
        )

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
