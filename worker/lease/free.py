"""`python -m worker free`: the operator lets the shard of a dead worker go.

In:  the project's address and secret key, the shard.
Out: what became of it, in a sentence; exit code 0 when the shard is free now.
Next: `worker/lease/lease.py`.

Only the operator can know that a worker without a standby is dead, and not merely cut off from the
database while it looks after live trades.
"""

import asyncio
import sys
from typing import Final

from core.errors import EXIT_ASKED_TO_STOP, EXIT_CONFIGURATION
from worker.settings import Settings
from worker.store.supabase import Supabase

_SENTENCES: Final = {
    "freed": "shard {!r} is free: the next worker that starts takes it",
    "free": "shard {!r} was free already",
    "alive": "shard {!r} is not freed: its worker is alive; stop it, or try again when its lease "
    "has ended (15 s after its last sign of life)",
}


def free(settings: Settings) -> int:
    """Free the shard if its worker is dead; return the exit code.

    Raises
    ------
    StoreError
        If the database is away.
    """
    outcome = asyncio.run(_free(settings))
    print(_SENTENCES[outcome].format(settings.shard), file=sys.stdout)  # noqa: T201 - for a terminal.
    return EXIT_CONFIGURATION if outcome == "alive" else EXIT_ASKED_TO_STOP


async def _free(settings: Settings) -> str:
    async with Supabase(settings.supabase_url, settings.supabase_secret_key) as supabase:
        return str(await supabase.call("worker_free_lease", p_shard=settings.shard))
