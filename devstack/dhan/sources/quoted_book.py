"""Market depth of a generated tape: five levels computed from the best quotes when asked for.

In:  best bid and spread of every row, in ticks.
Out: `DEPTH_LEVEL` records, always the same for the same row.
Next: `devstack/dhan/tape.py` hands them to the encoder.

A default day has about a million rows; five stored levels of 20 bytes would be 100 MB. So
quantities are drawn from the row number itself (the finaliser of splitmix64), which needs no
memory and does not depend on which rows are asked for or in what order.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.instrument import PAISE_PER_RUPEE, Instrument
from devstack.dhan.tape import DEPTH_LEVEL, DEPTH_LEVELS, Records

_DEEPER: Final = np.array([1, 2, 3, 4, 4], dtype=np.uint64)  # Size of a level, in usual levels.
_LOTS_PER_ORDER: Final = 3


class QuotedBook:
    """Five levels around the best quotes.

    Parameters
    ----------
    instruments
        Of the tape: they give tick and lot.
    resting_lots
        Usual size of the best level per instrument; 0 for one that has no book.
    instrument, best_bid, spread
        Of every row of the tape; bid and spread in ticks.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        resting_lots: Sequence[int],
        instrument: NDArray[np.int32],
        best_bid: NDArray[np.int32],
        spread: NDArray[np.uint16],
    ) -> None:
        self._tick_paise = np.array([each.tick_paise for each in instruments], dtype=np.int64)
        self._lot = np.array([each.lot_size for each in instruments], dtype=np.uint64)
        self._resting = np.array(resting_lots, dtype=np.uint64)
        self._instrument = instrument
        self._best_bid = best_bid
        self._spread = spread

    def levels(self, start: int, stop: int) -> Records:
        """Return the levels of these rows; a level below one tick is empty."""
        which = self._instrument[start:stop]
        step = np.arange(DEPTH_LEVELS)
        bid = self._best_bid[start:stop, None].astype(np.int64) - step
        ask = (self._best_bid[start:stop] + self._spread[start:stop].astype(np.int64))[:, None]
        result = np.zeros((stop - start, DEPTH_LEVELS), dtype=DEPTH_LEVEL)
        for side, ticks in (("bid", bid), ("ask", ask + step)):
            lots = self._lots(start, stop, salt=int(side == "ask"))
            lots[(ticks < 1) | (self._resting[which] == 0)[:, None]] = 0
            result[f"{side}_quantity"] = lots * self._lot[which][:, None]
            result[f"{side}_orders"] = -(-lots.astype(np.int64) // _LOTS_PER_ORDER)
            prices = ticks * self._tick_paise[which][:, None] / PAISE_PER_RUPEE
            result[f"{side}_price"] = np.where(lots > 0, prices, 0.0)
        return result

    def _lots(self, start: int, stop: int, salt: int) -> NDArray[np.uint64]:
        cells = np.arange(start * DEPTH_LEVELS, stop * DEPTH_LEVELS, dtype=np.uint64)
        drawn = _mixed(cells * np.uint64(2) + np.uint64(salt)).reshape(-1, DEPTH_LEVELS)
        most = np.maximum(self._resting[self._instrument[start:stop]], 1)[:, None] * _DEEPER
        lots: NDArray[np.uint64] = np.uint64(1) + drawn % most
        return lots


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well mixed 64-bit numbers (splitmix64 of Steele, Lea and Flood, 2014)."""
    mixed = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
