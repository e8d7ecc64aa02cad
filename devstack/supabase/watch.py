"""Notice at once when a child process ends.

In:  a running process.
Out: an awaitable that ends when the process does; no polling.
Next: `devstack/supabase/stack.py`.
"""

import asyncio
import os
import subprocess


async def ended(process: "subprocess.Popen[bytes]") -> int:
    """Wait for the end of `process` and return its exit status (negative: the signal)."""
    loop = asyncio.get_running_loop()
    descriptor = os.pidfd_open(process.pid)
    over: asyncio.Future[None] = loop.create_future()

    def on_end() -> None:
        loop.remove_reader(descriptor)
        if not over.done():
            over.set_result(None)

    loop.add_reader(descriptor, on_end)
    try:
        await over
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return process.wait()
