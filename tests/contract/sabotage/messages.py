"""Switches off broadcast, private topics and presence.

In:  nothing.
Out: behaviour to sabotages.
Next: `tests/contract/sabotage/connections.py`.
"""

from dataclasses import replace
from typing import Any, Final

from tests.contract import rules
from tests.contract.behaviours import BINARY_BROADCAST
from tests.contract.rules import Memory, Rule
from tests.contract.sabotage.kinds import Statements, Table, setting
from tests.contract.wire import Frame, Reply

BROADCAST: Final = "/realtime/v1/api/broadcast"


def messages() -> Table:
    """Broadcast, private topics, presence."""
    listen, speak = "Members listen to their room", "Members with the right to write speak"
    member = (
        "exists (select from public.room_members where room_members.topic = "
        "(select realtime.topic()) and room_members.user_id = (select auth.uid())"
    )
    return {
        "broadcast reaches the others on the topic but not its sender": [
            rules.at_topic("public-", rules.dropping("broadcast")),
            joining("public-", broadcast={"self": True, "ack": False}),
        ],
        "broadcast is acknowledged and echoed to a sender who asks": [
            joining("echo-", broadcast={"self": True, "ack": False}),
            joining("echo-", broadcast={"self": False, "ack": True}),
        ],
        BINARY_BROADCAST: [
            rules.at_topic("bytes-", rules.dropping("broadcast")),
            Rule(down=with_last_byte_lost),
        ],
        "broadcast over HTTP reaches the topic": [
            rules.answering("POST", BROADCAST, Reply(202)),
        ],
        "members listen and speak on a private topic": [
            policy(listen, "select", f"{member})", "false"),
            policy(
                f"{speak} in their room", "insert", f"{member} and room_members.may_write)", "false"
            ),
        ],
        "a stranger is refused a private topic": [
            policy(listen, "select", f"{member})", "true"),
            joining("room:", private=False),
        ],
        "a member without the right to write is not heard": [
            policy(
                f"{speak} in their room", "insert", f"{member} and room_members.may_write)", "true"
            ),
        ],
        "a trigger broadcasts a row's changes on its owner's topic": [
            Statements(
                off="alter table public.alerts disable trigger broadcast_alert",
                on="alter table public.alerts enable trigger broadcast_alert",
            ),
        ],
        "presence tells who is there and who left": [
            rules.dropping("presence_diff"),
            rules.dropping("presence_diff", when=lambda diff: bool(diff["leaves"])),
        ],
        "presence shows a newcomer who is already there": [
            rules.dropping("presence_state"),
        ],
    }


def policy(name: str, verb: str, rule: str, instead: str) -> Statements:
    """Let a policy on realtime.messages say `instead` of its rule."""
    clause = "with check" if verb == "insert" else "using"
    alter = f'alter policy "{name}" on realtime.messages {clause}'
    return Statements(off=f"{alter} ({instead})", on=f"{alter} ({rule})")


def joining(topic: str, **config: Any) -> Rule:
    """Join the topics that begin so with another configuration than asked for."""
    return rules.at_topic(topic, rules.editing_join(setting(**config)))


def with_last_byte_lost(frame: Frame, _: Memory) -> Frame:
    """Lose the last byte of a payload that is bytes; its fifth byte tells it from JSON."""
    if frame.raw is None or frame.raw[4] != 0:
        return frame
    return replace(frame, raw=frame.raw[:-1])
