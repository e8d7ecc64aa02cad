"""`python -m worker doctor`: could a worker run here and now? Each failed check names its cure.

In:  the settings.
Out: one line per check on stdout; exit code 0, or that of the worst failure.
Next: `worker/health/doctor_machine.py`, `worker/health/doctor_database.py`,
      `worker/health/doctor_broker.py`.
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

from core.errors import EXIT_ASKED_TO_STOP, EXIT_CONFIGURATION, TradingError
from worker.broker.dhan import Dhan
from worker.broker.token_setup import opened_tokens
from worker.health.doctor_broker import BrokerChecks
from worker.health.doctor_database import DatabaseChecks
from worker.health.doctor_machine import Check, MachineChecks
from worker.settings import Settings
from worker.store.supabase import Supabase


class _Failure(NamedTuple):
    name: str
    error: TradingError


def examine(settings: Settings) -> int:
    """Make all checks, print them, and return the exit code."""
    failures = asyncio.run(_Doctor(settings).run())
    if not failures:
        _say("everything a run needs is there")
        return EXIT_ASKED_TO_STOP
    _say(f"{len(failures)} of the checks failed: {', '.join(each.name for each in failures)}")
    codes = {each.error.exit_code for each in failures}
    # What must be configured differently outweighs what may pass by itself.
    return EXIT_CONFIGURATION if EXIT_CONFIGURATION in codes else max(codes)


class _Doctor:
    """The checks, in the order in which a start needs them."""

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings

    async def run(self) -> list[_Failure]:
        """Return what failed."""
        given, failures = self._settings, []
        async with AsyncExitStack() as stack:
            supabase = await stack.enter_async_context(
                Supabase(given.supabase_url, given.supabase_secret_key)
            )
            tokens = await stack.enter_async_context(opened_tokens(given))
            dhan = await stack.enter_async_context(
                Dhan(given.dhan_api_url, given.dhan_master_url, given.dhan_client_id, tokens)
            )
            machine = MachineChecks(given)
            checks = {
                **machine.checks(),
                **DatabaseChecks(given, supabase, machine).checks(),
                **BrokerChecks(given, supabase, dhan, tokens, machine).checks(),
            }
            for name, check in checks.items():
                failure = await _made(name, check)
                if failure is not None:
                    failures.append(failure)
        return failures


async def _made(name: str, check: Check) -> _Failure | None:
    """Make a check and print what came of it."""
    began = time.monotonic()
    try:
        answer = await check()
    except TradingError as error:
        _say(f"FAILED  {name:10} {error}")
        return _Failure(name, error)
    _say(f"ok      {name:10} {answer} ({time.monotonic() - began:.1f} s)")
    return None


def _say(line: str) -> None:
    print(line, file=sys.stdout, flush=True)  # noqa: T201 - a program for a terminal.
