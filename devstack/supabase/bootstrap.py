"""Make a fresh cluster look like a hosted Supabase project's database.

In:  ``sql/*.sql`` in name order, and the passwords of the home.
Out: roles, schemas, auth tables, Realtime's tables and publications, in one transaction.
Next: `devstack/supabase/migrations.py`.
"""

import hashlib
from pathlib import Path

from core.errors import StoreError
from devstack.supabase.connect import connect
from devstack.supabase.keys import POSTGRES_PASSWORD, Keys

_CLUSTER = "wal-segsize=1"  # What initdb decides for ever; changing it makes old data unusable.
_SQL = Path(__file__).parent / "sql"


def bootstrap_digest(server: str, keys: Keys) -> str:
    """Return what tells databases we can use from those of another version or other keys.

    Parameters
    ----------
    server
        Name of the server's installation, which carries its version.
    keys
        Whose passwords the database has.
    """
    digest = hashlib.sha256(f"{_CLUSTER} {server} {keys.admin_password}".encode())
    for file in _files():
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:20]


def bootstrap(conninfo: str, keys: Keys) -> None:
    """Apply every file to the database behind `conninfo`, a superuser's.

    Raises
    ------
    StoreError
        A file cannot be applied; names it.
    """
    import psycopg  # noqa: PLC0415 - imported while Postgres starts, see stack.py
    from psycopg import sql  # noqa: PLC0415 - the same

    passwords = {
        "postgres": POSTGRES_PASSWORD,
        "authenticator": keys.authenticator_password,
        "supabase_auth_admin": keys.auth_password,
    }
    with connect(conninfo) as connection:
        for file in _files():
            try:
                connection.execute(file.read_bytes())
            except psycopg.Error as error:
                raise StoreError(f"{file.name} cannot be applied: {error}") from error
        for role, password in passwords.items():
            statement = sql.SQL("alter role {} password {}")
            connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _files() -> list[Path]:
    return sorted(_SQL.glob("*.sql"))
