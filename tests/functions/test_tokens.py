"""Access tokens: ours pass; expired, foreign, forged and confused ones do not."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.key_set import KeySet
from functions.problems import ApiError
from functions.settings import Settings
from functions.tokens import TokenVerifier
from tests.functions.conftest import Caller, problem
from tests.supabase.people import Person

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
USER = uuid4()
SHARED = "a-shared-secret-of-an-old-project-0123456789"


def jwk(key: ec.EllipticCurvePrivateKey, key_id: str = "k1") -> dict[str, Any]:
    public: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return public | {"kid": key_id, "alg": "ES256", "use": "sig"}


def published(*keys: dict[str, Any]) -> KeySet:
    return KeySet(lambda: {"keys": list(keys)})


def claims(settings: Settings, **changes: Any) -> dict[str, Any]:
    every = {
        "sub": str(USER),
        "aud": "authenticated",
        "role": "authenticated",
        "iss": settings.jwt_issuer,
        "exp": int(time.time()) + 3600,
    } | changes
    return {name: value for name, value in every.items() if value is not None}


def token(
    settings: Settings,
    key: Any = KEY,
    algorithm: str = "ES256",
    key_id: str = "k1",
    **changes: Any,
) -> str:
    return jwt.encode(claims(settings, **changes), key, algorithm, headers={"kid": key_id})


def forged_hs256(settings: Settings, secret: bytes) -> str:
    """Sign as an attacker does, who is not stopped by what a library refuses."""
    parts = [{"alg": "HS256", "typ": "JWT", "kid": "k1"}, claims(settings)]
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts)
    signature = hmac.digest(secret, signed, hashlib.sha256)
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.fixture
def verifier(settings: Settings) -> TokenVerifier:
    """Return a verifier that knows one key."""
    return TokenVerifier(settings, published(jwk(KEY)))


def refused(verifier: TokenVerifier, text: str) -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        verifier.user_id(text)
    return caught.value.status, caught.value.code


def test_a_users_token_tells_whose_it_is(verifier: TokenVerifier, settings: Settings) -> None:
    assert verifier.user_id(token(settings)) == USER


def test_a_few_seconds_of_clock_difference_are_forgiven(
    verifier: TokenVerifier, settings: Settings
) -> None:
    assert verifier.user_id(token(settings, exp=int(time.time()) - 5)) == USER
    late = token(settings, exp=int(time.time()) - 60)
    assert refused(verifier, late) == (401, "token_expired")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other.supabase.co/auth/v1"},
        {"aud": "anon"},
        {"sub": "nobody"},
        {"sub": None},
        {"exp": None},
        {"aud": None},
        {"iss": None},
        {"role": None},
        {"nbf": int(time.time()) + 3600},
    ],
)
def test_a_token_with_other_claims_is_refused(
    verifier: TokenVerifier, settings: Settings, change: dict[str, Any]
) -> None:
    assert refused(verifier, token(settings, **change)) == (401, "invalid_token")


@pytest.mark.parametrize("role", ["anon", "service_role", "supabase_admin", ""])
def test_a_token_of_another_role_is_not_a_users(
    verifier: TokenVerifier, settings: Settings, role: str
) -> None:
    assert refused(verifier, token(settings, role=role)) == (403, "not_a_user")


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é.é.é", "e30.e30.", "." * 9])
def test_what_is_no_token_is_refused(verifier: TokenVerifier, text: str) -> None:
    assert refused(verifier, text) == (401, "invalid_token")


def test_another_key_with_the_same_id_is_refused(
    verifier: TokenVerifier, settings: Settings
) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    assert refused(verifier, token(settings, other)) == (401, "invalid_token")


def test_an_unknown_key_id_is_refused(verifier: TokenVerifier, settings: Settings) -> None:
    assert refused(verifier, token(settings, key_id="k2")) == (401, "invalid_token")


def test_the_public_key_is_no_shared_secret(verifier: TokenVerifier, settings: Settings) -> None:
    for secret in (PUBLIC_PEM, json.dumps(jwk(KEY)).encode(), b""):
        assert refused(verifier, forged_hs256(settings, secret)) == (401, "invalid_token")


def test_the_public_key_is_no_shared_secret_where_one_is_set_either(settings: Settings) -> None:
    old = TokenVerifier(replace(settings, jwt_secret=SHARED), published(jwk(KEY)))
    assert old.user_id(forged_hs256(settings, SHARED.encode())) == USER
    assert old.user_id(token(settings)) == USER
    assert refused(old, forged_hs256(settings, PUBLIC_PEM)) == (401, "invalid_token")


def test_a_shared_secret_that_is_published_by_mistake_verifies_nothing(settings: Settings) -> None:
    shared = {"kty": "oct", "k": base64.urlsafe_b64encode(SHARED.encode()).decode(), "kid": "k1"}
    verifier = TokenVerifier(settings, published(shared))
    assert refused(verifier, forged_hs256(settings, SHARED.encode())) == (401, "invalid_token")
    assert refused(verifier, token(settings)) == (401, "invalid_token")


def test_no_signature_and_other_algorithms_are_refused(
    verifier: TokenVerifier, settings: Settings
) -> None:
    unsigned = jwt.encode(claims(settings), "", "none", headers={"kid": "k1"})
    assert refused(verifier, unsigned) == (401, "invalid_token")
    private = rsa.generate_private_key(65537, 2048)
    assert refused(verifier, token(settings, private, "RS256")) == (401, "invalid_token")


def test_through_the_application_a_real_token_passes_and_a_changed_one_does_not(
    anybody: Caller, user: Person
) -> None:
    assert user.token is not None
    head, body, signature = user.token.split(".")
    assert Caller(anybody.app, user.token).get("/api/trades/all").status_code == 200
    claimed = json.loads(base64.urlsafe_b64decode(body + "=="))
    claimed["sub"] = str(uuid4())
    changed = base64.urlsafe_b64encode(json.dumps(claimed).encode()).decode().rstrip("=")
    forged = Caller(anybody.app, f"{head}.{changed}.{signature}")
    problem(forged.get("/api/trades/all"), 401, "invalid_token")


def test_through_the_application_a_foreign_token_and_an_api_key_are_refused(
    anybody: Caller, settings: Settings
) -> None:
    for text in (token(settings), settings.publishable_key, settings.secret_key):
        reply = Caller(anybody.app, text).get("/api/strategies/list")
        problem(reply, 401, "invalid_token")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer   ", "Token abc", "bearer"])
def test_without_a_token_one_is_asked_for(anybody: Caller, header: str) -> None:
    reply = anybody.get("/api/strategies/list", headers={"Authorization": header})
    problem(reply, 401, "not_signed_in")
