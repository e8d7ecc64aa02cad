"""Who is present on a channel: Phoenix's presence lists, for one process.

In:  members that track, change and leave.
Out: the whole state, and after each step what joined and what left.
Next: `devstack/supabase/realtime/topics.py`.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

type Meta = dict[str, Any]
type Members = dict[str, list[Meta]]


@dataclass(frozen=True, slots=True)
class PresenceDiff:
    """What one step changed."""

    joins: Members
    leaves: Members

    def to_json(self) -> str:
        """Return the payload of a `presence_diff` message."""
        diff = {"joins": _wrapped(self.joins), "leaves": _wrapped(self.leaves)}
        return json.dumps(diff, ensure_ascii=False)


class Presence:
    """The members of one topic that said who they are.

    Several members may share a key, such as a person with two windows.

    Examples
    --------
    >>> presence, window = Presence(), object()
    >>> diff = presence.track(window, "asha", {"page": "orders"})
    >>> diff.joins["asha"][0]["page"], diff.leaves
    ('orders', {})
    >>> presence.untrack(window).leaves["asha"][0]["page"]
    'orders'
    """

    def __init__(self) -> None:
        self._tracked: dict[object, tuple[str, Meta]] = {}

    def track(self, member: object, key: str, payload: Mapping[str, Any]) -> PresenceDiff:
        """Make a member present, or change what it says about itself."""
        before = self._tracked.get(member)
        meta: Meta = {**payload, "phx_ref": secrets.token_urlsafe(9)}
        leaves: Members = {}
        if before is not None:
            meta["phx_ref_prev"] = before[1]["phx_ref"]
            leaves = {before[0]: [before[1]]}
        self._tracked[member] = (key, meta)
        return PresenceDiff({key: [meta]}, leaves)

    def untrack(self, member: object) -> PresenceDiff | None:
        """Make a member absent; None when it was not present."""
        before = self._tracked.pop(member, None)
        return None if before is None else PresenceDiff({}, {before[0]: [before[1]]})

    def state_json(self) -> str:
        """Return the payload of a `presence_state` message."""
        state: Members = {}
        for key, meta in self._tracked.values():
            state.setdefault(key, []).append(meta)
        return json.dumps(_wrapped(state), ensure_ascii=False)


def _wrapped(members: Members) -> dict[str, dict[str, list[Meta]]]:
    return {key: {"metas": metas} for key, metas in members.items()}
