"""Candles to the strategy processes, and their answers back in order.

In:  completed candles, trades that changed; answers of processes.
Out: signals for the engine, sorted by (candle close, config id); who did not answer in time, and
     how far behind everybody is.
Next: `worker/configs/deployment.py`, whose processes these are.

What one engine event completed is one round: each process gets its candles in one message and
answers once. Trades of its config that have changed wait for its next candle and keep their place
before it; while the feed has a gap in one of its instruments, everything waits. When the feed is
the clock, the market stands still until all have answered, so that live and replay decide alike;
in real time answers are applied as they come.

In real time a process may be slower than the market. Candles, gaps and trades wait for it, all of
them; of the ticks of an instrument only the newest does, the others are counted.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Any, Final, NamedTuple, Protocol

from core.candle import Candle, InstrumentKey, Interval
from core.errors import TradingError
from core.gap import Gap
from core.hearing import Heard, Hearing
from core.signals import Signal
from core.tick_pace import Tick
from worker.configs.backlog import Backlog

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


class _Round:
    """One round: who is asked, since when, what those who have answered want."""

    __slots__ = ("asked", "since", "timer", "wanted")

    def __init__(self, asked: dict[str, Listener], timer: asyncio.TimerHandle) -> None:
        self.asked: Final = asked
        self.timer: Final = timer
        self.since: Final = time.perf_counter()
        self.wanted: Final[list[Wanted]] = []


class Rounds:
    """Hand candles out and collect answers.

    Parameters
    ----------
    apply
        Called with sorted signals.
    hold, release
        Stop the market and let it go on; None where it does not wait.
    open_gaps
        The instruments whose candles are held back.

    Attributes
    ----------
    number
        Of the last round.
    backlog
        Who is behind, and how long answers take from the completion of candles.
    """

    def __init__(
        self,
        apply: Callable[[list[Wanted]], None],
        hold: Callable[[], None] | None = None,
        release: Callable[[], None] | None = None,
        open_gaps: AbstractSet[InstrumentKey] = frozenset(),
    ) -> None:
        self._apply: Final = apply
        self._hold: Final = hold
        self._release: Final = release
        self._listeners: Final[dict[tuple[InstrumentKey, Interval], dict[str, Listener]]] = {}
        self._open_gaps: Final = open_gaps
        self._hearings: Final[dict[str, tuple[Listener, Hearing]]] = {}
        """By config id: what its listener has not been handed yet."""
        self._put_back: Final[dict[str, Hearing]] = {}
        self._open: Final[dict[int, _Round]] = {}
        self._afterwards: Final[list[tuple[Callable[[], None], asyncio.Future[None]]]] = []
        self.number = 0
        self.backlog: Final = Backlog()
        self._awaited: Final = self.backlog.awaited
        self.on_busy: Callable[[str], None] = _nobody
        """Called, in real time, with who is not shown a tick now because it still thinks."""
        self.on_caught_up: Callable[[str, Iterable[Tick]], None] = _nobody
        """Called with who is shown which ticks instead, and when."""

    def join(
        self, listener: Listener, keys: Iterable[InstrumentKey], intervals: Iterable[Interval]
    ) -> None:
        """Let a listener have the candles of these instruments and intervals, and no others."""
        self._drop(listener)
        keys = tuple(keys)
        fresh = self._put_back.pop(listener.id, None) or Hearing()
        _, hearing = self._hearings.get(listener.id, (listener, fresh))
        self._hearings[listener.id] = (listener, hearing)
        hearing.listen(keys)
        for interval in intervals:
            for key in keys:
                self._listeners.setdefault((key, interval), {})[listener.id] = listener

    def state(self) -> dict[str, tuple[Any, ...]]:
        """Return what waits for each listener as plain values, for `put_back`."""
        return {name: hearing.state() for name, (_, hearing) in self._hearings.items()}

    def put_back(self, state: Mapping[str, tuple[Any, ...]]) -> None:
        """Let each listener that joins next go on from there."""
        for name, each in state.items():
            self._put_back[name] = Hearing()
            self._put_back[name].put_back(each)

    def hearers(self, instrument: InstrumentKey) -> set[str]:
        """Return the config ids of those who hear candles of an instrument."""
        return {name for each in Interval for name in self._listeners.get((instrument, each), {})}

    def leave(self, listener: Listener) -> None:
        """Send a listener nothing more."""
        self._drop(listener)
        self._hearings.pop(listener.id, None)

    def knows(self, listener: Listener, past: Iterable[Candle]) -> None:
        """Hand out none of these candles, which were shown to it, nor trades that have changed."""
        self._hearings[listener.id][1].knows(past)

    def _drop(self, listener: Listener) -> None:
        for listeners in self._listeners.values():
            listeners.pop(listener.id, None)
        self.backlog.take(listener.id)

    def hand_out(self, heard: Iterable[Heard]) -> None:
        """Begin a round, if there is anything to say to anybody."""
        touched: dict[str, tuple[Listener, Hearing]] = {}
        for each in heard:
            for name in self._meant(each):
                touched[name] = self._hearings[name]
                touched[name][1].add(each)
        self._begin(
            {
                name: (listener, hearing.take(self._open_gaps))
                for name, (listener, hearing) in touched.items()
            }
        )

    def show(self, tick: Tick, names: Iterable[str]) -> None:
        """Begin a round about one tick; in real time whoever still thinks is shown it later."""
        told: dict[str, tuple[Listener, tuple[Heard, ...]]] = {}
        for name in names:
            if name not in self._hearings:
                continue
            listener, hearing = self._hearings[name]
            if self._hold is None and self._awaited[name]:
                self.on_busy(name)
                self.backlog.keep(name, tick)
            else:
                told[name] = (listener, hearing.show(tick, self._open_gaps))
        self._begin(told)

    def _show_newest(self, name: str) -> None:
        """Begin a round about the ticks that have waited for a config's answer, if any have."""
        ticks = self.backlog.take(name)
        if ticks and name in self._hearings:
            self.on_caught_up(name, ticks)
            listener, hearing = self._hearings[name]
            shown = (hearing.show(tick, self._open_gaps) for tick in ticks)
            self._begin({name: (listener, tuple(chain.from_iterable(shown)))})

    def _begin(self, told: Mapping[str, tuple[Listener, tuple[Heard, ...]]]) -> None:
        parts = {name: (listener, part) for name, (listener, part) in told.items() if part}
        if not parts:
            return
        self.number += 1
        number = self.number
        asked = {
            name: listener
            for name, (listener, part) in parts.items()
            if listener.hear(number, part)
        }
        if not asked:
            return
        timer = asyncio.get_running_loop().call_later(ANSWER_SECONDS, self._time_is_up, number)
        self._open[number] = _Round(asked, timer)
        for name in asked:
            self._awaited[name] += 1
        if self._hold is not None:
            self._hold()

    def _meant(self, heard: Heard) -> Iterable[str]:
        """Return the config ids of those who are to be told."""
        if isinstance(heard, Candle):
            return self._listeners.get((heard.instrument, heard.interval), {})
        if isinstance(heard, Gap):
            return self.hearers(heard.instrument)
        if isinstance(heard, Tick):
            return ()  # Those have their own way, see `show`.
        return (heard.owner.config_id,) if heard.owner.config_id in self._hearings else ()

    def answered(self, listener: Listener, number: int, signals: Iterable[Signal]) -> None:
        """Take the answer of one listener."""
        found = self._open.get(number)
        if found is None or listener.id not in found.asked:
            return
        self.backlog.times_of[listener.id].add(time.perf_counter() - found.since)
        wanted = [Wanted(each.candle_close_ns, listener.id, each) for each in signals]
        if self._hold is None:
            self._apply(sorted(wanted, key=_place))
        else:
            found.wanted.extend(wanted)
        self._take_off(number, listener.id)
        if self._hold is None and not self._awaited[listener.id]:
            self._show_newest(listener.id)

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

    def waits_for(self, listener: Listener, number: int) -> bool:
        """Return whether a listener's answer to a round is still to come."""
        found = self._open.get(number)
        return found is not None and listener.id in found.asked

    def awaits(self, listener: Listener) -> bool:
        """Return whether an answer of a listener is still to come."""
        return self._awaited[listener.id] > 0

    def gone(self, listener: Listener) -> None:
        """Expect no more answers of a listener."""
        self.backlog.take(listener.id)
        for number, each in list(self._open.items()):
            if listener.id in each.asked:
                self._take_off(number, listener.id)

    def _take_off(self, number: int, name: str) -> None:
        found = self._open[number]
        del found.asked[name]
        self._awaited[name] -= 1
        if found.asked:
            return
        del self._open[number]
        found.timer.cancel()
        if self._hold is not None and self._release is not None:
            self._apply(sorted(found.wanted, key=_place))
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
        found = self._open.get(number)
        for listener in [] if found is None else list(found.asked.values()):
            listener.is_late(number)


def _place(wanted: Wanted) -> tuple[int, str]:
    return wanted.candle_close_ns, wanted.config_id


def _nobody(*_: object) -> None:
    """Stand in for a recorder."""
