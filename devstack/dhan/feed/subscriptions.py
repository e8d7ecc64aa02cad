"""What one socket is subscribed to.

In:  requests.
Out: `wanted`, one `Mode` per instrument of the tape, which the encoder reads.
Next: `devstack/dhan/feed/connection.py`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.instrument import Segment
from devstack.dhan.encode import Mode
from devstack.dhan.feed.requests import Reason, Request, RequestRefusedError
from devstack.dhan.tape import Tape

MOST_PER_SOCKET: Final = 5_000


class Subscriptions:
    """Modes per instrument of one socket.

    Parameters
    ----------
    tape
        Names the instruments that exist.
    limit
        Most instruments at a time.
    """

    def __init__(self, tape: Tape, limit: int = MOST_PER_SOCKET) -> None:
        self._tape = tape
        self._limit = limit
        self.wanted: NDArray[np.uint8] = np.zeros(len(tape.instruments), np.uint8)

    @property
    def count(self) -> int:
        """Number of instruments held in any mode."""
        return int(np.count_nonzero(self.wanted))

    def by_mode(self) -> dict[str, int]:
        """Return the number of instruments held in each mode."""
        return {
            str(mode.name).lower(): int(np.count_nonzero(self.wanted & mode))
            for mode in (Mode.TICKER, Mode.QUOTE, Mode.FULL)
        }

    def apply(self, request: Request) -> tuple[int, ...]:
        """Switch modes on or off, all of the request or nothing.

        Returns
        -------
        tuple of int
            Positions on the tape of the instruments for which the mode is new.

        Raises
        ------
        RequestRefusedError
            With 813 for an unknown instrument, 804 above the limit.
        """
        found = tuple(self._position(*key) for key in request.keys)
        if not request.subscribe:
            self.wanted[list(found)] &= ~np.uint8(request.mode)
            return ()
        new = tuple(dict.fromkeys(at for at in found if not self.wanted[at] & request.mode))
        total = self.count + sum(1 for at in new if not self.wanted[at])
        if total > self._limit:
            raise RequestRefusedError(
                Reason.TOO_MANY_INSTRUMENTS,
                f"{total} instruments on a socket, at most {self._limit} are allowed",
            )
        self.wanted[list(new)] |= np.uint8(request.mode)
        return new

    def _position(self, segment: Segment, security_id: int) -> int:
        position = self._tape.index_of(segment, security_id)
        if position is None:
            raise RequestRefusedError(
                Reason.SECURITY_ID, f"no instrument {security_id} in segment {segment}"
            )
        return position
