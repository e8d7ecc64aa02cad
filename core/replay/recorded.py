"""The strategies of a recorded run: what they say is acted on when it was acted on then.

In:  as `core/replay/driver.py`; in real time also when each answer was there.
Out: the same as there; signals that came late, strategies that raised.
Next: `core/replay/player.py`, which drives it.

Where the feed was the clock, the market waited for every answer, and so it is here. In real time
it went on: what a strategy says waits here until the recording says that its answer was there.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from core.candle import InstrumentKey
from core.engine import Engine
from core.errors import TradingError
from core.hearing import Heard
from core.replay.driver import Deployment, Driver, Said
from core.signals import Signal

SignalName = tuple[str, InstrumentKey, int]
"""Type, instrument and end of the candle."""


class Late(NamedTuple):
    """A signal that was acted on after a later packet than the one it is about.

    Attributes
    ----------
    ticks
        How many the engine was given between the two.
    waited_ns
        Market time between the two.
    """

    config_id: str
    signal: Signal
    ticks: int
    waited_ns: int


class _Waiting(NamedTuple):
    signal: Signal
    digest: str
    after_ticks: int
    now_ns: int


class RecordedDriver(Driver):
    """Hand candles to strategies and their signals back when the recording says so.

    Parameters
    ----------
    follows_feed
        Whether the market waited for the answers.

    Attributes
    ----------
    late
        What was late in real time.
    raised
        A sentence for each strategy that raised; it says nothing more, as its process then.
    """

    def __init__(self, engine: Engine, *, follows_feed: bool) -> None:
        super().__init__(engine)
        self._follows_feed: Final = follows_feed
        self._waiting: Final[dict[str, deque[_Waiting]]] = {}
        self._busy: Final[set[str]] = set()
        self.late: Final[list[Late]] = []
        self.raised: Final[list[str]] = []

    def leave(self, config_id: str) -> None:
        """Let a strategy hear no more; what it has said and nobody has heard is forgotten."""
        super().leave(config_id)
        self._waiting.pop(config_id, None)
        self._busy.discard(config_id)

    def is_busy(self, config_id: str) -> None:
        """Do not show a strategy the next tick whose turn it is."""
        self._busy.add(config_id)

    def has_time(self, config_id: str) -> bool:
        """Return whether a strategy was shown the tick whose turn it is."""
        is_busy = config_id in self._busy
        self._busy.discard(config_id)
        return not is_busy

    def said(self, deployment: Deployment, told: Iterable[Heard]) -> list[Said]:
        """Tell a strategy what there is to tell now; return what it wants, with its place."""
        try:
            return super().said(deployment, told)
        except Exception as error:  # noqa: BLE001 - other people's code; its process ended then.
            config = deployment.config
            self.raised.append(f"config {config.id}: {type(error).__name__}: {error}")
            self.leave(config.id)
            return []

    def act(self, config_id: str, signal: Signal, digest: str) -> None:
        """Give a signal to the engine, or keep it until its answer was there."""
        if self._follows_feed:
            self._give(config_id, signal, digest)
            return
        said = _Waiting(signal, digest, self.result.ticks, self.engine.now_ns)
        self._waiting.setdefault(config_id, deque()).append(said)

    def answered(self, config_id: str, names: Sequence[SignalName]) -> None:
        """Act on the signals of an answer; on what was said before them and not heard, too."""
        waiting = self._waiting.get(config_id, deque())
        for name in names:
            if not any(_name(each.signal) == name for each in waiting):
                continue  # Not said here: the decisions will differ.
            is_found = False
            while not is_found:
                said = waiting.popleft()
                is_found = _name(said.signal) == name
                self._note_late(config_id, said)
                self._give(config_id, said.signal, said.digest)

    def finish(self) -> None:
        """Act on what was said and never heard."""
        for config_id, waiting in sorted(self._waiting.items()):
            while waiting:
                said = waiting.popleft()
                self._give(config_id, said.signal, said.digest)

    def _note_late(self, config_id: str, said: _Waiting) -> None:
        ticks = self.result.ticks - said.after_ticks
        if ticks:
            waited_ns = self.engine.now_ns - said.now_ns
            self.late.append(Late(config_id, said.signal, ticks, waited_ns))

    def _give(self, config_id: str, signal: Signal, digest: str) -> None:
        try:
            effects = self.engine.signal(config_id, signal, digest)
        except TradingError:
            return  # Such as an instrument that nobody watches; its owner was told then.
        self.take(effects)


def _name(signal: Signal) -> SignalName:
    return str(signal.type), signal.instrument, signal.candle_close_ns
