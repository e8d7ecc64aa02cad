"""A row of `instruments` as a value.

In:  the row as PostgREST sends it, prices as text.
Out: `Instrument`.
Next: `core/instrument.py`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from core.instrument import Instrument, InstrumentKind, OptionSide, Segment


def instrument_of(row: Mapping[str, Any]) -> Instrument:
    """Return the instrument that a row describes.

    Raises
    ------
    DataError, ValueError
        If it is not one.
    """
    strike, expiry, side = row["strike"], row["expiry"], row["option_side"]
    return Instrument(
        Segment(row["segment"]),
        row["security_id"],
        row["symbol"],
        InstrumentKind(row["kind"]),
        row["lot_size"],
        Decimal(row["tick_size"]),
        underlying=row["underlying"],
        expiry=None if expiry is None else date.fromisoformat(expiry),
        strike=None if strike is None else Decimal(strike),
        option_side=None if side is None else OptionSide(side),
        freeze_quantity=row.get("freeze_quantity"),
    )
