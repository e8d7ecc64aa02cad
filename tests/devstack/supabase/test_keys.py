"""Keys: the well-known ones are the CLI's own, the others belong to one home."""

import stat
import time
from pathlib import Path

import jwt
import pytest

from core.errors import ConfigError
from devstack.supabase.keys import (
    ANON_JWT,
    PUBLISHABLE_KEY,
    SECRET_KEY,
    SERVICE_JWT,
    load_keys,
    role_claims,
)

# As printed by `supabase status` on every machine.
CLI_ANON = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6ImFub24iLCJleHAiOjE5ODM4MTI5OTZ9."
    "CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0"
)


def test_the_legacy_key_is_the_clis_own() -> None:
    assert ANON_JWT == CLI_ANON


@pytest.mark.parametrize(
    ("key", "role"),
    [
        (PUBLISHABLE_KEY, "anon"),
        (ANON_JWT, "anon"),
        (SECRET_KEY, "service_role"),
        (SERVICE_JWT, "service_role"),
    ],
)
def test_each_key_stands_for_one_role(key: str, role: str) -> None:
    claims = role_claims(key)
    assert claims is not None
    assert claims["role"] == role


def test_an_unknown_key_stands_for_nobody() -> None:
    assert role_claims("sb_secret_invented") is None


def test_keys_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert load_keys(tmp_path) == keys
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_token_signed_here_is_verified_here_and_by_the_published_key(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    token = keys.sign({"sub": "somebody", "exp": time.time() + 60})
    assert keys.verify(token)["sub"] == "somebody"
    published = jwt.PyJWKSet.from_dict(keys.public_keys()).keys[0]
    assert jwt.decode(token, published, algorithms=["ES256"])["sub"] == "somebody"
    assert "d" not in keys.public_keys()["keys"][0]


def test_a_token_of_another_home_is_refused(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    token = load_keys(tmp_path / "one").sign({"sub": "somebody"})
    with pytest.raises(jwt.InvalidSignatureError):
        load_keys(tmp_path / "other").verify(token)


def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    with pytest.raises(jwt.ExpiredSignatureError):
        keys.verify(keys.sign({"exp": 1}))


def test_the_public_key_is_no_shared_secret(tmp_path: Path) -> None:
    """Signing HS256 with the published key must not pass, whatever algorithm a token names."""
    keys = load_keys(tmp_path)
    forged = jwt.encode({"role": "service_role"}, keys.signing["x"] * 2, algorithm="HS256")
    with pytest.raises(jwt.InvalidTokenError):
        keys.verify(forged)


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"keys\.json is damaged"):
        load_keys(tmp_path)
