"""What one more strategy process costs: time to start, and memory of its own.

In:  nothing; the worker's fork server, and every registered strategy.
Out: milliseconds and megabytes on the screen and in docs/evidence/strategy_process.md.
Next: `worker/processes/fork_server.py`.

Run ``python bench/strategy_process.py``. A start is measured from asking for a process to its word
that the strategy is made: fork, limits, the strategy's file read and compiled from source. Memory
is what the kernel counts as this process's alone (USS), and its share of all (PSS), while the
others run. The limits are 100 ms and 25 MB. The peer, in every round, is a fresh interpreter that
imports and makes the same, as a worker without a fork server would start.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import psutil

sys.path.append(str(Path(__file__).resolve().parent.parent))

from core.candle import Interval
from core.instrument import Segment
from core.risk_parameters import RiskParameters
from core.strategy import StrategyConfig
from strategies import REGISTRY
from tests.evidence import ROOT, table, write
from worker.processes.child import Child
from worker.processes.fork_server import ForkServer
from worker.processes.limits import Limits
from worker.processes.messages import Load, Loaded, Message
from worker.processes.pools import Pools

ROUNDS = 15
MOST_MS, MOST_MB = 100, 25
KEYS = ((Segment.IDX_I, 13), (Segment.NSE_FNO, 35035))
CONFIG = StrategyConfig(
    "c", "s", "u", "p", "bench", KEYS[1:], (Interval.M1, Interval.M5), Decimal(100_000),
    RiskParameters(),
)  # fmt: skip
TYPES = [each for each in REGISTRY.values() if each.name in {"momentum", "mean_reversion", "pva"}]
_MS, _MB = 1e3, 1e6


class Cost(NamedTuple):
    """What one process took."""

    ms: float
    own_mb: float
    share_mb: float


async def start(pools: Pools, module_path: str, class_name: str) -> tuple[Child, float]:
    """Start a process; return it and the milliseconds until its strategy is made."""
    made: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    began = time.perf_counter()
    process = await pools.own("bench")
    child = Child(process, lambda _, message: made.set_result(message), _ignore, print)
    await child.start()
    child.send(Load(module_path, class_name, {}, CONFIG))
    answer = await made
    if not isinstance(answer, Loaded):
        raise SystemExit(f"{class_name}: {answer}")
    return child, _MS * (time.perf_counter() - began)


async def costs(pools: Pools) -> dict[str, list[Cost]]:
    """Return what each start cost, all processes alive at the end."""
    children = [
        (each.name, *(await start(pools, each.module_path, each.class_name)))
        for _ in range(ROUNDS)
        for each in TYPES
    ]
    found: dict[str, list[Cost]] = {}
    for name, child, milliseconds in children:
        memory = psutil.Process(child.pid).memory_full_info()
        cost = Cost(milliseconds, memory.uss / _MB, memory.pss / _MB)
        found.setdefault(name, []).append(cost)
    await asyncio.gather(*(child.stop() for _, child, _ in children))
    return found


def fresh(module_path: str) -> float:
    """Return the milliseconds a fresh interpreter takes for the same imports."""
    code = f"import worker.processes.seats, {module_path}"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return _MS * (time.perf_counter() - began)


def rows_of(found: dict[str, list[Cost]]) -> list[Sequence[object]]:
    """Return the figures of each strategy as a row."""
    rows: list[Sequence[object]] = []
    for each in TYPES:
        seen = found[each.name]
        times = sorted(cost.ms for cost in seen)
        peer = statistics.median(fresh(each.module_path) for _ in range(5))
        rows.append(
            (
                each.name,
                f"{statistics.median(times):.0f}",
                f"{times[-1]:.0f}",
                f"{statistics.median(cost.own_mb for cost in seen):.1f}",
                f"{max(cost.own_mb for cost in seen):.1f}",
                f"{statistics.median(cost.share_mb for cost in seen):.1f}",
                f"{peer:.0f}",
            )
        )
    return rows


def main() -> None:
    """Measure, print, and write it down."""
    server = ForkServer()
    server.start()
    found = asyncio.run(costs(Pools(server, Limits())))
    head = ("strategy", "start ms", "slowest", "own MB", "most", "share MB", "fresh process ms")
    shown = table(head, rows_of(found))
    worst = max(statistics.median(cost.ms for cost in seen) for seen in found.values())
    most = max(cost.own_mb for seen in found.values() for cost in seen)
    verdict = (
        f"Slowest median {worst:.0f} ms (wanted: below {MOST_MS}), "
        f"most private memory {most:.1f} MB (wanted: below {MOST_MB}), {ROUNDS} of each."
    )
    print(shown, verdict, sep="\n")
    note = "The first start of all includes what the fork server still imports."
    write(
        "strategy_process",
        "Starting one more strategy process",
        "python bench/strategy_process.py",
        (verdict, shown, note),
    )
    if worst >= MOST_MS or most >= MOST_MB:
        raise SystemExit(1)


def _ignore(*_: object) -> None:
    """Stand in for whoever would want to know of an end."""


if __name__ == "__main__":
    main()
