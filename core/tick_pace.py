"""Which strategies are shown which ticks: each at its own pace, the same in worker and replay.

In:  who wants ticks of which instruments, and how often; trade times.
Out: per instrument the time from which a tick is wanted, and by whom.
Next: `worker/market/market.py` and `core/replay/driver.py`, which show them.

Trade times of the feed are whole seconds. A tick that completes a candle or fills an order is not
shown as well; the next one is.
"""

from typing import Any, Final, NamedTuple

from core.candle import NEVER_NS, InstrumentKey
from core.session import NS_PER_SECOND


class Tick(NamedTuple):
    """One trade as a strategy sees it.

    Attributes
    ----------
    price
        Rupees.
    volume
        Cumulative volume of the day, units.
    """

    instrument: InstrumentKey
    time_ns: int
    price: float
    volume: int


class TickPace:
    """Keep the time of everybody's next tick."""

    def __init__(self) -> None:
        self._pauses: Final[dict[str, int]] = {}
        self._due: Final[dict[InstrumentKey, dict[str, int]]] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nobody wants ticks."""
        return not self._pauses

    def listen(
        self, config_id: str, instruments: tuple[InstrumentKey, ...], seconds: int | None
    ) -> None:
        """Show a config the ticks of these instruments, so many seconds apart; None shows none."""
        self.leave(config_id)
        if seconds is None:
            return
        self._pauses[config_id] = seconds * NS_PER_SECOND
        for key in instruments:
            self._due.setdefault(key, {})[config_id] = 0

    def leave(self, config_id: str) -> None:
        """Show a config no more ticks."""
        if self._pauses.pop(config_id, None) is not None:
            for due in self._due.values():
                due.pop(config_id, None)

    def state(self) -> tuple[Any, ...]:
        """Return everybody's next tick as plain values, for `put_back`."""
        return dict(self._pauses), {key: dict(due) for key, due in self._due.items()}

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state."""
        pauses, due = state
        self._pauses.clear()
        self._pauses.update(pauses)
        self._due.clear()
        self._due.update(due)

    def due_ns(self, key: InstrumentKey) -> int:
        """Return from when on somebody wants a tick of an instrument."""
        return min(self._due.get(key, {}).values(), default=NEVER_NS)

    def take(self, key: InstrumentKey, time_ns: int) -> list[str]:
        """Return who is shown a tick of this time, by config id; their next one is later."""
        due = self._due.get(key, {})
        wanting = sorted(name for name, from_ns in due.items() if time_ns >= from_ns)
        for name in wanting:
            due[name] = time_ns + self._pauses[name]
        return wanting
