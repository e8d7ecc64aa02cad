"""`core/instrument.py`: what an instrument may be, and how it rounds prices."""

import pickle
import struct
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment

SHARE = Instrument(
    Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY, lot_size=1, tick_size=Decimal("0.10")
)
OPTION = Instrument(
    Segment.NSE_FNO,
    35024,
    "NIFTY-Nov2026-25000-CE",
    InstrumentKind.OPTIDX,
    lot_size=65,
    tick_size=Decimal("0.05"),
    underlying="NIFTY",
    expiry=date(2026, 11, 23),
    strike=Decimal(25000),
    option_side=OptionSide.CALL,
)


def test_segment_codes_are_those_of_the_packets() -> None:
    assert [segment.code for segment in Segment] == [0, 1, 2, 3, 4, 5, 7, 8]


def test_segment_comes_back_from_its_code() -> None:
    assert [Segment.from_code(segment.code) for segment in Segment] == list(Segment)


@pytest.mark.parametrize("code", [6, 9, 255, -1])
def test_unknown_segment_code_is_refused_by_name(code: int) -> None:
    with pytest.raises(DataError, match=f"segment code {code} is unknown"):
        Segment.from_code(code)


def test_every_kind_is_a_future_an_option_or_neither() -> None:
    kinds = list(InstrumentKind)
    assert [kind for kind in kinds if kind.is_future] == [k for k in kinds if k.startswith("FUT")]
    assert [kind for kind in kinds if kind.is_option] == [k for k in kinds if k.startswith("OPT")]


def test_key_is_segment_and_id() -> None:
    assert OPTION.key == (Segment.NSE_FNO, 35024)


def test_instrument_survives_pickling_and_replacing() -> None:
    assert pickle.loads(pickle.dumps(OPTION)) == OPTION  # noqa: S301  # our own bytes
    assert replace(OPTION, tick_size=Decimal("0.20")).round_price(100.13) == 100.2


@pytest.mark.parametrize(
    ("tick", "sent", "price"),
    [
        ("0.05", 0.15000000596046448, 0.15),
        ("0.05", 24.999998092651367, 25.0),
        ("0.10", 25974.900390625, 25974.9),
        ("0.20", 58123.3984375, 58123.4),
        ("0.01", 134999.984375, 134999.98),
        ("1.00", 135000.515625, 135001.0),
        ("0.05", 0.0, 0.0),
        ("0.05", -3.0499999523162842, -3.05),
    ],
)
def test_price_is_the_double_nearest_to_the_tick(tick: str, sent: float, price: float) -> None:
    assert replace(SHARE, tick_size=Decimal(tick)).round_price(sent) == price


@given(tick_paise=st.sampled_from([1, 5, 10, 20, 25, 50, 100]), ticks=st.integers(0, 2_000_000))
def test_price_on_the_tick_survives_float32(tick_paise: int, ticks: int) -> None:
    paise = min(ticks * tick_paise, 10_000_000 // tick_paise * tick_paise)
    instrument = replace(SHARE, tick_size=Decimal(tick_paise) / 100)
    (sent,) = struct.unpack("<f", struct.pack("<f", paise / 100))
    assert instrument.round_price(sent) == float(Decimal(paise) / 100)


@given(price=st.floats(-1e6, 1e6), tick_paise=st.sampled_from([1, 5, 10, 20, 100]))
def test_rounding_moves_a_price_by_at_most_half_a_tick_and_only_once(
    price: float, tick_paise: int
) -> None:
    instrument = replace(SHARE, tick_size=Decimal(tick_paise) / 100)
    rounded = instrument.round_price(price)
    assert abs(rounded - price) <= tick_paise / 200 + 1e-9
    assert instrument.round_price(rounded) == rounded
    assert Decimal(str(rounded)) % instrument.tick_size == 0


@pytest.mark.parametrize("price", [float("nan"), float("inf"), float("-inf")])
def test_price_that_is_no_number_is_refused(price: float) -> None:
    with pytest.raises(DataError, match=f"price {price} of RELIANCE is not a finite number"):
        SHARE.round_price(price)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tick_size": Decimal("0.0025")}, "tick 0.0025 is below one paisa"),
        ({"tick_size": Decimal(0)}, "tick 0 is below one paisa"),
        ({"tick_size": Decimal("0.025")}, "tick 0.025 is not a whole number of paise"),
        ({"tick_size": Decimal("NaN")}, "tick NaN is below one paisa"),
        ({"lot_size": 0}, "lot size 0 is below 1"),
        ({"security_id": -1}, "security id -1 is negative"),
        ({"freeze_quantity": 0}, "freeze quantity 0 is below 1"),
        ({"strike": None}, "OPTIDX without strike"),
        ({"strike": Decimal("-0.01")}, "strike -0.01 is not above 0"),
        ({"option_side": None}, "OPTIDX without option side"),
        ({"expiry": None}, "OPTIDX without expiry"),
        ({"kind": InstrumentKind.FUTIDX}, "FUTIDX with strike 25000"),
        ({"kind": InstrumentKind.EQUITY}, "EQUITY with expiry 2026-11-23"),
    ],
)
def test_impossible_instrument_is_refused_naming_the_value(
    change: dict[str, object], message: str
) -> None:
    with pytest.raises(DataError, match=f"NIFTY-Nov2026-25000-CE: {message}"):
        replace(OPTION, **change)  # type: ignore[arg-type]  # one field at a time, any type
