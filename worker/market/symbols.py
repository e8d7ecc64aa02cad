"""From what a config says to contracts: symbol rules answered by the instrument master.

In:  Dhan's master file; rules such as ``NIFTY-FUT``, ``NIFTY``, ``RELIANCE``.
Out: `Instrument`s; a sentence with near matches for what is not there.
Next: `worker/configs/deployment.py`.

A rule is one of, tried in this order:

    NAME-FUT   the future of NAME that expires next
    NAME       an index
    NAME       a share, of the NSE before the BSE
    NAME       a contract's exact trading symbol
"""

import difflib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from core.brokers.dhan.master import MasterReader
from core.candle import InstrumentKey
from core.errors import ConfigError
from core.instrument import Instrument, InstrumentKind, Segment

_FUTURE: Final = "-FUT"
_SEGMENTS: Final = (Segment.IDX_I, Segment.NSE_EQ, Segment.NSE_FNO)
_SUGGESTIONS: Final = 3
_log: Final = logging.getLogger(__name__)


class Symbols:
    """What can be traded, by name.

    Parameters
    ----------
    instruments
        All there are.
    """

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_symbol: Final[dict[str, list[Instrument]]] = defaultdict(list)
        self._by_key: Final[dict[InstrumentKey, Instrument]] = {}
        self._futures: Final[dict[str, list[Instrument]]] = defaultdict(list)
        self._options: Final[dict[str, dict[date, list[Instrument]]]] = {}
        self.take(instruments)

    def take(self, instruments: Iterable[Instrument]) -> None:
        """Take another listing in the place of the one there was."""
        for listed in (self._by_symbol, self._by_key, self._futures, self._options):
            listed.clear()
        for instrument in instruments:
            self._by_key[instrument.key] = instrument
            self._by_symbol[instrument.symbol.upper()].append(instrument)
            underlying = (instrument.underlying or "").upper()
            if underlying and instrument.kind.is_future:
                self._futures[underlying].append(instrument)
            elif underlying and instrument.kind.is_option and instrument.expiry:
                by_expiry = self._options.setdefault(underlying, {})
                by_expiry.setdefault(instrument.expiry, []).append(instrument)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_key.values())

    @property
    def count(self) -> int:
        """How many instruments there are."""
        return len(self._by_key)

    def find(self, rule: str, today: date) -> Instrument:
        """Return the instrument a rule means.

        Parameters
        ----------
        today
            Contracts that have expired before this day are left out.

        Raises
        ------
        ConfigError
            If there is none, or more than one; names near matches.
        """
        name = rule.strip().upper()
        if name.endswith(_FUTURE) and name.removesuffix(_FUTURE) in self._futures:
            return self._next_future(name.removesuffix(_FUTURE), today)
        found = self._by_symbol.get(name, [])
        for kind, segment in (
            (InstrumentKind.INDEX, Segment.IDX_I),
            (InstrumentKind.EQUITY, Segment.NSE_EQ),
        ):
            for each in found:
                if each.kind is kind and each.segment is segment:
                    return each
        if len(found) == 1:
            return found[0]
        if found:
            raise ConfigError(
                f"symbol {rule!r} means {len(found)} contracts; Dhan names weekly options of one "
                "month alike"
            )
        raise ConfigError(f"symbol {rule!r} is unknown{self._near(name)}")

    def with_key(self, key: InstrumentKey) -> Instrument | None:
        """Return the instrument with this key, None if it is not listed any more."""
        return self._by_key.get(key)

    def options(self, underlying: str, first: date) -> list[tuple[date, list[Instrument]]]:
        """Return the options on an underlying by expiry, the nearest first.

        Parameters
        ----------
        first
            Expiries before this day are left out.
        """
        by_expiry = self._options.get(underlying.upper(), {})
        return [(expiry, by_expiry[expiry]) for expiry in sorted(by_expiry) if expiry >= first]

    def around(self, underlying: str, today: date) -> list[Instrument]:
        """Return what an underlying's options are seen beside: it, and its near-month future."""
        name, found = underlying.upper(), []
        for rule in (name, f"{name}{_FUTURE}"):
            try:
                found.append(self.find(rule, today))
            except ConfigError:
                continue  # Not every underlying has both.
        return found

    def has_derivatives(self, instrument: Instrument) -> bool:
        """Return whether futures on a share are traded."""
        return instrument.symbol.upper() in self._futures

    def _next_future(self, name: str, today: date) -> Instrument:
        alive = [each for each in self._futures[name] if each.expiry and each.expiry >= today]
        if not alive:
            raise ConfigError(
                f"symbol '{name}{_FUTURE}': no future on {name} expires after {today}"
            )
        return min(alive, key=lambda each: each.expiry or date.max)

    def _near(self, name: str) -> str:
        rules = [*self._by_symbol, *(future + _FUTURE for future in self._futures)]
        near = difflib.get_close_matches(name, rules, _SUGGESTIONS)
        return f"; near are {', '.join(near)}" if near else ""


def read_master(path: Path) -> Symbols:
    """Return the symbols of a master file; takes seconds for the real one, so call it in a thread.

    Raises
    ------
    DataError
        If the file is not an instrument master.
    """
    with path.open(encoding="utf-8", errors="replace", newline="") as lines:
        reader = MasterReader(lines, segments=_SEGMENTS)
        symbols = Symbols(reader)
    for reason, count in reader.report.bad.items():
        _log.warning("%d rows of the instrument master cannot be used: %s", count, reason)
    return symbols
