"""What one socket of the feed is to carry, said to whichever socket is there.

In:  instruments that are wanted, or no more.
Out: requests on the socket; how long it may be silent.
Next: `worker/feed/line.py`, which has one socket after the other.

A few instruments may rightly be silent for a while. So that their socket can be told from a dead
one, it also carries the pulse: an index, whose packets count as a sign of life and go no further.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from core.brokers.dhan.subscription import Mode, subscribe_messages, unsubscribe_messages
from core.candle import InstrumentKey
from core.instrument import Instrument, InstrumentKind
from worker.feed.feed_socket import FeedSocket

SILENCE_SECONDS: Final = 4.0
"""A socket that says nothing for so long while the market trades is dead: noticed within five."""
QUIET_SECONDS: Final = 30.0
"""One on which nothing need be said, because its pulse does not beat at this hour."""
MANY: Final = 500
"""With so many instruments a socket is never silent, and needs no pulse."""


class Pulse(NamedTuple):
    """An instrument that trades all the time, and whether it does so at this hour."""

    instrument: Instrument
    beats: Callable[[], bool]


class FeedSubscriptions:
    """The instruments of one socket after the other.

    Parameters
    ----------
    pulse
        See the module; None where there is none.
    is_over
        Answers whether an instrument will never trade again: the broker may know it no more.

    Attributes
    ----------
    instruments
        What is wanted.
    """

    def __init__(self, pulse: Pulse | None, is_over: Callable[[Instrument], bool]) -> None:
        self._pulse: Final = pulse
        self._is_over: Final = is_over
        self.instruments: Final[dict[InstrumentKey, Instrument]] = {}

    def begin(self, socket: FeedSocket) -> None:
        """Ask a new socket for everything."""
        _subscribe(socket, (each for each in self.instruments.values() if not self._is_over(each)))
        self._set_pulse(socket)

    def add(self, instruments: Iterable[Instrument], socket: FeedSocket | None) -> None:
        """Want more from now on."""
        new = [each for each in instruments if each.key not in self.instruments]
        self.instruments.update((each.key, each) for each in new)
        if socket is not None:
            _subscribe(socket, new)
            self._set_pulse(socket)

    def remove(self, instruments: Iterable[Instrument], socket: FeedSocket | None) -> None:
        """Want less from now on."""
        gone = [each for each in instruments if self.instruments.pop(each.key, None)]
        if socket is None:
            return
        _unsubscribe(socket, (each for each in gone if not self._is_over(each)))
        self._set_pulse(socket)

    def silence_seconds(self) -> float:
        """Return how long a socket may say nothing."""
        pulse = self._pulse
        if pulse is None or len(self.instruments) >= MANY or pulse.beats():
            return SILENCE_SECONDS
        return QUIET_SECONDS

    def _set_pulse(self, socket: FeedSocket) -> None:
        """Have the pulse on the socket as long as it needs one and does not carry it anyway."""
        if self._pulse is None:
            return
        instrument = self._pulse.instrument
        key = instrument.security_id.to_bytes(4, "little")
        carries = instrument.key in self.instruments
        needs = not carries and 0 < len(self.instruments) < MANY
        if needs and socket.only_pulse is None:
            _subscribe(socket, [instrument])
        elif not needs and not carries and socket.only_pulse is not None:
            _unsubscribe(socket, [instrument])
        socket.only_pulse = bytes([instrument.segment.code]) + key if needs else None


def mode_of(instrument: Instrument) -> Mode:
    """Return how much is wanted of an instrument: depth and volume, where there are any."""
    return Mode.TICKER if instrument.kind is InstrumentKind.INDEX else Mode.FULL


def _subscribe(socket: FeedSocket, instruments: Iterable[Instrument]) -> None:
    for mode, keys in _by_mode(instruments).items():
        for message in subscribe_messages(mode, keys):
            socket.say(message)


def _unsubscribe(socket: FeedSocket, instruments: Iterable[Instrument]) -> None:
    for mode, keys in _by_mode(instruments).items():
        for message in unsubscribe_messages(mode, keys):
            socket.say(message)


def _by_mode(instruments: Iterable[Instrument]) -> dict[Mode, list[InstrumentKey]]:
    found: dict[Mode, list[InstrumentKey]] = {}
    for each in instruments:
        found.setdefault(mode_of(each), []).append(each.key)
    return found
