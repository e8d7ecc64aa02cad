"""What is kept of one instrument while a gap is open: minutes that wait, and what is missing.

In:  where the gap begins; minutes completed since; the broker's minutes of the gap.
Out: all minutes since the gap began, in order, with the volume that is theirs.
Next: `core/candle_builder.py`, which makes candles of them.

The feed's volume is that of the whole day, so the first packet after a gap carries the volume of
the gap too. It belongs to the minutes that were missed; where the broker does not say to which,
it belongs to none and is counted.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from core.candle import COMPLETION_DELAY_NS, NEVER_NS, Candle
from core.market_sessions import MarketSessions
from core.session import NS_PER_MINUTE, Session


class _Own(NamedTuple):
    """A minute as the feed brought it, the day's volume at its end, and what of it was a leap."""

    minute: Candle
    day_volume: int
    leap: int


class HeldMinutes:
    """Hold the minutes of one instrument back.

    Parameters
    ----------
    from_ns
        Begin of the first minute that may be missing or half seen.
    placed
        Volume of the session in the candles before.
    volume
        The session's volume when the feed was lost, `UNKNOWN` where it was not known.

    Attributes
    ----------
    back_ns
        When the feed was back, `NEVER_NS` while it is not.
    to_ns
        End of the gap once it is told that it can be repaired, 0 before.
    settled
        The day's volume at the end of the gap, None while it is not known.
    opened_ns
        When the present session opened.
    has_missed
        Whether something is known to have been traded unheard.
    before
        Units traded in a session before its first packet reached us.
    leap
        Units by which the volume leapt with the first packet after the gap; of the minute that
        is running.
    """

    __slots__ = (
        "_own",
        "back_ns",
        "before",
        "from_ns",
        "has_missed",
        "leap",
        "opened_ns",
        "placed",
        "settled",
        "to_ns",
        "volume",
    )

    def __init__(self, from_ns: int, placed: int, volume: int, opened_ns: int) -> None:
        self.from_ns: Final = from_ns
        self.opened_ns = opened_ns
        self.placed: Final = placed
        self.volume = volume
        self.back_ns = NEVER_NS
        self.to_ns = 0
        self.settled: int | None = None
        self.has_missed = False
        self.before = 0
        self.leap = 0
        self._own: Final[list[_Own]] = []

    def state(self) -> tuple[Any, ...]:
        """Return everything as plain values, for `held_again`."""
        return (
            (self.from_ns, self.placed, self.volume, self.opened_ns),
            (self.back_ns, self.to_ns, self.settled, self.has_missed, self.before, self.leap),
            tuple([tuple(each) for each in self._own]),
        )

    def put_back(self, told: tuple[Any, ...], own: tuple[tuple[Any, ...], ...]) -> None:
        """Go on from the second and third part of a state."""
        (
            self.back_ns,
            self.to_ns,
            self.settled,
            self.has_missed,
            self.before,
            self.leap,
        ) = told
        self._own.extend(_Own(*each) for each in own)

    def lose_again(self, volume: int) -> None:
        """Miss more: the feed was lost once more before this gap was closed."""
        self.has_missed = self.has_missed or volume != self.volume
        self.volume = volume
        self.back_ns = NEVER_NS
        self.to_ns = 0
        self.settled = None

    def begin_session(self, opened_ns: int) -> None:
        """Let the volume begin anew: the gap, or its repair, has lasted into the next session."""
        self.opened_ns = opened_ns
        self.settled = None

    def end_ns(self, session: Session) -> int:
        """Return the end of the last minute of a session that is half seen; the latest if unknown.

        Trades reach us a little late and their times are whole seconds, so it is the minute in
        which the feed has been back for some seconds.
        """
        return half_seen_until(self.back_ns, session)

    def hold(self, minute: Candle, day_volume: int) -> None:
        """Keep a minute that the feed brought."""
        self._own.append(_Own(minute, day_volume, self.leap))
        self.leap = 0

    def repaired(
        self, missing: Sequence[Candle], sessions: MarketSessions
    ) -> tuple[list[Candle], int]:
        """Return all minutes since the gap began, and the day's volume that is in candles now.

        Parameters
        ----------
        missing
            The broker's minutes of the gap, which replace what the feed brought of them.
        """
        theirs = {each.open_ns: each for each in missing}
        ours = {each.minute.open_ns: each for each in self._own}
        minutes: list[Candle] = []
        placed, settled = self.placed, self.settled
        opened_ns = self.from_ns  # Of that minute's session or later: all that is compared.
        for open_ns in sorted(theirs.keys() | ours.keys()):
            session = sessions.at(open_ns)
            if session is None:
                continue
            if session.open_ns > opened_ns:
                placed, opened_ns = 0, session.open_ns
            if open_ns >= self.to_ns and settled is not None:
                placed, settled = settled, None
            own = ours.get(open_ns)
            minute = theirs.get(open_ns)
            if minute is None and own is not None:
                minute = _with_volume(own.minute, max(0, own.day_volume - placed))
            if minute is not None:
                placed += minute.volume
                minutes.append(minute)
        if opened_ns < self.opened_ns:
            return minutes, 0
        return minutes, placed if settled is None else settled

    def unrepaired(self) -> tuple[list[Candle], int]:
        """Return the minutes as the feed brought them, and the volume that is in none of them."""
        minutes, lost = [], self.before + self.leap
        for minute, _, leap in self._own:
            lost += leap
            minutes.append(_with_volume(minute, minute.volume - leap))
        return minutes, lost


def held_again(state: tuple[Any, ...]) -> HeldMinutes:
    """Return what was held, of its `state`."""
    begin, told, own = state
    held = HeldMinutes(*begin)
    held.put_back(told, own)
    return held


def half_seen_until(back_ns: int, session: Session) -> int:
    """Return the end of the last minute of a session that is half seen by a feed back so late."""
    seen_from_ns = back_ns + COMPLETION_DELAY_NS
    if seen_from_ns >= session.close_ns:
        return session.close_ns
    since_open = seen_from_ns - session.open_ns
    return session.open_ns + since_open - since_open % NS_PER_MINUTE + NS_PER_MINUTE


def _with_volume(minute: Candle, volume: int) -> Candle:
    if volume == minute.volume:
        return minute
    key, interval, open_ns, close_ns, open_, high, low, close, _, interest = minute.as_tuple()
    return Candle(
        key, interval, open_ns, close_ns, open_, high, low, close, volume, interest, minute.origin
    )
