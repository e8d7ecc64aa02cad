"""Which open paper trades are due to be closed, at which price and with which charges. Pure.

In:  open trades and instruments as the database lists them; market time.
Out: an exit for the database to write, or why there is none, per trade.
Next: `functions/resources/eod_exit.py`.

A trade is due on a session day from its market's square-off on (an expiring contract from its own
hour on, 14:30 unless the config says otherwise), at once when it was entered on an earlier day (its
own square-off was missed), and never on a day without a session. An option that outlived its last
session is not traded any more: it is settled at what it was worth then.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

from core.charges import ChargesTable, product_of
from core.config_settings import risk_of
from core.errors import CalendarError, ConfigError, DataError
from core.expiry import intrinsic_value, settles_at, square_off_of
from core.instrument import Instrument, Segment
from core.market_sessions import MarketSessions
from core.money import to_money
from core.order import Side
from core.risk_parameters import RiskParameters
from core.session import Session, TradingCalendar, ist_date, market_of
from core.signals import ExitReason
from functions.instrument_rows import instrument_of
from strategies import risk_defaults

_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_NS_PER_MICROSECOND: Final = 1000

type Row = Mapping[str, Any]
type PriceOf = Callable[[str, date], Decimal | None]


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
    reason: str


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
    price_of
        Answers what an underlying ended a day at; None where that is not known.
    """

    def __init__(
        self, calendar: TradingCalendar, charges: ChargesTable, now: datetime, price_of: PriceOf
    ) -> None:
        self._calendar: Final = calendar
        self._charges: Final = charges
        self._price_of: Final = price_of
        self._now_ns: Final = _nanoseconds(now)
        self._day: Final = ist_date(self._now_ns)

    def decide(self, trade: Row, row: Row | None) -> Exit | Open:
        """Return the exit of a trade, or why it stays open.

        Parameters
        ----------
        trade
            A row of `open_paper_trades`.
        row
            Its row of `instruments`, None when there is none.
        """
        trade_id = trade["trade_id"]
        if trade["worker_alive"]:
            return Open(trade_id, Left.WORKER_ALIVE, "its worker looks after it")
        try:
            session = self._session(trade, row)
        except (CalendarError, ValueError) as error:
            return Open(trade_id, Left.UNKNOWN_HOURS, str(error))
        if session is None:
            return Open(trade_id, Left.NO_SESSION, "")
        try:
            instrument = None if row is None else instrument_of(row)
        except (DataError, ValueError) as error:
            return Open(trade_id, Left.NO_CHARGES, str(error))
        return self._decide(trade, instrument, session)

    def _decide(self, trade: Row, instrument: Instrument | None, session: Session) -> Exit | Open:
        trade_id, quantity = trade["trade_id"], trade["open_quantity"]
        reason = self._due(trade, instrument, session)
        if reason is None:
            return Open(trade_id, Left.NOT_DUE, "")
        if quantity is None or quantity < 0:
            return Open(trade_id, Left.BOOKS_INCOMPLETE, f"its fills add up to {quantity} units")
        if reason is ExitReason.SETTLEMENT and instrument is not None:
            return self._settled(trade, instrument)
        if trade["last_price"] is None:
            return Open(trade_id, Left.NO_PRICE, f"{trade['symbol']} has no last price")
        if instrument is None:
            return Open(trade_id, Left.UNKNOWN_INSTRUMENT, f"no row of {trade['instrument_key']}")
        return self._sold(trade, instrument, reason)

    def _session(self, trade: Row, row: Row | None) -> Session | None:
        has_derivatives = row is not None and bool(row["has_derivatives"])
        market = market_of(Segment(trade["segment"]), has_derivatives=has_derivatives)
        return self._calendar.session(self._day, market)

    def _due(
        self, trade: Row, instrument: Instrument | None, session: Session
    ) -> ExitReason | None:
        """Return why a trade is to be closed now, None when it is not."""
        due_ns, reason = session.square_off_ns, ExitReason.EOD
        if instrument is not None:
            sessions = MarketSessions(self._calendar, session.market)
            if self._now_ns >= settles_at(instrument, sessions):
                return ExitReason.SETTLEMENT
            due_ns, reason = square_off_of(instrument, session, _risk(trade))
        if _entry_day(trade) < self._day:
            return ExitReason.EOD
        return reason if self._now_ns >= due_ns else None

    def _sold(self, trade: Row, instrument: Instrument, reason: ExitReason) -> Exit | Open:
        side = Side.SELL if Side(trade["side"]) is Side.BUY else Side.BUY
        turnover = Decimal(trade["last_price"]) * trade["open_quantity"]
        try:
            charges = self._charges.of_order(product_of(instrument), side, turnover, self._day)
        except DataError as error:
            return Open(trade["trade_id"], Left.NO_CHARGES, str(error))
        return Exit(trade["trade_id"], trade["last_price"], str(charges.total), str(reason))

    def _settled(self, trade: Row, option: Instrument) -> Exit | Open:
        trade_id, expiry = trade["trade_id"], option.expiry or self._day
        underlying = self._price_of(option.underlying or "", expiry)
        if underlying is None:
            detail = f"{option.symbol} has expired; {option.underlying} has no price of {expiry}"
            return Open(trade_id, Left.NO_PRICE, detail)
        price = to_money(intrinsic_value(option, float(underlying)))
        value = price * trade["open_quantity"]
        try:
            charges = self._charges.of_exercise(product_of(option), value, expiry)
        except DataError as error:
            return Open(trade_id, Left.NO_CHARGES, str(error))
        return Exit(trade_id, str(price), str(charges.total), str(ExitReason.SETTLEMENT))


def _risk(trade: Row) -> RiskParameters:
    """Return the limits of a trade's config; those that cannot be read do not keep it open."""
    settings = trade["settings"]
    try:
        asked = risk_defaults(trade["strategy_type"], settings.get("parameters") or {})
        return risk_of(settings, asked)
    except ConfigError:
        return RiskParameters()


def _entry_day(trade: Row) -> date:
    return ist_date(_nanoseconds(datetime.fromisoformat(trade["entry_time"])))


def _nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * _NS_PER_MICROSECOND
