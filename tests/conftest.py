"""What every test run says about itself."""

import core.errors


def pytest_report_header() -> str:
    """Name the `core` under test: source files, or extension modules made by `make build`."""
    return f"core: {core.errors.__file__}"
