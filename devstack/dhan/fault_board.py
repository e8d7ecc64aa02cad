"""The faults in force: kept, found by those who play them, counted, ended.

In:  faults from the control endpoint.
Out: `FaultBoard`, which the feed and the REST side ask before they behave well.
Next: `devstack/dhan/feed/feed_faults.py` and `devstack/dhan/rest/faults.py`, which play them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from devstack.dhan.counters import Counters
from devstack.dhan.faults import Fault, FaultKind


@dataclass(slots=True)
class _Active:
    fault: Fault
    ends_at: float
    left: int | None


class FaultBoard:
    """The faults in force.

    Parameters
    ----------
    counters
        Where each fault that is played is counted.
    wall
        Seconds of a clock that never goes back.
    """

    def __init__(self, counters: Counters, wall: Callable[[], float] = time.monotonic) -> None:
        self._counters = counters
        self._wall = wall
        self._active: list[_Active] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force from now on."""
        ends_at = self._wall() + (float("inf") if fault.seconds is None else fault.seconds)
        self._active.append(_Active(fault, ends_at, fault.count))

    def clear(self, client: str | None = None) -> int:
        """Take all faults back, or those for one client alone; return how many there were."""
        count = len(self.in_force())
        self._active = [a for a in self._active if client not in (None, a.fault.client)]
        return count - len(self._active)

    def in_force(self) -> list[Fault]:
        """Return the faults that have not ended."""
        if self._active:
            now = self._wall()
            self._active = [a for a in self._active if a.ends_at > now and a.left != 0]
        return [active.fault for active in self._active]

    def find(self, kind: FaultKind, client: str | None = None, path: str = "") -> Fault | None:
        """Return the oldest fault of this kind in force for a caller, without playing it."""
        active = self._find(kind, client, path)
        return None if active is None else active.fault

    def take(self, kind: FaultKind, client: str | None = None, path: str = "") -> Fault | None:
        """Return the oldest fault of this kind for a caller; that counts as played once."""
        active = self._find(kind, client, path)
        if active is None:
            return None
        if active.left is not None:
            active.left -= 1
        self.played(kind)
        return active.fault

    def played(self, kind: FaultKind) -> None:
        """Count a fault that was played."""
        self._counters.faults[kind.value] += 1

    def _find(self, kind: FaultKind, client: str | None, path: str) -> _Active | None:
        if not self.in_force():
            return None
        for active in self._active:
            fault = active.fault
            if (
                fault.kind is kind
                and fault.client in (None, client)
                and path.startswith(fault.path)
            ):
                return active
        return None
