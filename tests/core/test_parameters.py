"""Parameters that describe and check themselves."""

from dataclasses import dataclass

import pytest

from core.errors import ConfigError
from core.parameters import json_schema, parameter, parameters_from


@dataclass(frozen=True)
class Example:
    """One parameter of each type."""

    count: int = parameter(9, "How many", low=1, high=400)
    ratio: float = parameter(2.0, "How much", low=0.5)
    eager: bool = parameter(default=False, title="Whether at once")
    preset: str = parameter("resolved", "Which rules", choices=("resolved", "literal"))
    note: str = parameter("", "Anything")


def test_what_is_absent_has_its_default() -> None:
    assert parameters_from(Example, {}) == Example(9, 2.0, False, "resolved", "")


def test_values_are_taken_in_the_parameter_s_type() -> None:
    made = parameters_from(Example, {"count": 12.0, "ratio": 3, "eager": True, "preset": "literal"})
    assert made == Example(12, 3.0, True, "literal")
    assert type(made.count) is int
    assert type(made.ratio) is float


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"count": 0}, "count is 0, must be a whole number from 1 to 400"),
        ({"count": 2.5}, "count is 2.5, must be a whole number"),
        ({"count": True}, "count is True, must be a whole number"),
        ({"count": "9"}, "count is '9', must be a whole number"),
        ({"ratio": 0.4}, "ratio is 0.4, must be a number from 0.5 to inf"),
        ({"ratio": float("nan")}, "ratio is nan"),
        ({"ratio": float("inf")}, "ratio is inf"),
        ({"ratio": None}, "ratio is None"),
        ({"eager": 1}, "eager is 1, must be true or false"),
        ({"preset": "both"}, "preset is 'both', must be one of resolved, literal"),
        ({"note": 5}, "note is 5, must be a text"),
        ({"speed": 5}, "speed is not a parameter; there are count, ratio, eager, preset, note"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_value_and_limit(
    values: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        parameters_from(Example, values)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parameters_from(Example, {"count": 0, "ratio": 0, "speed": 1})
    assert all(name in str(caught.value) for name in ("count", "ratio", "speed"))


def test_the_schema_says_what_a_form_needs() -> None:
    schema = json_schema(Example)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["count"] == {
        "type": "integer",
        "title": "How many",
        "default": 9,
        "minimum": 1,
        "maximum": 400,
    }
    assert schema["properties"]["ratio"]["type"] == "number"
    assert "maximum" not in schema["properties"]["ratio"]
    assert schema["properties"]["eager"]["type"] == "boolean"
    assert schema["properties"]["preset"]["enum"] == ["resolved", "literal"]


def test_a_field_without_a_declaration_is_refused() -> None:
    @dataclass(frozen=True)
    class Bare:
        plain: int = 3

    with pytest.raises(ConfigError, match=r"Bare\.plain is not declared"):
        json_schema(Bare)
