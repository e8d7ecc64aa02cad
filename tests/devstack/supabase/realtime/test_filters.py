"""Filters read from a client's text, and what passes them."""

import pytest

from core.errors import DataError
from devstack.supabase.realtime.filters import Filter, parse_filters


def passes(condition: str, type_name: str, value: str | None) -> bool | None:
    (found,) = parse_filters(f"c={condition}")
    return found.bound(type_name, f"pg_catalog.{type_name}", found.operands).passes(value)


def test_conditions_are_separated_by_commas_that_begin_another() -> None:
    found = parse_filters("name=eq.a,b,side=not.in.(B,S),qty=gte.5")
    assert found == (
        Filter("name", "eq", ("a,b",)),
        Filter("side", "in", ("B", "S"), negated=True),
        Filter("qty", "gte", ("5",)),
    )


def test_a_list_may_quote_its_values() -> None:
    (found,) = parse_filters(r'c=in.(a, "b,c" ,"d\"e","")')
    assert found.operands == ("a", "b,c", 'd"e', "")


@pytest.mark.parametrize(
    ("condition", "type_name", "value", "expected"),
    [
        ("eq.5", "int4", "5", True),
        ("eq.5", "int4", "6", False),
        ("lt.10", "int8", "9", True),  # As texts 9 would be greater.
        ("eq.1.0", "numeric", "1.00", True),
        ("gt.5", "numeric", "NaN", True),
        ("eq.NaN", "numeric", "NaN", True),
        ("lt.NaN", "float8", "Infinity", True),
        ("gte.-0", "float8", "-0", True),
        ("in.(a,b)", "text", "b", True),
        ("not.in.(a,b)", "text", "b", False),
        ("neq.x", "text", "y", True),
        ("eq.t", "bool", "t", True),
        ("gt.2026-01-01", "date", "2026-11-20", True),
        ("lte.2026-01-01 10:00:00+00", "timestamptz", "2026-01-01 10:00:00.5+00", False),
    ],
)
def test_values_compare_as_in_postgres(
    condition: str, type_name: str, value: str, *, expected: bool
) -> None:
    assert passes(condition, type_name, value) is expected


@pytest.mark.parametrize("condition", ["eq.a", "neq.a", "not.eq.a", "in.(a)", "like.a", "gt.a"])
def test_null_passes_no_comparison(condition: str) -> None:
    assert passes(condition, "text", None) is False


def test_null_is_distinct_from_a_value() -> None:
    assert passes("isdistinct.a", "text", None) is True
    assert passes("not.isdistinct.a", "text", None) is False
    assert passes("isdistinct.a", "text", "a") is False


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("is.null", None, True),
        ("not.is.null", None, False),
        ("is.not_null", "t", True),
        ("is.true", "t", True),
        ("is.true", None, False),
        ("not.is.true", None, True),
        ("is.false", "f", True),
        ("is.unknown", None, True),
    ],
)
def test_is_answers_for_null_too(condition: str, value: str | None, *, expected: bool) -> None:
    assert passes(condition, "bool", value) is expected


@pytest.mark.parametrize(
    ("condition", "type_name", "value"),
    [
        ("gt.b", "text", "c"),  # The column may have a collation.
        ("like.a%", "text", "abc"),
        ("match.^a", "text", "abc"),
        ("gt.calm", "mood", "busy"),
        ("gt.2026-01-01", "date", "infinity"),
        ("lt.2026-01-01", "date", "0044-03-15 BC"),
        ("gt.2026-01-01", "date", "12026-01-01"),
        ("eq.1 day", "interval", "24:00:00"),
    ],
)
def test_what_only_postgres_can_compare_is_left_to_it(
    condition: str, type_name: str, value: str
) -> None:
    assert passes(condition, type_name, value) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("symbol", "must be column=operator.value"),
        ("symbol=NIFTY", "must be column=operator.value"),
        ("symbol=almost.NIFTY", "must be column=operator.value"),
        ("symbol=in.A,B", r"must list its values as in.\(a,b\)"),
        ("flag=is.maybe", "must compare with one of"),
        (f"c=in.({','.join('x' * 101)})", "lists 101 values, at most 100"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_in_words(text: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        parse_filters(text)
