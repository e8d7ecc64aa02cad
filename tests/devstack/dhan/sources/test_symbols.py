"""Symbols of files: the instrument they mean, or similar ones."""

from datetime import date
from decimal import Decimal

import pytest

from core.errors import DataError
from core.instrument import OptionSide
from devstack.dhan.sources.symbols import find_instrument
from tests.devstack.dhan.generated_days import DEFAULT_DAY, calendar


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("RELIANCE", "RELIANCE"),
        ("india vix", "INDIA VIX"),
        ("BANKNIFTY", "BANKNIFTY"),
        ("nifty-nov2026-fut", "NIFTY-Nov2026-FUT"),
        ("NIFTY26DECFUT", "NIFTY-Dec2026-FUT"),
        ("BANKNIFTY26NOV58000PE", "BANKNIFTY-Nov2026-58000-PE"),
    ],
)
def test_a_symbol_is_found_however_it_is_written(written: str, meant: str) -> None:
    assert find_instrument(written, DEFAULT_DAY, calendar()).symbol == meant


def test_a_contract_has_the_terms_of_its_time() -> None:
    future = find_instrument("NIFTY25DECFUT", date(2025, 12, 29), calendar())
    assert (future.expiry, future.lot_size) == (date(2025, 12, 30), 75)
    option = find_instrument("NIFTY25DEC26000CE", date(2025, 12, 12), calendar())
    assert (option.strike, option.option_side) == (Decimal(26000), OptionSide.CALL)


@pytest.mark.parametrize("symbol", ["RELIANC", "NIFTY20DECFUT", "NIFTY26DECFOO", "NIFTY26XXXFUT"])
def test_an_unknown_symbol_is_refused_with_similar_ones(symbol: str) -> None:
    with pytest.raises(DataError, match=f"'{symbol}' is unknown on 2026-11-20; similar ones are "):
        find_instrument(symbol, DEFAULT_DAY, calendar())
