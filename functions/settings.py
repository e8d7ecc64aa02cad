"""Everything the functions are told from outside, read once and checked at once.

In:  the environment as a mapping; only `functions/main.py` looks at the real one.
Out: `Settings`, frozen; or one error that lists every problem.
Next: `functions/main.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from adapters.key_ring import read_key_ring
from core.errors import ConfigError
from core.settings import SettingsReader, is_address

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
        The key that may do everything; used on cron paths and by `functions/elevated.py`.
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
    audit_keys
        Keys that seal the audit log, by id; the first seals, all verify. None: nothing is sealed.
    audit_seal_file
        Where the head of the seals is written too, outside the database.
    broker_keys
        Keys that seal users' broker secrets, by id; empty: no broker account can be connected.
    dhan_api_url
        Dhan's REST interface.
    broker_proxy
        Through which the broker is asked about accounts: the address orders leave from. Empty:
        from here.
    dhan_client_id, dhan_access_token
        The operator's own account, from which history is downloaded; empty: nothing is.
    llm_api_url, llm_api_key, llm_model
        An OpenAI-compatible endpoint (up to ``/v1``) that turns text into strategies, and which
        of its models; without address or key text is only read.
    trusted_proxies
        How many proxies of the operator's stand before the functions.
    open_requests_per_minute
        Requests of one address on routes that anybody may call.
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
    audit_keys: Mapping[str, bytes] = field(repr=False)
    audit_seal_file: Path | None
    broker_keys: Mapping[str, bytes] = field(repr=False)
    dhan_api_url: str
    broker_proxy: str = field(repr=False)
    dhan_client_id: str
    dhan_access_token: str = field(repr=False)
    llm_api_url: str
    llm_api_key: str = field(repr=False)
    llm_model: str
    trusted_proxies: int
    open_requests_per_minute: int

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no line of a log may hold."""
        mine = (self.secret_key, self.cron_secret, self.jwt_secret)
        return (*mine, self.dhan_access_token, self.llm_api_key, self.broker_proxy)


def read_settings(values: Mapping[str, str]) -> Settings:
    """Return the settings in a mapping of names to text.

    Raises
    ------
    ConfigError
        Lists everything missing or malformed.
    """
    reader = SettingsReader(values)
    url = reader.address("SUPABASE_URL", None, aliases=("NEXT_PUBLIC_SUPABASE_URL",))
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
        jwt_issuer=reader.address("SUPABASE_JWT_ISSUER", f"{url}/auth/v1"),
        jwks_url=reader.address("SUPABASE_JWKS_URL", f"{url}/auth/v1/.well-known/jwks.json"),
        jwt_secret=_jwt_secret(reader),
        calendar_file=reader.path("CALENDAR_FILE"),
        audit_keys=_key_ring(reader, "AUDIT_SEAL_KEY"),
        audit_seal_file=reader.path("AUDIT_SEAL_FILE"),
        broker_keys=_key_ring(reader, "BROKER_KEYS"),
        dhan_api_url=reader.address("DHAN_API_URL", "https://api.dhan.co/v2"),
        broker_proxy=reader.address("BROKER_PROXY", ""),
        dhan_client_id=reader.text("DHAN_CLIENT_ID", ""),
        dhan_access_token=reader.text("DHAN_ACCESS_TOKEN", "", secret=True),
        llm_api_url=reader.address("LLM_API_URL", ""),
        llm_api_key=reader.text("LLM_API_KEY", "", secret=True),
        llm_model=reader.text("LLM_MODEL", "gpt-5-mini"),
        trusted_proxies=reader.integer("TRUSTED_PROXIES", _proxies(values), low=0, high=9),
        open_requests_per_minute=reader.integer(
            "OPEN_REQUESTS_PER_MINUTE", 300, low=1, high=1_000_000
        ),
    )
    reader.finish()
    return settings


def _proxies(values: Mapping[str, str]) -> int:
    # Both hosts put one proxy before a function, and say who they are.
    return int("VERCEL" in values or "K_SERVICE" in values)


def _origins(reader: SettingsReader, text: str) -> frozenset[str]:
    origins = [part.strip() for part in text.split(",") if part.strip()]
    for origin in origins:
        if not is_address(origin) or origin.count("/") != 2:
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


def _key_ring(reader: SettingsReader, name: str) -> Mapping[str, bytes]:
    text = reader.text(name, "", secret=True)
    try:
        return read_key_ring(text, name) if text else {}
    except ConfigError as error:
        reader.problem(str(error))
        return {}
