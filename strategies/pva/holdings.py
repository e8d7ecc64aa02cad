"""Which of PVA's signals became trades that are still open.

In:  entries as they are signalled, trades as they change.
Out: the entries held in an instrument.
Next: `strategies/pva/exits.py`, which looks back at them.
"""

from collections import deque
from typing import Final

from core.candle import InstrumentKey
from core.trade import Trade, TradeStatus
from strategies.pva.exits import Entry

_REMEMBERED: Final = 32
"""Entries that a trade may still be made of: far more than come between signal and fill."""


class Holdings:
    """Match trades with the signals they are made of."""

    def __init__(self) -> None:
        self._signalled: deque[Entry] = deque(maxlen=_REMEMBERED)
        self._held: dict[str, Entry] = {}  # By trade id.

    def __len__(self) -> int:
        return len(self._held)

    def remember(self, entry: Entry) -> None:
        """Take an entry as it is signalled."""
        self._signalled.append(entry)

    def take(self, trade: Trade) -> None:
        """Take a trade as it stands.

        It may be in another instrument than its signal, an option. It is made of the last signal
        of its direction before its entry, the one with the nearest stop where two came at once.
        """
        if trade.status is TradeStatus.CLOSED:
            self._held.pop(trade.id, None)
        elif trade.id not in self._held:
            made_of = [
                each
                for each in self._signalled
                if each.direction is trade.direction and _closed_ns(each) <= trade.entry_ns
            ]
            if made_of:
                entry = max(made_of, key=lambda each: (_closed_ns(each), -_apart(each, trade)))
                self._signalled.remove(entry)
                self._held[trade.id] = entry

    def of(self, instrument: InstrumentKey) -> list[Entry]:
        """Return the entries held by signals of an instrument, in the order of their trades."""
        return [
            each for each in self._held.values() if each.reading.candle.instrument == instrument
        ]


def _closed_ns(entry: Entry) -> int:
    return entry.reading.candle.close_ns


def _apart(entry: Entry, trade: Trade) -> float:
    return 0.0 if trade.stop is None else abs(entry.stop - trade.stop)
