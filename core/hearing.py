"""What one strategy is told, in one order, whatever of it came late.

In:  candles, gaps, and trades of its config, as they happen.
Out: what to hand over now; nothing while the feed has a gap in one of its instruments.
Next: `worker/configs/rounds.py` and `core/replay/driver.py`, which hand it over.

The candles of a gap come late and one instrument after the other. A strategy that looks at several
must not see one of them run ahead, so it hears nothing until all are whole, then everything in the
order of time.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple

from core.candle import Candle, InstrumentKey, Interval
from core.gap import Gap, GapState
from core.tick_pace import Tick
from core.trade import Trade

Heard = Candle | Trade | Gap | Tick
"""What a strategy is told of."""


class _Item(NamedTuple):
    """What is to be told, and its place in time; of equal ones candles come first."""

    place_ns: int
    is_no_candle: bool
    heard: Heard


class Hearing:
    """Collect what one strategy is to be told."""

    def __init__(self) -> None:
        self._instruments: frozenset[InstrumentKey] = frozenset()
        self._known: Final[dict[tuple[InstrumentKey, Interval], int]] = {}
        self._items: list[_Item] = []
        self._is_sorted = True

    def state(self) -> tuple[Any, ...]:
        """Return what was told and what waits as plain values, for `put_back`."""
        waiting = tuple([tuple(each) for each in self._items])
        return self._instruments, dict(self._known), waiting, self._is_sorted

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state."""
        self._instruments, known, waiting, self._is_sorted = state
        self._known.clear()
        self._known.update(known)
        self._items = [_Item(*each) for each in waiting]

    def listen(self, instruments: Iterable[InstrumentKey]) -> None:
        """Set which instruments it hears of."""
        self._instruments = frozenset(instruments)

    def knows(self, past: Iterable[Candle]) -> None:
        """Tell nothing of these candles again, nor of trades up to now: it has seen the past."""
        for candle in past:
            key = (candle.instrument, candle.interval)
            self._known[key] = max(candle.close_ns, self._known.get(key, 0))
        self._items = [
            each for each in self._items
            if not isinstance(each.heard, Trade)
            and not (isinstance(each.heard, Candle) and self._is_known(each.heard))
        ]  # fmt: skip

    def add(self, heard: Heard) -> None:
        """Take something it is to be told; trades are its own config's."""
        if isinstance(heard, Candle):
            if not self._is_known(heard):
                self._items.append(_Item(heard.close_ns, is_no_candle=False, heard=heard))
        elif isinstance(heard, Gap):
            if heard.state is GapState.MISSING:
                return  # Its end will be told.
            self._is_sorted = False
            self._items.append(_Item(heard.from_ns, is_no_candle=True, heard=heard))
        elif isinstance(heard, Trade):
            place_ns = max(heard.exit_ns or heard.entry_ns, self._last_ns())
            self._items.append(_Item(place_ns, is_no_candle=True, heard=heard))

    def show(self, tick: Tick, open_gaps: AbstractSet[InstrumentKey]) -> tuple[Heard, ...]:
        """Return what it is to be told with a tick; nothing, the tick neither, during a gap."""
        if open_gaps and not self._instruments.isdisjoint(open_gaps):
            return ()
        self._items.append(_Item(tick.time_ns, is_no_candle=True, heard=tick))
        return self.take(open_gaps)

    def take(self, open_gaps: AbstractSet[InstrumentKey]) -> tuple[Heard, ...]:
        """Return what it is to be told now; trades wait for the next candle.

        Parameters
        ----------
        open_gaps
            The instruments whose candles are held back.
        """
        if open_gaps and not self._instruments.isdisjoint(open_gaps):
            return ()
        if all(isinstance(each.heard, Trade) for each in self._items):
            return ()
        if not self._is_sorted:
            self._items.sort(key=_place)
            self._is_sorted = True
        told = tuple(each.heard for each in self._items)
        self._items = []
        return told

    def _is_known(self, candle: Candle) -> bool:
        return candle.close_ns <= self._known.get((candle.instrument, candle.interval), 0)

    def _last_ns(self) -> int:
        return self._items[-1].place_ns if self._items else 0


def _place(item: _Item) -> tuple[int, bool]:
    return item.place_ns, item.is_no_candle
