"""Every fault of the feed once at each of some accounts; `make chaos` plays them more often."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.feed_drills import (
    BACK_WITHIN,
    LOSING,
    NOTICED_WITHIN,
    SOCKETS,
    Seen,
    desks,
    losses,
    nuisances,
)
from tests.worker.running import running_simulator

ACCOUNTS = len(LOSING)
SLOW_MACHINE = 2.0


@pytest.mark.full
def test_each_fault_is_noticed_and_over_in_time_and_nobody_storms_the_broker(
    tmp_path: Path,
) -> None:
    options = ("--speed=20", f"--clients={ACCOUNTS}", "--no-rate-limits")

    async def play() -> tuple[dict[str, Seen], int]:
        with running_simulator(*options) as simulator:
            async with desks(simulator, tmp_path, ACCOUNTS) as (opened, _):
                counted = await nuisances(opened)
                assert counted["malformed"] >= 5 * ACCOUNTS
                assert counted["unknown"] >= 5 * ACCOUNTS
                assert counted["text_message"] >= 5 * ACCOUNTS
                found = await losses(opened, 1)
                return found, sum(desk.feed.counters["attempts"] for desk in opened)

    found, attempts = asyncio.run(play())
    lost = sum(len(seen.noticed) for seen in found.values())
    assert lost == SOCKETS * len(LOSING) * ACCOUNTS
    for kind, seen in found.items():
        assert max(seen.noticed) <= NOTICED_WITHIN * SLOW_MACHINE, kind
        assert max(seen.back) <= BACK_WITHIN * SLOW_MACHINE, kind
    assert attempts <= 2 * lost + SOCKETS * ACCOUNTS
