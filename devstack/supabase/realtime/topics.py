"""Which channels share a topic, and how one message reaches all of them.

In:  channels that join and leave; broadcasts; steps of presence.
Out: frames, written once per protocol version and pushed to every channel that may read them.
Next: `devstack/supabase/realtime/channel.py`.

A topic joined as private and the same name joined publicly are two topics, as on hosted: what is
said in private never reaches a public channel.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from devstack.supabase.realtime.messages import StoredBroadcast
from devstack.supabase.realtime.phoenix import (
    Broadcast,
    ServerMessage,
    Version,
    encode,
    encode_broadcast,
)
from devstack.supabase.realtime.presence import Presence, PresenceDiff

PREFIX = "realtime:"


class Member(Protocol):
    """A joined channel, as its topic sees it."""

    @property
    def version(self) -> Version:
        """The protocol its client speaks."""

    def reads(self, extension: str) -> bool:
        """Tell whether it is to receive `broadcast` or `presence`."""

    def push_frame(self, frame: str | bytes) -> None:
        """Send a frame to its client."""


class Topic:
    """The channels of one name and privacy, and who is present there."""

    def __init__(self, name: str, counters: Counter[str]) -> None:
        self._full_name = PREFIX + name
        self._counters = counters
        self.members: set[Member] = set()
        self.presence = Presence()

    def broadcast(self, broadcast: Broadcast, *, without: Member | None = None) -> None:
        """Push a broadcast to every member but the sender."""
        frames: dict[Version, str | bytes | None] = {}
        for member in self.members:
            if member is without or not member.reads("broadcast"):
                continue
            version = member.version
            if version not in frames:
                frames[version] = encode_broadcast(version, self._full_name, broadcast)
            frame = frames[version]
            if frame is None:
                self._counters["binary_broadcasts_version_1_cannot_carry"] += 1
            else:
                member.push_frame(frame)

    def track(self, member: Member, key: str, payload: Mapping[str, Any]) -> None:
        """Make a member present and tell the others."""
        self._tell(self.presence.track(member, key, payload))

    def untrack(self, member: Member) -> None:
        """Make a member absent and tell the others."""
        diff = self.presence.untrack(member)
        if diff is not None:
            self._tell(diff)

    def _tell(self, diff: PresenceDiff) -> None:
        message = ServerMessage(self._full_name, "presence_diff", diff.to_json())
        for member in self.members:
            if member.reads("presence"):
                member.push_frame(encode(member.version, message))


class Topics:
    """Every topic with at least one member."""

    def __init__(self, counters: Counter[str]) -> None:
        self._topics: dict[tuple[str, bool], Topic] = {}
        self._counters = counters

    def join(self, name: str, member: Member, *, private: bool) -> Topic:
        """Add a member and return its topic."""
        topic = self._topics.get((name, private))
        if topic is None:
            topic = self._topics[name, private] = Topic(name, self._counters)
        topic.members.add(member)
        return topic

    def leave(self, name: str, member: Member, *, private: bool) -> None:
        """Remove a member; it is not present any more."""
        topic = self._topics.get((name, private))
        if topic is None:
            return
        topic.members.discard(member)
        topic.untrack(member)
        if not topic.members:
            del self._topics[name, private]

    def broadcast(self, name: str, broadcast: Broadcast, *, private: bool) -> None:
        """Push a broadcast to the members of a topic, if it has any."""
        topic = self._topics.get((name, private))
        if topic is not None:
            topic.broadcast(broadcast)

    def announce(self, stored: StoredBroadcast) -> None:
        """Push what the database said."""
        self.broadcast(stored.topic, stored.broadcast, private=stored.private)
