"""What every test run says about itself, and what holds for all of it."""

from hypothesis import HealthCheck, settings

import core.errors

# By default examples that take 0.2 s, or a second to make, fail: on a busy machine any may.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_report_header() -> str:
    """Name the `core` under test: source files, or extension modules made by `make build`."""
    return f"core: {core.errors.__file__}"
