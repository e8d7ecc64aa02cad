"""Everything the functions are told from outside, read once and checked at once.

In:  the environment as a mapping; only `functions/main.py` looks at the real one.
Out: `Settings`, frozen; or one error that lists every problem.
Next: `functions/main.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from core.settings import SettingsReader

_CRON_SECRET_LENGTH: Final = 32
_JWT_SECRET_LENGTH: Final = 32  # What HS256 asks of a key: as long as its digest.


@dataclass(frozen=True, slots=True)
class Settings:
    """What the functions run with.

    Parameters
    ----------
    supabase_url
        The project's address, without a slash at its end.
    publishable_key
        The key that says which project is meant; it gives no rights.
    secret_key
        The key that may do everything; used on cron paths only.
    cron_secret
        What a scheduler shows as ``Authorization: Bearer``.
    cors_origins
        Origins of web pages on other hosts that may call.
    jwt_issuer, jwks_url
        Who signs access tokens, and where the public keys are.
    jwt_secret
        Shared secret of a project that still signs with HS256; empty refuses such tokens.
    calendar_file
        The operator's own calendar; None uses the shipped one alone.
    """

    supabase_url: str
    publishable_key: str
    secret_key: str = field(repr=False)
    cron_secret: str = field(repr=False)
    cors_origins: frozenset[str]
    jwt_issuer: str
    jwks_url: str
    jwt_secret: str = field(repr=False)
    calendar_file: Path | None

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no line of a log may hold."""
        return (self.secret_key, self.cron_secret, self.jwt_secret)


def read_settings(values: Mapping[str, str]) -> Settings:
    """Return the settings in a mapping of names to text.

    Raises
    ------
    ConfigError
        Lists everything missing or malformed.
    """
    reader = SettingsReader(values)
    url = _url(reader, "SUPABASE_URL", None, aliases=("NEXT_PUBLIC_SUPABASE_URL",))
    settings = Settings(
        supabase_url=url,
        publishable_key=reader.text(
            "SUPABASE_PUBLISHABLE_KEY",
            aliases=(
                "NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY",
                "SUPABASE_ANON_KEY",
                "NEXT_PUBLIC_SUPABASE_ANON_KEY",
            ),
        ),
        secret_key=reader.text(
            "SUPABASE_SECRET_KEY", aliases=("SUPABASE_SERVICE_ROLE_KEY",), secret=True
        ),
        cron_secret=reader.text("CRON_SECRET", min_length=_CRON_SECRET_LENGTH, secret=True),
        cors_origins=_origins(reader, reader.text("CORS_ORIGINS", "")),
        jwt_issuer=_url(reader, "SUPABASE_JWT_ISSUER", f"{url}/auth/v1"),
        jwks_url=_url(reader, "SUPABASE_JWKS_URL", f"{url}/auth/v1/.well-known/jwks.json"),
        jwt_secret=_jwt_secret(reader),
        calendar_file=reader.path("CALENDAR_FILE"),
    )
    reader.finish()
    return settings


def _url(
    reader: SettingsReader, name: str, default: str | None, *, aliases: tuple[str, ...] = ()
) -> str:
    text = reader.text(name, default, aliases=aliases).rstrip("/")
    if text and text != default and not _is_address(text):
        reader.problem(f"{name} is {text!r}, must be an address such as https://example.com")
    return text


def _origins(reader: SettingsReader, text: str) -> frozenset[str]:
    origins = [part.strip() for part in text.split(",") if part.strip()]
    for origin in origins:
        if not _is_address(origin) or origin.count("/") != 2:
            reader.problem(
                f"CORS_ORIGINS holds {origin!r}, must be origins such as https://example.com, "
                "separated by commas"
            )
    return frozenset(origins)


def _jwt_secret(reader: SettingsReader) -> str:
    secret = reader.text("SUPABASE_JWT_SECRET", "", secret=True)
    if secret and len(secret) < _JWT_SECRET_LENGTH:
        reader.problem(
            f"SUPABASE_JWT_SECRET has {len(secret)} characters, must have at least "
            f"{_JWT_SECRET_LENGTH}, or none to refuse tokens signed with it"
        )
    return secret


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port  # Raises where it is no number.
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
