"""Settings of the functions: all that is wrong at once, old names, no secret repeated."""

from base64 import b64encode
from pathlib import Path

import pytest

from core.errors import ConfigError
from functions.service import Service
from functions.settings import read_settings

GOOD = {
    "SUPABASE_URL": "https://abc.supabase.co",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
    "SUPABASE_SECRET_KEY": "sb_secret_x",
    "CRON_SECRET": "c" * 32,
}


def test_the_four_that_are_needed_are_enough() -> None:
    settings = read_settings(GOOD)
    assert settings.jwt_issuer == "https://abc.supabase.co/auth/v1"
    assert settings.jwks_url == "https://abc.supabase.co/auth/v1/.well-known/jwks.json"
    assert (settings.jwt_secret, settings.cors_origins) == ("", frozenset())


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({})
    said = str(caught.value)
    for name in GOOD:
        assert f"{name} " in said
    assert "(or NEXT_PUBLIC_SUPABASE_URL) is missing" in said
    assert len(said.splitlines()) == 5


def test_the_older_names_serve_too() -> None:
    settings = read_settings(
        {
            "NEXT_PUBLIC_SUPABASE_URL": "https://abc.supabase.co/",
            "NEXT_PUBLIC_SUPABASE_ANON_KEY": "anon",
            "SUPABASE_SERVICE_ROLE_KEY": "service",
            "CRON_SECRET": "c" * 32,
        }
    )
    assert settings.supabase_url == "https://abc.supabase.co"
    assert (settings.publishable_key, settings.secret_key) == ("anon", "service")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CRON_SECRET", "c" * 31, "CRON_SECRET has 31 characters, must have at least 32"),
        ("SUPABASE_JWT_SECRET", "short", "SUPABASE_JWT_SECRET has 5 characters"),
        ("SUPABASE_URL", "abc.supabase.co", "SUPABASE_URL is 'abc.supabase.co', must be an"),
        ("SUPABASE_JWKS_URL", "file:///etc/passwd", "SUPABASE_JWKS_URL is"),
        ("SUPABASE_JWT_ISSUER", "http://a:port", "SUPABASE_JWT_ISSUER is"),
        ("CORS_ORIGINS", "*", "CORS_ORIGINS holds '*'"),
        ("CORS_ORIGINS", "https://a.example, https://b.example/path", "b.example/path"),
        ("CORS_ORIGINS", "null", "CORS_ORIGINS holds 'null'"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"settings cannot be used") as caught:
        read_settings(GOOD | {name: value})
    assert said in str(caught.value)


def test_origins_are_a_list() -> None:
    both = read_settings(GOOD | {"CORS_ORIGINS": "https://a.example, http://localhost:3000"})
    assert both.cors_origins == {"https://a.example", "http://localhost:3000"}


def test_no_secret_is_shown() -> None:
    values = {
        "SUPABASE_SECRET_KEY": "sb_secret_quite-secret",
        "CRON_SECRET": "cron-secret-" * 4,
        "SUPABASE_JWT_SECRET": "jwt-secret-" * 4,
        "DHAN_ACCESS_TOKEN": "dhan-token-that-is-secret",
        "LLM_API_KEY": "llm-key-that-is-secret",
        "BROKER_PROXY": "http://user:secret@proxy.example:3128",
    }
    keys = {
        name: f"k1:{b64encode(bytes(32)).decode()}" for name in ("AUDIT_SEAL_KEY", "BROKER_KEYS")
    }
    settings = read_settings(GOOD | values | keys)
    assert settings.audit_keys == settings.broker_keys == {"k1": bytes(32)}
    assert not any(secret in repr(settings) for secret in (*values.values(), repr(bytes(32))))
    assert set(settings.secrets) == set(values.values())
    with pytest.raises(ConfigError) as caught:
        read_settings(GOOD | {"CRON_SECRET": "too-short-but-secret"})
    assert "too-short" not in str(caught.value)


def test_a_calendar_file_that_cannot_be_used_ends_the_start(tmp_path: Path) -> None:
    settings = read_settings(GOOD | {"CALENDAR_FILE": str(tmp_path / "none.toml")})
    with pytest.raises(ConfigError, match=r"CALENDAR_FILE .*none\.toml cannot be used"):
        Service((), settings)
