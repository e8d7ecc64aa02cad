"""Values as JSON, without a database: whatever the text, the JSON says the same."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.supabase.realtime.values import Shape, TypeInfo, quote, to_json

TEXT = TypeInfo("text", Shape.TEXT)
NUMERIC = TypeInfo("numeric", Shape.NUMBER)
PAIR = TypeInfo("pair", Shape.COMPOSITE, fields=(("a", TEXT), ("b", TEXT)))

# What Postgres can store: no NUL, no lone surrogate.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
MAYBE = st.one_of(st.none(), TEXTS)


def array_text(values: list[str | None]) -> str:
    """Write an array as `array_out` does, every element quoted."""
    return "{" + ",".join("NULL" if v is None else _quoted(v, '\\"') for v in values) + "}"


def composite_text(values: list[str | None]) -> str:
    """Write a composite as `record_out` does, every field quoted."""
    return "(" + ",".join("" if v is None else _quoted(v, '""') for v in values) + ")"


def _quoted(text: str, quote_as: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', quote_as) + '"'


@given(TEXTS)
def test_text_survives(text: str) -> None:
    assert json.loads(quote(text)) == text


@given(st.lists(MAYBE))
def test_arrays_survive(values: list[str | None]) -> None:
    written = to_json(array_text(values), TypeInfo("_text", Shape.ARRAY, TEXT))
    assert json.loads(written) == values


@given(MAYBE, MAYBE)
def test_composites_survive(a: str | None, b: str | None) -> None:
    assert json.loads(to_json(composite_text([a, b]), PAIR)) == {"a": a, "b": b}


@given(st.lists(st.tuples(MAYBE, MAYBE)))
def test_arrays_of_composites_survive(pairs: list[tuple[str | None, str | None]]) -> None:
    text = array_text([composite_text(list(pair)) for pair in pairs])
    written = to_json(text, TypeInfo("_pair", Shape.ARRAY, PAIR))
    assert json.loads(written) == [{"a": a, "b": b} for a, b in pairs]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_are_copied_digit_for_digit(number: Decimal) -> None:
    text = format(number, "f")
    assert to_json(text, NUMERIC) == text


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_json_has_no_number_for_becomes_text(text: str) -> None:
    assert to_json(text, NUMERIC) == f'"{text}"'


def test_null_is_null_whatever_the_type() -> None:
    assert [to_json(None, TypeInfo("t", shape)) for shape in Shape] == ["null"] * len(Shape)


def test_an_array_type_without_its_elements_is_refused() -> None:
    with pytest.raises(ValueError, match="_x came without its element type"):
        to_json("{}", TypeInfo("_x", Shape.ARRAY))
