"""What a result of user code asks for: every result against every position."""

from decimal import Decimal
from types import MappingProxyType

import pytest

from adapters.sandbox.outcome import CodeResult, SignalWord
from core.instrument import Instrument, InstrumentKind, Segment
from core.risk_parameters import RiskParameters
from core.signals import Direction, SignalType, check_signal
from strategies.code.wish import Situation, Wish, wish_of

SHARE = Instrument(Segment.NSE_EQ, 1, "SHARE", InstrumentKind.EQUITY, 25, Decimal("0.05"))
LONG, SHORT = Direction.LONG, Direction.SHORT


def wish(
    word: SignalWord,
    held: Direction | None = None,
    *,
    amount: int | None = None,
    price: float = 100.0,
    **limits: float,
) -> Wish:
    result = CodeResult(word, amount, "because", MappingProxyType({"sma": 99.5}))
    risk = RiskParameters(**limits)  # type: ignore[arg-type]
    quantity = 0 if held is None else 50
    return wish_of(result, Situation(SHARE, held, quantity, price, 60, risk))


@pytest.mark.parametrize("allow_short", [False, True])
@pytest.mark.parametrize(
    ("word", "held", "expected"),
    [
        ("hold", None, None),
        ("hold", LONG, None),
        ("hold", SHORT, None),
        ("buy", None, SignalType.LONG),
        ("buy", LONG, None),
        ("buy", SHORT, SignalType.EXIT),
        ("sell", LONG, SignalType.EXIT),
        ("sell", SHORT, None),
    ],
)
def test_each_word_with_each_position(
    word: SignalWord, held: Direction | None, expected: SignalType | None, *, allow_short: bool
) -> None:
    found = wish(word, held, allow_short=allow_short)
    assert (found.signal.type if found.signal else None) == expected
    assert bool(found.note) == (expected is None and word != "hold")


def test_selling_what_is_not_held_enters_short_where_that_is_allowed() -> None:
    refused = wish("sell")
    assert refused == Wish(None, "sell is held back: it holds no SHARE, and allow_short is off")
    entered = wish("sell", allow_short=True).signal
    assert entered is not None
    assert (entered.type, entered.stop, entered.units) == (SignalType.SHORT, 102.0, 25)


def test_an_entry_has_a_stop_and_one_lot_unless_it_names_an_amount() -> None:
    signal = wish("buy", stop_pct=1.5).signal
    assert signal is not None
    assert (signal.price, signal.stop, signal.target, signal.units) == (100.0, 98.5, None, 25)
    assert (signal.reason, dict(signal.indicators)) == ("because", {"sma": 99.5})
    named = wish("buy", amount=75).signal
    assert named is not None
    assert named.units == 75


def test_an_exit_closes_the_whole_position_and_says_so_when_less_was_asked() -> None:
    found = wish("sell", LONG, amount=25)
    assert found.signal is not None
    assert (found.signal.stop, found.signal.units) == (None, None)
    assert found.note == "all 50 units are closed, not 25"
    assert not wish("sell", LONG, amount=50).note


@pytest.mark.parametrize("price", [0.05, 0.10, 1.0, 99_999.95])
@pytest.mark.parametrize("word", ["buy", "sell"])
def test_the_stop_is_on_the_right_side_at_any_price(word: SignalWord, price: float) -> None:
    signal = wish(word, price=price, stop_pct=0.01, allow_short=True).signal
    assert signal is not None
    if price > 0.05 or word == "sell":
        assert check_signal(signal) is signal
