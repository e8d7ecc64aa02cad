"""How far strategies are behind: answers awaited, ticks that wait, and how long thinking takes.

In:  what each config is asked, and its answers.
Out: what it is to be shown once it has answered; figures.
Next: `worker/rounds.py`.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from core.candle import InstrumentKey
from core.tick_pace import Tick
from worker.answer_times import AnswerTimes


class Backlog:
    """Keep count, by config id.

    Attributes
    ----------
    times
        Of the answers of all configs.

    Examples
    --------
    >>> backlog, key = Backlog(), (1, 25)
    >>> for second in (1, 2, 3):
    ...     backlog.keep("c", Tick(key, second, 100.0, 0))
    >>> backlog.take("c")
    [Tick(instrument=(1, 25), time_ns=3, price=100.0, volume=0)]
    >>> backlog.figures("c")
    {'rounds_waiting': 0, 'ticks_conflated': 2}
    """

    def __init__(self) -> None:
        self._awaited: Final[Counter[str]] = Counter()
        self._newest: Final[dict[str, dict[InstrumentKey, Tick]]] = {}
        self._conflated: Final[Counter[str]] = Counter()
        self._times: Final[dict[str, AnswerTimes]] = {}
        self.times: Final = AnswerTimes()

    def ask(self, names: Iterable[str]) -> None:
        """Expect one more answer of each."""
        for name in names:
            self._awaited[name] += 1

    def expect_less(self, name: str) -> None:
        """Expect one answer less."""
        self._awaited[name] -= 1

    def awaits(self, name: str) -> bool:
        """Return whether an answer is still to come."""
        return self._awaited[name] > 0

    def measure(self, name: str, seconds: float) -> None:
        """Take note of how long an answer took."""
        times = self._times.get(name)
        if times is None:
            times = self._times[name] = AnswerTimes()
        times.add(seconds)
        self.times.add(seconds)

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
        times = self._times.get(name)
        return {
            "rounds_waiting": self._awaited[name],
            "ticks_conflated": self._conflated[name],
            **({} if times is None else times.figures()),
        }


def _time(tick: Tick) -> int:
    return tick.time_ns
