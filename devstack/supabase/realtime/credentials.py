"""Who a channel speaks for, what it may do, and until when.

In:  an identity from a token or an API key; new tokens as the client gets them.
Out: the identity and rights of the moment; a word when the token has run out.
Next: `devstack/supabase/realtime/rights.py`.

Rights on a private channel are asked once per token and kept until the next one, as on hosted.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from core.errors import StoreError, TradingError
from devstack.supabase.realtime.hub import Hub
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.rights import PUBLIC_RIGHTS, ChannelRights, ask_channel_rights
from devstack.supabase.realtime.tokens import expiry_message, is_token

log = logging.getLogger(__name__)

NO_RIGHTS = ChannelRights(frozenset())


class RefusedError(TradingError):
    """Raised when a channel may not be joined or kept; the text is what the client is told."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The channel in question: its name without the prefix, and whether policies guard it."""

    name: str
    private: bool = field(kw_only=True)


class Credentials:
    """The identity and rights of one channel.

    Parameters
    ----------
    token
        What the client joined with; the same one again changes nothing.
    expired
        Called with the sentence for the client when the token has run out.
    """

    def __init__(
        self,
        hub: Hub,
        scope: Scope,
        token: object,
        identity: Identity,
        *,
        expired: Callable[[str], None],
    ) -> None:
        self.identity = identity
        self.rights = NO_RIGHTS
        self._hub = hub
        self._scope = scope
        self._token = token
        self._expired = expired
        self._expiry: asyncio.TimerHandle | None = None
        self._over = False

    async def establish(self) -> None:
        """Ask for the rights and begin to watch the clock.

        Raises
        ------
        RefusedError
            The policies of a private channel do not let this identity read.
        """
        self.rights = await self._ask_rights(self.identity)
        self._watch_expiry()

    async def renew(self, token: object) -> None:
        """Take a new token; API keys, nothing and the same token again change nothing.

        Raises
        ------
        TokenRefusedError
            The token cannot be accepted.
        RefusedError
            Its bearer may not read here.
        """
        if token == self._token or not isinstance(token, str) or not is_token(token):
            return
        identity = self._hub.tokens.from_token(token)
        self.rights = await self._ask_rights(identity)
        self.identity, self._token = identity, token
        self._watch_expiry()

    def lapse(self) -> None:
        """Stop watching the clock, for good: the channel is over."""
        self._over = True
        self._cancel()

    async def _ask_rights(self, identity: Identity) -> ChannelRights:
        if not self._scope.private:
            return PUBLIC_RIGHTS
        name = self._scope.name
        try:
            rights = await ask_channel_rights(self._hub.database, name, identity)
        except StoreError as error:
            raise RefusedError(f"UnableToConnectToDatabase: {error}") from error
        except psycopg.Error as error:
            self._hub.counters["policy_failed"] += 1
            log.warning("policies on realtime.messages fail for %r: %s", name, error)
            rights = NO_RIGHTS
        if not rights.allows("broadcast", "read"):
            self._hub.counters["private_channel_refused"] += 1
            raise RefusedError(
                "Unauthorized: You do not have permissions to read from this Channel topic: " + name
            )
        return rights

    def _watch_expiry(self) -> None:
        self._cancel()
        expires_at = self.identity.expires_at
        if expires_at is not None and not self._over:  # It may have ended while we asked.
            delay = max(0.0, expires_at - time.time())
            self._expiry = asyncio.get_running_loop().call_later(delay, self._expire, expires_at)

    def _cancel(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    def _expire(self, expired_at: float) -> None:
        self._hub.counters["tokens_expired"] += 1
        self._expired(expiry_message(expired_at))
