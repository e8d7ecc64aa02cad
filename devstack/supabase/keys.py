"""Every key of one home: API keys, signing keys, passwords of the services' database roles.

In:  ``keys.json`` in the home directory (mode 0600), made on first use.
Out: what signs a user's token, what verifies any token, which role an API key stands for.
Next: `devstack/supabase/gateway.py`.

The API keys and the shared secret are the public ones that the Supabase CLI gives every local
project, so one ``.env`` serves both; therefore nothing here may listen beyond loopback. User
tokens are signed with a key of this installation (ES256), as on hosted.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import ConfigError

PUBLISHABLE_KEY: Final = "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH"
SECRET_KEY: Final = "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz"  # noqa: S105 - public, local only
SHARED_SECRET: Final = "super-secret-jwt-token-with-at-least-32-characters-long"  # noqa: S105 - public
POSTGRES_PASSWORD: Final = "postgres"  # noqa: S105 - what the Supabase CLI's "local" target expects
_LEGACY_EXPIRY: Final = 1983812996  # 2032-11-12, as in the keys the Supabase CLI prints.


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _legacy_key(role: str) -> str:
    """Return the CLI's own local key of a role, an HS256 token, byte for byte."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"iss": "supabase-demo", "role": role, "exp": _LEGACY_EXPIRY}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
    signed = ".".join(map(_base64url, parts))
    signature = hmac.digest(SHARED_SECRET.encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{_base64url(signature)}"


ANON_JWT: Final = _legacy_key("anon")
SERVICE_JWT: Final = _legacy_key("service_role")
ROLE_TOKENS: Final[Mapping[str, str]] = {
    PUBLISHABLE_KEY: ANON_JWT,
    SECRET_KEY: SERVICE_JWT,
    ANON_JWT: ANON_JWT,
    SERVICE_JWT: SERVICE_JWT,
}


_ROLES: Final = {ANON_JWT: "anon", SERVICE_JWT: "service_role"}


def role_claims(api_key: str) -> dict[str, Any] | None:
    """Return what an API key lets its bearer claim, or None when we do not know the key."""
    token = ROLE_TOKENS.get(api_key)
    return None if token is None else {"role": _ROLES[token], "exp": _LEGACY_EXPIRY}


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one home.

    Parameters
    ----------
    signing
        Private EC P-256 key as a JWK, with its ``kid``.
    admin_password, authenticator_password, auth_password
        Passwords of ``supabase_admin``, ``authenticator`` and ``supabase_auth_admin``.
    """

    signing: dict[str, str]
    admin_password: str
    authenticator_password: str
    auth_password: str

    def public_keys(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set that verifies user tokens, fit to be published."""
        public = {name: self.signing[name] for name in ("kty", "crv", "x", "y", "kid")}
        return {"keys": [public | {"alg": "ES256", "use": "sig", "key_ops": ["verify"]}]}

    def verifying_keys(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set for PostgREST: the published keys and the shared secret."""
        shared = {"kty": "oct", "alg": "HS256", "k": _base64url(SHARED_SECRET.encode())}
        return {"keys": [*self.public_keys()["keys"], shared]}

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Return a user token: ES256 with this installation's key."""
        import jwt  # noqa: PLC0415 - 0.04 s that a warm start can do without

        key = jwt.PyJWK(self.signing, algorithm="ES256")
        return jwt.encode(dict(claims), key, headers={"kid": self.signing["kid"]})

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a token signed here or with the shared secret.

        Raises
        ------
        jwt.InvalidTokenError
            Malformed, expired, or signed by nobody we know.
        """
        import jwt  # noqa: PLC0415 - see `sign`

        options: jwt.types.Options = {"verify_aud": False}  # PostgREST does not look either.
        if jwt.get_unverified_header(token).get("alg") == "HS256":
            return jwt.decode(token, SHARED_SECRET, algorithms=["HS256"], options=options)
        key = jwt.PyJWK(self.signing, algorithm="ES256").key.public_key()
        return jwt.decode(token, key, algorithms=["ES256"], options=options)


def load_keys(home: Path) -> Keys:
    """Return the home's keys, made on first use.

    Raises
    ------
    ConfigError
        The file is there and does not hold what it must.
    """
    path = home / "keys.json"
    if not path.exists():
        _write_new(path)
    try:
        return Keys(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{path} is damaged ({error}); delete it and begin anew with --reset"
        ) from error


def _write_new(path: Path) -> None:
    """Write a new key file whole; when two stacks start at once, one of the files stays."""
    content = {
        "signing": _new_signing_key(),
        "admin_password": secrets.token_urlsafe(24),
        "authenticator_password": secrets.token_urlsafe(24),
        "auth_password": secrets.token_urlsafe(24),
    }
    part = path.with_suffix(f".{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(json.dumps(content))
    try:
        os.link(part, path)  # Unlike a rename, this never replaces the other's file.
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _new_signing_key() -> dict[str, str]:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - first start only

    numbers = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    point = numbers.public_numbers
    scalars = {"x": point.x, "y": point.y, "d": numbers.private_value}
    encoded = {name: _base64url(value.to_bytes(32, "big")) for name, value in scalars.items()}
    return {"kty": "EC", "crv": "P-256", "kid": secrets.token_hex(8), **encoded}
