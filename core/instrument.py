"""What can be traded or watched: one instrument of an exchange, and the grid its price lives on.

In:  rows of a broker's instrument master (`core/brokers/dhan/master.py`), or a test.
Out: `Instrument`, which knows its key on the wire and rounds a price to its own tick.
Next: `core/session.py`, when it can be traded.
"""

from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.errors import DataError

PAISE_PER_RUPEE: Final = 100


class Segment(StrEnum):
    """A market of an exchange, written as Dhan's requests write it."""

    IDX_I = "IDX_I"
    NSE_EQ = "NSE_EQ"
    NSE_FNO = "NSE_FNO"
    NSE_CURRENCY = "NSE_CURRENCY"
    BSE_EQ = "BSE_EQ"
    MCX_COMM = "MCX_COMM"
    BSE_CURRENCY = "BSE_CURRENCY"
    BSE_FNO = "BSE_FNO"

    @property
    def code(self) -> int:
        """The byte that stands for this segment in Dhan's binary packets; there is no 6."""
        return _CODE_OF_SEGMENT[self]

    @classmethod
    def from_code(cls, code: int) -> "Segment":
        """Return the segment of a byte in a packet.

        Raises
        ------
        DataError
            If no segment has this code.
        """
        segment = _SEGMENT_OF_CODE.get(code)
        if segment is None:
            raise DataError(f"segment code {code} is unknown; known are 0 to 5, 7 and 8")
        return segment


_CODE_OF_SEGMENT: Final[dict[Segment, int]] = {
    Segment.IDX_I: 0,
    Segment.NSE_EQ: 1,
    Segment.NSE_FNO: 2,
    Segment.NSE_CURRENCY: 3,
    Segment.BSE_EQ: 4,
    Segment.MCX_COMM: 5,
    Segment.BSE_CURRENCY: 7,
    Segment.BSE_FNO: 8,
}
_SEGMENT_OF_CODE: Final[dict[int, Segment]] = {
    code: segment for segment, code in _CODE_OF_SEGMENT.items()
}


class InstrumentKind(StrEnum):
    """What an instrument is, in the words of Dhan's instrument master."""

    INDEX = "INDEX"
    EQUITY = "EQUITY"
    FUTIDX = "FUTIDX"
    OPTIDX = "OPTIDX"
    FUTSTK = "FUTSTK"
    OPTSTK = "OPTSTK"
    FUTCUR = "FUTCUR"
    OPTCUR = "OPTCUR"
    FUTCOM = "FUTCOM"
    OPTFUT = "OPTFUT"

    @property
    def is_future(self) -> bool:
        """Whether it is a future, which has an expiry and no strike."""
        return self in _FUTURES

    @property
    def is_option(self) -> bool:
        """Whether it is an option, which has an expiry, a strike and a side."""
        return self in _OPTIONS


# Tuples, not sets: the hash of an enum member is computed in Python, its identity is not.
_FUTURES: Final = (
    InstrumentKind.FUTIDX,
    InstrumentKind.FUTSTK,
    InstrumentKind.FUTCUR,
    InstrumentKind.FUTCOM,
)
_OPTIONS: Final = (
    InstrumentKind.OPTIDX,
    InstrumentKind.OPTSTK,
    InstrumentKind.OPTCUR,
    InstrumentKind.OPTFUT,
)


class OptionSide(StrEnum):
    """The right an option gives: to buy or to sell."""

    CALL = "CE"
    PUT = "PE"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One index, share, future or option.

    Parameters
    ----------
    segment, security_id
        Together the key: security ids repeat across segments.
    symbol
        Trading symbol. Not unique: weekly options of one month share their text at Dhan.
    kind
        What it is; decides which of the fields below must be there.
    lot_size
        Units (shares or contracts, not lots) in one lot, at least 1.
    tick_size
        Smallest price step in rupees: a whole number of paise, at least one.
    underlying
        Symbol of what a derivative derives from; None otherwise or where the source is silent.
    expiry, strike, option_side
        Future: expiry only. Option: all three, strike in rupees. Everything else: none.
    freeze_quantity
        Most units the exchange takes in one order; None where the source is silent.

    Raises
    ------
    DataError
        If a field is outside its limits, missing for this kind, or not meant for it.

    Examples
    --------
    >>> future = Instrument(
    ...     Segment.NSE_FNO, 49543, "NIFTY-Dec2026-FUT", InstrumentKind.FUTIDX, 65,
    ...     Decimal("0.10"), underlying="NIFTY", expiry=date(2026, 12, 29))
    >>> future.round_price(25974.900390625)
    25974.9
    """

    segment: Segment
    security_id: int
    symbol: str
    kind: InstrumentKind
    lot_size: int
    tick_size: Decimal
    underlying: str | None = None
    display_name: str = ""
    expiry: date | None = None
    strike: Decimal | None = None
    option_side: OptionSide | None = None
    freeze_quantity: int | None = None
    tick_paise: int = field(init=False, repr=False, compare=False)
    """The tick in whole paise: what prices are rounded with."""

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_terms()
        object.__setattr__(self, "tick_paise", int(self.tick_size * PAISE_PER_RUPEE))

    @property
    def key(self) -> tuple[Segment, int]:
        """The pair that names this instrument in requests and packets."""
        return (self.segment, self.security_id)

    def round_price(self, price: float) -> float:
        """Return the multiple of the tick nearest to `price`, as the double nearest to it.

        The work is done in whole paise, because 0.05 has no exact binary form: 3 * 0.05 is not
        0.15, but 15 / 100 is the closest double to it. A price half way between two ticks goes
        to the even one.

        Parameters
        ----------
        price
            Rupees, such as a float32 of the feed.

        Raises
        ------
        DataError
            If `price` is not a finite number.
        """
        tick = self.tick_paise
        try:
            ticks = round(price * PAISE_PER_RUPEE / tick)
        except (ValueError, OverflowError) as error:  # NaN, infinity
            raise DataError(f"price {price} of {self.symbol} is not a finite number") from error
        return ticks * tick / PAISE_PER_RUPEE

    def __reduce__(self) -> tuple[object, ...]:
        # Pickled by its arguments: compiled by mypyc, a frozen class cannot be filled by pickle.
        return (Instrument, tuple(getattr(self, part.name) for part in fields(self) if part.init))

    def _check_numbers(self) -> None:
        paise = self.tick_size * PAISE_PER_RUPEE
        if self.security_id < 0:
            raise DataError(f"{self.symbol}: security id {self.security_id} is negative")
        if self.lot_size < 1:
            raise DataError(f"{self.symbol}: lot size {self.lot_size} is below 1")
        if not paise.is_finite() or paise < 1:
            raise DataError(f"{self.symbol}: tick {self.tick_size} is below one paisa (0.01)")
        if paise != int(paise):
            raise DataError(f"{self.symbol}: tick {self.tick_size} is not a whole number of paise")
        if self.freeze_quantity is not None and self.freeze_quantity < 1:
            raise DataError(f"{self.symbol}: freeze quantity {self.freeze_quantity} is below 1")

    def _check_terms(self) -> None:
        option = self.kind.is_option
        self._require("expiry", self.expiry, wanted=option or self.kind.is_future)
        self._require("strike", self.strike, wanted=option)
        self._require("option side", self.option_side, wanted=option)
        if self.strike is not None and not (self.strike.is_finite() and self.strike > 0):
            raise DataError(f"{self.symbol}: strike {self.strike} is not above 0")

    def _require(self, name: str, value: object, *, wanted: bool) -> None:
        if wanted and value is None:
            raise DataError(f"{self.symbol}: {self.kind} without {name}")
        if not wanted and value is not None:
            raise DataError(f"{self.symbol}: {self.kind} with {name} {value}")
