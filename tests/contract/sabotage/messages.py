"""Switches off broadcast, private topics and presence.

In:  nothing.
Out: behaviour to sabotages.
Next: `tests/contract/sabotage/connections.py`.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from tests.contract import channel_rules, rules
from tests.contract.behaviours import BINARY_BROADCAST
from tests.contract.rules import Memory, Rule
from tests.contract.sabotage.kinds import Statements, Table, setting
from tests.contract.wire import Frame, Reply

BROADCAST: Final = "/realtime/v1/api/broadcast"


_IS_MEMBER: Final = (
    "exists (select from public.room_members where room_members.topic = (select realtime.topic())"
    " and room_members.user_id = (select auth.uid())"
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of ``schema/``, as it must be put back."""

    name: str
    clause: str
    rule: str


LISTEN: Final = Policy("Members listen to their room", "using", f"{_IS_MEMBER})")
SPEAK: Final = Policy(
    "Members with the right to write speak in their room",
    "with check",
    f"{_IS_MEMBER} and room_members.may_write)",
)


def messages() -> Table:
    """Broadcast, private topics, presence."""
    return {
        "broadcast reaches the others on the topic but not its sender": [
            channel_rules.at_topic("public-", channel_rules.dropping("broadcast")),
            joining("public-", broadcast={"self": True, "ack": False}),
        ],
        "broadcast is acknowledged and echoed to a sender who asks": [
            joining("echo-", broadcast={"self": True, "ack": False}),
            joining("echo-", broadcast={"self": False, "ack": True}),
        ],
        BINARY_BROADCAST: [
            channel_rules.at_topic("bytes-", channel_rules.dropping("broadcast")),
            Rule(down=with_last_byte_lost),
        ],
        "broadcast over HTTP reaches the topic": [
            rules.answering("POST", BROADCAST, Reply(202)),
        ],
        "members listen and speak on a private topic": [
            saying(LISTEN, "false"),
            saying(SPEAK, "false"),
        ],
        "a stranger is refused a private topic": [
            saying(LISTEN, "true"),
            joining("room:", private=False),
        ],
        "a member without the right to write is not heard": [
            saying(SPEAK, "true"),
        ],
        "a trigger broadcasts a row's changes on its owner's topic": [
            Statements(
                off="alter table public.alerts disable trigger broadcast_alert",
                on="alter table public.alerts enable trigger broadcast_alert",
            ),
        ],
        "presence tells who is there and who left": [
            channel_rules.dropping("presence_diff"),
            channel_rules.dropping("presence_diff", when=lambda diff: bool(diff["leaves"])),
        ],
        "presence shows a newcomer who is already there": [
            channel_rules.dropping("presence_state"),
        ],
    }


def saying(policy: Policy, instead: str) -> Statements:
    """Let a policy on realtime.messages say something else than its rule."""
    alter = f'alter policy "{policy.name}" on realtime.messages {policy.clause}'
    return Statements(off=f"{alter} ({instead})", on=f"{alter} ({policy.rule})")


def joining(topic: str, **config: Any) -> Rule:
    """Join the topics that begin so with another configuration than asked for."""
    return channel_rules.at_topic(topic, channel_rules.editing_join(setting(**config)))


def with_last_byte_lost(frame: Frame, _: Memory) -> Frame:
    """Lose the last byte of a payload that is bytes; its fifth byte tells it from JSON."""
    if frame.raw is None or frame.raw[4] != 0:
        return frame
    return replace(frame, raw=frame.raw[:-1])
