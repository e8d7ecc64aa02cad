"""The two layouts of Dhan's instrument master: which column holds what, found by name.

In:  the header row of a master file.
Out: `Columns`, the position of every value we read.
Next: `core/brokers/dhan/master.py`, which reads the rows.

Columns may come in any order and new ones may appear; only a missing one is an error.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from core.errors import DataError


class Columns(NamedTuple):
    """Positions in a row; None for a column this file does not have.

    Attributes
    ----------
    listed_symbol
        Trading symbol of an index or a share.
    symbol
        Trading symbol of a derivative.
    underlying
        Symbol of what a derivative derives from; the compact layout has none.
    """

    exchange: int
    segment: int
    security_id: int
    kind: int
    listed_symbol: int
    symbol: int
    display_name: int
    lot_size: int
    expiry: int
    strike: int
    option_side: int
    tick_size: int
    underlying: int | None
    freeze_quantity: int | None

    @property
    def last(self) -> int:
        """The highest position: a row must reach it."""
        return max(position for position in self if position is not None)


_COMPACT: Final = {
    "exchange": "SEM_EXM_EXCH_ID",
    "segment": "SEM_SEGMENT",
    "security_id": "SEM_SMST_SECURITY_ID",
    "kind": "SEM_INSTRUMENT_NAME",
    "listed_symbol": "SEM_TRADING_SYMBOL",
    "symbol": "SEM_TRADING_SYMBOL",
    "display_name": "SEM_CUSTOM_SYMBOL",
    "lot_size": "SEM_LOT_UNITS",
    "expiry": "SEM_EXPIRY_DATE",
    "strike": "SEM_STRIKE_PRICE",
    "option_side": "SEM_OPTION_TYPE",
    "tick_size": "SEM_TICK_SIZE",
}
_DETAILED: Final = {
    "exchange": "EXCH_ID",
    "segment": "SEGMENT",
    "security_id": "SECURITY_ID",
    "kind": "INSTRUMENT",
    "listed_symbol": "UNDERLYING_SYMBOL",  # SYMBOL_NAME is the company's name there.
    "symbol": "SYMBOL_NAME",
    "display_name": "DISPLAY_NAME",
    "lot_size": "LOT_SIZE",
    "expiry": "SM_EXPIRY_DATE",
    "strike": "STRIKE_PRICE",
    "option_side": "OPTION_TYPE",
    "tick_size": "TICK_SIZE",
}
_UNDERLYING: Final = "UNDERLYING_SYMBOL"
_FREEZE_QUANTITY: Final = "SM_FREEZE_QTY"  # Only some detailed files have it.


def find_columns(header: Sequence[str]) -> Columns:
    """Return where a file has its values, in whichever layout it is.

    Raises
    ------
    DataError
        If the header is of neither layout, or names the columns it lacks.
    """
    position = {name.strip().lstrip("\ufeff"): number for number, name in enumerate(header)}
    for names in (_COMPACT, _DETAILED):
        if names["security_id"] in position:
            return _positions(position, names)
    raise DataError(
        f"not an instrument master: the header has neither {_COMPACT['security_id']} nor "
        f"{_DETAILED['security_id']}, it begins with {','.join(header)[:80]!r}"
    )


def _positions(position: dict[str, int], names: dict[str, str]) -> Columns:
    detailed = names is _DETAILED
    wanted = [*names.values(), *([_UNDERLYING] if detailed else [])]
    missing = sorted({name for name in wanted if name not in position})
    if missing:
        raise DataError(f"instrument master without column {', '.join(missing)}")
    return Columns(
        **{field: position[name] for field, name in names.items()},
        underlying=position[_UNDERLYING] if detailed else None,
        freeze_quantity=position.get(_FREEZE_QUANTITY),
    )
