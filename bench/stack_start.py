"""How long the embedded stack takes to be ready, from process start to its printed lines.

In:  nothing; ``--runs N`` for other than 7 runs of each kind.
Out: median and worst of cold (new data), warm (kept data) and ephemeral (copied template) starts,
     beside the two limits they are measured against: 3 s cold, 0.5 s warm.

Cold is after installation: the servers are copied before the first measured run.
"""

import argparse
import contextlib
import io
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from devstack.supabase.state import default_home  # noqa: E402 - run as a script, from anywhere

STACK = (sys.executable, "-m", "devstack.supabase", "--port=0")
LIMITS = {"cold": 3.0, "warm": 0.5, "ephemeral": None, "bare import": None}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    home = default_home().with_name(f"tradebase-bench-{os.getpid()}")
    options = (f"--state={home}",)
    kinds = {"cold": ("--reset",), "warm": (), "ephemeral": ("--ephemeral",)}
    seconds: dict[str, list[float]] = {"bare import": [import_time() for _ in range(runs)]}
    try:
        for kind, more in kinds.items():
            start_once([*STACK, *options, *more])  # Installs, or makes the template.
            seconds[kind] = [start_once([*STACK, *options, *more]) for _ in range(runs)]
    finally:
        subprocess.run([*STACK, f"--state={home}", "--remove-state"], cwd=ROOT, check=False)
    print(f"load before: {os.getloadavg()[0]:.2f}, runs of each: {runs}")
    for kind, limit in LIMITS.items():
        median, worst = statistics.median(seconds[kind]), max(seconds[kind])
        against = "" if limit is None else f"   limit {limit:g} s"
        print(f"{kind:12} median {median:.3f} s   worst {worst:.3f} s{against}")


def start_once(line: list[str]) -> float:
    """Start a stack, stop it, and return the seconds until its fourth line."""
    began = time.perf_counter()
    with subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        output = process.stdout or io.StringIO()
        lines = [output.readline() for _ in range(4)]
        took = time.perf_counter() - began
        if not lines[-1]:
            raise SystemExit(f"{' '.join(line)} ended without its four lines")
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    return took


def import_time() -> float:
    """Return the seconds that Python takes to load the libraries alone: the floor of a start."""
    began = time.perf_counter()
    code = "import asyncio, psycopg, aiohttp.web, jwt"
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
