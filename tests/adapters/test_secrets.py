"""Secrets open only with their key, for the user, broker and field that they were sealed for."""

import copy
import pickle
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from adapters.secrets import Place, Secret, SecretSealer
from core.errors import ConfigError, DataError

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLACE = Place(UUID(int=1), "dhan", "access_token")
TOKEN = Secret("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9")


def ring(*keys: tuple[str, bytes]) -> str:
    return ",".join(f"{key_id}:{b64encode(key).decode()}" for key_id, key in keys)


@pytest.fixture
def sealer() -> SecretSealer:
    return SecretSealer.from_setting(ring(("k1", OLD)))


@given(st.text(min_size=1, max_size=8192))
def test_a_sealed_secret_opens_to_what_it_was(text: str) -> None:
    sealer = SecretSealer({"k1": OLD})
    assert sealer.open(sealer.seal(Secret(text), PLACE), PLACE).reveal() == text


def test_the_same_secret_is_sealed_differently_each_time(sealer: SecretSealer) -> None:
    sealed = {sealer.seal(TOKEN, PLACE) for _ in range(100)}
    assert len(sealed) == 100
    assert all(TOKEN.reveal() not in text and text.startswith("v1.k1.") for text in sealed)


def test_the_form_is_aes_256_gcm_with_the_place_as_associated_data(sealer: SecretSealer) -> None:
    """Made by hand from the documented form, so that another program could read it too."""
    nonce = bytes(12)
    data = b'["00000000-0000-0000-0000-000000000001", "dhan", "access_token"]'
    body = nonce + AESGCM(OLD).encrypt(nonce, b"by hand", data)
    sealed = "v1.k1." + urlsafe_b64encode(body).rstrip(b"=").decode()
    assert sealer.open(sealed, PLACE).reveal() == "by hand"


@pytest.mark.parametrize(
    "other",
    [
        Place(UUID(int=2), "dhan", "access_token"),
        Place(UUID(int=1), "zerodha", "access_token"),
        Place(UUID(int=1), "dhan", "pin"),
        Place(UUID(int=1), 'dhan", "access_token', ""),
    ],
)
def test_a_secret_copied_to_another_place_does_not_open(other: Place, sealer: SecretSealer) -> None:
    with pytest.raises(DataError, match="sealed for another user, broker or field"):
        sealer.open(sealer.seal(TOKEN, PLACE), other)


def test_a_secret_altered_at_any_byte_does_not_open(sealer: SecretSealer) -> None:
    sealed = sealer.seal(TOKEN, PLACE)
    start = len("v1.k1.")
    for index in range(start, len(sealed) - 1):
        wrong = "A" if sealed[index] != "A" else "B"
        with pytest.raises(DataError, match="was altered"):
            sealer.open(sealed[:index] + wrong + sealed[index + 1 :], PLACE)


@pytest.mark.parametrize(
    ("sealed", "said"),
    [
        ("", "is not of the form v1.<key id>.<base64>"),
        ("eyJ0eXAi", "is not of the form"),
        ("v2.k1.AAAA", "is not of the form"),
        ("v1..AAAA", "is not of the form"),
        ("v1.k1.", "is cut short"),
        ("v1.k1.AAAA", "is cut short"),
        ("v1.k1.A", "is not base64"),
        ("v1.k1.ÄÄÄÄ", "is not base64"),
        ("v1.k1.A+/=", "is not base64"),
        ("v1.k9." + "A" * 60, "needs the key k9, the ring holds k1"),
    ],
)
def test_what_is_no_sealed_secret_of_ours_says_what_is_wrong(
    sealed: str, said: str, sealer: SecretSealer
) -> None:
    with pytest.raises(DataError) as caught:
        sealer.open(sealed, PLACE)
    assert str(caught.value).startswith("the sealed access_token of dhan ")
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "a" * 8193])
def test_a_secret_of_impossible_length_is_refused(text: str, sealer: SecretSealer) -> None:
    with pytest.raises(DataError, match="must have 1 to 8,192"):
        sealer.seal(Secret(text), PLACE)


def test_half_a_character_is_refused_without_being_repeated(sealer: SecretSealer) -> None:
    with pytest.raises(DataError, match=r"^access_token of dhan is not text$") as caught:
        sealer.seal(Secret("secret\ud800"), PLACE)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_keys_are_changed_by_putting_a_new_one_in_front() -> None:
    before = SecretSealer.from_setting(ring(("k1", OLD)))
    during = SecretSealer.from_setting(ring(("k2", NEW), ("k1", OLD)))
    after = SecretSealer.from_setting(ring(("k2", NEW)))
    sealed = before.seal(TOKEN, PLACE)
    assert (before.is_old(sealed), during.is_old(sealed)) == (False, True)
    assert before.resealed(sealed, PLACE) is None
    again = during.resealed(sealed, PLACE)
    assert again is not None
    assert after.open(again, PLACE) == TOKEN
    assert during.resealed(again, PLACE) is None
    with pytest.raises(DataError, match="needs the key k1, the ring holds k2"):
        after.open(sealed, PLACE)


def test_a_key_of_the_same_id_but_other_bytes_does_not_open(sealer: SecretSealer) -> None:
    other = SecretSealer.from_setting(ring(("k1", NEW)))
    with pytest.raises(DataError, match="was altered"):
        other.open(sealer.seal(TOKEN, PLACE), PLACE)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("", "key 1 has no id"),
        (b64encode(OLD).decode(), "key 1 has no id"),
        ("k1:", "key 1 (k1) is 0 bytes, must be 32 bytes in base64"),
        ("k1:%%%", "key 1 (k1) is no base64, must be 32 bytes in base64"),
        (ring(("k1", OLD[:16])), "key 1 (k1) is 16 bytes, must be 32 bytes in base64"),
        (ring(("k1", OLD), ("k1", NEW)), "key 2 has the id k1 a second time"),
        (ring(("k1", OLD)) + ",", "key 2 has no id"),
        (ring(("k 1", OLD), ("k2", b"short")), "key 1 has no id"),
    ],
)
def test_a_key_ring_that_cannot_be_used_is_refused_without_telling_a_key(
    setting: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        SecretSealer.from_setting(setting)
    assert said in str(caught.value)
    for key in (OLD, NEW, OLD[:16]):
        assert b64encode(key).decode().rstrip("=") not in str(caught.value)


def test_all_problems_of_a_key_ring_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"BROKER_KEYS cannot be used: key 1 .*; key 2 "):
        SecretSealer.from_setting("k1:%,k2:%")


def test_keys_are_read_in_both_alphabets_of_base64() -> None:
    key = bytes([251, 255] * 16)
    padded, bare = urlsafe_b64encode(key).decode(), b64encode(key).decode().rstrip("=")
    sealed = SecretSealer.from_setting(f"k1:{padded}").seal(TOKEN, PLACE)
    assert SecretSealer.from_setting(f" k1:{bare} ").open(sealed, PLACE) == TOKEN


def test_neither_secret_nor_key_shows_itself(sealer: SecretSealer) -> None:
    shown = f"{TOKEN} {TOKEN!r} {[TOKEN]} {sealer} {sealer!r} %s" % TOKEN
    assert TOKEN.reveal() not in shown
    assert b64encode(OLD).decode() not in shown
    assert repr(OLD) not in shown
    assert "Secret(****)" in shown


def test_neither_secret_nor_key_ring_is_pickled(sealer: SecretSealer) -> None:
    for thing in (TOKEN, sealer):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(thing)
        with pytest.raises(TypeError, match="not pickled"):
            copy.deepcopy(thing)


@pytest.mark.parametrize(
    ("text", "shown"), [("eyJ0eXAiOiJK", "OiJK"), ("elevenchars", ""), ("", "")]
)
def test_the_last_four_are_told_of_long_secrets_only(text: str, shown: str) -> None:
    assert Secret(text).last_four == shown


def test_secrets_are_equal_by_their_text() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("é") != Secret("e")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


@pytest.mark.parametrize("module", ["adapters.secrets", "adapters.sandbox.pool"])
def test_importing_the_adapters_loads_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert module in loaded
    assert not {"pydantic", "pydantic_monty", "cryptography", "numpy", "httpx"} & set(loaded)
