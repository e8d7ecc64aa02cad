"""What an order costs beside its price: brokerage, taxes and fees, by product and date.

In:  `core/nse_charges.toml`; an order's product, side, turnover and date.
Out: `Charges`, each item to the paisa.
Next: `core/position.py`.

Brokerage is per executed order, not per fill. So charges are computed for the whole of an order
as far as it is filled; a fill carries what it added.
"""

import tomllib
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.errors import DataError
from core.instrument import Instrument, InstrumentKind
from core.money import ZERO, to_paise
from core.order import Side

_SHIPPED: Final = "nse_charges.toml"


class Product(StrEnum):
    """What rates depend on."""

    OPTION = "option"
    FUTURE = "future"
    INTRADAY = "intraday"


class Rates(NamedTuple):
    """Rates of one product from one date on; fractions of the turnover, 0.0015 is 0.15 %."""

    product: Product
    since: date
    brokerage_flat: Decimal
    brokerage_rate: Decimal | None
    stt_buy: Decimal
    stt_sell: Decimal
    stt_exercise: Decimal
    exchange: Decimal
    ipft: Decimal
    sebi: Decimal
    stamp_buy: Decimal
    gst: Decimal


class Charges(NamedTuple):
    """Items of one order, rupees."""

    brokerage: Decimal = ZERO
    stt: Decimal = ZERO
    exchange: Decimal = ZERO
    sebi: Decimal = ZERO
    ipft: Decimal = ZERO
    stamp: Decimal = ZERO
    gst: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All of them, to the paisa."""
        return to_paise(sum(self, ZERO))


class ChargesTable:
    """Answer what an order costs on a date.

    Parameters
    ----------
    text
        Content of a file in the form of `core/nse_charges.toml`.

    Raises
    ------
    DataError
        If the text is malformed; names the entry and the key.
    """

    def __init__(self, text: str) -> None:
        self._rates: dict[Product, list[Rates]] = {product: [] for product in Product}
        try:
            entries = tomllib.loads(text)["rates"]
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise DataError(f"charges cannot be read: {error}") from error
        for number, entry in enumerate(entries, start=1):
            rates = _read(number, entry)
            self._rates[rates.product].append(rates)
        for same in self._rates.values():
            same.sort(key=_since)

    def rates(self, product: Product, day: date) -> Rates:
        """Return the rates in force on a day.

        Raises
        ------
        DataError
            If the day lies before the first entry.
        """
        for rates in reversed(self._rates[product]):
            if rates.since <= day:
                return rates
        first = min((rates.since for rates in self._rates[product]), default=None)
        raise DataError(f"no charges of an {product} order on {day}; they begin on {first}")

    def of_order(self, product: Product, side: Side, turnover: Decimal, day: date) -> Charges:
        """Return the charges of one order.

        Parameters
        ----------
        turnover
            Price x quantity over all its fills, rupees; premium for an option.
        day
            Trading day (IST).

        Raises
        ------
        DataError
            As `rates`.
        """
        if not turnover:
            return Charges()
        rates = self.rates(product, day)
        brokerage = rates.brokerage_flat
        if rates.brokerage_rate is not None:
            brokerage = min(brokerage, turnover * rates.brokerage_rate)
        exchange, sebi, ipft = (
            turnover * each for each in (rates.exchange, rates.sebi, rates.ipft)
        )
        buying = side is Side.BUY
        return Charges(
            brokerage=brokerage,
            stt=turnover * (rates.stt_buy if buying else rates.stt_sell),
            exchange=exchange,
            sebi=sebi,
            ipft=ipft,
            stamp=turnover * rates.stamp_buy if buying else ZERO,
            gst=rates.gst * (brokerage + exchange + sebi + ipft),
        )

    def of_exercise(self, product: Product, value: Decimal, day: date) -> Charges:
        """Return the charges of an option that is exercised at its expiry.

        Nobody trades it, so there is the transaction tax of its holder and nothing else; an option
        that expires worthless costs nothing.

        Parameters
        ----------
        value
            Intrinsic value x quantity, rupees.
        day
            Day of the expiry (IST).

        Raises
        ------
        DataError
            As `rates`.
        """
        if not value:
            return Charges()
        return Charges(stt=value * self.rates(product, day).stt_exercise)


def product_of(instrument: Instrument) -> Product:
    """Return whose rates an instrument has.

    Raises
    ------
    DataError
        For what cannot be traded or whose rates the table does not hold.
    """
    kind = instrument.kind
    if kind in {InstrumentKind.OPTIDX, InstrumentKind.OPTSTK}:
        return Product.OPTION
    if kind in {InstrumentKind.FUTIDX, InstrumentKind.FUTSTK}:
        return Product.FUTURE
    if kind is InstrumentKind.EQUITY:
        return Product.INTRADAY
    raise DataError(f"no charges are known for {instrument.symbol} ({kind})")


@cache
def load_charges() -> ChargesTable:
    """Return the table shipped with the project."""
    return ChargesTable(Path(__file__).with_name(_SHIPPED).read_text(encoding="utf-8"))


def _since(rates: Rates) -> date:
    return rates.since


def _read(number: int, entry: dict[str, Any]) -> Rates:
    values: dict[str, Any] = {"brokerage_rate": None, "stt_buy": ZERO, "stt_exercise": ZERO}
    for name in Rates._fields[2:]:
        if name in entry or name not in values:
            values[name] = _rate(number, name, entry.get(name))
    try:
        product, since = Product(entry["product"]), entry["from"]
    except (KeyError, ValueError) as error:
        raise DataError(f"charges entry {number}: {error} is not there or not known") from error
    if not isinstance(since, date):
        raise DataError(f"charges entry {number}: from is {since!r}, not a date")
    return Rates(product, since, **values)


def _rate(number: int, name: str, text: object) -> Decimal:
    try:
        return Decimal(text if isinstance(text, str) else "")
    except InvalidOperation:
        raise DataError(f"charges entry {number}: {name} is {text!r}, not a number") from None
