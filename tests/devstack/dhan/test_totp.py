"""One-time passwords against the vectors of RFC 6238, appendix B (SHA-1)."""

import pytest

from devstack.dhan.totp import is_current, totp

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(
    ("unix_seconds", "digits"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_digits_are_those_of_the_rfc(unix_seconds: int, digits: str) -> None:
    assert totp(SECRET, unix_seconds) == digits


def test_the_digits_of_the_step_before_still_count_but_no_older_ones() -> None:
    digits = totp(SECRET, 1_000_000)
    assert is_current(SECRET, digits, 1_000_000 + 30)
    assert not is_current(SECRET, digits, 1_000_000 + 60)
