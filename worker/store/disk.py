"""One at a time at the journal, beside the event loop, and never half.

In:  something to do with the journal.
Out: what came of it.
Next: `worker/store/store.py` and `worker/store/sender.py`, which share one.
"""

import asyncio
from collections.abc import Callable


class Disk:
    """The way to a journal; what is asked for first is done first."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def do[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something in a thread; it is done to its end even when nobody waits any more."""
        async with self._lock:
            doing = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
            try:
                return await asyncio.shield(doing)
            finally:
                await asyncio.wait([doing])
