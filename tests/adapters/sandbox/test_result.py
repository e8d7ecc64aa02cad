"""A result is read strictly: what is accepted, and which field an error names."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sandbox.outcome import CodeResult, Failed
from adapters.sandbox.pool import Sandbox
from adapters.sandbox.result import read_result
from core.errors import DataError
from tests.adapters.sandbox.codes import evaluation, returning


@pytest.mark.parametrize(
    ("row", "result"),
    [
        ({"signal": "hold"}, CodeResult("hold", None, None, {})),
        (
            {"signal": "buy", "amount": 75, "reason": "up", "indicators": {"sma": 1}},
            CodeResult("buy", 75, "up", {"sma": 1.0}),
        ),
        ({"signal": "sell", "amount": 75.0}, CodeResult("sell", 75, None, {})),
        (
            {"signal": "sell", "amount": None, "reason": None, "indicators": None},
            CodeResult("sell", None, None, {}),
        ),
    ],
)
def test_a_good_result_is_read(row: dict[str, Any], result: CodeResult) -> None:
    assert read_result(json.dumps(row)) == result


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (None, "the result is None, must be a dict with a signal"),
        ("buy", "the result is 'buy', must be a dict with a signal"),
        ([1, 2], "the result is a list of 2, must be a dict with a signal"),
        ({}, "signal is missing, must be buy, sell or hold"),
        ({"signal": "BUY"}, "signal is 'BUY', must be buy, sell or hold"),
        ({"signal": None}, "signal is None, must be buy, sell or hold"),
        ({"signal": ["buy"]}, "signal is a list of 1, must be buy, sell or hold"),
        ({"signal": "buy", "quantity": 1}, "'quantity' is not a field of a result"),
        ({"signal": "buy", "amount": 0}, "amount is 0, must be a whole number of units from 1"),
        ({"signal": "buy", "amount": -75}, "amount is -75,"),
        ({"signal": "buy", "amount": 1.5}, "amount is 1.5,"),
        ({"signal": "buy", "amount": True}, "amount is True,"),
        ({"signal": "buy", "amount": "75"}, "amount is '75',"),
        ({"signal": "buy", "amount": float("nan")}, "amount is nan,"),
        ({"signal": "buy", "amount": float("inf")}, "amount is inf,"),
        ({"signal": "buy", "amount": 10**400}, "amount is a number of more than 15 digits,"),
        ({"signal": "buy", "amount": 10_000_001}, "amount is 10000001,"),
        ({"signal": "buy", "reason": 5}, "reason is 5, must be text"),
        ({"signal": "buy", "reason": "a" * 501}, "reason has 501 characters, must have at most"),
        ({"signal": "buy", "reason": "a\0"}, "reason is 'a\\x00', which holds a character that is"),
        ({"signal": "buy", "reason": "\ud800"}, "reason is '\\ud800', which holds a character"),
        ({"signal": "buy", "indicators": {"\0": 1}}, "indicators has the name '\\x00', must be"),
        ({"signal": "buy", "indicators": [1]}, "indicators is a list of 1, must be a dict"),
        ({"signal": "buy", "indicators": {"sma": None}}, "indicators.sma is None,"),
        ({"signal": "buy", "indicators": {"sma": "1"}}, "indicators.sma is '1',"),
        ({"signal": "buy", "indicators": {"sma": False}}, "indicators.sma is False,"),
        ({"signal": "buy", "indicators": {"sma": float("nan")}}, "indicators.sma is nan,"),
        ({"signal": "buy", "indicators": {"sma": 10**400}}, "indicators.sma is a number of more"),
        ({"signal": "buy", "indicators": {"": 1}}, "indicators has the name '',"),
        ({"signal": "buy", "indicators": dict.fromkeys(map(str, range(51)), 1)}, "51 entries"),
    ],
)
def test_a_bad_result_is_refused_and_the_field_is_named(row: Any, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        read_result(json.dumps(row))
    assert sentence in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5_000, '{"signal": "buy"'])
def test_text_that_is_no_json_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(DataError, match="the result"):
        read_result(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(
    st.fixed_dictionaries(
        {}, optional={"signal": JSON, "amount": JSON, "reason": JSON, "indicators": JSON}
    )
)
def test_any_json_is_read_or_refused_in_one_short_sentence(row: dict[str, Any]) -> None:
    sentence = ""
    try:
        result = read_result(json.dumps(row))
    except DataError as problem:
        sentence = str(problem)
    else:
        assert result.signal == row["signal"]
    assert len(sentence) < 300


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        ('{"signal": "hold", "indicators": {"sma": Decimal(1)}}', "indicators.sma cannot be used"),
        ('{"signal": "hold", "reason": {1, 2}}', "reason cannot be used"),
        ('{"signal": "hold", "indicators": {"f": strategy}}', "indicators.f cannot be used"),
        ("strategy", "the result cannot be used"),
        ("{(1, 2): 3}", "the result cannot be used"),
    ],
)
def test_what_json_cannot_hold_is_named_by_its_field(returned: str, sentence: str) -> None:
    source = "from decimal import Decimal\nprint(Decimal)\n" + returning(returned)
    with Sandbox(processes=1) as sandbox:
        outcome = sandbox.evaluate(evaluation(source))
    assert isinstance(outcome, Failed)
    assert outcome.kind == "result"
    assert outcome.sentence.startswith(sentence)
