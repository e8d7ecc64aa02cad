"""The presets, and what cannot be chosen."""

from typing import Any

import pytest

import strategies
from core.candle import Interval
from core.errors import ConfigError
from core.parameters import parameters_from
from strategies.pva.parameters import PvaParameters, minute_of_day

RULES = ("target", "climax", "fade", "divergence")


@pytest.mark.parametrize("rule", RULES)
def test_each_contradiction_follows_the_preset_unless_it_is_chosen(rule: str) -> None:
    def is_literal(**values: Any) -> bool:
        return parameters_from(PvaParameters, values).is_literal(rule)

    assert not is_literal()
    assert is_literal(preset="literal")
    assert is_literal(**{f"{rule}_rule": "literal"})
    assert not is_literal(preset="literal", **{f"{rule}_rule": "resolved"})
    others = {f"{other}_rule": "literal" for other in RULES if other != rule}
    assert not is_literal(**others)


def test_five_minutes_signal_unless_others_are_chosen() -> None:
    assert PvaParameters().signal_intervals == (Interval.M5,)
    both = PvaParameters(signal_1m=True, signal_5m=False, signal_15m=True)
    assert both.signal_intervals == (Interval.M1, Interval.M15)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"signal_5m": False}, "no signal interval is chosen"),
        ({"entry_from": "15:00"}, r"entry_from \(15:00\) must be before entry_until \(15:00\)"),
        ({"entry_from": "half past"}, "'half past' is not a time of day"),
        ({"entry_until": "24:00"}, "'24:00' is not a time of day"),
        ({"entry_until": "15:60"}, "'15:60' is not a time of day"),
        ({"entry_until": "15:0"}, "'15:0' is not a time of day"),
        ({"entry_until": ":30"}, "':30' is not a time of day"),
        ({"breakeven_atr": 3.0}, r"breakeven_atr \(3\) must be below target_atr \(3\)"),
        ({"half_size_vroc": 300.0}, r"half_size_vroc \(300\) must not be above full_size_vroc"),
        ({"preset": "best"}, "preset is 'best', must be one of resolved, literal"),
        ({"fade_rule": "never"}, "must be one of preset, literal, resolved"),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        parameters_from(PvaParameters, values)


def test_a_time_of_day_is_minutes_since_midnight() -> None:
    assert minute_of_day("09:30") == minute_of_day("9:30") == 570
    assert minute_of_day("00:00") == 0


def test_the_form_offers_the_presets() -> None:
    properties = strategies.schema("pva")["properties"]
    assert properties["preset"]["enum"] == ["resolved", "literal"]
    assert properties["preset"]["default"] == "resolved"
    assert all(properties[f"{rule}_rule"]["default"] == "preset" for rule in RULES)
