"""The instrument master: fetched once a day, read once, and ready at the next start.

In:  Dhan's master file.
Out: `Symbols`.
Next: `worker/market/symbols.py`; `worker/market/new_day.py`, which fetches the next one.

The file has some forty megabytes and takes seconds to fetch and seconds to read. A worker that was
killed during the day must be back sooner, so what was read is kept beside the file. It is of use to
the same code, with the same file, from the same address, until 08:00 in India: by then Dhan has
listed the next day's contracts.
"""

import asyncio
import gc
import logging
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from core.errors import BrokerError
from core.instrument import Instrument
from core.session import NS_PER_MINUTE, ist_date
from worker.broker.dhan import Dhan
from worker.market.symbols import Symbols, read_master
from worker.release import release

_LISTED_NS: Final = 8 * 60 * NS_PER_MINUTE
"""Into a date: by 08:00 in India the broker has listed the day's contracts."""
_log: Final = logging.getLogger(__name__)


class _Origin(NamedTuple):
    """What the instruments that are kept were read from, and by which code."""

    release: str
    url: str
    changed_ns: int
    size: int


class Listing:
    """What can be traded.

    Parameters
    ----------
    dhan
        Has the file.
    place
        Where it is kept; what was read of it is kept beside.
    is_simulated
        Whether the market is played: then another one may be listed at the next start, and the file
        is fetched each time.
    wall_ns
        The time of day, ns UTC.
    """

    def __init__(
        self,
        dhan: Dhan,
        place: Path,
        *,
        is_simulated: bool,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._dhan: Final = dhan
        self._is_simulated: Final = is_simulated
        self._place: Final = place
        self._read: Final = place.with_suffix(".read")
        self._wall_ns: Final = wall_ns

    async def ready(self) -> Symbols:
        """Return today's, fetched if it is not here; where it cannot be had, the last one.

        Raises
        ------
        BrokerError
            If there is none.
        """
        kept = None if self._is_simulated else await asyncio.to_thread(self._kept)
        if kept is not None:
            return kept
        try:
            return await self.fetched()
        except BrokerError as error:
            if not self._place.exists():
                raise
            _log.warning("using the instrument master of the last run: %s", error)
        return await asyncio.to_thread(read_master, self._place)

    async def fetched(self) -> Symbols:
        """Return today's, fetched now.

        Raises
        ------
        BrokerError
            If it cannot be had.
        """
        await self._dhan.download_master(self._place)
        return await asyncio.to_thread(self._read_and_keep)

    def _read_and_keep(self) -> Symbols:
        with _without_collections():
            symbols = read_master(self._place)
            part = self._read.with_suffix(".part")
            try:
                with part.open("wb") as file:
                    pickle.dump(self._origin(), file)
                    pickle.dump(list(symbols), file, pickle.HIGHEST_PROTOCOL)
                part.replace(self._read)
            except OSError as error:  # The next start reads the file itself.
                _log.warning("what was read of the instrument master is not kept: %s", error)
        return symbols

    def _kept(self) -> Symbols | None:
        """Return what was read of today's file; None where there is nothing of use."""
        try:
            if listing_day(self._place.stat().st_mtime_ns) != listing_day(self._wall_ns()):
                return None
            with self._read.open("rb") as file, _without_collections():
                if pickle.load(file) != self._origin():  # noqa: S301 - our own file, which only we read.
                    return None
                instruments: list[Instrument] = pickle.load(file)  # noqa: S301 - the same.
                return Symbols(instruments)
        except FileNotFoundError:
            return None
        except Exception as error:  # noqa: BLE001 - a damaged pickle raises anything; the file is read again.
            _log.warning("what was read of the instrument master cannot be used: %s", error)
            return None

    def _origin(self) -> _Origin:
        found = self._place.stat()
        return _Origin(release(), self._dhan.master_url, found.st_mtime_ns, found.st_size)


def listing_day(time_ns: int) -> date:
    """Return of which day the listing is that holds at some time, ns UTC."""
    return ist_date(time_ns - _LISTED_NS)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Collect no garbage: among a hundred thousand new objects there is none, only a long look."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
