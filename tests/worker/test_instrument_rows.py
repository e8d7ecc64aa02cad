"""An instrument as a row: what the database is told, and what only the master knows."""

from decimal import Decimal

from core.instrument import Instrument, InstrumentKind, Segment
from worker.market.instrument_rows import instrument_row

SHARE = Instrument(Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY, 1, Decimal("0.10"))


def test_a_share_says_whether_futures_on_it_are_traded() -> None:
    # Its continuous trading then ends earlier, which whoever ends its day has to know.
    assert instrument_row(SHARE, has_derivatives=True)["has_derivatives"] is True
    assert instrument_row(SHARE)["has_derivatives"] is False


def test_prices_are_text_and_what_is_not_there_is_null() -> None:
    row = instrument_row(SHARE)
    assert (row["instrument_key"], row["tick_size"]) == ("NSE_EQ:2885", "0.10")
    assert (row["expiry"], row["strike"], row["option_side"]) == (None, None, None)
