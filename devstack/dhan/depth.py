"""Market depth of a tape: five levels of bids and asks for every row.

In:  rows of a tape.
Out: `DEPTH_LEVEL` records, laid out as Dhan's full packet carries them.
Next: `devstack/dhan/tape.py`, from which these names are imported.
"""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

type Records = NDArray[np.void]

DEPTH_LEVELS: Final = 5

# One level exactly as Dhan's full packet carries it (reference 2.5), so that it is copied as is.
DEPTH_LEVEL: Final = np.dtype(
    [
        ("bid_quantity", "<u4"),
        ("ask_quantity", "<u4"),
        ("bid_orders", "<u2"),
        ("ask_orders", "<u2"),
        ("bid_price", "<f4"),
        ("ask_price", "<f4"),
    ]
)


class Book(Protocol):
    """Where the five levels of market depth come from: stored, or computed for the asked rows."""

    def levels(self, start: int, stop: int) -> Records:
        """Return `DEPTH_LEVEL` records of shape ``(stop - start, 5)``, best level first."""
        ...


class EmptyBook:
    """A book without quotes, as the feed carries for an index."""

    def levels(self, start: int, stop: int) -> Records:
        """Return zeros."""
        return np.zeros((stop - start, DEPTH_LEVELS), dtype=DEPTH_LEVEL)


class StoredBook:
    """A book kept as it was recorded.

    Parameters
    ----------
    levels
        `DEPTH_LEVEL` records, one row of five levels per row of the tape.
    """

    def __init__(self, levels: Records) -> None:
        self._levels = levels

    def levels(self, start: int, stop: int) -> Records:
        """Return the recorded levels."""
        return self._levels[start:stop]
