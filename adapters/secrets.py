"""Broker secrets at rest: sealed with AES-256-GCM, bound to whose they are and what they are for.

In:  a secret, its place (user, broker, field), a key ring from a setting's text.
Out: sealed text for the database, and the secret again for who holds the key and knows the place.
Next: the table of broker accounts stores sealed text, last four and expiry; never the secret.

Sealed text is ``v1.<key id>.<base64url of nonce and ciphertext>``. Place is authenticated with it
(associated data), so that a row copied to another user, broker or field does not open. The first
key of the ring seals, all open: to change keys, put a new one in front, re-seal what `is_old`,
then drop the old one. A random nonce of 96 bits is safe for 2**32 secrets a key (NIST SP 800-38D).
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from os import urandom
from typing import Final, NoReturn, Self
from uuid import UUID

from adapters.key_ring import KEY_ID, read_key_ring
from core.errors import ConfigError, DataError

_VERSION: Final = "v1"
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")
_MAX_SECRET: Final = 8_192
# Four of fewer characters than this would tell too much of the secret.
_SHORTEST_SHOWN: Final = 12


class Secret:
    """A text that shows itself only when asked to.

    Parameters
    ----------
    text
        The secret.

    Examples
    --------
    >>> token = Secret("eyJ0eXAiOiJKV1QiLCJhbGci")
    >>> token, f"{token}", token.last_four
    (Secret(****), 'Secret(****)', 'bGci')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself, for the one place that sends it."""
        return self._text

    @property
    def last_four(self) -> str:
        """The last four characters, for its owner to know it by; empty for a short secret."""
        return self._text[-4:] if len(self._text) >= _SHORTEST_SHOWN else ""

    def __repr__(self) -> str:
        return "Secret(****)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(_bytes_of(self), _bytes_of(other))

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled; seal it")


@dataclass(frozen=True, slots=True)
class Place:
    """Whose secret it is and what it is for.

    Parameters
    ----------
    user_id
        Its owner.
    broker
        Such as ``dhan``.
    field
        Such as ``access_token``.
    """

    user_id: UUID
    broker: str
    field: str

    def associated_data(self) -> bytes:
        """Return the bytes that are authenticated with the secret; JSON keeps the parts apart."""
        return json.dumps([str(self.user_id), self.broker, self.field]).encode()


class SecretSealer:
    """Seals and opens secrets with a ring of keys.

    Parameters
    ----------
    keys
        32 bytes by key id; the first seals, all open.

    Examples
    --------
    >>> from base64 import b64encode
    >>> sealer = SecretSealer.from_setting("k1:" + b64encode(bytes(range(32))).decode())
    >>> place = Place(UUID(int=1), "dhan", "access_token")
    >>> sealer.open(sealer.seal(Secret("token"), place), place).reveal()
    'token'
    >>> sealer
    SecretSealer(k1)
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ConfigError("a key ring must hold at least one key")
        self._keys: Final = dict(keys)
        self._newest: Final = next(iter(self._keys))

    @classmethod
    def from_setting(cls, text: str, name: str = "BROKER_KEYS") -> Self:
        """Return the sealer for a setting such as ``k2:<base64>,k1:<base64>``.

        Raises
        ------
        ConfigError
            Lists everything that is wrong, by position and key id, never a key.
        """
        return cls(read_key_ring(text, name))

    def seal(self, secret: Secret, place: Place) -> str:
        """Return `secret` sealed for `place` with the newest key.

        Raises
        ------
        DataError
            For an empty secret, one longer than 8,192 characters, or one that is no text.
        """
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - see adapters.
            AESGCM,
        )

        text = secret.reveal()
        if not 1 <= len(text) <= _MAX_SECRET:
            limit = f"must have 1 to {_MAX_SECRET:,}"
            raise DataError(f"{place.field} of {place.broker} has {len(text)} characters, {limit}")
        try:
            plain = text.encode()
        except UnicodeEncodeError:
            # JSON lets half a character through; the error itself would repeat the secret.
            raise DataError(f"{place.field} of {place.broker} is not text") from None
        nonce = urandom(_NONCE_BYTES)
        cipher = AESGCM(self._keys[self._newest])
        body = nonce + cipher.encrypt(nonce, plain, place.associated_data())
        encoded = urlsafe_b64encode(body).rstrip(b"=").decode()
        return f"{_VERSION}.{self._newest}.{encoded}"

    def open(self, sealed: str, place: Place) -> Secret:
        """Return the secret that was sealed for `place`.

        Raises
        ------
        DataError
            When the text is not a sealed secret, its key is not in the ring, or it was altered or
            sealed for another user, broker or field.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see adapters.
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - see adapters.
            AESGCM,
        )

        key_id, body = _parts(sealed, place)
        key = self._keys.get(key_id)
        if key is None:
            held = ", ".join(self._keys)
            raise DataError(f"{_named(place)} needs the key {key_id}, the ring holds {held}")
        try:
            plain = AESGCM(key).decrypt(
                body[:_NONCE_BYTES], body[_NONCE_BYTES:], place.associated_data()
            )
        except InvalidTag:
            raise DataError(
                f"{_named(place)} was altered, or sealed for another user, broker or field"
            ) from None
        return Secret(plain.decode())

    def is_old(self, sealed: str) -> bool:
        """Return whether `sealed` was sealed with another key than the newest."""
        return not sealed.startswith(f"{_VERSION}.{self._newest}.")

    def resealed(self, sealed: str, place: Place) -> str | None:
        """Return `sealed` under the newest key; None when it already is.

        Raises
        ------
        DataError
            As `open`.
        """
        return self.seal(self.open(sealed, place), place) if self.is_old(sealed) else None

    def __repr__(self) -> str:
        return f"SecretSealer({', '.join(self._keys)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a SecretSealer is not pickled; make it from the setting")


def _bytes_of(secret: Secret) -> bytes:
    return secret.reveal().encode("utf-8", "surrogatepass")


def _parts(sealed: str, place: Place) -> tuple[str, bytes]:
    version, _dot, rest = sealed.partition(".")
    key_id, _dot, encoded = rest.partition(".")
    if version != _VERSION or KEY_ID.fullmatch(key_id) is None:
        raise DataError(f"{_named(place)} is not of the form {_VERSION}.<key id>.<base64>")
    if _BASE64URL.fullmatch(encoded) is None:
        raise DataError(f"{_named(place)} is not base64 after its key id")
    try:
        body = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except Base64Error:
        raise DataError(f"{_named(place)} is not base64 after its key id") from None
    if len(body) <= _NONCE_BYTES + _TAG_BYTES:
        raise DataError(f"{_named(place)} is cut short")
    return key_id, body


def _named(place: Place) -> str:
    return f"the sealed {place.field} of {place.broker}"
