"""Where contract runs happen: one stack and its proxy per test file.

In:  `running_target`.
Out: the fixture `target`.
Next: `tests/contract/test_supabase_js.py`.
"""

from collections.abc import Iterator

import pytest

from tests.contract.target import Target, running_target

# So that a failed assert in a case shows its values; before anything imports the cases.
pytest.register_assert_rewrite("tests.contract.py")


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """Return a running stack, migrated to the contract schema."""
    with running_target() as running:
        yield running
