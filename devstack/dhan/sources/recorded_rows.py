"""Packets that were recorded, collected one by one and turned into a tape.

In:  what one packet said about one instrument; what it did not say stays as it was.
Out: a `Tape` whose rows each carry the whole state of their instrument.
Next: `devstack/dhan/sources/recorded_ticks.py` and `recorded_frames.py` fill it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.instrument import Instrument
from core.session import NS_PER_SECOND, Market, TradingCalendar, ist_date
from devstack.dhan.tape import (
    DEPTH_LEVEL,
    DEPTH_LEVELS,
    Columns,
    EventKind,
    Records,
    StoredBook,
    Tape,
    TapeSession,
)

type State = dict[str, float]

PRICES: Final = ("ltp", "atp", "open", "high", "low")
COUNTS: Final = ("ltq", "volume", "oi", "sell_quantity", "buy_quantity")
_NOTHING_YET: Final[State] = dict.fromkeys((*PRICES, *COUNTS, "oi_high", "oi_low"), 0)


@dataclass(frozen=True, slots=True)
class Row:
    """The state of one instrument after one packet."""

    time_ns: int
    instrument: int
    kind: EventKind
    ltt: int  # Unix seconds.
    state: State
    levels: Records


class RecordedRows:
    """Collect packets in order of time."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.instruments: list[Instrument] = []
        self._closes: list[tuple[float, int]] = []
        self._last: dict[int, Row] = {}

    def add_instrument(self, instrument: Instrument) -> int:
        """Return the number under which packets of an instrument are added."""
        self.instruments.append(instrument)
        self._closes.append((0.0, 0))
        return len(self.instruments) - 1

    def set_previous(self, instrument: int, close: float, oi: int) -> None:
        """Note the close and open interest of the session before."""
        self._closes[instrument] = (close, oi)

    def last(self, instrument: int) -> Row | None:
        """Return the last packet of an instrument, None before the first."""
        return self._last.get(instrument)

    def add(  # noqa: PLR0913 - one argument per thing a packet may say
        self,
        time_ns: int,
        instrument: int,
        said: State,
        *,
        ltt: int | None = None,
        levels: Records | None = None,
        only_interest: bool = False,
    ) -> None:
        """Add a packet.

        Parameters
        ----------
        said
            The fields of `Columns` that the packet carried.
        ltt
            Last trade, unix seconds, where the packet says it; else it is the second in which
            the volume last grew.
        levels
            Market depth, where the packet carried it.
        """
        last = self._last.get(instrument)
        state = (_NOTHING_YET if last is None else last.state) | said
        oi = state["oi"]
        if last is None or last.state["oi_high"] == 0:  # No open interest was told before.
            state |= {"oi_high": oi, "oi_low": oi}
        else:
            state["oi_high"] = max(oi, last.state["oi_high"])
            state["oi_low"] = min(oi, last.state["oi_low"])
        state |= {name: said[name] for name in ("oi_high", "oi_low") if name in said}
        traded = last is None or _differs(state, last.state)
        if ltt is None:
            ltt = last.ltt if last is not None and not traded else time_ns // NS_PER_SECOND
        if levels is None:
            levels = np.zeros(DEPTH_LEVELS, DEPTH_LEVEL) if last is None else last.levels
        kind = EventKind.TRADE if traded else EventKind.BOOK
        if only_interest:
            kind = EventKind.OPEN_INTEREST
        row = Row(time_ns, instrument, kind, ltt, state, levels)
        self._last[instrument] = row
        self.rows.append(row)

    def tape(self, calendar: TradingCalendar, label: str) -> Tape:
        """Return everything added as a tape.

        Raises
        ------
        DataError
            When nothing was added, or on a day without a session.
        """
        if not self.rows:
            raise DataError(f"{label}: there is nothing to play")
        days = sorted({ist_date(row.time_ns) for row in self.rows})
        sessions = [self._session(day, calendar, label) for day in days]
        levels = np.stack([row.levels for row in self.rows])
        return Tape(self.instruments, sessions, self._columns(), StoredBook(levels), label)

    def _columns(self) -> Columns:
        rows = self.rows

        def counts(name: str) -> NDArray[np.uint32]:
            return np.array([row.state[name] for row in rows], np.uint32)

        def prices(name: str) -> NDArray[np.float32]:
            return np.array([row.state[name] for row in rows], np.float32)

        return Columns(
            time_ns=np.array([row.time_ns for row in rows], np.int64),
            instrument=np.array([row.instrument for row in rows], np.int32),
            kind=np.array([row.kind for row in rows], np.uint8),
            ltt=np.array([row.ltt for row in rows], np.int64),
            ltp=prices("ltp"),
            ltq=counts("ltq").astype(np.uint16),
            atp=prices("atp"),
            volume=counts("volume"),
            sell_quantity=counts("sell_quantity"),
            buy_quantity=counts("buy_quantity"),
            oi=counts("oi"),
            oi_high=counts("oi_high"),
            oi_low=counts("oi_low"),
            open=prices("open"),
            high=prices("high"),
            low=prices("low"),
        )

    def _session(self, day: date, calendar: TradingCalendar, label: str) -> TapeSession:
        session = calendar.session(day, Market.DERIVATIVES)  # The longest hours of all.
        if session is None:
            raise DataError(f"{label}: {day} is not a session day")
        return TapeSession(
            day,
            tuple((start, end) for start, end in session.windows),
            np.array([close for close, _ in self._closes], np.float32),
            np.array([oi for _, oi in self._closes], np.uint32),
            np.zeros(len(self._closes), np.uint32),
        )


def _differs(state: State, last: State) -> bool:
    """Return whether a packet tells a trade: volume grew, or, of an index, the value moved."""
    if state["volume"] or last["volume"]:
        return state["volume"] != last["volume"]
    return state["ltp"] != last["ltp"]
