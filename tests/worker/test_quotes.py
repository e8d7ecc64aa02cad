"""However fast the market moves, prices are told to screens about once a second."""

from pathlib import Path

import psycopg
import pytest

from tests.stacks import running_stack
from tests.worker.running import running_simulator, running_worker, wait_for

pytestmark = [pytest.mark.full, pytest.mark.timeout(200)]
SPEED = "120"
TICKS = 20_000
COUNTED = """
select
  count(*),
  extract(epoch from max(inserted_at) - min(inserted_at)),
  (select count(*) from public.fills)
from realtime.messages
where topic = 'market:quotes'
"""
TICKS_SEEN = """
select coalesce(max((figures ->> 'ticks')::integer), 0)
from public.worker_heartbeats
where process = 'supervisor'
"""


def test_messages_do_not_grow_with_the_ticks(tmp_path: Path) -> None:
    with (
        running_stack() as stack,
        running_simulator(f"--speed={SPEED}") as simulator,
        psycopg.connect(stack.database_url, autocommit=True) as sql,
    ):
        with running_worker(stack, simulator, tmp_path, MARKET_SPEED=SPEED) as worker:
            worker.wait_said("ready")

            def ticks() -> int:
                row = sql.execute(TICKS_SEEN).fetchone()
                return 0 if row is None else int(row[0])

            wait_for("many ticks", lambda: ticks() > TICKS, 120)
            seen = ticks()
        row = sql.execute(COUNTED).fetchone()
    assert row is not None
    messages, seconds, fills = int(row[0]), float(row[1]), int(row[2])
    # The price beside a fill is told at once; what waits for the database may come in two batches.
    assert 0 < messages <= 2 * seconds + fills + 2, (messages, seconds, fills)
    assert messages < seen / 50
