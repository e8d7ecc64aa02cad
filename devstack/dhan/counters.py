"""What the simulator did, in numbers: tests and people read it at `/_control/state`.

In:  increments by the feed, the REST side and the faults.
Out: `Counters.as_json`.
Next: `devstack/dhan/rest/control.py`, which serves it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Traffic:
    """What went over one socket, or over all of them."""

    packets: int = 0
    frames: int = 0
    bytes: int = 0
    withheld_packets: int = 0
    """Packets due while a stall or a silence was played; they are lost."""
    requests: int = 0
    pings: int = 0
    pongs: int = 0
    paused: int = 0
    """How often the reader was too slow and writing had to pause."""

    def sent(self, packets: int, frames: int, size: int) -> None:
        """Count data that was handed to the socket."""
        self.packets += packets
        self.frames += frames
        self.bytes += size

    def add(self, other: "Traffic") -> None:
        """Add another socket's numbers to these."""
        for name in Traffic.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Counters:
    """Everything counted since the simulator started."""

    handshakes: Counter[str] = field(default_factory=Counter)
    """Accepted, or refused with which HTTP status."""
    closed: Counter[str] = field(default_factory=Counter)
    """Sockets that ended, by reason."""
    faults: Counter[str] = field(default_factory=Counter)
    """Faults that were played, by kind."""
    refused_requests: Counter[str] = field(default_factory=Counter)
    """Requests on the feed that were answered with a disconnect packet, by Dhan's reason."""
    rest: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """HTTP calls, by path and status."""
    back_pressure_waits: int = 0
    back_pressure_seconds: float = 0.0
    ended: Traffic = field(default_factory=Traffic)
    """Traffic of sockets that are gone."""

    def as_json(self) -> dict[str, Any]:
        """Return plain dictionaries and numbers."""
        # Not `asdict`, which would rebuild each Counter by counting its items.
        return {
            "handshakes": dict(self.handshakes),
            "closed": dict(self.closed),
            "faults": dict(self.faults),
            "refused_requests": dict(self.refused_requests),
            "rest": {path: dict(statuses) for path, statuses in self.rest.items()},
            "back_pressure_waits": self.back_pressure_waits,
            "back_pressure_seconds": round(self.back_pressure_seconds, 6),
        }
