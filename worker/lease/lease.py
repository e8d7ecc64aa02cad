"""The right to write: one worker per shard, shown by a token that only grows.

In:  the shard and who we are.
Out: a token for every write; what may be sent to a broker now; `LeaseLostError` when somebody else
     holds the shard.
Next: `worker/store/store.py`, whose every write carries the token; `worker/lease/standby.py`,
      which waits.

A lease is confirmed until it expires by our own clock, which counts sleep and is set by nobody. It
is asked for as of the moment before the question left, so it ends here before it ends in the
database, and nobody else trades live while we still may.
"""

import asyncio
import logging
import time
from datetime import datetime
from typing import Any, Final

from core.errors import StoreError
from worker.store.supabase import Supabase

LEASE_SECONDS: Final = 15
RENEW_EVERY: Final = 5.0
TAKEOVER_SECONDS: Final = 10
"""So long after its end somebody else may take a lease whose holder allows that."""
LOST: Final = "TB423"

_ANSWER_SECONDS: Final = 4.0
_RETRY_SECONDS: Final = 1.0

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
    standby
        Whether another worker may take it over ten seconds after it has expired.
    last_token
        What the last run of this installation held, 0 if there was none.

    Attributes
    ----------
    has_moved
        Whether another worker had the shard since our last run.
    renewals, failures
        How often it was renewed, and could not be.
    """

    def __init__(
        self,
        supabase: Supabase,
        shard: str,
        holder: str,
        *,
        standby: bool = False,
        last_token: int = 0,
    ) -> None:
        self._supabase: Final = supabase
        self.shard: Final = shard
        self.holder: Final = holder
        self.standby: Final = standby
        self.token = 0
        self.last_token: Final = last_token
        self.has_moved = False
        self.renewals = 0
        self.failures = 0
        self.drift_seconds: float | None = None
        """How far our wall clock is ahead of the database's, as of the last renewal."""
        self._until = 0.0
        self._asking: Final = asyncio.Lock()

    @property
    def seconds_left(self) -> float:
        """Seconds until the lease ends unless it is renewed, by our own clock."""
        return self._until - _now()

    @property
    def doubt(self) -> str | None:
        """Why nothing may be entered live now, in a sentence; None when it may."""
        if not self.token:
            return f"the worker does not hold shard {self.shard!r}"
        late = -self.seconds_left
        if late < 0:
            return None
        return (
            f"the worker's lease of shard {self.shard!r} ended {late:.0f} s ago and could not be "
            "renewed"
        )

    @property
    def may_enter_live(self) -> bool:
        """Whether an order that opens or adds may be sent to a broker."""
        return self.doubt is None

    @property
    def may_exit_live(self) -> bool:
        """Whether an order that closes may be sent: without a standby nobody else would."""
        return self.doubt is None or (bool(self.token) and not self.standby)

    async def look(self) -> None:
        """See whether it may be given, without taking it.

        Raises
        ------
        LeaseLostError
            If another worker holds it, and lets nobody take it over.
        StoreError
            If the database is away.
        """
        rows = await self._supabase.rows("worker_leases", shard=f"eq.{self.shard}")
        if rows and rows[0]["holder"] not in {None, self.holder} and not rows[0]["standby"]:
            raise LeaseLostError(self._held_by(rows[0]))

    async def acquire(self) -> None:
        """Take the lease, or take it again.

        Raises
        ------
        LeaseLostError
            If another worker holds it, or has held it since we did.
        StoreError
            If the database is away.
        """
        async with self._asking:
            asked = _now()
            granted = await self._ask(
                "worker_acquire_lease",
                p_shard=self.shard,
                p_holder=self.holder,
                p_ttl_seconds=LEASE_SECONDS,
                p_standby=self.standby,
            )
            if granted is None:
                raise LeaseLostError(await self._refusal())
            before, ours = self.token or self.last_token, self.token
            self.token = int(granted["token"])
            self._until = asked + LEASE_SECONDS
            self.has_moved = 0 < before < int(granted["tenure"])
        if ours and self.has_moved:
            await self.release()
            raise LeaseLostError(
                f"shard {self.shard!r} was run by another worker in between; start anew"
            )

    async def keep(self) -> None:
        """Renew the lease until cancelled; the database being away is waited out.

        Raises
        ------
        LeaseLostError
            If another worker has taken it.
        """
        pause = RENEW_EVERY
        while True:
            await asyncio.sleep(pause)
            was_confirmed = self.doubt is None
            try:
                await self._renew()
            except LeaseLostError:
                raise
            except StoreError as error:
                self.failures += 1
                pause = _RETRY_SECONDS
                _log.warning("lease not renewed: %s", error)
                if was_confirmed and self.doubt is not None:
                    _log.error("%s: nothing is entered live", self.doubt)
            else:
                self.renewals += 1
                pause = RENEW_EVERY

    async def release(self) -> None:
        """Give the lease back, so that a successor need not wait."""
        if self.token:
            await self._release(self.token)
            self.token = 0

    @property
    def proof(self) -> dict[str, object]:
        """What a write shows: shard, holder and token."""
        return self._proof(self.token)

    def _proof(self, token: int) -> dict[str, object]:
        return {"p_shard": self.shard, "p_holder": self.holder, "p_token": token}

    async def _renew(self) -> None:
        asked, token = _now(), self.token
        granted = await self._ask(
            "worker_renew_lease", **self._proof(token), p_ttl_seconds=LEASE_SECONDS
        )
        if granted is not None:
            self._until = asked + LEASE_SECONDS
            self._compare_clocks(granted["expires_at"], _now() - asked)
        elif token == self.token:  # Unless a write has noticed first and taken it again.
            await self.acquire()
            _log.warning("lease was lost and taken again", extra={"facts": {"token": self.token}})

    def _compare_clocks(self, expires_at: str, took: float) -> None:
        """Take the database to have answered halfway between question and answer."""
        theirs = datetime.fromisoformat(expires_at).timestamp() - LEASE_SECONDS
        self.drift_seconds = round(time.time() - took / 2 - theirs, 3) + 0.0  # No -0.0.

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to see of it."""
        return {
            "token": self.token,
            "seconds_left": round(self.seconds_left, 1),
            "standby": self.standby,
            "doubt": self.doubt,
            "renewals": self.renewals,
            "failures": self.failures,
        }

    async def _release(self, token: int) -> None:
        await self._ask("worker_release_lease", **self._proof(token))

    async def _ask(self, function: str, **arguments: Any) -> Any:
        """Call a function, with an answer in time for another try before the lease ends."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._supabase.call(function, **arguments)
        except TimeoutError:
            raise StoreError(
                f"Supabase at {self._supabase.url} did not answer {function} within "
                f"{_ANSWER_SECONDS:g} s"
            ) from None

    async def _refusal(self) -> str:
        rows = await self._supabase.rows("worker_leases", shard=f"eq.{self.shard}")
        return self._held_by(rows[0] if rows else {"holder": None})

    def _held_by(self, row: dict[str, Any]) -> str:
        """Return who has the shard, and what can be done about it."""
        held = f"shard {self.shard!r} is run by another worker"
        if row["holder"] is None:
            return held  # It has just let it go.
        by = f"{held} ({row['holder']}, until {row['expires_at']})"
        if row["standby"]:
            return f"{by}; stop it, or wait with WORKER_STANDBY=on"
        return f"{by}; stop it, or if it is dead: python -m worker free"


def _now() -> float:
    """Return seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
