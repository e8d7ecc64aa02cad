"""Sessions and their refresh tokens: begun by a sign-in, rotated, ended.

In:  an open transaction as ``supabase_auth_admin``.
Out: rows of ``auth.sessions`` and ``auth.refresh_tokens``.
Next: `devstack/supabase/auth/tokens.py`.

A refresh token is used once. Using it again within 10 s is forgiven (two tabs, a lost answer), and
so is using the parent of the token that is current; any other reuse ends the whole session.
"""

import secrets
import string
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from devstack.supabase.auth.connections import Connection, Row
from devstack.supabase.auth.errors import AuthError

_REUSE_WINDOW: Final = timedelta(seconds=10)
_ALPHABET: Final = string.ascii_lowercase + string.digits
_TOKEN_LENGTH: Final = 24


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one user: its current refresh token and when it began."""

    id: uuid.UUID
    user_id: uuid.UUID
    refresh_token: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """Where a session was begun, for the user's own information."""

    user_agent: str
    address: str


async def begin_session(connection: Connection, user_id: uuid.UUID, device: Device) -> Session:
    """Open a session for a user whose password was right."""
    now = datetime.now(UTC)
    session = Session(uuid.uuid4(), user_id, _new_token(), now)
    await connection.execute(
        "insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip) "
        "values (%s, %s, %s, %s, 'aal1', %s, %s)",
        (session.id, user_id, now, now, device.user_agent, device.address),
    )
    await _insert_token(connection, session.refresh_token, session, parent=None)
    await connection.execute(
        "update auth.users set last_sign_in_at = %s, updated_at = %s where id = %s",
        (now, now, user_id),
    )
    return session


async def refresh_session(connection: Connection, token: str) -> Session | None:
    """Exchange a refresh token for the next one, or return None when it was used before.

    None is returned, not raised, because the session is ended then and that must be committed.

    Raises
    ------
    AuthError
        Nobody was given this token.
    """
    used = await _find_token(connection, token)
    if used is None:
        message = "Invalid Refresh Token: Refresh Token Not Found"
        raise AuthError(400, "refresh_token_not_found", message)
    session = Session(used["session_id"], used["owner"], _new_token(), used["began"])
    if used["revoked"]:
        current = await _current_token(connection, session.id)
        if current is not None and current["parent"] == token:
            return Session(session.id, session.user_id, current["token"], session.created_at)
        if datetime.now(UTC) - used["updated_at"] > _REUSE_WINDOW:
            await _revoke_all(connection, session)
            return None
    await _revoke(connection, token)
    await _insert_token(connection, session.refresh_token, session, parent=token)
    await connection.execute(
        "update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now() "
        "where id = %s",
        (session.id,),
    )
    return session


async def session_exists(connection: Connection, session_id: uuid.UUID) -> bool:
    """Tell whether a session has not been signed out."""
    cursor = await connection.execute("select from auth.sessions where id = %s", (session_id,))
    return await cursor.fetchone() is not None


async def end_sessions(
    connection: Connection, user_id: uuid.UUID, session_id: uuid.UUID | None, scope: str
) -> None:
    """Sign a user out: `scope` is ``global``, ``local`` (this session) or ``others``."""
    await connection.execute(
        "delete from auth.sessions where user_id = %(user)s and case %(scope)s "
        "when 'local' then id = %(session)s "
        "when 'others' then id is distinct from %(session)s "
        "else true end",
        {"user": user_id, "session": session_id, "scope": scope},
    )


def _new_token() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN_LENGTH))


async def _insert_token(
    connection: Connection, token: str, session: Session, parent: str | None
) -> None:
    await connection.execute(
        "insert into auth.refresh_tokens "
        "(instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id) "
        "values ('00000000-0000-0000-0000-000000000000', %s, %s, false, now(), now(), %s, %s)",
        (token, str(session.user_id), parent, session.id),
    )


async def _find_token(connection: Connection, token: str) -> Row | None:
    """Return a refresh token with its session's owner; two exchanges of one session take turns."""
    query = (
        "select tokens.*, sessions.user_id as owner, sessions.created_at as began "
        "from auth.refresh_tokens as tokens "
        "join auth.sessions as sessions on sessions.id = tokens.session_id "
        "where tokens.token = %s"
    )
    await connection.execute(f"{query} for update of sessions", (token,))
    cursor = await connection.execute(query, (token,))  # As it is after the wait.
    return await cursor.fetchone()


async def _current_token(connection: Connection, session_id: uuid.UUID) -> Row | None:
    cursor = await connection.execute(
        "select token, parent from auth.refresh_tokens "
        "where session_id = %s and not revoked order by id desc limit 1",
        (session_id,),
    )
    return await cursor.fetchone()


async def _revoke(connection: Connection, token: str) -> None:
    """Mark a refresh token as used now, unless it was before."""
    await connection.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = now() "
        "where token = %s and not revoked",
        (token,),
    )


async def _revoke_all(connection: Connection, session: Session) -> None:
    """Mark every refresh token of a session as used too long ago to be forgiven."""
    await connection.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = now() - %s "
        "where session_id = %s",
        (_REUSE_WINDOW, session.id),
    )
