"""How far strategies are behind: answers awaited, ticks that wait, and how long thinking takes.

In:  what each config is asked, and its answers.
Out: what it is to be shown once it has answered; figures.
Next: `worker/configs/rounds.py`.
"""

from collections import defaultdict
from typing import Final

from core.candle import InstrumentKey
from core.tick_pace import Tick
from worker.answer_times import AnswerTimes


class Backlog:
    """Keep count, by config id.

    Attributes
    ----------
    awaited
        How many answers are still to come.
    times_of
        How long they took.

    Examples
    --------
    >>> backlog, key = Backlog(), (1, 25)
    >>> for second in (1, 2, 3):
    ...     backlog.keep("c", Tick(key, second, 100.0, 0))
    >>> backlog.take("c")
    [Tick(instrument=(1, 25), time_ns=3, price=100.0, volume=0)]
    >>> backlog.figures("c")["ticks_conflated"]
    2
    """

    def __init__(self) -> None:
        self.awaited: Final[defaultdict[str, int]] = defaultdict(int)
        self.times_of: Final[defaultdict[str, AnswerTimes]] = defaultdict(AnswerTimes)
        self._newest: Final[dict[str, dict[InstrumentKey, Tick]]] = {}
        self._conflated: Final[defaultdict[str, int]] = defaultdict(int)

    def keep(self, name: str, tick: Tick) -> None:
        """Keep a tick for later; an older one of its instrument is kept no more, and counted."""
        newest = self._newest.setdefault(name, {})
        self._conflated[name] += tick.instrument in newest
        newest[tick.instrument] = tick

    def take(self, name: str) -> list[Tick]:
        """Return the ticks that were kept, oldest first, and keep them no more."""
        if name not in self._newest:
            return []
        return sorted(self._newest.pop(name).values(), key=_time)

    def figures(self, name: str) -> dict[str, float]:
        """Return how far behind a config is, and how long its answers take."""
        return {
            "rounds_waiting": self.awaited[name],
            "ticks_conflated": self._conflated[name],
            **self.times_of[name].figures(),
        }

    @property
    def times(self) -> AnswerTimes:
        """How long answers took, of all configs together."""
        return AnswerTimes.of_all(self.times_of.values())


def _time(tick: Tick) -> int:
    return tick.time_ns
