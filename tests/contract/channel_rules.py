"""What the proxy does to the messages of channels.

In:  frames.
Out: `Rule`s, made of small pieces: drop an event, edit a join or a change, keep to some topics.
Next: `tests/contract/sabotage/__init__.py`, the table of rules.
"""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.contract.rules import Edit, Memory, Rule
from tests.contract.wire import Frame


def dropping(*events: str, when: Callable[[Any], bool] = lambda _: True) -> Rule:
    """Keep these events of the server from the client."""

    def down(frame: Frame, _: Memory) -> Frame | None:
        return None if frame.event in events and when(frame.payload) else frame

    return Rule(down=down)


def dropping_up(event: str) -> Rule:
    """Keep this event of the client from the server."""
    return Rule(up=lambda frame, _: None if frame.event == event else frame)


def editing_join(edit: Edit) -> Rule:
    """Change the configuration with which a channel is joined; the client does not notice."""

    def up(frame: Frame, memory: Memory) -> Frame:
        if frame.event != "phx_join":
            return frame
        memory[frame.topic] = frame.payload["config"].get("postgres_changes", [])
        config = edit(copy.deepcopy(frame.payload["config"]))
        return replace(frame, payload={**frame.payload, "config": config})

    def down(frame: Frame, memory: Memory) -> Frame:
        if frame.event != "phx_reply" or not frame.payload["response"].get("postgres_changes"):
            return frame
        # The client checks that it got back the bindings it asked for.
        served = frame.payload["response"]["postgres_changes"]
        pairs = zip(memory[frame.topic], served, strict=True)
        bindings = [{**asked, "id": got["id"]} for asked, got in pairs]
        return replace(frame, payload={**frame.payload, "response": {"postgres_changes": bindings}})

    return Rule(up=up, down=down)


def editing_change(edit: Edit, kind: str = "") -> Rule:
    """Change what a postgres_changes event of this kind (INSERT, ...; all by default) says."""

    def down(frame: Frame, _: Memory) -> Frame:
        if frame.event != "postgres_changes" or kind not in frame.payload["data"]["type"]:
            return frame
        return replace(frame, payload=edit(copy.deepcopy(frame.payload)))

    return Rule(down=down)


def at_topic(prefix: str, rule: Rule) -> Rule:
    """Confine a rule about frames to the topics that begin so."""
    beginning = f"realtime:{prefix}"

    def confined(edit: Callable[[Frame, Memory], Frame | None]) -> Any:
        return lambda frame, memory: (
            edit(frame, memory) if frame.topic.startswith(beginning) else frame
        )

    return Rule(up=confined(rule.up), down=confined(rule.down))
