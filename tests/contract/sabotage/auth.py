"""Switches off accounts, sessions and tokens.

In:  nothing.
Out: behaviour to sabotages.
Next: `tests/contract/sabotage/rows.py`.
"""

from typing import Any, Final

from tests.contract import rules
from tests.contract.rules import Rule
from tests.contract.sabotage.kinds import Statements, Table, setting, without
from tests.contract.wire import Reply, Request

AUTH_PATH: Final = "/auth/v1"
ADMIN: Final = "/auth/v1/admin/users"
_SOMEBODY: Final = {
    "id": "00000000-0000-0000-0000-000000000000",
    "aud": "authenticated",
    "role": "authenticated",
    "email": "somebody@example.com",
    "app_metadata": {},
    "user_metadata": {},
    "created_at": "2026-01-01T00:00:00Z",
}
_ANY_SESSION: Final = {
    "access_token": "e30.e30.e30",
    "refresh_token": "made-up",
    "token_type": "bearer",
    "expires_in": 3600,
    "user": _SOMEBODY,
}


def authentication() -> Table:
    """Accounts, sessions and tokens."""
    signup, token = f"{AUTH_PATH}/signup", f"{AUTH_PATH}/token"
    sign_in, refresh = f"{token}?grant_type=password", f"{token}?grant_type=refresh_token"
    logout, user = f"{AUTH_PATH}/logout", f"{AUTH_PATH}/user"
    return {
        "sign-up gives a session and keeps the metadata": [
            rules.editing_reply("POST", signup, without_metadata),
            rules.editing_reply("POST", signup, lambda session: session["user"]),
        ],
        "sign-up makes a profile through the trigger on auth.users": [
            Statements(
                # With a condition: without one nothing is left to plan, and sessions that cached
                # that plan never learn that the rule is gone.
                off="create rule swallow as on insert to public.profiles"
                " where new.id is not null do instead nothing",
                on="drop rule swallow on public.profiles",
            ),
        ],
        "sign-in with the right password gives a session": [
            rules.answering("POST", sign_in, Reply(200, b"{}")),
        ],
        "sign-in with a wrong password is refused": [
            rules.answering_refusals("POST", sign_in, _ANY_SESSION),
        ],
        "refresh gives two new tokens of the same session": [
            refresh_without_rotation(token),
            rules.answering("POST", refresh, Reply(400, b'{"code":400,"msg":"no"}')),
        ],
        "getUser answers what the server knows now": [
            rules.editing_reply("GET", user, setting(user_metadata={})),
        ],
        "getUser refuses a forged token": [
            rules.answering_refusals("GET", user, _SOMEBODY),
        ],
        "a user changes their own metadata and password": [
            rules.editing_body("PUT", user, without("data")),
            rules.editing_body("PUT", user, without("password")),
        ],
        "local sign-out ends this session only": [
            rules.replacing_query("POST", logout, "local", "global"),
            rules.answering("POST", f"{logout}?scope=local", Reply(204)),
        ],
        "global sign-out ends every session of the user": [
            rules.replacing_query("POST", logout, "global", "local"),
            rules.answering("POST", f"{logout}?scope=global", Reply(204)),
        ],
        "admin creates a confirmed user with app metadata": [
            rules.editing_body("POST", ADMIN, without("app_metadata")),
            rules.editing_body("POST", ADMIN, without("email_confirm")),
        ],
        "admin lists users page by page": [
            rules.without_query("GET", ADMIN, "page", "per_page"),
            rules.editing_reply("GET", ADMIN, setting(users=[])),
        ],
        "admin deletes a user, who can then not sign in": [
            rules.answering("DELETE", ADMIN, Reply(200, b"{}")),
        ],
        "user tokens verify against the published keys": [
            rules.editing_reply("GET", f"{AUTH_PATH}/.well-known", other_keys),
        ],
        "auth errors carry status, code and reasons": [
            rules.editing_reply(
                "POST", signup, without("code", "error_code"), when=rules.is_refusal
            ),
            rules.editing_reply("POST", signup, without("weak_password"), when=rules.is_refusal),
        ],
    }


def without_metadata(session: dict[str, Any]) -> dict[str, Any]:
    """Forget what the user said about themselves."""
    return {**session, "user": {**session["user"], "user_metadata": {}}}


def refresh_without_rotation(path: str) -> Rule:
    """Hand the client the refresh token back that it sent."""

    def edit(request: Request, reply: Reply) -> Reply:
        sent = request.json.get("refresh_token") if request.path == path else None
        return reply.with_json({**reply.json, "refresh_token": sent}) if sent else reply

    return Rule(reply=edit)


def other_keys(published: dict[str, Any]) -> dict[str, Any]:
    """Publish, under the same key ids, the example key of RFC 7515, appendix A.3."""
    x, y = (
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    )
    return {"keys": [{**key, "x": x, "y": y} for key in published["keys"]]}
