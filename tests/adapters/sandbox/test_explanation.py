"""Code is explained in plain English: what it reads, how it decides, what it asks for."""

import pytest

from adapters.sandbox.code_strategy import CodeStrategy
from adapters.sandbox.explanation import Explanation
from adapters.sandbox.reading import FoundParameter
from tests.adapters.sandbox.codes import SMA_EXAMPLE


def explained(source: str) -> Explanation:
    explanation = CodeStrategy.read(source).explanation
    assert explanation is not None
    return explanation


def body(lines: str) -> Explanation:
    indented = "\n".join(f"    {line}" for line in lines.strip("\n").splitlines())
    return explained(f"def strategy(context):\n{indented}\n")


def test_the_example_of_the_product_is_explained_in_full() -> None:
    above, below = "the current price is above sma", "the current price is below sma"
    assert explained(SMA_EXAMPLE).text.splitlines() == [
        "It reads the candles (close), the current price, the open position and its parameters.",
        f'Line 5: buy when {above} and no position is open ("price above SMA").',
        f'Line 7: sell when {below} and a position is open ("price below SMA").',
        "Line 8: hold otherwise.",
        "Here sma is sum(closes) / len(closes).",
        "It may signal buy, sell or hold.",
        "The parameter period defaults to 20.",
    ]


def test_parameters_are_found_with_defaults_through_get_index_and_names() -> None:
    explanation = body("""
parameters = context["parameters"]
fast = parameters.get("fast", 9)
slow = context.get("parameters").get("slow", 21.5)
name = parameters["name"]
side = context["parameters"].get("side", "both")
computed = parameters.get("computed", fast * 2)
again = parameters.get("fast", 10)
return {"signal": "hold", "reason": f"{fast}{slow}{name}{side}{computed}{again}"}
""")
    assert explanation.parameters == (
        FoundParameter("fast", 9, required=False, line=3),
        FoundParameter("slow", 21.5, required=False, line=4),
        FoundParameter("name", None, required=True, line=5),
        FoundParameter("side", "both", required=False, line=6),
        FoundParameter("computed", None, required=False, line=7),
    )
    assert "The parameter name must be given." in explanation.text
    assert "The parameter computed has no plain default." in explanation.text


def test_a_name_that_is_set_twice_is_not_taken_for_the_parameters() -> None:
    explanation = body("""
p = context["parameters"]
p = {}
return {"signal": "hold", "reason": p.get("x", 1)}
""")
    assert explanation.parameters == ()


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ('context["position"]', "a position is open"),
        ('not context["position"]', "no position is open"),
        ('context.get("position") is None', "no position is open"),
        ('context["position"] is not None', "a position is open"),
        ('context["current_price"] >= 100', "the current price is at least 100"),
        ("a < b or a == c", "a is below b or a equals c"),
        ("a and (b or c)", "a and (b or c)"),
        ("not a > b", "a is at most b"),
        ("1 < a < 2", "1 < a < 2"),
        ("a in [1, 2]", "a is in [1, 2]"),
    ],
)
def test_conditions_are_put_into_words(condition: str, words: str) -> None:
    explanation = explained(
        f"a = b = c = 1\ndef strategy(context):\n    if {condition}:\n"
        '        return {"signal": "buy"}\n    return {"signal": "hold"}\n'
    )
    assert explanation.rules[0] == f"Line 4: buy when {words}."


def test_else_and_elif_are_told_by_what_did_not_hold() -> None:
    explanation = body("""
price = context["current_price"]
if price > 10:
    return {"signal": "buy"}
elif price > 5:
    return {"signal": "hold"}
else:
    return {"signal": "sell"}
""")
    assert explanation.rules[:3] == (
        "Line 4: buy when the current price is above 10.",
        "Line 6: hold when the current price is at most 10 and the current price is above 5.",
        "Line 8: sell when the current price is at most 10 and the current price is at most 5.",
    )


def test_a_signal_kept_in_a_name_is_told_where_it_is_set() -> None:
    explanation = body("""
signal = "hold"
if context["current_price"] > 10:
    signal = "buy"
return {"signal": signal}
""")
    assert explanation.rules == (
        "Line 2: hold otherwise.",
        "Line 4: buy when the current price is above 10.",
    )
    assert explanation.signals == ("buy", "hold")


def test_a_choice_inside_the_result_is_told_as_two_branches() -> None:
    explanation = body(
        'return {"signal": "buy" if context["current_price"] > 10 else "hold", "reason": "r"}'
    )
    assert explanation.rules == (
        'Line 2: buy when the current price is above 10 ("r").',
        'Line 2: hold when the current price is at most 10 ("r").',
    )


def test_a_computed_signal_is_said_to_be_computed() -> None:
    explanation = explained(
        "def pick(c):\n    return {'signal': 'buy'}\ndef strategy(c):\n    return pick(c)"
    )
    assert explanation.rules == ("Line 4: a computed signal otherwise.",)
    assert "cannot be told from the code alone" in explanation.text


def test_branches_in_loops_handlers_and_matches_are_found() -> None:
    explanation = body("""
for candle in context["candles"]:
    if candle["volume"] > 5:
        return {"signal": "buy"}
try:
    match context["parameters"]["mode"]:
        case "out":
            return {"signal": "sell"}
except KeyError:
    return {"signal": "hold"}
""")
    assert explanation.rules == (
        "Line 4: buy when candle['volume'] is above 5.",
        "Line 8: sell when context['parameters']['mode'] is 'out'.",
        "Line 10: hold when KeyError was raised.",
    )
    assert explanation.reads == ("the candles (volume)", "its parameters")


def test_code_that_reads_nothing_says_so() -> None:
    assert explained("def strategy(*_):\n    return {'signal': 'hold'}").text.startswith(
        "It reads nothing."
    )
