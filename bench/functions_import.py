"""How long the functions take from process start to ready to serve, beside what they stand on.

In:  nothing; ``--runs N`` for other than 9 alternating pairs.
Out: median and best of `functions.wsgi` and of flask + pydantic + postgrest, and their ratio,
     beside the limit of 1.5; status 1 when it is exceeded.

Both are fresh interpreters with bytecode already compiled; the interpreter's own start is in both.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 1.5
OURS = "import functions.wsgi"
PEER = "import flask, pydantic, postgrest"
SETTINGS = {
    "SUPABASE_URL": "http://127.0.0.1:54321",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_bench",
    "SUPABASE_SECRET_KEY": "sb_secret_bench",
    "CRON_SECRET": "bench-" * 6,
}


def main() -> int:
    """Measure and print; return 1 when the limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    for code in (OURS, PEER):
        seconds_of(code)  # Writes bytecode and fills the cache of the disk.
    pairs = [(seconds_of(OURS), seconds_of(PEER)) for _ in range(runs)]
    ours, peer = zip(*pairs, strict=True)
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    print(f"load before: {os.getloadavg()[0]:.2f}, alternating pairs: {runs}")
    print(f"functions.wsgi                  {told(ours)}")
    print(f"flask + pydantic + postgrest    {told(peer)}")
    print(f"ratio (median of pairs) {ratio:.2f}   limit {LIMIT}")
    return int(ratio > LIMIT)


def seconds_of(code: str) -> float:
    """Run code in a fresh interpreter and return how long that took."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **SETTINGS}, check=True
    )
    return time.perf_counter() - began


def told(seconds: tuple[float, ...]) -> str:
    """Return median and best in milliseconds."""
    median, best = statistics.median(seconds) * 1000, min(seconds) * 1000
    return f"median {median:4.0f} ms   best {best:4.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
