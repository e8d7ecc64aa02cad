"""What happens to the market beside its packets, noted for a replay, and the day's hash.

In:  the market as it happens.
Out: facts for the recorder, if there is one; one hash over the decisions of the day.
Next: `worker/replay/recorder.py`; `core/replay/facts.py` says what becomes of each fact.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from core.decision import Decision
from core.replay.decided import DayHash
from core.tick_pace import Tick
from worker.configs.rounds import Wanted
from worker.replay.recorder import Recorder


class Notes:
    """Note what decides what happens.

    Parameters
    ----------
    recorder
        Gets the facts, None for none.
    packets
        Answers how many packets the engine has been given.

    Attributes
    ----------
    decided
        What was decided on the market day that runs, as one hash.
    """

    def __init__(self, recorder: Recorder | None, packets: Callable[[], int]) -> None:
        self._recorder: Final = recorder
        self._packets: Final = packets
        self.decided: Final = DayHash()
        self._doubt: str | None = None

    def note(self, kind: str, fact: dict[str, Any], *, packets_ago: int = 0) -> None:
        """Note a fact as of now, or as of before the last packets."""
        if self._recorder is not None:
            self._recorder.note(kind, self._packets() - packets_ago, fact)

    def figures(self) -> dict[str, Any] | None:
        """Return what is recorded, None where nothing is."""
        return None if self._recorder is None else self._recorder.figures()

    def clock(self, now_ns: int) -> None:
        """Note that something else than a packet tells the engine the time."""
        if self._recorder is not None:
            self._recorder.clock(self._packets(), now_ns)

    def doubt(self, reason: str | None, *, packets_ago: int) -> None:
        """Note, when it changes, why nothing is entered live."""
        if reason != self._doubt:
            self._doubt = reason
            self.note("doubts", {"reason": reason}, packets_ago=packets_ago)

    def decision(self, decision: Decision) -> None:
        """Note what was decided."""
        made = self.decided.add(decision)
        self.note("decisions", {"day": self.decided.day, "decided": made})

    def answer(self, wanted: Sequence[Wanted]) -> None:
        """Note when a strategy's answer was there, which in real time nothing else tells."""
        signals = [
            (str(signal.type), signal.instrument, signal.candle_close_ns) for _, _, signal in wanted
        ]
        if signals:
            self.note("answers", {"config_id": wanted[0].config_id, "signals": signals})

    def busy(self, config_id: str) -> None:
        """Note that a strategy is not shown the tick of now because it still thinks."""
        self.note("busy", {"config_id": config_id}, packets_ago=1)

    def caught_up(self, config_id: str, ticks: Iterable[Tick]) -> None:
        """Note which ticks it is shown instead."""
        self.note("shown", {"config_id": config_id, "ticks": list(ticks)})
