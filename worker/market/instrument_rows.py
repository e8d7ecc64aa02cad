"""An instrument as a row of the table `instruments`.

In:  an `Instrument`.
Out: column names to JSON values.
Next: `supabase/migrations/*_create_instruments.sql`.
"""

from typing import Any

from core.instrument import Instrument
from core.rows import key_text


def instrument_row(instrument: Instrument, *, has_derivatives: bool = False) -> dict[str, Any]:
    """Return the row; `has_derivatives` of a share: there are futures on it."""
    return {
        "instrument_key": key_text(instrument.key),
        "segment": str(instrument.segment),
        "security_id": instrument.security_id,
        "symbol": instrument.symbol,
        "display_name": instrument.display_name,
        "kind": str(instrument.kind),
        "underlying": instrument.underlying,
        "expiry": None if instrument.expiry is None else instrument.expiry.isoformat(),
        "strike": None if instrument.strike is None else str(instrument.strike),
        "option_side": None if instrument.option_side is None else str(instrument.option_side),
        "lot_size": instrument.lot_size,
        "tick_size": str(instrument.tick_size),
        "freeze_quantity": instrument.freeze_quantity,
        "has_derivatives": has_derivatives,
        "is_active": True,
    }
