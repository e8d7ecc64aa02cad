"""Switches off what rows over REST can do.

In:  nothing.
Out: behaviour to sabotages.
Next: `tests/contract/sabotage/security.py`.
"""

from dataclasses import replace
from typing import Any, Final

from tests.contract import rules
from tests.contract.rules import Rule
from tests.contract.sabotage.kinds import Statements, Table, changing, setting
from tests.contract.wire import Reply, Request

NOTES: Final = "/rest/v1/notes"


def rows() -> Table:
    """Rows over REST."""
    rpc = "/rest/v1/rpc"
    return {
        "insert stores a row and returns its defaults": [
            without_representation(NOTES),
            rules.editing_body("POST", NOTES, ranked_otherwise),
        ],
        "select filters and orders": [
            rules.without_query("GET", NOTES, "rank"),
            rules.without_query("GET", NOTES, "order"),
        ],
        "select embeds related rows": [
            without_embedding(NOTES),
        ],
        "upsert replaces the row in conflict": [
            rules.editing_request("POST", NOTES, without_resolution),
        ],
        "update changes the matching rows only": [
            rules.answering("PATCH", NOTES, Reply(200, b"[]")),
            rules.editing_request("PATCH", NOTES, lambda r: replace(r, query=(("id", "gt.0"),))),
        ],
        "delete removes the matching rows only": [
            rules.answering("DELETE", NOTES, Reply(200, b"[]")),
            rules.editing_request("DELETE", NOTES, lambda r: replace(r, query=(("id", "gt.0"),))),
        ],
        "rpc passes named arguments and returns rows": [
            rules.editing_body("POST", f"{rpc}/notes_above", setting(floor_rank=0)),
        ],
        "rpc of a security definer function acts as its owner": [
            Statements(
                off="alter function public.owner_of(bigint) security invoker",
                on="alter function public.owner_of(bigint) security definer",
            ),
        ],
        "an exact count comes without the rows": [
            rules.without_header("content-range"),
        ],
        "range returns one page": [
            rules.without_query("GET", NOTES, "limit"),
            rules.without_query("GET", NOTES, "offset"),
        ],
        "a broken constraint is told by its code": [
            rules.editing_reply("POST", NOTES, setting(code="XX000"), when=is_of_the_data),
        ],
        "a raised exception brings its detail and hint": [
            rules.editing_reply(
                "POST", f"{rpc}/refuse", setting(details=None), when=rules.is_refusal
            ),
            rules.editing_reply("POST", f"{rpc}/refuse", setting(hint=None), when=rules.is_refusal),
        ],
    }


def without_representation(path: str) -> Rule:
    """Answer writes without the rows, whatever the client prefers."""

    def change(request: Request, reply: Reply) -> Reply:
        written = request.method == "POST" and request.path == path and reply.status == 201
        return reply.with_json([]) if written else reply

    return Rule(reply=change)


def without_embedding(path: str) -> Rule:
    """Leave an empty list where related rows belong."""
    return rules.editing_reply(
        "GET", path, lambda found: [changing(labels=[])(row) for row in found]
    )


def ranked_otherwise(note: dict[str, Any]) -> dict[str, Any]:
    """Store another default, unless this is an upsert, which names its user."""
    return note if "user_id" in note else {**note, "rank": 7}


def is_of_the_data(reply: Reply) -> bool:
    """Match refusals for what the data are: SQLSTATE classes 22 and 23."""
    return rules.is_refusal(reply) and reply.json["code"].startswith("2")


def without_resolution(request: Request) -> Request:
    """Make an upsert a plain insert."""
    kept = {name: text for name, text in request.headers.items() if name.lower() != "prefer"}
    return replace(request, headers={**kept, "Prefer": "return=representation"})
