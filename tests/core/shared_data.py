"""Real market data beside the repository: private fixtures, there or not.

In: a file name of `../shared/data`. Out: its path, or a skipped test that says why.
"""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared(name: str) -> Path:
    """Return the path of a shared fixture; skip the test where it is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"real data ../shared/data/{name} is not here; the generated twin has run")
    return path
