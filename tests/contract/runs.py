"""Runs cases, many at a time: supabase-js in one Node process, supabase-py in this one.

In:  `Run`s: a behaviour, the client that shows it, and the rule it runs under, if any.
Out: an `Outcome` per run.
Next: `tests/contract/test_supabase_js.py` and `tests/contract/test_supabase_py.py`.
"""

import asyncio
import json
import subprocess
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.contract.behaviours import ALL, ALONE, AUTH, BINARY_BROADCAST, REST
from tests.contract.proxy import Proxy
from tests.contract.py import auth, broadcast, changes, connection, rest, security
from tests.contract.py.cases import CASES
from tests.contract.py.stage import SkippedError, Stage
from tests.contract.target import Target

# Imported for the cases they register.
CASE_MODULES = (auth, rest, security, changes, broadcast, connection)

HERE = Path(__file__).parent
NODE = HERE.parents[1] / ".venv" / "bin" / "node"
_NODE_SECONDS = 1500  # For the longest plan; pytest bounds each test more tightly.


class Client(StrEnum):
    """The clients that show a behaviour."""

    JS_1 = "supabase-js, protocol 1.0.0"
    JS_2 = "supabase-js, protocol 2.0.0"
    PY_ASYNC = "supabase-py, async"
    PY_SYNC = "supabase-py, sync"


JAVASCRIPT = (Client.JS_1, Client.JS_2)
PYTHON = (Client.PY_ASYNC, Client.PY_SYNC)


@dataclass(frozen=True, slots=True)
class Run:
    """One behaviour shown by one client, under a rule of the proxy or (None) without proxy."""

    behaviour: str
    client: Client
    rule: str | None = None

    def __str__(self) -> str:
        return f"{self.behaviour} ({self.client})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: "passed", "failed" or "skipped", and why unless it passed."""

    outcome: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where runs happen.

    Parameters
    ----------
    deadline
        How long a case waits for something, in seconds.
    at_once
        How many cases of one client run at a time.
    """

    target: Target
    proxy: Proxy
    deadline: float = 10.0
    at_once: int = 8


def clients_of(behaviour: str) -> Sequence[Client]:
    """Return the clients that can show a behaviour.

    The sync supabase-py has no Realtime. Protocol 1.0.0, the only one of realtime-py, carries no
    bytes.
    """
    if behaviour == BINARY_BROADCAST:
        return (Client.JS_2,)
    if behaviour in AUTH + REST:
        return JAVASCRIPT + PYTHON
    return (*JAVASCRIPT, Client.PY_ASYNC)


def runs_of(clients: Sequence[Client]) -> list[Run]:
    """Return every behaviour with each of `clients` that can show it."""
    return [
        Run(behaviour, client)
        for behaviour in ALL
        for client in clients_of(behaviour)
        if client in clients
    ]


def run_all(bench: Bench, runs: Iterable[Run]) -> dict[Run, Outcome]:
    """Run every run; both kinds of client at a time, but the disturbing runs one by one."""
    chosen = list(runs)
    together = [run for run in chosen if run.behaviour not in ALONE]
    javascript = [run for run in together if run.client in JAVASCRIPT]
    python = [run for run in together if run.client in PYTHON]
    with ThreadPoolExecutor() as threads:
        in_node = threads.submit(run_javascript, bench, javascript)
        outcomes = run_python(bench, python) | in_node.result()
    for run in chosen:
        if run.behaviour in ALONE:
            outcomes |= (run_javascript if run.client in JAVASCRIPT else run_python)(bench, [run])
    return outcomes


def run_javascript(bench: Bench, runs: Sequence[Run]) -> dict[Run, Outcome]:
    """Run supabase-js cases in one Node process."""
    if not runs:
        return {}
    done = subprocess.run(
        [NODE, HERE / "js" / "run.mjs"],
        input=json.dumps(_javascript_plan(bench, runs)),
        capture_output=True,
        text=True,
        check=False,
        timeout=_NODE_SECONDS,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    outcomes = {
        runs[result["number"]]: Outcome(result["outcome"], result.get("why", ""))
        for result in results
    }
    lost = Outcome("failed", f"Node ended without a word on it: {done.stderr[-2000:]}")
    return {run: outcomes.get(run, lost) for run in runs}


def _javascript_plan(bench: Bench, runs: Sequence[Run]) -> dict[str, Any]:
    target = bench.target
    return {
        "stack": {
            "url": target.url,
            "publishableKey": target.publishable_key,
            "secretKey": target.secret_key,
            "jwtSecret": target.jwt_secret,
            "proxy": bench.proxy.url,
            "deadline": round(bench.deadline * 1000),
        },
        "atOnce": bench.at_once,
        "runs": [
            {
                "number": number,
                "behaviour": run.behaviour,
                "vsn": run.client.split()[-1],
                "rule": run.rule,
            }
            for number, run in enumerate(runs)
        ],
    }


def run_python(bench: Bench, runs: Sequence[Run]) -> dict[Run, Outcome]:
    """Run supabase-py cases: async ones in one loop, sync ones in threads of their own."""
    blocking = [run for run in runs if run.client is Client.PY_SYNC]
    concurrent = [run for run in runs if run.client is Client.PY_ASYNC]
    with ThreadPoolExecutor(bench.at_once) as threads:
        in_threads = threads.map(lambda run: asyncio.run(_run_one(bench, run)), blocking)
        return dict(asyncio.run(_run_async(bench, concurrent))) | dict(in_threads)


async def _run_async(bench: Bench, runs: Iterable[Run]) -> list[tuple[Run, Outcome]]:
    places = asyncio.Semaphore(bench.at_once)

    async def in_turn(run: Run) -> tuple[Run, Outcome]:
        async with places:
            return await _run_one(bench, run)

    return await asyncio.gather(*(in_turn(run) for run in runs))


async def _run_one(bench: Bench, run: Run) -> tuple[Run, Outcome]:
    stage = Stage(
        bench.target,
        proxy=bench.proxy.url,
        rule=run.rule,
        sync=run.client is Client.PY_SYNC,
        deadline=bench.deadline,
    )
    try:
        async with stage:
            await CASES[run.behaviour](stage)
    except SkippedError as error:
        return run, Outcome("skipped", str(error))
    except Exception:  # noqa: BLE001  # Whatever a case raises is its outcome.
        return run, Outcome("failed", traceback.format_exc())
    return run, Outcome("passed")
