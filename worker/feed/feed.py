"""The market feed: instruments spread over as few sockets as hold them, each kept alive.

In:  which instruments are wanted; the account.
Out: messages handed to the intake; the state of each socket for whoever watches.
Next: `worker/feed/line.py`, one socket; `worker/feed/gaps.py`, what its loss means to the market.

Dhan allows an account five sockets of 5,000 instruments. An instrument keeps its socket until it
is dropped, so that the end of one socket costs only its own instruments a gap.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from core.brokers.dhan.subscription import CONNECTIONS_PER_ACCOUNT, INSTRUMENTS_PER_CONNECTION
from core.candle import InstrumentKey
from core.errors import FeedError
from core.instrument import Instrument
from core.intake import Intake
from worker.feed.feed_socket import FeedSocket
from worker.feed.gate import Gate
from worker.feed.line import Account, FeedLine
from worker.feed.subscriptions import FeedSubscriptions, Pulse


class Feed:
    """All sockets of the market feed.

    Parameters
    ----------
    account
        Where, and as whom.
    intake
        Gets the messages.
    is_trading
        Answers whether data are to be expected now.
    pulse
        What a socket with few instruments carries besides, as a sign of life.
    per_socket
        Most instruments on one socket.
    gate
        Lets one attempt to connect after the other pass.
    is_over
        Answers whether an instrument will never trade again, and is not asked for any more.
    """

    def __init__(  # noqa: PLR0913 - the last four are options.
        self,
        account: Account,
        intake: Intake,
        is_trading: Callable[[], bool],
        *,
        pulse: Pulse | None = None,
        per_socket: int = INSTRUMENTS_PER_CONNECTION,
        gate: Gate | None = None,
        is_over: Callable[[Instrument], bool] | None = None,
    ) -> None:
        self._account: Final = account
        self._intake: Final = intake
        self._is_trading: Final = is_trading
        self._pulse: Final = pulse
        self._per_socket: Final = per_socket
        self._gate: Final = gate or Gate()
        self._is_over: Final = is_over or _trades_on
        self._lines: Final[list[FeedLine]] = []
        self._line_of: Final[dict[InstrumentKey, FeedLine]] = {}
        self._more_lines: Final = asyncio.Event()
        self._is_doubtful = False
        self.on_lost: Callable[[float, Sequence[InstrumentKey] | None], None] = _nobody
        """Called when a socket has ended: the seconds since its last message, and of which
        instruments nothing is heard now; None for all there are."""
        self.on_back: Callable[[Callable[[], Sequence[InstrumentKey] | None]], None] = _nobody
        """Called when everything is subscribed at a new socket, with what tells which that is."""
        self.on_unheard: Callable[[Sequence[InstrumentKey]], None] = _nobody
        """Called with what is wanted from now on of a socket that is not there yet."""
        self.on_doubt: Callable[[bool], None] = _nobody
        """Called when a socket falls silent, and when all speak again."""
        self.connected: Final = asyncio.Event()
        intake.on_pause = self._pause
        self._add_line()

    @property
    def age_seconds(self) -> float:
        """Seconds since the last message of the socket that was heard longest ago."""
        ages = [line.age_seconds for line in self._lines if line.instruments]
        return max(ages, default=self._lines[0].age_seconds)

    @property
    def counters(self) -> Counter[str]:
        """Attempts, ends by reason and silences of all sockets together."""
        return sum((line.counters for line in self._lines), Counter())

    def figures(self) -> list[dict[str, Any]]:
        """Return what an operator wants to see of each socket."""
        return [line.figures() for line in self._lines]

    def token_figures(self) -> dict[str, Any]:
        """Return what an operator wants to see of the account's token."""
        return self._account.tokens.figures()

    def require_room(self, instruments: Iterable[Instrument]) -> None:
        """Check that what is new among these instruments can be subscribed.

        Raises
        ------
        FeedError
            If the account's sockets cannot hold so many.
        """
        new = {each.key for each in instruments} - self._line_of.keys()
        count, most = len(self._line_of) + len(new), CONNECTIONS_PER_ACCOUNT * self._per_socket
        if count > most:
            raise FeedError(
                f"{count:,} instruments are above {most:,}, the limit of "
                f"{CONNECTIONS_PER_ACCOUNT} sockets with {self._per_socket:,} each"
            )

    def want(self, instruments: Iterable[Instrument]) -> None:
        """Subscribe to instruments, now if their socket is there and at every reconnect.

        Raises
        ------
        FeedError
            As `require_room`; then none of them is subscribed.
        """
        new = {each.key: each for each in instruments if each.key not in self._line_of}
        self.require_room(new.values())
        added: dict[FeedLine, list[Instrument]] = {}
        for key, instrument in new.items():
            line = self._line_of[key] = self._line_with_room(added)
            added.setdefault(line, []).append(instrument)
        for line, some in added.items():
            line.want(some)
            if not line.is_up:
                self.on_unheard([each.key for each in some])

    def drop(self, instruments: Iterable[Instrument]) -> None:
        """Unsubscribe from instruments; what is still on its way of them is not routed."""
        old: dict[FeedLine, list[Instrument]] = {}
        for instrument in instruments:
            line = self._line_of.pop(instrument.key, None)
            if line is not None:
                old.setdefault(line, []).append(instrument)
        for line, gone in old.items():
            line.drop(gone)

    def wake(self) -> None:
        """Connect what is not connected now: what was in the way may be gone."""
        for line in self._lines:
            line.wake()

    def told_to_go(self, reason: int) -> None:
        """Note the reason that the server gave before it closes the socket being read."""
        source = self._intake.source
        if isinstance(source, FeedSocket):
            source.reason = reason

    async def run(self) -> None:
        """Keep all sockets open until cancelled.

        Raises
        ------
        ConfigError
            If Dhan refuses the account, and trying again would end the same way.
        """
        running: list[asyncio.Task[Any]] = []
        try:
            while True:
                running += [
                    asyncio.create_task(line.run(), name=f"feed {line.number}")
                    for line in self._lines[len(running) :]
                ]
                self._more_lines.clear()
                await _first_end_or(self._more_lines, running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    # -- what the sockets tell ---------------------------------------------------------------

    def lost(self, line: FeedLine, silent_seconds: float) -> None:
        """Tell of the loss of a socket."""
        if not any(each.is_up for each in self._lines):
            self.connected.clear()
        self.on_lost(silent_seconds, self._keys_of(line))
        self._is_doubtful = False  # What is lost is doubted no more; others may be.
        self.doubts()

    def back(self, line: FeedLine) -> None:
        """Tell that a socket is back."""
        self.connected.set()
        self.on_back(lambda: self._keys_of(line))

    def doubts(self) -> None:
        """Tell whether any socket is silent."""
        is_doubtful = any(line.is_silent for line in self._lines)
        if is_doubtful is not self._is_doubtful:
            self._is_doubtful = is_doubtful
            self.on_doubt(is_doubtful)

    def _keys_of(self, line: FeedLine) -> Sequence[InstrumentKey] | None:
        return None if len(self._lines) == 1 else list(line.instruments)

    def _line_with_room(self, added: dict[FeedLine, list[Instrument]]) -> FeedLine:
        for line in self._lines:
            if len(line.instruments) + len(added.get(line, ())) < self._per_socket:
                return line
        return self._add_line()

    def _add_line(self) -> FeedLine:
        line = FeedLine(
            len(self._lines),
            self._account,
            self._intake,
            self._gate,
            self._is_trading,
            FeedSubscriptions(self._pulse, self._is_over),
            self,
        )
        self._lines.append(line)
        self._more_lines.set()
        return line

    def _pause(self, paused: bool) -> None:  # noqa: FBT001 - the shape of the callback.
        for line in self._lines:
            line.pause(paused=paused)


async def _first_end_or(event: asyncio.Event, running: Sequence[asyncio.Task[Any]]) -> None:
    """Wait until an event is set; raise what ends a task before."""
    waiting = asyncio.create_task(event.wait())
    try:
        await asyncio.wait((waiting, *running), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    for task in running:
        if task.done():
            task.result()


def _trades_on(_: Instrument) -> bool:
    """Take every instrument for one that will trade again."""
    return False


def _nobody(*_: object) -> None:
    """Stand in for a listener until there is one."""
