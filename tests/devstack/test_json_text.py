"""Only what can be passed on is read."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devstack.json_text import parse_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # Surrogates are no characters: `st.text` leaves them out.
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_can_say_is_read_however_it_is_escaped(value: Any) -> None:
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        assert parse_json(text) == value
        assert parse_json(text.encode()) == value


@given(st.text(alphabet='[]{}",:\\ud8DcC0eE19.- Na', max_size=60) | st.binary(max_size=60))
def test_whatever_is_read_can_be_written_again_and_the_rest_is_refused(
    content: str | bytes,
) -> None:
    try:
        value = parse_json(content)
    except ValueError:
        return
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("nonsense", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": "\\ud800"}', "half a surrogate pair"),
        ('{"\\uDFFF": 1}', "half a surrogate pair"),
        (b'"\xed\xa0\x80"', "can't decode"),
        ("[NaN]", "NaN is no JSON value"),
        ("-Infinity", "-Infinity is no JSON value"),
        ("1e999", "1e999 is too large"),
        ("9" * 5000, "Exceeds the limit"),
    ],
)
def test_what_would_break_later_is_refused_in_words(content: str | bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(content)
