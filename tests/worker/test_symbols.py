"""Symbol rules against a master."""

from datetime import date
from decimal import Decimal

import pytest

from core.errors import ConfigError
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from worker.market.symbols import Symbols

TODAY = date(2026, 11, 20)


def _future(number: int, name: str, expiry: date) -> Instrument:
    return Instrument(
        Segment.NSE_FNO,
        number,
        f"{name}-{expiry:%b%Y}-FUT",
        InstrumentKind.FUTIDX,
        65,
        Decimal("0.10"),
        underlying=name,
        expiry=expiry,
    )


def _option(number: int, expiry: date) -> Instrument:
    return Instrument(
        Segment.NSE_FNO,
        number,
        "NIFTY-Dec2026-26000-CE",
        InstrumentKind.OPTIDX,
        65,
        Decimal("0.05"),
        underlying="NIFTY",
        expiry=expiry,
        strike=Decimal(26000),
        option_side=OptionSide.CALL,
    )


def _plain(segment: Segment, number: int, symbol: str, kind: InstrumentKind) -> Instrument:
    return Instrument(segment, number, symbol, kind, 1, Decimal("0.05"))


INDEX = _plain(Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX)
NSE = _plain(Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY)
BSE = _plain(Segment.BSE_EQ, 500325, "RELIANCE", InstrumentKind.EQUITY)
EXPIRED = _future(1, "NIFTY", date(2026, 10, 27))
NEAR = _future(2, "NIFTY", date(2026, 11, 24))
FAR = _future(3, "NIFTY", date(2026, 12, 29))
OPTIONS = (_option(10, date(2026, 12, 1)), _option(11, date(2026, 12, 8)))
SYMBOLS = Symbols([BSE, FAR, INDEX, NSE, EXPIRED, NEAR, *OPTIONS])


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("NIFTY-FUT", NEAR),
        (" nifty-fut ", NEAR),
        ("NIFTY", INDEX),
        ("RELIANCE", NSE),
        ("NIFTY-Dec2026-FUT", FAR),
    ],
)
def test_a_rule_means_one_instrument(rule: str, found: Instrument) -> None:
    assert SYMBOLS.find(rule, TODAY) is found


def test_the_near_future_is_traded_until_the_day_it_expires_on() -> None:
    assert SYMBOLS.find("NIFTY-FUT", date(2026, 11, 24)) is NEAR
    assert SYMBOLS.find("NIFTY-FUT", date(2026, 11, 25)) is FAR


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("RELIANC", "symbol 'RELIANC' is unknown; near are RELIANCE"),
        ("NIFTY-FUTT", "near are NIFTY-FUT"),
        ("XYZ", "symbol 'XYZ' is unknown$"),
        ("NIFTY-Dec2026-26000-CE", "means 2 contracts"),
    ],
)
def test_what_is_not_one_instrument_is_explained(rule: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        SYMBOLS.find(rule, TODAY)


def test_a_future_whose_last_contract_has_expired_is_explained() -> None:
    with pytest.raises(ConfigError, match="no future on NIFTY expires after 2027-01-01"):
        SYMBOLS.find("NIFTY-FUT", date(2027, 1, 1))


def test_a_share_with_futures_is_known() -> None:
    share_future = Instrument(
        Segment.NSE_FNO, 9, "RELIANCE-Nov2026-FUT", InstrumentKind.FUTSTK, 500, Decimal("0.10"),
        underlying="RELIANCE", expiry=date(2026, 11, 24),
    )  # fmt: skip
    assert Symbols([NSE, share_future]).has_derivatives(NSE)
    assert not SYMBOLS.has_derivatives(NSE)
