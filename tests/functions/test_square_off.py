"""Which trades are due: by market, to the second, on odd days; without any database."""

from datetime import datetime
from typing import Any

import pytest

from core.charges import load_charges
from core.session import load_calendar
from functions.square_off import Exit, Left, Open, SquareOff

# Market times in India, on days with something special about them.
ORDINARY = "2026-11-20"
MUHURAT_2025 = "2025-10-21"  # 13:45 to 14:45
MUHURAT_2024 = "2024-11-01"  # 18:00 to 19:00, in the evening
BEFORE_AUCTIONS = "2026-07-31"
TWO_WINDOWS = "2024-03-02"  # 09:15-10:00, 11:30-12:30


def trade(**changes: Any) -> dict[str, Any]:
    return {
        "trade_id": "t",
        "instrument_key": "NSE_FNO:49543",
        "segment": "NSE_FNO",
        "symbol": "NIFTY-Dec2026-FUT",
        "side": "BUY",
        "open_quantity": 65,
        "entry_time": "2024-01-01T04:30:00+00:00",
        "last_price": "25100.0000",
        "worker_alive": False,
    } | changes


def instrument(**changes: Any) -> dict[str, Any]:
    return {
        "instrument_key": "NSE_FNO:49543",
        "segment": "NSE_FNO",
        "security_id": 49543,
        "symbol": "NIFTY-Dec2026-FUT",
        "kind": "FUTIDX",
        "lot_size": 65,
        "tick_size": "0.1000",
        "underlying": "NIFTY",
        "expiry": "2026-12-29",
        "strike": None,
        "option_side": None,
    } | changes


def decide(at: str, *, has_derivatives: bool = False, **changes: Any) -> Exit | Open:
    """Decide about a trade entered today (IST) at 00:00 unless said otherwise."""
    day, clock = at.split()
    now = datetime.fromisoformat(f"{day}T{clock}+05:30")
    row = trade(**{"entry_time": f"{day}T00:00:00+05:30", **changes})
    square_off = SquareOff(load_calendar(), load_charges(), now)
    return square_off.decide(row, instrument(), has_derivatives=has_derivatives)


def reason(decision: Exit | Open) -> Left:
    assert isinstance(decision, Open)
    return decision.reason


@pytest.mark.parametrize(
    ("before", "due", "more"),
    [
        (f"{ORDINARY} 15:14:59.999999", f"{ORDINARY} 15:15:00", {}),
        (f"{ORDINARY} 15:14:59", f"{ORDINARY} 15:15:00", {"segment": "NSE_EQ"}),
        (
            f"{ORDINARY} 15:09:59",
            f"{ORDINARY} 15:10:00",
            {"segment": "NSE_EQ", "has_derivatives": True},
        ),
        (
            f"{BEFORE_AUCTIONS} 15:14:59",
            f"{BEFORE_AUCTIONS} 15:15:00",
            {"segment": "NSE_EQ", "has_derivatives": True},
        ),
        (f"{MUHURAT_2025} 14:39:59", f"{MUHURAT_2025} 14:40:00", {}),
        (f"{MUHURAT_2024} 18:54:59", f"{MUHURAT_2024} 18:55:00", {}),
        (f"{TWO_WINDOWS} 12:24:59", f"{TWO_WINDOWS} 12:25:00", {}),
    ],
)
def test_a_trade_is_due_from_the_square_off_of_its_market_on(
    before: str, due: str, more: dict[str, Any]
) -> None:
    assert reason(decide(before, **more)) is Left.NOT_DUE
    assert isinstance(decide(due, **more), Exit)
    assert isinstance(decide(f"{due[:10]} 23:59:59", **more), Exit)


def test_a_trade_of_an_earlier_day_is_due_at_once_on_a_session_day() -> None:
    yesterday: dict[str, Any] = {"entry_time": "2026-11-19T10:00:00+05:30"}
    assert isinstance(decide(f"{ORDINARY} 00:00:01", **yesterday), Exit)
    assert reason(decide("2026-11-21 12:00:00", **yesterday)) is Left.NO_SESSION


def test_a_trade_of_the_evening_before_in_utc_is_of_today_in_india() -> None:
    entered: dict[str, Any] = {"entry_time": "2026-11-19T18:30:00+00:00"}
    assert reason(decide(f"{ORDINARY} 15:00:00", **entered)) is Left.NOT_DUE


def test_the_exit_has_price_and_charges_of_the_opposite_side() -> None:
    assert decide(f"{ORDINARY} 15:15:00") == Exit("t", "25100.0000", "876.51")
    # Buying back: stamp duty 32.63 in place of STT 815.75.
    assert decide(f"{ORDINARY} 15:15:00", side="SELL") == Exit("t", "25100.0000", "93.39")


def test_a_trade_that_holds_nothing_any_more_costs_nothing() -> None:
    assert decide(f"{ORDINARY} 15:15:00", open_quantity=0) == Exit("t", "25100.0000", "0.00")


@pytest.mark.parametrize(
    ("change", "left", "said"),
    [
        ({"worker_alive": True}, Left.WORKER_ALIVE, "its worker"),
        ({"last_price": None}, Left.NO_PRICE, "NIFTY-Dec2026-FUT has no last price"),
        ({"open_quantity": None}, Left.BOOKS_INCOMPLETE, "None units"),
        ({"open_quantity": -65}, Left.BOOKS_INCOMPLETE, "-65 units"),
        ({"segment": "MCX_COMM"}, Left.UNKNOWN_HOURS, "no trading hours for MCX_COMM"),
        ({"segment": "LSE"}, Left.UNKNOWN_HOURS, "LSE"),
    ],
)
def test_what_cannot_be_closed_says_why(change: dict[str, Any], left: Left, said: str) -> None:
    decision = decide(f"{ORDINARY} 15:15:00", **change)
    assert isinstance(decision, Open)
    assert decision.reason is left
    assert said in decision.detail


@pytest.mark.parametrize(
    ("row", "left"),
    [
        (None, Left.UNKNOWN_INSTRUMENT),
        (instrument(kind="INDEX", expiry=None), Left.NO_CHARGES),
        (instrument(kind="SWAP"), Left.NO_CHARGES),
        (instrument(expiry=None), Left.NO_CHARGES),
    ],
)
def test_an_instrument_that_is_not_what_it_must_be_is_left_alone(
    row: dict[str, Any] | None, left: Left
) -> None:
    now = datetime.fromisoformat(f"{ORDINARY}T15:15:00+05:30")
    square_off = SquareOff(load_calendar(), load_charges(), now)
    assert reason(square_off.decide(trade(), row, has_derivatives=False)) is left


def test_an_option_has_the_charges_of_an_option() -> None:
    option = instrument(kind="OPTIDX", strike="25000.0000", option_side="CE")
    now = datetime.fromisoformat(f"{ORDINARY}T15:15:00+05:30")
    square_off = SquareOff(load_calendar(), load_charges(), now)
    exit_ = square_off.decide(trade(last_price="100.0000"), option, has_derivatives=False)
    assert isinstance(exit_, Exit)
    assert exit_.charges != Exit("t", "", "0.00").charges


def test_only_what_is_as_it_should_be_needs_no_look() -> None:
    assert {left for left in Left if left.is_right} == {
        Left.NOT_DUE,
        Left.NO_SESSION,
        Left.WORKER_ALIVE,
    }
