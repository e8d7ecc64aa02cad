"""A signal is checked before anything is done with it: strategies are other people's code."""

from dataclasses import dataclass

import pytest

from core.errors import DataError
from core.signals import Direction, Signal, SignalType, check_signal
from tests.core.market import RELIANCE


def a_signal(kind: SignalType = SignalType.LONG, **changes: object) -> Signal:
    signal = Signal(kind, RELIANCE.key, 1, 100.0, 98.0, 104.0, 60, "because", {"ema": 99.0})
    return signal._replace(**changes)  # type: ignore[arg-type]  # A test changes any field.


@dataclass(frozen=True)
class Wrong:
    """A change that makes a signal senseless, and what the refusal has to name."""

    change: dict[str, object]
    named: str
    kind: SignalType = SignalType.LONG


WRONG = {
    "price that is no number": Wrong({"price": float("nan")}, "price is nan"),
    "infinite stop": Wrong({"stop": float("-inf")}, "stop is -inf"),
    "target that is no number": Wrong({"target": float("nan")}, "target is nan"),
    "indicator that is no number": Wrong({"indicators": {"atr": float("inf")}}, "atr is inf"),
    "breakeven that is no number": Wrong({"breakeven": float("inf")}, "breakeven is inf"),
    "trail that is no number": Wrong({"trail": float("nan")}, "trail is nan"),
    "trail without a distance": Wrong({"trail": 0.0}, "trailing distance 0.0 is not above 0"),
    "nothing of the full size": Wrong({"tier": 0.0}, "tier 0.0 is not above 0"),
    "more than the full size": Wrong({"tier": 1.5}, "tier 1.5 is not above 0 and at most 1"),
    "strength above 100": Wrong({"strength": 101}, "strength 101"),
    "negative strength": Wrong({"strength": -1}, "strength -1"),
    "stop of a long at its price": Wrong({"stop": 100.0}, "stop 100.0 is not below 100.0"),
    "target of a long below": Wrong({"target": 99.0}, "target 99.0 is not above"),
    "stop of a short below": Wrong({"target": None}, "stop 98.0 is not above", SignalType.SHORT),
    "target of a short above": Wrong(
        {"stop": 101.0}, "target 104.0 is not below", SignalType.SHORT
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_senseless_signal_is_refused_by_name_and_value(case: str) -> None:
    wrong = WRONG[case]
    with pytest.raises(DataError, match=wrong.named):
        check_signal(a_signal(wrong.kind, **wrong.change))


def test_sensible_signals_pass_unchanged() -> None:
    assert check_signal(a_signal()) == a_signal()
    short = a_signal(SignalType.SHORT, stop=103.0, target=95.0)
    assert check_signal(short) == short
    leave = a_signal(SignalType.EXIT, stop=None, target=None)
    assert check_signal(leave).direction is None


def test_directions_know_their_opposite_and_sign() -> None:
    assert Direction.LONG.opposite is Direction.SHORT
    assert Direction.SHORT.opposite is Direction.LONG
    assert (Direction.LONG.sign, Direction.SHORT.sign) == (1, -1)
    assert a_signal(SignalType.SHORT).direction is Direction.SHORT
