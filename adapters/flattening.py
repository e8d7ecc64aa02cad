"""The broker's side of an emergency stop: everything closed, nothing resting, read back.

In:  whose account.
Out: `Flattened`: what the broker said when it was read back. Only ``flat`` is a success.
Next: `functions/flatten.py` and `worker/configs/emergency.py`, of which one does it.

Live orders are not built yet, so nothing can be open at a broker by our doing, and nothing of ours
could close it. `NoLiveBroker` says exactly that; whoever reads it opens an incident.
"""

from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class Outcome(StrEnum):
    """How a flattening ended."""

    FLAT = "flat"
    NOT_FLAT = "not_flat"
    UNKNOWN = "unknown"
    NO_LIVE_BROKER = "no_live_broker"


class Flattened(NamedTuple):
    """How it ended, in a sentence and in the figures that were read back."""

    outcome: Outcome
    message: str
    verification: dict[str, Any]


class Flattener(Protocol):
    """What closes everything of one account and reads it back."""

    def flatten(self, user_id: str) -> Flattened:
        """Cancel resting orders, close positions, and say what is left; nothing is raised."""
        ...


class NoLiveBroker:
    """There is nothing behind the port: an honest answer, and no success."""

    def flatten(self, user_id: str) -> Flattened:  # noqa: ARG002 - the same for everybody.
        """Say that nobody was asked."""
        return Flattened(
            Outcome.NO_LIVE_BROKER,
            "no order can be sent to a broker by this system: whatever is open there was not "
            "opened by it; close it with the broker",
            {"verified": False},
        )
