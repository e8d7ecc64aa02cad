"""What a subscription begins with: yesterday's close, and the last state if that is wanted.

In:  instruments that were just subscribed, market time.
Out: framed packets.
Next: `devstack/dhan/feed/server.py`.

Dhan documents a previous-close packet after any subscription, and promises no first packet of
the mode itself before something changes (reference 2.5 and 2.9); so the latter is an option.
"""

from collections.abc import Sequence
from typing import Final

from devstack.dhan import packets
from devstack.dhan.clock import MarketClock
from devstack.dhan.encode import Mode, TapeEncoder
from devstack.dhan.layouts import FULL, QUOTE, TICKER, frame_prefix
from devstack.dhan.messages import Burst
from devstack.dhan.tape import Tape

_LAYOUT: Final = {Mode.TICKER: TICKER, Mode.QUOTE: QUOTE, Mode.FULL: FULL}


class Greeting:
    """Make the first packets of subscriptions.

    Parameters
    ----------
    tape
        Knows yesterday and the last state.
    clock
        Market time.
    previous_close
        Whether yesterday's close is sent; not where recorded messages bring their own.
    snapshot
        Whether the last state is sent at once.
    """

    def __init__(
        self, tape: Tape, clock: MarketClock, *, previous_close: bool = True, snapshot: bool
    ) -> None:
        self._tape = tape
        self._clock = clock
        self._sends_close = previous_close
        self._snapshot = snapshot
        self._encoder = TapeEncoder(tape)

    def burst(self, mode: Mode, instruments: Sequence[int]) -> Burst:
        """Return the packets for instruments (positions on the tape) new in `mode`."""
        frames = []
        if self._sends_close:
            frames = [_framed(self._previous_close(at)) for at in instruments]
        if self._snapshot:
            rows = self._tape.last_rows(self._clock.now())
            for at in instruments:
                if rows[at] >= 0:
                    frames.extend(self._last_state(mode, at, int(rows[at])))
        return Burst(b"".join(frames), len(frames), len(frames))

    def _previous_close(self, at: int) -> bytes:
        session = self._tape.session_at(self._clock.now())
        return packets.previous_close(
            self._tape.instruments[at],
            float(session.previous_close[at]),
            int(session.previous_oi[at]),
        )

    def _last_state(self, mode: Mode, at: int, row: int) -> list[bytes]:
        frames = [self._encoder.frames(_LAYOUT[mode], row, row + 1).tobytes()]
        oi = int(self._tape.columns.oi[row])
        if mode is Mode.QUOTE and oi:
            frames.append(_framed(packets.open_interest(self._tape.instruments[at], oi)))
        return frames


def _framed(packet: bytes) -> bytes:
    return frame_prefix(len(packet)) + packet
