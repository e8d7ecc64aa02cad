"""Candles to the strategy processes, and their answers back in order.

In:  completed candles, trades that changed; answers of processes.
Out: signals for the engine, sorted by (candle close, config id); who did not answer in time.
Next: `worker/deployment.py`, whose processes these are.

What one engine event completed is one round: each process gets its candles in one message and
answers once. Trades of its config that have changed wait for its next candle and keep their place
before it. When the feed is the clock, the market stands still until all have answered, so that
live and replay decide alike; in real time answers are applied as they come.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol

from core.candle import Candle, InstrumentKey, Interval
from core.errors import TradingError
from core.signals import Signal
from worker.messages import Heard

ANSWER_SECONDS: Final = 5.0
"""How long a strategy may think about the candles of one round."""


class Listener(Protocol):
    """What takes part in rounds."""

    @property
    def id(self) -> str:
        """Config id: the order of signals."""
        ...

    def hear(self, number: int, heard: tuple[Heard, ...]) -> bool:
        """Take candles and trades; return whether an answer will come."""
        ...

    def is_late(self, number: int) -> None:
        """Learn that the answer did not come in time."""
        ...


class Wanted(NamedTuple):
    """A signal with its place in the order."""

    candle_close_ns: int
    config_id: str
    signal: Signal


class Rounds:
    """Hand candles out and collect answers.

    Parameters
    ----------
    apply
        Called with sorted signals.
    hold, release
        Stop the market and let it go on; None where it does not wait.
    """

    def __init__(
        self,
        apply: Callable[[list[Wanted]], None],
        hold: Callable[[], None] | None = None,
        release: Callable[[], None] | None = None,
    ) -> None:
        self._apply: Final = apply
        self._hold: Final = hold
        self._release: Final = release
        self._listeners: Final[dict[tuple[InstrumentKey, Interval], dict[str, Listener]]] = {}
        self._waiting: Final[dict[str, list[Heard]]] = {}
        """By config id: what its listener has not been handed yet."""
        self._open: Final[dict[int, dict[str, Listener]]] = {}
        self._collected: Final[dict[int, list[Wanted]]] = {}
        self._timers: Final[dict[int, asyncio.TimerHandle]] = {}
        self._afterwards: Final[list[tuple[Callable[[], None], asyncio.Future[None]]]] = []
        self.number = 0

    def join(
        self, listener: Listener, keys: Iterable[InstrumentKey], intervals: Iterable[Interval]
    ) -> None:
        """Let a listener have the candles of these instruments and intervals, and no others."""
        self._drop(listener)
        self._waiting.setdefault(listener.id, [])
        wanted = [(key, interval) for interval in intervals for key in keys]
        for each in wanted:
            self._listeners.setdefault(each, {})[listener.id] = listener

    def leave(self, listener: Listener) -> None:
        """Send a listener nothing more."""
        self._drop(listener)
        self._waiting.pop(listener.id, None)

    def forget_trades(self, listener: Listener) -> None:
        """Hand out no trade of its config that has changed up to now."""
        self._waiting[listener.id] = []

    def _drop(self, listener: Listener) -> None:
        for listeners in self._listeners.values():
            listeners.pop(listener.id, None)

    def hand_out(self, heard: Iterable[Heard]) -> None:
        """Begin a round, if anybody listens to any of the candles."""
        listeners: dict[str, Listener] = {}
        for each in heard:
            if isinstance(each, Candle):
                for listener in self._listeners.get((each.instrument, each.interval), {}).values():
                    listeners[listener.id] = listener
                    self._waiting[listener.id].append(each)
            elif (waiting := self._waiting.get(each.owner.config_id)) is not None:
                waiting.append(each)
        parts = {name: tuple(self._waiting[name]) for name in listeners}
        for name in parts:
            self._waiting[name] = []
        if not parts:
            return
        self.number += 1
        number = self.number
        asked = {
            name: listeners[name]
            for name, part in parts.items()
            if listeners[name].hear(number, part)
        }
        if not asked:
            return
        self._open[number] = asked
        self._collected[number] = []
        loop = asyncio.get_running_loop()
        self._timers[number] = loop.call_later(ANSWER_SECONDS, self._time_is_up, number)
        if self._hold is not None:
            self._hold()

    def answered(self, listener: Listener, number: int, signals: Iterable[Signal]) -> None:
        """Take the answer of one listener."""
        if listener.id not in self._open.get(number, {}):
            return
        wanted = [Wanted(each.candle_close_ns, listener.id, each) for each in signals]
        if self._hold is None:
            self._apply(sorted(wanted, key=_place))
        else:
            self._collected[number] += wanted
        self._take_off(number, listener.id)

    async def between(self, work: Callable[[], None]) -> None:
        """Do something that changes what a signal leads to, such as a command.

        Where the market waits for the answers, it is done after the signals of the round that
        is open and before the next tick, as a replay does it; raises what `work` raises.
        """
        if self._hold is None or not self._open:
            work()
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._afterwards.append((work, done))
        await done

    def awaits(self, listener: Listener) -> bool:
        """Return whether an answer of a listener is still to come."""
        return any(listener.id in asked for asked in self._open.values())

    def gone(self, listener: Listener) -> None:
        """Expect no more answers of a listener."""
        for number in list(self._open):
            if listener.id in self._open[number]:
                self._take_off(number, listener.id)

    def _take_off(self, number: int, name: str) -> None:
        del self._open[number][name]
        if self._open[number]:
            return
        del self._open[number]
        self._timers.pop(number).cancel()
        collected = self._collected.pop(number)
        if self._hold is not None and self._release is not None:
            self._apply(sorted(collected, key=_place))
            if not self._open:
                self._do_afterwards()
            self._release()

    def _do_afterwards(self) -> None:
        while self._afterwards:
            work, done = self._afterwards.pop(0)
            if done.cancelled():
                continue  # Whoever wanted it is gone.
            try:
                work()
            except TradingError as error:
                done.set_exception(error)
            else:
                done.set_result(None)

    def _time_is_up(self, number: int) -> None:
        for listener in list(self._open.get(number, {}).values()):
            listener.is_late(number)


def _place(wanted: Wanted) -> tuple[int, str]:
    return wanted.candle_close_ns, wanted.config_id
