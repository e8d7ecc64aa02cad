"""Many packets in order, one list per number: what a replay hands to the engine.

In:  a candle file, a tick file, a recording (`backtest/`).
Out: lists of equal length.
Next: `core/engine.py`, `Engine.play`.
"""

from typing import Final

from core.candle_builder import UNKNOWN


class TickColumns:
    """Packets as columns.

    Attributes
    ----------
    slots, times_ns, prices, volumes, open_interests
        As `Engine.tick` takes them.
    """

    __slots__ = ("open_interests", "prices", "slots", "times_ns", "volumes")

    def __init__(self) -> None:
        self.slots: Final[list[int]] = []
        self.times_ns: Final[list[int]] = []
        self.prices: Final[list[float]] = []
        self.volumes: Final[list[int]] = []
        self.open_interests: Final[list[int]] = []

    def __len__(self) -> int:
        return len(self.slots)

    def append(
        self, slot: int, time_ns: int, price: float, volume: int, open_interest: int = UNKNOWN
    ) -> None:
        """Add one packet at the end."""
        self.slots.append(slot)
        self.times_ns.append(time_ns)
        self.prices.append(price)
        self.volumes.append(volume)
        self.open_interests.append(open_interest)
