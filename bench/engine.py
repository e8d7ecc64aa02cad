"""How fast ticks become candles, indicators and watched levels: our engine beside nautilus_trader.

In:  nothing; a day of ticks is made here.
Out: million ticks per second on the screen, median of rounds taken in turn, and the ratios.
Next: `bench/engine_parts/ours.py`, the work; `core/engine.py`.

Run ``python bench/engine.py [--ticks 5000000] [--rounds 3]``. The work: 50 instruments, candles of
1m, 5m and 15m; OBV, A/D, VROC, VWAP, ATR 14 and the volume's SMA 20 and 50 of every closed minute;
an open trade with stop and target in every instrument, whose levels each tick is held against.
"per call" calls `Engine.tick` from Python for each tick, "play" lets the engine loop itself. The
engine is compiled for this run. Beside it the twin, which does the same the way it is usually
written (a Tick object per tick, every interval updated at every tick), and nautilus_trader, where
``--peer-python`` (by default this interpreter) has it: ``pip install 'tradebase[bench]'``. Whoever
makes other candles than ours is not compared. Processor time of one core; making the ticks is not
timed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent.parent))

from engine_parts.ours import CandleFacts, Ours, Twin, played
from engine_parts.ticks import INSTRUMENTS, MINUTES, Day

from core.tick_columns import TickColumns

ROOT = Path(__file__).resolve().parent.parent
PEER = Path(__file__).resolve().parent / "engine_parts" / "peer.py"
PEER_TICKS = 500_000
"""It is so much slower that the first tenth of the day has to do."""


def speed(work: Callable[[TickColumns], None], day: Day) -> float:
    """Return ticks per second of processor time."""
    seconds = 0.0
    for ticks in day.slices():
        begun = process_time()
        work(ticks)
        seconds += process_time() - begun
    return day.count / seconds


def measured(day: Day) -> dict[str, float]:
    """Return the speed of both ways of calling this process's engine."""
    return {
        "play": speed(Ours(day.instruments).all_at_once, day),
        "per call": speed(Ours(day.instruments).tick_by_tick, day),
    }


def wide_ratio() -> float:
    """Return time per tick with 5,000 instruments over that with 50, equal ticks per candle."""
    few, many = Day(40 * 50 * MINUTES), Day(40 * 5_000 * 4, 5_000, 4)
    pairs = [
        speed(Ours(50).tick_by_tick, few) / speed(Ours(5_000).tick_by_tick, many) for _ in range(3)
    ]
    return statistics.median(pairs)


def compile_into(folder: Path) -> bool:
    """Compile the engine; return whether that was possible."""
    code = (
        "import sys; from pathlib import Path; from devstack.compile import compile_core;"
        "compile_core(Path(sys.argv[1]))"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        print(f"not compiled: {made.stderr.strip().splitlines()[-1]}")
    return made.returncode == 0


def measured_compiled(ticks: int, folder: Path) -> dict[str, float]:
    """Return the figures of the engine compiled into a folder."""
    return _told(
        [sys.executable, __file__, "--measure", "--ticks", str(ticks)],
        {**os.environ, "PYTHONPATH": str(folder)},
    )


def measured_peer(ticks: int, python: str) -> dict[str, Any]:
    """Return the figures of nautilus_trader, or why there are none."""
    most = str(min(ticks, PEER_TICKS))
    command = [python, "-W", "ignore", str(PEER), "--ticks", str(ticks), "--most", most]
    return _told(command, dict(os.environ))


def _told(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def peer_made_ours(figures: dict[str, Any], candles: list[CandleFacts]) -> bool:
    """Return whether nautilus_trader held every trade and made the same minutes."""
    finished = {tuple(candle) for candle in candles}
    made = [tuple(candle) for candle in figures["candles"]]
    return (
        len(made) >= INSTRUMENTS
        and figures["positions"] == INSTRUMENTS
        and all(candle in finished for candle in made)
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ticks", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    day = Day(arguments.ticks)
    if arguments.measure:
        print(json.dumps(measured(day)))
        return
    # The clock also completes candles after which nothing was traded; the others have no clock.
    candles, twins = (
        played(Ours(INSTRUMENTS, keep=True), day.slices()),
        played(Twin(INSTRUMENTS, keep=True), day.slices()),
    )
    if not twins or not set(twins) <= set(candles):
        sys.exit("engine and twin disagree about the candles; their speeds cannot be compared")
    load = os.getloadavg()[0]
    machine = f"{platform.python_version()}, {os.cpu_count()} processors, load {load:.1f}"
    print(f"{machine}, {day.count:,} ticks, {arguments.rounds} rounds")
    report(arguments, day, candles)


def report(arguments: argparse.Namespace, day: Day, candles: list[CandleFacts]) -> None:
    """Take rounds in turn and print the medians."""
    peer = measured_peer(arguments.ticks, arguments.peer_python)
    has_peer = "absent" not in peer
    if not has_peer:
        print(f"nautilus_trader is not beside us: {peer['absent']}")
    elif not peer_made_ours(peer, candles):
        sys.exit("nautilus_trader made other candles or trades; it cannot be compared")
    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as place:
        is_compiled = compile_into(Path(place))
        for _ in range(arguments.rounds):
            figures = {"twin": speed(Twin(day.instruments).run, day)}
            if has_peer:
                peer = measured_peer(arguments.ticks, arguments.peer_python)
                figures[f"nautilus_trader ({peer['ticks']:,} ticks)"] = peer["speed"]
            for way, value in measured(day).items():
                figures[f"interpreted, {way}"] = value
            if is_compiled:
                for way, value in measured_compiled(arguments.ticks, Path(place)).items():
                    figures[f"compiled, {way}"] = value
            rounds.append(figures)
    print(f"{'million ticks/s':32}{'':>8}  of the twin")
    for name in rounds[0]:
        figure = statistics.median(each[name] for each in rounds)
        ratio = statistics.median(each[name] / each["twin"] for each in rounds)
        print(f"{name:32}{figure / 1e6:8.2f}  {ratio:.1f} x")
    print(f"time per tick, 5,000 instruments over 50, 40 ticks a candle: {wide_ratio():.2f} x")


if __name__ == "__main__":
    main()
