"""What the secret key can do: create, list, read, change and delete users.

In:  requests with the secret key's token.
Out: users as JSON; pages of them with ``x-total-count`` and ``link`` headers.
Next: `devstack/supabase/auth/service.py`.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from devstack.supabase.auth.connections import Connections, Row
from devstack.supabase.auth.errors import AuthError, invalid
from devstack.supabase.auth.passwords import check_password, hash_password
from devstack.supabase.auth.requests import (
    Body,
    ban_end,
    merged,
    page_of,
    read_body,
    user_id_of,
)
from devstack.supabase.auth.tokens import Tokens
from devstack.supabase.auth.users import (
    NewUser,
    create_user,
    delete_user,
    get_user,
    list_users,
    update_user,
    user_json,
)
from devstack.supabase.callers import bearer_token


class Admin:
    """Handlers of ``/admin/users``.

    Parameters
    ----------
    connections
        Where transactions come from.
    tokens
        Reads the caller's token.
    """

    def __init__(self, connections: Connections, tokens: Tokens) -> None:
        self._connections = connections
        self._tokens = tokens

    async def list(self, request: web.Request) -> web.Response:
        """GET /admin/users: one page."""
        self._require_admin(request)
        page, size = page_of(request)
        async with self._connections.transaction() as connection:
            rows, total = await list_users(connection, size, (page - 1) * size)
        body = {"users": [user_json(row) for row in rows], "aud": "authenticated"}
        return web.json_response(body, headers=_page_headers(request, page, size, total))

    async def create(self, request: web.Request) -> web.Response:
        """POST /admin/users: a user, confirmed when the request says so."""
        self._require_admin(request)
        new = await _new_user(await read_body(request))
        async with self._connections.transaction() as connection:
            return web.json_response(user_json(await create_user(connection, new)))

    async def read(self, request: web.Request) -> web.Response:
        """GET /admin/users/{user_id}."""
        self._require_admin(request)
        async with self._connections.transaction() as connection:
            return web.json_response(user_json(await get_user(connection, user_id_of(request))))

    async def change(self, request: web.Request) -> web.Response:
        """PUT /admin/users/{user_id}: only what the body names."""
        self._require_admin(request)
        body = await read_body(request)
        async with self._connections.transaction() as connection:
            row = await get_user(connection, user_id_of(request))
            row = await update_user(connection, row["id"], await _changes(body, row))
        return web.json_response(user_json(row))

    async def delete(self, request: web.Request) -> web.Response:
        """DELETE /admin/users/{user_id}: the user, with everything that refers to it."""
        self._require_admin(request)
        if (await read_body(request)).flag("should_soft_delete"):
            raise invalid("should_soft_delete is not part of the embedded auth service")
        async with self._connections.transaction() as connection:
            await delete_user(connection, user_id_of(request))
        return web.json_response({})

    def _require_admin(self, request: web.Request) -> None:
        if not self._tokens.read(bearer_token(request)).is_admin:
            raise AuthError(403, "not_admin", "User not allowed")


async def _new_user(body: Body) -> NewUser:
    email, password = body.email(), body.text("password")
    if password:
        check_password(password)
    ban, given_id = body.text("ban_duration"), body.text("id")
    try:
        user_id = uuid.UUID(given_id) if given_id else uuid.uuid4()
    except ValueError as error:
        raise invalid(f"id must be an UUID, was {given_id!r}") from error
    return NewUser(
        email,
        await hash_password(password) if password else None,
        confirmed=body.flag("email_confirm"),
        id=user_id,
        role=body.text("role") or "authenticated",
        user_metadata=body.mapping("user_metadata"),
        app_metadata=body.mapping("app_metadata"),
        banned_until=ban_end(ban) if ban else None,
    )


async def _changes(body: Body, row: Row) -> dict[str, Any]:
    """Return the columns that an admin's request changes."""
    values: dict[str, Any] = {}
    if body.text("email"):
        values["email"] = body.email()
    if body.text("role"):
        values["role"] = body.text("role")
    if body.flag("email_confirm"):
        values["email_confirmed_at"] = row["email_confirmed_at"] or datetime.now(UTC)
    if body.text("ban_duration"):
        values["banned_until"] = ban_end(body.text("ban_duration"))
    if password := body.text("password"):
        check_password(password)
        values["encrypted_password"] = await hash_password(password)
    for member, column in (
        ("user_metadata", "raw_user_meta_data"),
        ("app_metadata", "raw_app_meta_data"),
    ):
        if changes := body.mapping(member):
            values[column] = merged(row[column], changes)
    return values


def _page_headers(request: web.Request, page: int, size: int, total: int) -> dict[str, str]:
    """Return the total and, as GitHub does it, links to the next and the last page."""
    last = max(1, -(-total // size))
    pages = {"next": page + 1, "last": last} if page < last else {"last": last}
    links = [
        f'<{request.url.with_query(page=number, per_page=size)}>; rel="{name}"'
        for name, number in pages.items()
    ]
    return {"x-total-count": str(total), "link": ", ".join(links)}
