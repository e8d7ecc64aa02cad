"""The right to write: one worker per shard, shown by a token that only grows.

In:  the shard and who we are.
Out: a token for every write; `LeaseLostError` when somebody else holds it now.
Next: `worker/store.py`, whose every write carries the token.
"""

import asyncio
import logging
import time
from typing import Final

from core.errors import StoreError
from worker.supabase import Supabase

LEASE_SECONDS: Final = 15
RENEW_EVERY: Final = 5.0
LOST: Final = "TB423"

_log: Final = logging.getLogger(__name__)


class LeaseLostError(StoreError):
    """Raised when another worker holds the lease; nothing of ours is accepted any more."""


class Lease:
    """The lease of one shard.

    Parameters
    ----------
    supabase
        Where leases are kept.
    shard
        What is leased.
    holder
        Names this installation: the same one takes its own lease over at once after a crash.
    """

    def __init__(self, supabase: Supabase, shard: str, holder: str) -> None:
        self._supabase: Final = supabase
        self.shard: Final = shard
        self.holder: Final = holder
        self.token = 0
        self._until = 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds until the lease ends unless it is renewed, by our own clock."""
        return self._until - time.monotonic()

    async def acquire(self) -> None:
        """Take the lease.

        Raises
        ------
        LeaseLostError
            If another worker holds it.
        StoreError
            If the database is away.
        """
        asked = time.monotonic()
        granted = await self._supabase.call(
            "worker_acquire_lease",
            p_shard=self.shard,
            p_holder=self.holder,
            p_ttl_seconds=LEASE_SECONDS,
        )
        if granted is None:
            raise LeaseLostError(
                f"shard {self.shard!r} is run by another worker; stop it, or wait "
                f"{LEASE_SECONDS} s after it has ended"
            )
        self.token = int(granted["token"])
        self._until = asked + LEASE_SECONDS

    async def keep(self) -> None:
        """Renew the lease until cancelled; the database being away is waited out.

        Raises
        ------
        LeaseLostError
            If another worker has taken it.
        """
        while True:
            await asyncio.sleep(RENEW_EVERY)
            asked = time.monotonic()
            try:
                granted = await self._supabase.call(
                    "worker_renew_lease", **self.proof, p_ttl_seconds=LEASE_SECONDS
                )
            except StoreError as error:
                _log.warning("lease not renewed: %s", error)
                continue
            if granted is None:
                await self.acquire()
                _log.warning(
                    "lease was lost and taken again", extra={"facts": {"token": self.token}}
                )
                continue
            self._until = asked + LEASE_SECONDS

    async def release(self) -> None:
        """Give the lease back, so that a successor need not wait."""
        if self.token:
            await self._supabase.call("worker_release_lease", **self.proof)
            self.token = 0

    @property
    def proof(self) -> dict[str, object]:
        """What a write shows: shard, holder and token."""
        return {"p_shard": self.shard, "p_holder": self.holder, "p_token": self.token}
