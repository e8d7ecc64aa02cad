"""The clients of the simulated broker and their access tokens.

In:  a client id with PIN and one-time password, or a token that is still alive.
Out: tokens in the form of Dhan's (a JWT), of which one per client is alive; why one is not.
Next: `devstack/dhan/feed/server.py` and `devstack/dhan/rest/app.py`, which ask for every caller.

Minting a token kills the one before it everywhere, at most one is minted in two minutes, and a
token made on the web (SELF) can be renewed while one made by PIN and password (APP) cannot
(reference/dhanhq-v2.md 1.2 and 1.3). Token time is wall time: market time may be another year.
"""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Final

from devstack.dhan.totp import is_current

TOKEN_LIFE_SECONDS: Final = 86_400.0
MINT_INTERVAL_SECONDS: Final = 120.0
FIRST_CLIENT: Final = 1_100_000_001


class Consumer(StrEnum):
    """How a token was made: on the web, or by a program."""

    SELF = "SELF"
    APP = "APP"


class Refusal(IntEnum):
    """Why a caller is refused, with Dhan's number for it."""

    TOKEN_EXPIRED = 807
    AUTHENTICATION_FAILED = 808
    TOKEN_INVALID = 809
    CLIENT_INVALID = 810


class LoginError(Exception):
    """Raised when no token is given out; the text is what Dhan would answer."""


@dataclass(slots=True)
class Token:
    """An access token that was given out."""

    text: str
    client_id: str
    consumer: Consumer
    issued_at: float
    """Unix seconds, wall time."""
    expires_at: float
    replaced: bool = False


@dataclass(slots=True)
class Account:
    """One client of the broker."""

    client_id: str
    pin: str
    totp_secret: str
    token: Token
    minted_at: float = field(default=float("-inf"))
    """Unix seconds of the last login by PIN; the token made at the start is not one."""


class Accounts:
    """All clients, and every token that was ever given out.

    Parameters
    ----------
    count
        Number of clients, ids from 1100000001 upwards.
    seed
        PINs, secrets of the one-time passwords and the signing key follow from it.
    token_life_seconds
        How long a token lives.
    mint_interval_seconds
        Least time between two logins by PIN; 0 switches the limit off.
    now
        Unix seconds of the wall.
    """

    def __init__(
        self,
        count: int = 1,
        seed: int = 1,
        token_life_seconds: float = TOKEN_LIFE_SECONDS,
        mint_interval_seconds: float = MINT_INTERVAL_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        draw = random.Random(f"accounts {seed}")
        self._key = draw.randbytes(32)
        self._life = token_life_seconds
        self._mint_interval = mint_interval_seconds
        self._now = now
        self._serial = 0
        self._tokens: dict[str, Token] = {}
        self._accounts: dict[str, Account] = {}
        self.on_death: list[Callable[[Token], None]] = []
        """Called with a token the moment it is replaced or expired by force."""
        for number in range(count):
            client_id = str(FIRST_CLIENT + number)
            secret = base64.b32encode(draw.randbytes(20)).decode()
            token = self._issue(client_id, Consumer.SELF)
            self._accounts[client_id] = Account(
                client_id, f"{draw.randrange(10**6):06d}", secret, token
            )

    @property
    def all(self) -> Sequence[Account]:
        """Every client, in the order of their ids."""
        return tuple(self._accounts.values())

    def get(self, client_id: str) -> Account | None:
        """Return the client with this id."""
        return self._accounts.get(client_id)

    def check(self, token_text: str, client_id: str | None = None) -> Account | Refusal:
        """Return whose token it is, or why it is refused.

        Parameters
        ----------
        client_id
            The id the caller claims; None where the call carries none.
        """
        if client_id is not None and client_id not in self._accounts:
            return Refusal.CLIENT_INVALID
        token = self._tokens.get(token_text)
        if token is None:
            return Refusal.TOKEN_INVALID
        if client_id is not None and client_id != token.client_id:
            return Refusal.AUTHENTICATION_FAILED
        if token.replaced or token.expires_at <= self._now():
            return Refusal.TOKEN_EXPIRED
        return self._accounts[token.client_id]

    def login(self, client_id: str, pin: str, digits: str) -> Token:
        """Mint an APP token for PIN and one-time password.

        Raises
        ------
        LoginError
            If something is wrong, or the last login was less than two minutes ago.
        """
        account = self._accounts.get(client_id)
        now = self._now()
        if account is None:
            raise LoginError("Invalid Dhan Client ID")
        if account.pin != pin:
            raise LoginError("Invalid Pin")
        if not is_current(account.totp_secret, digits, now):
            raise LoginError("Invalid TOTP")
        if now - account.minted_at < self._mint_interval:
            raise LoginError("Token can be generated once every 2 minutes")
        account.minted_at = now
        return self._replace(account, Consumer.APP)

    def renew(self, account: Account) -> Token:
        """Replace the living SELF token of `account` by a new one.

        Raises
        ------
        LoginError
            If the token was made by a program.
        """
        if account.token.consumer is not Consumer.SELF:
            raise LoginError("Token renewal is not allowed for tokens generated by API")
        return self._replace(account, Consumer.SELF)

    def expire(self, account: Account) -> Token:
        """Let the living token of `account` expire now; return it."""
        token = account.token
        token.expires_at = min(token.expires_at, self._now())
        self._tell_of_death(token)
        return token

    def _replace(self, account: Account, consumer: Consumer) -> Token:
        old = account.token
        old.replaced = True
        account.token = self._issue(account.client_id, consumer)
        self._tell_of_death(old)
        return account.token

    def _tell_of_death(self, token: Token) -> None:
        for listener in self.on_death:
            listener(token)

    def _issue(self, client_id: str, consumer: Consumer) -> Token:
        now = self._now()
        self._serial += 1
        claims = {
            "iss": "dhan",
            "partnerId": "",
            "exp": int(now + self._life),
            "iat": int(now),
            "jti": str(self._serial),
            "tokenConsumerType": consumer.value,
            "webhookUrl": "",
            "dhanClientId": client_id,
        }
        token = Token(self._sign(claims), client_id, consumer, now, now + self._life)
        self._tokens[token.text] = token
        return token

    def _sign(self, claims: dict[str, Any]) -> str:
        """Return the claims as a JWT signed with HMAC-SHA-256 (RFC 7519)."""
        head = _base64url(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
        body = _base64url(json.dumps(claims, separators=(",", ":")).encode())
        signature = hmac.new(self._key, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{_base64url(signature)}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
