"""Which trades are due: by market, to the second, on odd days; without any database."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
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
        "strategy_type": "momentum",
        "settings": {"parameters": {}, "risk_parameters": {}},
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
        "freeze_quantity": 1755,
        "has_derivatives": False,
    } | changes


def option(**changes: Any) -> dict[str, Any]:
    call = {"kind": "OPTIDX", "strike": "25000.0000", "option_side": "CE", "expiry": ORDINARY}
    return instrument(**call | changes)


SHARE: dict[str, Any] = {"segment": "NSE_EQ", "instrument_key": "NSE_EQ:2885"}


def share(**changes: Any) -> dict[str, Any]:
    row = {
        "instrument_key": "NSE_EQ:2885",
        "segment": "NSE_EQ",
        "security_id": 2885,
        "symbol": "RELIANCE",
        "kind": "EQUITY",
        "lot_size": 1,
        "underlying": None,
        "expiry": None,
    }
    return instrument(**row | changes)


def no_price(_: str, __: date) -> Decimal | None:
    return None


def decide(
    at: str,
    row: dict[str, Any] | None = None,
    price_of: Callable[[str, date], Decimal | None] = no_price,
    **changes: Any,
) -> Exit | Open:
    """Decide about a trade entered today (IST) at 00:00 unless said otherwise."""
    day, clock = at.split()
    now = datetime.fromisoformat(f"{day}T{clock}+05:30")
    opened = trade(**{"entry_time": f"{day}T00:00:00+05:30", **changes})
    square_off = SquareOff(load_calendar(), load_charges(), now, price_of)
    return square_off.decide(opened, instrument() if row is None else row)


def reason(decision: Exit | Open) -> Left:
    assert isinstance(decision, Open)
    return decision.reason


@pytest.mark.parametrize(
    ("before", "due", "more"),
    [
        (f"{ORDINARY} 15:14:59.999999", f"{ORDINARY} 15:15:00", {}),
        (f"{ORDINARY} 15:14:59", f"{ORDINARY} 15:15:00", SHARE | {"row": share()}),
        (
            f"{ORDINARY} 15:09:59",
            f"{ORDINARY} 15:10:00",
            SHARE | {"row": share(has_derivatives=True)},
        ),
        (
            f"{BEFORE_AUCTIONS} 15:14:59",
            f"{BEFORE_AUCTIONS} 15:15:00",
            SHARE | {"row": share(has_derivatives=True)},
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
    assert decide(f"{ORDINARY} 15:15:00") == Exit("t", "25100.0000", "876.51", "EOD")
    # Buying back: stamp duty 32.63 in place of STT 815.75.
    bought_back = decide(f"{ORDINARY} 15:15:00", side="SELL")
    assert bought_back == Exit("t", "25100.0000", "93.39", "EOD")


def test_a_trade_that_holds_nothing_any_more_costs_nothing() -> None:
    closed = decide(f"{ORDINARY} 15:15:00", open_quantity=0)
    assert closed == Exit("t", "25100.0000", "0.00", "EOD")


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
        (instrument(kind="INDEX", expiry=None), Left.NO_CHARGES),
        (instrument(kind="SWAP"), Left.NO_CHARGES),
        (instrument(expiry=None), Left.NO_CHARGES),
    ],
)
def test_an_instrument_that_is_not_what_it_must_be_is_left_alone(
    row: dict[str, Any], left: Left
) -> None:
    assert reason(decide(f"{ORDINARY} 15:15:00", row)) is left


def test_a_trade_in_something_that_is_not_listed_is_left_alone() -> None:
    now = datetime.fromisoformat(f"{ORDINARY}T15:15:00+05:30")
    square_off = SquareOff(load_calendar(), load_charges(), now, no_price)
    assert reason(square_off.decide(trade(), None)) is Left.UNKNOWN_INSTRUMENT


def test_an_option_has_the_charges_of_an_option() -> None:
    sold = decide(f"{ORDINARY} 15:15:00", option(expiry="2026-12-29"), last_price="100.0000")
    # 6500 sold: brokerage 20, STT 9.75, exchange 2.31, SEBI 0.01, GST 4.02.
    assert sold == Exit("t", "100.0000", "36.08", "EOD")


# -- the last day of a contract --------------------------------------------------------------------


def closed_at(price: str) -> Callable[[str, date], Decimal | None]:
    def price_of(underlying: str, day: date) -> Decimal | None:
        return Decimal(price) if (underlying, str(day)) == ("NIFTY", ORDINARY) else None

    return price_of


@pytest.mark.parametrize("row", [option(), instrument(expiry=ORDINARY)])
def test_an_expiring_contract_is_closed_at_half_past_two(row: dict[str, Any]) -> None:
    assert reason(decide(f"{ORDINARY} 14:29:59.999999", row)) is Left.NOT_DUE
    closed = decide(f"{ORDINARY} 14:30:00", row)
    assert isinstance(closed, Exit)
    assert closed.reason == "EXPIRY"
    other_day = decide(f"{ORDINARY} 14:30:00", row | {"expiry": "2026-12-29"})
    assert reason(other_day) is Left.NOT_DUE


def test_the_hour_of_an_expiring_contract_is_the_configs() -> None:
    noon = {"risk_parameters": {"expiry_flat_minute": 720}}
    assert isinstance(decide(f"{ORDINARY} 12:00:00", option(), settings=noon), Exit)
    # Where it lies after the square-off, the square-off closes.
    late = {"risk_parameters": {"expiry_flat_minute": 940}}
    assert reason(decide(f"{ORDINARY} 15:14:59", option(), settings=late)) is Left.NOT_DUE
    closed = decide(f"{ORDINARY} 15:15:00", option(), settings=late)
    assert isinstance(closed, Exit)
    assert closed.reason == "EOD"


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": {"risk_parameters": {"expiry_flat_minute": "soon"}}},
        {"settings": {"parameters": None, "risk_parameters": None}},
        {"strategy_type": "forgotten"},
        {"strategy_type": "code"},
        {"strategy_type": "pva"},
    ],
)
def test_limits_that_cannot_be_read_keep_no_trade_open(changes: dict[str, Any]) -> None:
    assert reason(decide(f"{ORDINARY} 14:29:59", option(), **changes)) is Left.NOT_DUE
    assert isinstance(decide(f"{ORDINARY} 14:30:00", option(), **changes), Exit)


@pytest.mark.parametrize(
    ("side", "underlying", "price", "charges"),
    [
        # 65 x 150.50 = 9782.50 of value; STT of an exercise 0.15 %.
        ("CE", "25150.50", "150.50", "14.67"),
        ("PE", "25150.50", "0.00", "0.00"),
        ("PE", "24800.00", "200.00", "19.50"),
        ("CE", "25000.00", "0.00", "0.00"),
    ],
)
def test_an_option_that_outlives_its_last_session_is_settled_at_what_it_is_worth(
    side: str, underlying: str, price: str, charges: str
) -> None:
    row = option(option_side=side)
    before = decide(f"{ORDINARY} 15:39:59.999999", row, closed_at(underlying))
    assert isinstance(before, Exit)
    assert before.reason == "EXPIRY"
    settled = Exit("t", price, charges, "SETTLEMENT")
    assert decide(f"{ORDINARY} 15:40:00", row, closed_at(underlying)) == settled
    # However late, and although the option has no price of its own.
    late: dict[str, Any] = {"entry_time": f"{ORDINARY}T10:00:00+05:30", "last_price": None}
    assert decide("2026-11-23 09:00:00", row, closed_at(underlying), **late) == settled
    on_a_saturday = decide("2026-11-21 12:00:00", row, closed_at(underlying), **late)
    assert reason(on_a_saturday) is Left.NO_SESSION


def test_without_a_price_of_that_day_nothing_is_settled() -> None:
    left = decide(f"{ORDINARY} 15:40:00", option())
    assert isinstance(left, Open)
    assert left.reason is Left.NO_PRICE
    assert left.detail == "NIFTY-Dec2026-FUT has expired; NIFTY has no price of 2026-11-20"


def test_a_future_is_not_settled_like_an_option() -> None:
    closed = decide(f"{ORDINARY} 15:40:00", instrument(expiry=ORDINARY))
    assert isinstance(closed, Exit)
    assert closed.reason == "EXPIRY"


def test_only_what_is_as_it_should_be_needs_no_look() -> None:
    assert {left for left in Left if left.is_right} == {
        Left.NOT_DUE,
        Left.NO_SESSION,
        Left.WORKER_ALIVE,
    }
