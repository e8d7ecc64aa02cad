"""What the proxy does to traffic so that one behaviour is missing.

In:  requests and replies.
Out: `Rule`s, made of small pieces: answer in the stack's stead, edit a body, exchange a key.
Next: `tests/contract/channel_rules.py`, the pieces for frames.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.contract.wire import Frame, Reply, Request

type Edit = Callable[[Any], Any]
# Rules that must remember something do so per WebSocket connection.
type Memory = dict[str, Any]


def pass_request(request: Request) -> Request | Reply:
    """Leave a request as it is."""
    return request


def pass_reply(_: Request, reply: Reply) -> Reply:
    """Leave a reply as it is."""
    return reply


def pass_frame(frame: Frame, _: Memory) -> Frame | None:
    """Leave a frame as it is."""
    return frame


@dataclass(slots=True)
class Rule:
    """What happens to the traffic of one address; nothing by default.

    Parameters
    ----------
    request
        Replaces a request, or answers it with a reply so that the stack never sees it.
    reply
        Replaces a reply.
    up, down
        Replace a frame to or from the server; None drops it.

    Attributes
    ----------
    hits
        How often the rule changed something: a rule without hits has switched nothing off.
    broken
        What went wrong inside the rule: a rule that breaks says nothing about the case.
    """

    request: Callable[[Request], Request | Reply] = pass_request
    reply: Callable[[Request, Reply], Reply] = pass_reply
    up: Callable[[Frame, Memory], Frame | None] = pass_frame
    down: Callable[[Frame, Memory], Frame | None] = pass_frame
    hits: int = 0
    broken: list[str] = field(default_factory=list)


def _matches(request: Request, method: str, address: str) -> bool:
    """Whether the path begins so and, after a question mark, this parameter is there."""
    path, _, parameter = address.partition("?")
    wanted = tuple(parameter.split("="))
    return (
        request.method == method
        and request.path.startswith(path)
        and (not parameter or wanted in request.query)
    )


def answering(method: str, path: str, reply: Reply) -> Rule:
    """Answer these requests without asking the stack: it never does what it was told."""
    return Rule(request=lambda request: reply if _matches(request, method, path) else request)


def editing_request(method: str, path: str, edit: Callable[[Request], Request]) -> Rule:
    """Change these requests."""
    return Rule(
        request=lambda request: edit(request) if _matches(request, method, path) else request
    )


def editing_body(method: str, path: str, edit: Edit) -> Rule:
    """Change the JSON body of these requests."""
    return editing_request(method, path, lambda request: request.with_json(edit(request.json)))


def without_query(method: str, path: str, *names: str) -> Rule:
    """Drop these parameters of a request."""

    def edit(request: Request) -> Request:
        kept = tuple(pair for pair in request.query if pair[0] not in names)
        return replace(request, query=kept)

    return editing_request(method, path, edit)


def replacing_query(method: str, path: str, old: str, new: str) -> Rule:
    """Replace one parameter's value by another."""

    def edit(request: Request) -> Request:
        query = tuple((name, new if value == old else value) for name, value in request.query)
        return replace(request, query=query)

    return editing_request(method, path, edit)


def replacing_key(old: Callable[[str], bool], new: str, path: str = "/") -> Rule:
    """Let callers with one API key pass as callers with another; sockets too."""

    def edit(request: Request) -> Request:
        if not request.path.startswith(path):
            return request
        lower = {name.lower(): value for name, value in request.headers.items()}
        query = tuple(
            (name, new if name == "apikey" and old(value) else value)
            for name, value in request.query
        )
        if not old(lower.get("apikey", "")):
            return replace(request, query=query)
        if old(lower.get("authorization", "").removeprefix("Bearer ")):
            lower.pop("authorization", None)
        return replace(request, query=query, headers={**lower, "apikey": new})

    return Rule(request=edit)


def is_success(reply: Reply) -> bool:
    """Match replies that say yes."""
    return reply.status < 300


def is_refusal(reply: Reply) -> bool:
    """Match replies that say no."""
    return reply.status >= 400


def editing_reply(
    method: str, path: str, edit: Edit, *, when: Callable[[Reply], bool] = is_success
) -> Rule:
    """Change the JSON body of these replies, by default of those that say yes."""

    def change(request: Request, reply: Reply) -> Reply:
        if not _matches(request, method, path) or not reply.body or not when(reply):
            return reply
        return reply.with_json(edit(reply.json))

    return Rule(reply=change)


def answering_refusals(method: str, path: str, body: Any) -> Rule:
    """Turn these refusals into success."""

    def change(request: Request, reply: Reply) -> Reply:
        refused = _matches(request, method, path) and is_refusal(reply)
        return reply.with_json(body, status=200) if refused else reply

    return Rule(reply=change)


def without_header(name: str) -> Rule:
    """Drop a header of every reply."""

    def change(_: Request, reply: Reply) -> Reply:
        kept = {key: value for key, value in reply.headers.items() if key.lower() != name}
        return replace(reply, headers=kept)

    return Rule(reply=change)
