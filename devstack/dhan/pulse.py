"""A market that only has to be busy: many shares, each traded once in every market second.

In:  how many shares; a session day.
Out: a `PulseTape`: packets made when they are sent, because a day of them fits no memory.
Next: `devstack/dhan/feed/player.py`, which plays it; `tests/chaos/soak.py`, which asks for it.

Prices swing around a level of their own, each share at its own pace, so that strategies find
something to do. There is no book, and no past before the day.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import CalendarError
from core.instrument import Instrument, InstrumentKind, Segment
from core.session import IST_OFFSET_SECONDS, NS_PER_SECOND, Market, TradingCalendar
from devstack.dhan.layouts import FULL
from devstack.dhan.messages import NOTHING, Burst
from devstack.dhan.tape import Columns, EmptyBook, Integers, Tape, TapeSession

MOST_SHARES: Final = 5_000
_TICK: Final = 0.05
_FIRST_ID: Final = 20_001
_AT_ONCE: Final = 50
_LEVELS: Final = (4_000, 60_000)  # In ticks: 200 to 3,000 rupees.
_SHORTEST, _LONGEST = 40 * 60, 120 * 60  # Seconds of a swing.
_SWING: Final = 0.01
_NOISE: Final = 5
_COLUMN_TYPES: Final = (
    np.int64, np.int32, np.uint8, np.int64, np.float32, np.uint16, np.float32, *(np.uint32,) * 6,
    *(np.float32,) * 3,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PulseTape:
    """What is played, and the same as a tape without packets for whoever asks about the market."""

    state: Tape
    encoder: "PulseEncoder"


class PulseEncoder:
    """Make the packets of shares that all trade once a second, `_AT_ONCE` at a time.

    Parameters
    ----------
    tape
        Names the shares and the session.
    seed
        Of their prices.
    """

    def __init__(self, tape: Tape, seed: int) -> None:
        count = len(tape.instruments)
        windows = [np.arange(*window, NS_PER_SECOND) for window in tape.sessions[0].windows]
        self._seconds: Final[Integers] = np.concatenate(windows)
        self._groups: Final = -(-count // _AT_ONCE)
        self._ids: Final = np.array([each.security_id for each in tape.instruments], np.uint32)
        offsets = np.arange(self._groups) * (NS_PER_SECOND // self._groups)
        self._times: Final[Integers] = (self._seconds[:, None] + offsets).ravel()
        draw = np.random.default_rng(seed)
        self._levels: Final = draw.integers(*_LEVELS, count)
        self._paces: Final = 2 * np.pi / draw.integers(_SHORTEST, _LONGEST, count)
        self._phases: Final = draw.uniform(0, 2 * np.pi, count)
        self._lots: Final = draw.integers(1, 500, count).astype(np.uint32)

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """When each group of packets is sent, UTC nanoseconds, in order."""
        return self._times

    def burst(
        self,
        start: int,
        stop: int,
        wanted: NDArray[np.uint8],
        stack: np.random.Generator | None = None,  # noqa: ARG002 - always one packet per message.
    ) -> Burst:
        """Return the full packets of the groups ``[start, stop)`` that a socket asked for."""
        second, group = np.divmod(np.arange(start, stop), self._groups)
        share = (group[:, None] * _AT_ONCE + np.arange(_AT_ONCE)).ravel()
        second = np.repeat(second, _AT_ONCE)
        heard = share < len(self._ids)
        heard[heard] = wanted[share[heard]] != 0
        share, second = share[heard], second[heard]
        if not len(share):
            return NOTHING
        price = self._price(share, second)
        frames = FULL.blank(len(share))
        frames["segment"] = Segment.NSE_EQ.code
        frames["security_id"] = self._ids[share]
        frames["ltt"] = self._seconds[second] // NS_PER_SECOND + IST_OFFSET_SECONDS
        frames["ltq"] = 1
        frames["volume"] = (second + 1) * self._lots[share]
        for name in ("ltp", "atp", "open", "high", "low", "close"):
            frames[name] = price
        return Burst(frames.tobytes(), len(frames), len(frames))

    def _price(self, share: Integers, second: Integers) -> NDArray[np.float32]:
        swing = np.sin(second * self._paces[share] + self._phases[share]) * _SWING
        noise = (share * 7_919 + second * 104_729) % _NOISE
        ticks = np.rint(self._levels[share] * (1 + swing)) + noise
        price: NDArray[np.float32] = (ticks * _TICK).astype(np.float32)
        return price


def pulse(shares: int, seed: int, day: date, calendar: TradingCalendar) -> PulseTape:
    """Return a day on which so many shares trade once a second.

    Raises
    ------
    CalendarError
        When `day` is not a session day, or its hours are not known.
    """
    session = calendar.session(day, Market.CASH)
    if session is None:
        raise CalendarError(f"{day} is not a session day of the calendar; choose another day")
    listed = [
        Instrument(
            Segment.NSE_EQ, _FIRST_ID + at, f"PULSE{at:04}", InstrumentKind.EQUITY, 1,
            Decimal(str(_TICK)),
        )
        for at in range(shares)
    ]  # fmt: skip
    windows = tuple((start, end) for start, end in session.windows)
    none = np.zeros(shares, np.uint32)
    kept = TapeSession(day, windows, np.zeros(shares, np.float32), none, none)
    label = f"{shares} shares that trade once a second on {day}, seed {seed}"
    no_packets: list[Any] = [np.zeros(0, kind) for kind in _COLUMN_TYPES]
    tape = Tape(listed, [kept], Columns(*no_packets), EmptyBook(), label)
    return PulseTape(tape, PulseEncoder(tape, seed))
