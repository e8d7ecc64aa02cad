"""Faults as they are asked for: what is meant, and what cannot be."""

import pytest

from core.errors import ConfigError
from devstack.dhan.faults import parse_fault


def test_without_count_or_seconds_a_fault_is_played_once_or_for_five_seconds() -> None:
    assert parse_fault({"kind": "text"}).count == 1
    assert parse_fault({"kind": "stall"}).seconds == 5
    assert parse_fault({"kind": "disconnect"}).code == 800
    assert parse_fault({"kind": "reset"}).count is None


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"kind": "flood"}, "kind 'flood' is unknown; known: stall"),
        ({}, "kind None is unknown"),
        ({"kind": "stall", "for": 3}, "unknown field 'for'"),
        ({"kind": "stall", "seconds": -1}, "seconds is -1, must be a number above 0"),
        ({"kind": "stall", "seconds": "5"}, "seconds is '5'"),
        ({"kind": "stall", "count": 2}, "stall lasts: it needs seconds"),
        ({"kind": "text", "count": True}, "count is True"),
        ({"kind": "disconnect", "code": 70_000}, "code is 70000, .* at most 65535"),
        ({"kind": "rest_status", "code": 700}, "code is 700, .* at most 599"),
        ({"kind": "rest_status", "code": 1}, "code is 1, must be an HTTP error, 400"),
        ({"kind": "rest_html", "code": 204}, "code is 204, must be an HTTP error"),
        ({"kind": "rest_delay"}, "rest_delay needs delay"),
    ],
)
def test_a_fault_that_cannot_be_used_is_refused_by_its_value(
    given: dict[str, object], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        parse_fault(given)
