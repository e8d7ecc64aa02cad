"""The instrument master as Dhan publishes it: two layouts, with the traps a reader must survive.

In:  the instruments of a tape.
Out: lines of the compact and of the detailed CSV file.
Next: `devstack/dhan/rest/` serves them; `core/brokers/dhan/master.py` reads them.

The traps (reference 6): ticks in paise, except rows of indices, which are in rupees; expiries of
0001-01-01 where there is none; strikes of -0.01 for futures; lots as text floats; test symbols
that nobody trades; a trading symbol shared by all weeklies of a month; expiry hours that are not
the end of trading; and a number for the underlying that is not the index's id.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from core.instrument import PAISE_PER_RUPEE, Instrument, InstrumentKind, Segment
from devstack.dhan.expiries import is_monthly

COMPACT_COLUMNS: Final = (
    "SEM_EXM_EXCH_ID", "SEM_SEGMENT", "SEM_SMST_SECURITY_ID", "SEM_INSTRUMENT_NAME",
    "SEM_EXPIRY_CODE", "SEM_TRADING_SYMBOL", "SEM_LOT_UNITS", "SEM_CUSTOM_SYMBOL",
    "SEM_EXPIRY_DATE", "SEM_STRIKE_PRICE", "SEM_OPTION_TYPE", "SEM_TICK_SIZE", "SEM_EXPIRY_FLAG",
    "SEM_EXCH_INSTRUMENT_TYPE", "SEM_SERIES", "SM_SYMBOL_NAME",
)  # fmt: skip
DETAILED_COLUMNS: Final = (
    "EXCH_ID", "SEGMENT", "SECURITY_ID", "ISIN", "INSTRUMENT", "UNDERLYING_SECURITY_ID",
    "UNDERLYING_SYMBOL", "SYMBOL_NAME", "DISPLAY_NAME", "INSTRUMENT_TYPE", "SERIES", "LOT_SIZE",
    "SM_EXPIRY_DATE", "STRIKE_PRICE", "OPTION_TYPE", "TICK_SIZE", "EXPIRY_FLAG", "BRACKET_FLAG",
    "COVER_FLAG", "ASM_GSM_FLAG", "ASM_GSM_CATEGORY", "BUY_SELL_INDICATOR",
    "BUY_CO_MIN_MARGIN_PER", "BUY_CO_SL_RANGE_MAX_PERC", "BUY_CO_SL_RANGE_MIN_PERC",
    "BUY_BO_MIN_MARGIN_PER", "BUY_BO_PROFIT_RANGE_MAX_PERC", "BUY_BO_PROFIT_RANGE_MIN_PERC",
    "MTF_LEVERAGE", "SM_UPPER_LIMIT", "SM_LOWER_LIMIT", "SM_FREEZE_QTY",
)  # fmt: skip

_MARGIN_COLUMNS: Final = ("N", "N", "N", "NA", "A", "0", "0", "0", "0", "0", "0", "0")
_NO_EXPIRY: Final = "0001-01-01"
_EXPIRY_HOUR: Final = "14:30:00"  # Dhan's quirk: not when trading ends.
_UNDERLYING_IDS: Final = {"NIFTY": 26_000, "BANKNIFTY": 26_009}


def _index(security_id: int, symbol: str, name: str) -> Instrument:
    kind, tick = InstrumentKind.INDEX, Decimal("0.05")
    return Instrument(Segment.IDX_I, security_id, symbol, kind, 1, tick, display_name=name)


def _test_symbol(security_id: int, symbol: str) -> Instrument:
    kind, tick = InstrumentKind.EQUITY, Decimal("0.05")
    return Instrument(Segment.NSE_EQ, security_id, symbol, kind, 1, tick, display_name=symbol)


# In the file, never on the feed.
LISTED_ONLY: Final = (
    _index(27, "FINNIFTY", "Nifty Financial Services"),
    _index(442, "MIDCPNIFTY", "Nifty Midcap Select"),
    _test_symbol(2_147, "011NSETEST"),
    _test_symbol(2_148, "021NSETEST"),
)


def compact_lines(instruments: Iterable[Instrument]) -> Iterator[str]:
    """Yield the lines of `api-scrip-master.csv`, the header first, each with its line end."""
    yield _line(COMPACT_COLUMNS)
    for instrument in (*instruments, *LISTED_ONLY):
        yield _line(_compact(instrument))


def detailed_lines(
    instruments: Iterable[Instrument], segment: Segment | None = None
) -> Iterator[str]:
    """Yield the lines of `api-scrip-master-detailed.csv`; only one segment's when one is given.

    Lines end with a comma, as the real file's do.
    """
    yield _line((*DETAILED_COLUMNS, ""))
    for instrument in (*instruments, *LISTED_ONLY):
        if segment in (None, instrument.segment):
            yield _line((*_detailed(instrument), ""))


def _compact(instrument: Instrument) -> tuple[str, ...]:
    index = instrument.kind is InstrumentKind.INDEX
    expiry = f"{instrument.expiry} {_EXPIRY_HOUR}" if instrument.expiry else ""
    return (
        "NSE",
        _segment_letter(instrument),
        str(instrument.security_id),
        instrument.kind,
        "0",
        instrument.symbol,
        str(float(instrument.lot_size)),
        instrument.display_name,
        _NO_EXPIRY if index else expiry,
        _strike(instrument),
        _side(instrument),
        _tick(instrument),
        _expiry_flag(instrument),
        _type(instrument),
        _series(instrument),
        instrument.underlying or instrument.symbol,
    )


def _detailed(instrument: Instrument) -> tuple[str, ...]:
    underlying = instrument.underlying or instrument.symbol
    number = _UNDERLYING_IDS.get(instrument.underlying or "")
    return (
        "NSE",
        _segment_letter(instrument),
        str(instrument.security_id),
        "NA",
        instrument.kind,
        "" if number is None else str(number),
        underlying,
        instrument.symbol,
        instrument.display_name,
        _type(instrument),
        _series(instrument),
        str(float(instrument.lot_size)),
        _NO_EXPIRY if instrument.expiry is None else str(instrument.expiry),
        _strike(instrument),
        _side(instrument),
        _tick(instrument),
        _expiry_flag(instrument) or "NA",
        *_MARGIN_COLUMNS,
        "0.0000",
        "0.0000",
        str(instrument.freeze_quantity or 0),
    )


def _line(fields: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue()


def _segment_letter(instrument: Instrument) -> str:
    return {Segment.IDX_I: "I", Segment.NSE_EQ: "E", Segment.NSE_FNO: "D"}[instrument.segment]


def _strike(instrument: Instrument) -> str:
    if instrument.strike is not None:
        return f"{instrument.strike:.5f}"
    return "-0.01000" if instrument.kind.is_future else ""


def _side(instrument: Instrument) -> str:
    if instrument.kind is InstrumentKind.EQUITY:
        return ""
    return instrument.option_side or "XX"


def _tick(instrument: Instrument) -> str:
    """Return the tick: in paise, but of an index in rupees."""
    index = instrument.kind is InstrumentKind.INDEX
    return f"{instrument.tick_size * (1 if index else PAISE_PER_RUPEE):.4f}"


def _expiry_flag(instrument: Instrument) -> str:
    """Return M for the last expiry of a month, W for the others."""
    if instrument.expiry is None:
        return ""
    return "M" if is_monthly(instrument.expiry) else "W"


def _type(instrument: Instrument) -> str:
    if instrument.kind.is_future:
        return "FUT"
    if instrument.kind.is_option:
        return "OP"
    return "ES" if instrument.kind is InstrumentKind.EQUITY else "INDEX"


def _series(instrument: Instrument) -> str:
    return {InstrumentKind.EQUITY: "EQ", InstrumentKind.INDEX: "X"}.get(instrument.kind, "NA")
