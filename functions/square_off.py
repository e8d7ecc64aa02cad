"""Which open paper trades are due to be closed, at which price and with which charges. Pure.

In:  open trades and instruments as the database lists them; market time.
Out: an exit for the database to write, or why there is none, per trade.
Next: `functions/resources/eod_exit.py`.

A trade is due on a session day from its market's square-off on, at once when it was entered on
an earlier day (its own square-off was missed), and never on a day without a session.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from core.charges import ChargesTable, product_of
from core.errors import CalendarError, DataError
from core.instrument import Segment
from core.order import Side
from core.session import TradingCalendar, ist_date, market_of
from functions.instrument_rows import instrument_of

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_NS_PER_MICROSECOND: Final = 1000

type Row = Mapping[str, Any]


class Left(StrEnum):
    """Why a trade is left open."""

    NOT_DUE = "not_due"
    NO_SESSION = "no_session"
    WORKER_ALIVE = "worker_alive"
    NO_PRICE = "no_price"
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    UNKNOWN_HOURS = "unknown_hours"
    NO_CHARGES = "no_charges"
    BOOKS_INCOMPLETE = "books_incomplete"

    @property
    def is_right(self) -> bool:
        """Whether this is how it should be, and nobody has to look."""
        return self in {Left.NOT_DUE, Left.NO_SESSION, Left.WORKER_ALIVE}


class Exit(NamedTuple):
    """A trade to close; price and charges (of the exit alone) as text."""

    trade_id: str
    price: str
    charges: str


class Open(NamedTuple):
    """A trade that stays open, and why."""

    trade_id: str
    reason: Left
    detail: str


class SquareOff:
    """Decide about open trades at one instant.

    Parameters
    ----------
    calendar, charges
        When markets trade, and what an exit costs.
    now
        Market time.
    """

    def __init__(self, calendar: TradingCalendar, charges: ChargesTable, now: datetime) -> None:
        self._calendar: Final = calendar
        self._charges: Final = charges
        self._now_ns: Final = _nanoseconds(now)
        self._day: Final = ist_date(self._now_ns)

    def decide(self, trade: Row, instrument: Row | None, *, has_derivatives: bool) -> Exit | Open:
        """Return the exit of a trade, or why it stays open.

        Parameters
        ----------
        trade
            A row of `open_paper_trades`.
        instrument
            Its row of `instruments`, None when there is none.
        has_derivatives
            Of a share: there are futures on it.
        """
        trade_id = trade["trade_id"]
        if trade["worker_alive"]:
            return Open(trade_id, Left.WORKER_ALIVE, "its worker looks after it")
        try:
            reason = self._not_due(trade, has_derivatives=has_derivatives)
        except (CalendarError, ValueError) as error:
            return Open(trade_id, Left.UNKNOWN_HOURS, str(error))
        if reason is not None:
            return Open(trade_id, reason, "")
        return self._exit(trade, instrument)

    def _not_due(self, trade: Row, *, has_derivatives: bool) -> Left | None:
        market = market_of(Segment(trade["segment"]), has_derivatives=has_derivatives)
        session = self._calendar.session(self._day, market)
        if session is None:
            return Left.NO_SESSION
        is_of_earlier_day = self._entry_day(trade) < self._day
        is_due = is_of_earlier_day or self._now_ns >= session.square_off_ns
        return None if is_due else Left.NOT_DUE

    def _exit(self, trade: Row, instrument: Row | None) -> Exit | Open:
        trade_id, price, quantity = trade["trade_id"], trade["last_price"], trade["open_quantity"]
        if quantity is None or quantity < 0:
            return Open(trade_id, Left.BOOKS_INCOMPLETE, f"its fills add up to {quantity} units")
        if price is None:
            return Open(trade_id, Left.NO_PRICE, f"{trade['symbol']} has no last price")
        if instrument is None:
            return Open(trade_id, Left.UNKNOWN_INSTRUMENT, f"no row of {trade['instrument_key']}")
        side = Side.SELL if Side(trade["side"]) is Side.BUY else Side.BUY
        try:
            product = product_of(instrument_of(instrument))
            charges = self._charges.of_order(product, side, Decimal(price) * quantity, self._day)
        except (DataError, ValueError) as error:
            return Open(trade_id, Left.NO_CHARGES, str(error))
        return Exit(trade_id, price, str(charges.total))

    def _entry_day(self, trade: Row) -> date:
        return ist_date(_nanoseconds(datetime.fromisoformat(trade["entry_time"])))


def _nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * _NS_PER_MICROSECOND
