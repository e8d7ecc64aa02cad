"""The database is away, fails, refuses, forgets: do decisions take longer, is anything lost.

In:  nothing; a stack, a gateway that fails, a simulator and workers are started here.
Out: docs/evidence/supabase-away.md; exit code 1 where something is not as it ought to be.
Next: `tests/chaos/away_drill.py`, the days; `bench/end_to_end.py`, the waits.

Run ``python bench/supabase_away.py``; five minutes. PAIRS and SECONDS say how much is measured. In
each pair the same ticks are played twice, once with a good way to the database and once with
everything at the same time: every second write fails, for ten market minutes none gets through,
one event is refused for good, and the database is put back to an older state.
"""

import asyncio
import os
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

sys.path.append(str(Path(__file__).resolve().parent.parent))

import psutil
import psycopg
from end_to_end import CONFIG, SECONDS, STRATEGIES, TICKS_PER_SECOND, Waits, decisions

from tests.chaos.away_drill import EVERY_SECOND, KINDS, Day, Drill
from tests.chaos.bad_gateway import BadGateway, Fate, bad_gateway
from tests.chaos.kill_drill import differences
from tests.chaos.kill_scene import Scene, kill_scene
from tests.evidence import table, write
from tests.stacks import RunningStack, running_stack
from worker.lease.lease import Lease
from worker.processes.fork_server import ForkServer
from worker.store.journal import Journal
from worker.store.store import Store
from worker.store.supabase import Supabase

PAIRS: Final = int(os.environ.get("PAIRS", "5"))
BACKLOG: Final = int(os.environ.get("BACKLOG", "20000"))
SPEED: Final = os.environ.get("SPEED", "300")
MOST_TIMES: Final = 1.10
MOST_MORE: Final = 0.002
_DRAIN_SECONDS: Final = 600.0
_TEN_MINUTES: Final = 600 / (TICKS_PER_SECOND / 50 / 2)  # 50 shares, two laps a market second.
_CONFIGS: Final = """
insert into public.strategy_configs
select (jsonb_populate_record(config, jsonb_build_object(
  'id', made.id, 'name', made.id, 'is_default', false, 'auto_start', false))).*
from public.strategy_configs as config, unnest(%s::text[]) as made (id)
where config.id = %s
on conflict do nothing
"""
_WIPE: Final = """
truncate public.trades, public.fills, public.orders, public.order_events, public.trading_signals,
  public.ledger_entries cascade
"""


class Measured(NamedTuple):
    """One play of the ticks."""

    waits: Waits
    counters: dict[str, int]
    backlog: int
    drain_seconds: float
    refused: int

    @property
    def p99(self) -> float:
        """The wait that one in a hundred exceeds."""
        return sorted(self.waits)[int(len(self.waits) * 0.99)]


async def measured(
    server: ForkServer, stack: RunningStack, gateway: BadGateway, *, bad: bool
) -> Measured:
    """Play the ticks once; return how long decisions took and what became of the events."""
    gateway.write_fates(Fate.PASS)
    with psycopg.connect(stack.database_url) as database:
        database.execute(_WIPE)  # Trades that the last play left open stand in the way.
    with TemporaryDirectory() as folder, closing(Journal(Path(folder) / "journal")) as journal:
        async with Supabase(gateway.url, stack.secret_key) as supabase:
            lease = Lease(supabase, "bench", "bench")
            await lease.acquire()
            store = Store(supabase, lease, journal)
            tasks = [asyncio.create_task(lease.keep()), asyncio.create_task(store.run())]
            await store.flush(_DRAIN_SECONDS)
            if bad:
                tasks.append(asyncio.create_task(trouble(stack, gateway, store, journal)))
            waits = await decisions(server, store, uuid4())
            backlog, begun = store.waiting, time.perf_counter()
            if not await store.flush(_DRAIN_SECONDS):
                raise SystemExit(f"not drained within {_DRAIN_SECONDS:g} s: {store.waiting} left")
            seconds = time.perf_counter() - begun
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await lease.release()
            return Measured(waits, dict(store.counters), backlog, seconds, store.refused)


async def drained(stack: RunningStack, gateway: BadGateway) -> str:
    """Let events of hours wait; return in words how much memory that took, and how they went."""
    with TemporaryDirectory() as folder, closing(Journal(Path(folder) / "journal")) as journal:
        async with Supabase(gateway.url, stack.secret_key) as supabase:
            lease = Lease(supabase, "bench", "bench")
            await lease.acquire()
            store = Store(supabase, lease, journal)
            writing = asyncio.create_task(store.run())
            await store.flush(_DRAIN_SECONDS)
            gateway.go_away()
            before = psutil.Process().memory_info().rss
            for number in range(BACKLOG):
                store.put([log_event("info")])
                if number % 100 == 0:
                    await asyncio.sleep(0.001)
            while store.waiting < BACKLOG:  # noqa: ASYNC110 - a counter has no event.
                await asyncio.sleep(0.1)
            grown = psutil.Process().memory_info().rss - before
            size = size_of(Path(folder)) >> 20
            gateway.come_back()
            begun = time.perf_counter()
            if not await store.flush(_DRAIN_SECONDS):
                raise SystemExit(f"not drained within {_DRAIN_SECONDS:g} s: {store.waiting} left")
            seconds = time.perf_counter() - begun
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await lease.release()
    return (
        f"{BACKLOG:,} events put while nothing could be sent, what a hundred configs do in more "
        f"than an hour: {size} MB on disk, {grown / 1e6:.1f} MB more memory. Then they drained in "
        f"{seconds:.1f} s, the wait for the next attempt (at most 10 s) among them: "
        f"{BACKLOG / seconds:,.0f} events a second."
    )


def size_of(folder: Path) -> int:
    """Return how large all files of a folder are together."""
    return sum(each.stat().st_size for each in folder.iterdir())


async def trouble(stack: RunningStack, gateway: BadGateway, store: Store, journal: Journal) -> None:
    """Make all the trouble there is, one after the other and at the same time."""
    gateway.write_fates(*EVERY_SECOND)
    await asyncio.sleep(SECONDS * 0.1)
    store.put([log_event("thunder")])
    await asyncio.sleep(SECONDS * 0.1)
    gateway.go_away()
    await asyncio.sleep(_TEN_MINUTES)
    gateway.come_back()
    await asyncio.sleep(SECONDS * 0.1)
    await asyncio.to_thread(put_back, stack, journal.id)


def log_event(level: str) -> dict[str, Any]:
    """Return a line for a log; there are levels that there are not."""
    row = {"level": level, "message": "bench", "logged_at": "2026-11-20T04:00:00+00:00"}
    owner = {"config_id": CONFIG, "user_id": None}
    return {"id": str(uuid4()), "kind": "log", **owner, "at": row["logged_at"], "row": row}


def put_back(stack: RunningStack, journal: str) -> None:
    """Let the database have half of what it had, as a restore from a backup does."""
    with psycopg.connect(stack.database_url) as database:
        database.execute(
            "update public.worker_journals set sequence = sequence / 2 where journal = %s",
            (journal,),
        )


def pairs(stack: RunningStack) -> tuple[list[tuple[Measured, Measured]], str]:
    """Return the plays in pairs, a good and a bad one in turn; and how a backlog drains."""
    server = ForkServer()
    server.start()
    ids = [str(UUID(int=number + 1)) for number in range(STRATEGIES)]
    with psycopg.connect(stack.database_url) as database:
        database.execute(_CONFIGS, (ids, CONFIG))
    found = []
    with bad_gateway(stack.url) as gateway:
        for number in range(PAIRS):
            good = asyncio.run(measured(server, stack, gateway, bad=False))
            bad = asyncio.run(measured(server, stack, gateway, bad=True))
            found.append((good, bad))
            say(f"pair {number + 1}: p99 {good.p99 * 1e3:.2f} and {bad.p99 * 1e3:.2f} ms")
        gateway.write_fates(Fate.PASS)
        words = asyncio.run(drained(stack, gateway))
        say(words)
    return found, words


def days(scene: Scene) -> tuple[Day, dict[str, Day]]:
    """Return the day that nobody disturbs, and one with each trouble."""
    with bad_gateway(scene.stack.url) as gateway:
        plain = Drill(scene, gateway, "plain").play(None)
        say(
            f"undisturbed: {', '.join(f'{len(rows)} {name}' for name, rows in plain.books.items())}"
        )
        disturbed = {}
        for kind in KINDS:
            disturbed[kind] = day = Drill(scene, gateway, kind[:4]).play(kind)
            say(f"{kind}: {len(differences(plain.books, day.books))} rows differ; {day.said}")
        return plain, disturbed


def counted(day: Day) -> str:
    """Return in words how many rows a day has."""
    return ", ".join(f"{len(rows)} {name}" for name, rows in day.books.items())


def report_pairs(found: list[tuple[Measured, Measured]]) -> tuple[list[str], bool]:
    """Return paragraphs, and whether the waits are as they ought to be."""
    times = statistics.median(bad.p99 / good.p99 for good, bad in found)
    more = statistics.median(bad.p99 - good.p99 for good, bad in found)
    refused = sum(good.refused + bad.refused for good, bad in found)
    holds = times <= MOST_TIMES or more <= MOST_MORE
    rows = [
        (
            f"{good.p99 * 1e3:.2f}",
            f"{bad.p99 * 1e3:.2f}",
            f"{statistics.median(good.waits) * 1e3:.2f}",
            f"{statistics.median(bad.waits) * 1e3:.2f}",
            bad.backlog,
            f"{bad.drain_seconds:.1f}",
            bad.counters.get("retries", 0),
            bad.counters.get("duplicate", 0),
            bad.refused,
            bad.counters.get("restored", 0),
        )
        for good, bad in found
    ]
    head = (
        "p99 ms, p99 bad, p50, p50 bad, backlog, drained s, retries, duplicates, refused, restored"
    )
    said = (
        f"From the message that completes a candle to the decision: {TICKS_PER_SECOND:,} ticks a "
        f"second, {STRATEGIES} strategy processes, {SECONDS:g} s a play, journal and database at "
        f"work. Median of {len(found)} alternating pairs: with everything bad p99 is {times:.2f} "
        f"times, {more * 1e3:+.2f} ms (wanted: at most {MOST_TIMES:.2f} times, or "
        f"{MOST_MORE * 1e3:+g} ms)."
    )
    planted = f"{refused} events were refused for good, one was planted in each bad play."
    return [said, table(head.split(", "), rows), planted], holds and refused == len(found)


def report_days(plain: Day, disturbed: dict[str, Day]) -> tuple[list[str], bool]:
    """Return paragraphs, and whether every day ended as the undisturbed one."""
    rows, holds = [], True
    for kind, day in disturbed.items():
        wrong = differences(plain.books, day.books) + day.problems
        holds = holds and not wrong
        rate = f"{day.backlog / day.drained_seconds:.0f}" if day.drained_seconds else ""
        said = "<br>".join(line[:120] for line in day.said)
        rows.append((kind, len(wrong), day.backlog, f"{day.drained_seconds:.2f}", rate, said))
    said = (
        f"An hour of the generated day at {SPEED}x with a real worker and three strategies: "
        f"{counted(plain)}. All rows of a disturbed day are held against those of an undisturbed "
        "one, and the events of each config against the order of the journal."
    )
    head = ("trouble", "rows that differ", "backlog", "drained in s", "events a second", "said")
    return [said, table(head, rows)], holds


def main() -> int:
    """Measure, compare, write it down."""
    with running_stack() as stack:
        found, words = pairs(stack)
    waits, is_fast = report_pairs(found)
    with TemporaryDirectory() as folder, kill_scene(Path(folder), SPEED) as scene:
        books, is_whole = report_days(*days(scene))
    write(
        "supabase-away",
        "While the database is away, fails, refuses, forgets",
        "python bench/supabase_away.py",
        [*waits, words, *books],
    )
    return 0 if is_fast and is_whole else 1


def say(line: str) -> None:
    """Show a line at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
