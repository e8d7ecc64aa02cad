"""Users as rows of ``auth.users`` and as the JSON that clients read.

In:  an open transaction as ``supabase_auth_admin``.
Out: rows made, found, changed, deleted; `user_json` in GoTrue's shape.
Next: `devstack/supabase/auth/sessions.py`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import errors, sql
from psycopg.types.json import Jsonb

from devstack.supabase.auth.connections import Connection, Row
from devstack.supabase.auth.errors import AuthError

_INSTANCE: Final = uuid.UUID(int=0)  # GoTrue serves one instance, the nil uuid.
_EMAIL: Final = {"provider": "email", "providers": ["email"]}


@dataclass(frozen=True, slots=True)
class NewUser:
    """What a user begins with; `password_hash` is None for one who cannot sign in yet."""

    email: str
    password_hash: str | None
    confirmed: bool
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    role: str = "authenticated"
    user_metadata: Mapping[str, Any] = field(default_factory=dict)
    app_metadata: Mapping[str, Any] = field(default_factory=dict)
    banned_until: datetime | None = None


async def create_user(connection: Connection, new: NewUser) -> Row:
    """Insert a user and the e-mail identity; return the user's row.

    The user is one statement with all metadata in it: applications put triggers on this table.

    Raises
    ------
    AuthError
        The address is taken, or a trigger of the application refused the user.
    """
    now = datetime.now(UTC)
    identity = _identity_data(new)
    values: dict[str, Any] = {
        "instance_id": _INSTANCE,
        "id": new.id,
        "aud": "authenticated",
        "role": new.role,
        "email": new.email,
        "encrypted_password": new.password_hash or "",
        "email_confirmed_at": now if new.confirmed else None,
        "raw_app_meta_data": Jsonb(_EMAIL | dict(new.app_metadata)),
        "raw_user_meta_data": Jsonb({**new.user_metadata, **identity}),
        "banned_until": new.banned_until,
        "created_at": now,
        "updated_at": now,
    }
    statement = sql.SQL("insert into auth.users ({}) values ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    await _write(connection, statement, values)
    await connection.execute(
        "insert into auth.identities "
        "(provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at) "
        "values (%(text)s, %(id)s, %(data)s, 'email', %(now)s, %(now)s, %(now)s)",
        {"text": str(new.id), "id": new.id, "data": Jsonb(identity), "now": now},
    )
    return await get_user(connection, new.id)


async def get_user(connection: Connection, user_id: uuid.UUID) -> Row:
    """Return a user's row with its identities.

    Raises
    ------
    AuthError
        404 when there is no such user.
    """
    cursor = await connection.execute(f"{_SELECT} where users.id = %s", (user_id,))
    row = await cursor.fetchone()
    if row is None:
        raise AuthError(404, "user_not_found", "User not found")
    return row


async def find_by_email(connection: Connection, email: str) -> Row | None:
    """Return the row of the user with this address, or None."""
    cursor = await connection.execute(
        f"{_SELECT} where users.email = %s and not users.is_sso_user", (email.lower(),)
    )
    return await cursor.fetchone()


async def list_users(connection: Connection, limit: int, offset: int) -> tuple[list[Row], int]:
    """Return one page of users, newest first, and how many there are in all."""
    counted = await connection.execute("select count(*) as total from auth.users")
    total = (await counted.fetchone() or {"total": 0})["total"]
    cursor = await connection.execute(
        f"{_SELECT} order by users.created_at desc, users.id limit %s offset %s", (limit, offset)
    )
    return await cursor.fetchall(), total


async def update_user(connection: Connection, user_id: uuid.UUID, values: Mapping[str, Any]) -> Row:
    """Set columns of a user's row and return it anew; a changed address moves its identity too."""
    columns = {
        name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()
    }
    columns["updated_at"] = datetime.now(UTC)
    statement = sql.SQL("update auth.users set {} where id = {}").format(
        sql.SQL(", ").join(
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in columns
        ),
        sql.Placeholder("id"),
    )
    await _write(connection, statement, {**columns, "id": user_id})
    if "email" in values:
        await connection.execute(
            "update auth.identities set updated_at = now(), "
            "identity_data = identity_data || jsonb_build_object('email', %s::text) "
            "where user_id = %s and provider = 'email'",
            (values["email"], user_id),
        )
    return await get_user(connection, user_id)


async def delete_user(connection: Connection, user_id: uuid.UUID) -> None:
    """Delete a user with sessions, tokens and identities; 404 when there is none."""
    await get_user(connection, user_id)
    await _write(connection, sql.SQL("delete from auth.users where id = %(id)s"), {"id": user_id})


def user_json(row: Row) -> dict[str, Any]:
    """Return a user as GoTrue shows it; times without a value are left out."""
    times = ("email_confirmed_at", "confirmed_at", "last_sign_in_at", "banned_until")
    return {
        "id": str(row["id"]),
        "aud": row["aud"],
        "role": row["role"],
        "email": row["email"] or "",
        "phone": row["phone"] or "",
        **{name: timestamp(row[name]) for name in times if row[name] is not None},
        "app_metadata": row["raw_app_meta_data"] or {},
        "user_metadata": row["raw_user_meta_data"] or {},
        "identities": row["identities"],
        "created_at": timestamp(row["created_at"]),
        "updated_at": timestamp(row["updated_at"]),
        "is_anonymous": row["is_anonymous"],
    }


def timestamp(moment: datetime) -> str:
    """Return a moment as Go writes it: UTC, with a Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _identity_data(new: NewUser) -> dict[str, Any]:
    return {
        "sub": str(new.id),
        "email": new.email,
        "email_verified": new.confirmed,
        "phone_verified": False,
    }


async def _write(connection: Connection, statement: sql.SQL | sql.Composed, values: Row) -> None:
    """Write to auth.users; what the application's constraints and triggers say reaches the caller.

    Raises
    ------
    AuthError
        422 for a taken address; 500 with the database's sentence for anything else, as GoTrue.
    """
    try:
        await connection.execute(statement, values)
    except errors.UniqueViolation as error:
        if error.diag.constraint_name != "users_email_partial_key":
            raise _refused(error) from error
        message = "A user with this email address has already been registered"
        raise AuthError(422, "email_exists", message) from error
    except (errors.IntegrityError, errors.RaiseException, errors.ProgrammingError) as error:
        raise _refused(error) from error


def _refused(error: errors.Error) -> AuthError:
    text = error.diag.message_primary or str(error)
    return AuthError(500, "unexpected_failure", f"Database error saving user: {text}")


_SELECT: Final = """
    select users.*, coalesce((
      select jsonb_agg(jsonb_build_object(
        'identity_id', identity.id, 'id', identity.provider_id, 'user_id', identity.user_id,
        'identity_data', identity.identity_data, 'provider', identity.provider,
        'last_sign_in_at', identity.last_sign_in_at, 'created_at', identity.created_at,
        'updated_at', identity.updated_at, 'email', identity.email) order by identity.created_at)
      from auth.identities as identity where identity.user_id = users.id
    ), '[]'::jsonb) as identities
    from auth.users as users
"""
