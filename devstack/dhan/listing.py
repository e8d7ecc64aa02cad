"""What the generated exchange lists on a day: indices, shares, futures and option chains.

In:  a date and the trading calendar; the level around which strikes are laid.
Out: `Instrument`s with expiries, lots and ticks as the exchange's dated rules gave them.
Next: `devstack/dhan/sources/generated.py` trades them, `devstack/dhan/master_csv.py` lists them.

Rules from the reference, sections 8.3 to 8.5; expiries are in `devstack/dhan/expiries.py`.
Security ids follow from the contract alone, so that it keeps its id on every generated day.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.session import TradingCalendar
from devstack.dhan.expiries import monthly_expiries, weekly_expiries

STRIKES_EACH_SIDE: Final = 12

_FUTURE_TICKS_BY_LEVEL_SINCE: Final = date(2025, 4, 15)
_OPTION_TICK: Final = Decimal("0.05")
_INDEX_TICK: Final = Decimal("0.05")
_ID_EPOCH: Final = date(2024, 1, 1).toordinal()
_FUTURE_IDS: Final = 35_000
_OPTION_IDS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Underlying:
    """An index with derivatives, and what the exchange lists on it.

    Parameters
    ----------
    number
        Distinguishes the security ids of its contracts.
    level
        Where the generated market trades, in index points.
    lots
        Lot size by the first expiry date it holds for, oldest first.
    weeklies
        How many weekly option expiries are listed besides the monthly one.
    """

    number: int
    symbol: str
    display_name: str
    index_id: int
    level: float
    strike_step: int
    lots: tuple[tuple[date, int], ...]
    freeze_quantity: int
    weeklies: int

    def lot_of(self, expiry: date) -> int:
        """Return the units in one lot of a contract."""
        return [lot for since, lot in self.lots if since <= expiry][-1]


NIFTY: Final = Underlying(
    number=0,
    symbol="NIFTY",
    display_name="Nifty 50",
    index_id=13,
    level=26_000.0,
    strike_step=50,
    lots=((date.min, 25), (date(2024, 11, 21), 75), (date(2026, 1, 1), 65)),
    freeze_quantity=1_800,
    weeklies=2,
)
BANKNIFTY: Final = Underlying(
    number=1,
    symbol="BANKNIFTY",
    display_name="Nifty Bank",
    index_id=25,
    level=58_000.0,
    strike_step=100,
    lots=((date.min, 15), (date(2024, 11, 21), 30), (date(2025, 7, 1), 35), (date(2026, 1, 1), 30)),
    freeze_quantity=600,
    weeklies=0,
)
UNDERLYINGS: Final = (NIFTY, BANKNIFTY)

INDIA_VIX: Final = Instrument(
    Segment.IDX_I, 21, "INDIA VIX", InstrumentKind.INDEX, 1, Decimal("0.05"), None, "India VIX"
)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the cash market and the level around which it trades, in rupees."""

    instrument: Instrument
    level: float
    beta: float  # How much of the index's story it follows.


def _equity(security_id: int, symbol: str, name: str, tick: str) -> Instrument:
    kind, size = InstrumentKind.EQUITY, Decimal(tick)
    return Instrument(Segment.NSE_EQ, security_id, symbol, kind, 1, size, display_name=name)


SHARES: Final = (
    Share(_equity(2885, "RELIANCE", "Reliance Industries", "0.10"), 1_480.0, 1.1),
    Share(_equity(1333, "HDFCBANK", "HDFC Bank", "0.05"), 985.0, 1.0),
    Share(_equity(4963, "ICICIBANK", "ICICI Bank", "0.10"), 1_360.0, 1.2),
    Share(_equity(11536, "TCS", "Tata Consultancy Services", "0.10"), 3_120.0, 0.8),
)


def index_of(underlying: Underlying) -> Instrument:
    """Return the index itself."""
    return Instrument(
        Segment.IDX_I,
        underlying.index_id,
        underlying.symbol,
        InstrumentKind.INDEX,
        1,
        _INDEX_TICK,
        display_name=underlying.display_name,
    )


def futures_of(
    underlying: Underlying, day: date, calendar: TradingCalendar
) -> tuple[Instrument, ...]:
    """Return the near- and next-month futures that trade on `day`, nearest first."""
    expiries = monthly_expiries(day, calendar, count=2)
    return tuple(_future(underlying, expiry, day) for expiry in expiries)


def options_of(
    underlying: Underlying,
    day: date,
    calendar: TradingCalendar,
    around: float,
    each_side: int = STRIKES_EACH_SIDE,
) -> tuple[Instrument, ...]:
    """Return the listed options: every expiry, strikes around a level, calls and puts.

    Parameters
    ----------
    around
        The middle of the strikes, in index points.
    each_side
        How many strikes lie above and below it.
    """
    step = underlying.strike_step
    middle = round(around / step)
    strikes = range(middle - each_side, middle + each_side + 1)
    return tuple(
        option_of(underlying, expiry, number * step, side)
        for expiry in option_expiries(underlying, day, calendar)
        for number in strikes
        for side in OptionSide
    )


def option_of(underlying: Underlying, expiry: date, strike: int, side: OptionSide) -> Instrument:
    """Return an option of an underlying, whether it is among the listed strikes or not."""
    week = (expiry.toordinal() - _ID_EPOCH) // 7
    number = (underlying.number * 256 + week) * 1024 + strike // underlying.strike_step
    word = "CALL" if side is OptionSide.CALL else "PUT"
    return Instrument(
        Segment.NSE_FNO,
        _OPTION_IDS + 2 * number + (side is OptionSide.PUT),
        f"{underlying.symbol}-{expiry:%b%Y}-{strike}-{side}",
        InstrumentKind.OPTIDX,
        underlying.lot_of(expiry),
        _OPTION_TICK,
        underlying.symbol,
        f"{underlying.symbol} {expiry:%d %b} {strike} {word}".upper(),
        expiry,
        Decimal(strike),
        side,
        underlying.freeze_quantity,
    )


def option_expiries(
    underlying: Underlying, day: date, calendar: TradingCalendar
) -> tuple[date, ...]:
    """Return the expiries of the option chain, nearest first.

    The weeklies of the underlying and the nearest monthly expiry that is not one of them.
    """
    weeklies = weekly_expiries(day, calendar, count=underlying.weeklies)
    monthly = monthly_expiries(day, calendar, count=3)
    return (*weeklies, next(expiry for expiry in monthly if expiry not in weeklies))


def _future(underlying: Underlying, expiry: date, day: date) -> Instrument:
    months = (expiry.year - 2024) * 12 + expiry.month
    return Instrument(
        Segment.NSE_FNO,
        _FUTURE_IDS + underlying.number * 500 + months,
        f"{underlying.symbol}-{expiry:%b%Y}-FUT",
        InstrumentKind.FUTIDX,
        underlying.lot_of(expiry),
        _future_tick(underlying.level, day),
        underlying.symbol,
        f"{underlying.symbol} {expiry:%b} FUT".upper(),
        expiry,
        freeze_quantity=underlying.freeze_quantity,
    )


def _future_tick(level: float, day: date) -> Decimal:
    if day < _FUTURE_TICKS_BY_LEVEL_SINCE or level <= 15_000:
        return Decimal("0.05")
    return Decimal("0.10") if level <= 30_000 else Decimal("0.20")
