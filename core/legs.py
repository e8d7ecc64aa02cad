"""What a signal trades: its leg rules answered by contracts.

In:  `LegRule`s, the options under watch, the price at the money.
Out: `Leg`: a contract, which way, and what the market says of it.
Next: `core/risk.py`, which sizes them together.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from core.candle import NEVER_NS
from core.charges import Product, product_of
from core.errors import DataError
from core.instrument import Instrument, OptionSide
from core.session import Session
from core.signals import LegRule, Side

UNKNOWN_DELTA: Final = 0.5
"""Of an option at the money, near enough, where no option chain says better."""


class Leg(NamedTuple):
    """One contract of a trade to be.

    Attributes
    ----------
    product
        Whose charges it has, None for what cannot be traded.
    side
        Which way it is entered.
    ratio
        Lots of it to one lot of the trade.
    last_price
        Rupees, None before the first trade.
    session
        Of this day, None on a day without one.
    delta
        Rupees it moves by when the signal's instrument moves by one; None where unknown.
    settles_ns
        When an option is settled if it is still held then.
    """

    instrument: Instrument
    product: Product | None
    side: Side
    ratio: int
    last_price: float | None
    session: Session | None
    delta: float | None = None
    settles_ns: int = NEVER_NS

    @property
    def weight(self) -> Decimal:
        """Units of the signal's instrument that one lot of the trade moves like, unsigned."""
        delta = 1.0
        if self.product is Product.OPTION:
            delta = UNKNOWN_DELTA if self.delta is None else abs(self.delta)
        return Decimal(str(delta)) * self.instrument.lot_size * self.ratio

    @property
    def signed_delta(self) -> float | None:
        """Of an option, which way and how far it moves with its underlying; a half if unknown."""
        if not self.instrument.kind.is_option:
            return None
        size = UNKNOWN_DELTA if self.delta is None else abs(self.delta)
        return -size if self.instrument.option_side is OptionSide.PUT else size


class Chains:
    """The options under watch, by underlying."""

    def __init__(self) -> None:
        self._options: Final[dict[str, list[Instrument]]] = defaultdict(list)

    def add(self, instrument: Instrument) -> None:
        """Take an instrument; what is no option is left aside."""
        if instrument.kind.is_option and instrument.underlying:
            self._options[instrument.underlying].append(instrument)

    def remove(self, instrument: Instrument) -> None:
        """Take an instrument no more: it is not watched any longer."""
        if instrument.kind.is_option and instrument.underlying:
            self._options[instrument.underlying].remove(instrument)

    def contract(self, rule: LegRule, underlying: str, price: float, first: date) -> Instrument:
        """Return the option a rule means.

        Parameters
        ----------
        price
            What is at the money, rupees.
        first
            Expiries before this day are left out.

        Raises
        ------
        DataError
            If there is none.
        """
        of_side = [each for each in self._options[underlying] if each.option_side is rule.option]
        expiry = _expiry(of_side, rule, underlying, first)
        strikes = {each.strike: each for each in of_side if each.expiry == expiry and each.strike}
        wanted = _strike(sorted(strikes), price, rule.strike_offset)
        found = strikes.get(wanted)
        if found is None:
            raise DataError(f"{underlying} {wanted} {rule.option} of {expiry} is not watched")
        return found


def product_or_none(instrument: Instrument) -> Product | None:
    """Return whose charges an instrument has, None for what cannot be traded, such as an index."""
    try:
        return product_of(instrument)
    except DataError:
        return None


def _expiry(options: list[Instrument], rule: LegRule, underlying: str, first: date) -> date:
    expiries = sorted({each.expiry for each in options if each.expiry and each.expiry >= first})
    at = 1 if rule.expiry == "next" else 0
    if len(expiries) <= at:
        side = "call" if rule.option is OptionSide.CALL else "put"
        raise DataError(
            f"no {side} on {underlying} of the {rule.expiry} expiry from {first} on is watched"
        )
    return expiries[at]


def _strike(strikes: list[Decimal], price: float, offset: int) -> Decimal:
    """Return the strike nearest a price (the lower of two), so many steps further."""
    step = min((after - before for before, after in pairwise(strikes)), default=Decimal(0))
    if not step:
        return strikes[0]
    lower = strikes[0] + (Decimal(str(price)) - strikes[0]) // step * step
    nearest = lower if Decimal(str(price)) - lower <= step / 2 else lower + step
    return nearest + offset * step
