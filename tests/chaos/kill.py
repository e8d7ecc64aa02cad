"""Kill -9 by the hundred: workers and strategy processes, with the market held or running on.

In:  how many seeds of each kind; what was played before is not played again.
Out: docs/evidence/kill.md; exit code 1 where a day has not ended as it ought to.
Next: `tests/chaos/kill_drill.py` and `tests/chaos/kill_free.py`.

  python -m tests.chaos.kill                          200 gated, 100 of processes, 100 free
  python -m tests.chaos.kill --gated 20 --free 0      others, or none
  python -m tests.chaos.kill --minutes 30             as many of them as that allows
  python -m tests.chaos.kill --free-speed 240         the free ones at that speed (60)
  python -m tests.chaos.kill --repeat gated 17        one seed again; nothing is written

Two may run side by side, each with its own kinds: both write to build/chaos/kill.jsonl, and the
one that ends last reports both. A seed that was played at another commit is played again; of each
the newest day counts, and the report says at which commits they were played.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.chaos.kill_drill import PROCESS, Drill, drilled, undisturbed
from tests.chaos.kill_free import SPEED, TooLateError, freely_drilled
from tests.chaos.kill_scene import Books, Scene, kill_scene
from tests.evidence import ROOT, table, write

GATED: Final = "gated"
FREE: Final = "free"
WANTED: Final = {GATED: 200, PROCESS: 100, FREE: 100}
TARGET_SECONDS: Final = 3.0
PLAYED: Final = ROOT / "build" / "chaos" / "kill.jsonl"
_ABOUT: Final = {
    GATED: "the worker, the market held and put back to the last journaled minute",
    PROCESS: "strategy processes, the market waiting for their successors",
    FREE: "the worker, the market running on",
}

Played = dict[str, Any]
"""A line of the file of days that were played."""


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for; return the exit code."""
    options = _options(arguments)
    commit = _commit()
    with TemporaryDirectory() as folder, kill_scene(Path(folder)) as scene:
        expected = undisturbed(scene)
        if options.repeat is not None:
            kind, seed = options.repeat
            found = _play(scene, kind, int(seed), expected, options.free_speed)
            sys.stdout.write(json.dumps(found, indent=2) + "\n")
            return 1 if found["problems"] else 0
        _play_all(scene, expected, commit, options)
    played = _newest()
    write("kill", "Kill -9", "python -m tests.chaos.kill", _report(played))
    return 1 if any(each["problems"] for each in played) else 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests.chaos.kill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for kind, count in WANTED.items():
        parser.add_argument(f"--{kind}", type=int, default=count, metavar="SEEDS")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--free-speed", type=float, default=SPEED, metavar="TIMES")
    parser.add_argument("--repeat", nargs=2, metavar=("KIND", "SEED"))
    return parser.parse_args(arguments)


def _play_all(scene: Scene, expected: Books, commit: str, options: argparse.Namespace) -> None:
    """Play the seeds that are left, the kinds in turn, and note each."""
    until = time.monotonic() + 60 * options.minutes
    known = {(each["kind"], each["seed"]) for each in _read() if each["commit"] == commit}
    left = [place for place in _in_turn(options) if place not in known]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn()) as progress:
        task = progress.add_task("kill -9", total=len(left))
        for kind, seed in left:
            if time.monotonic() > until:
                return
            progress.update(task, description=f"{kind} {seed}")
            found = {"commit": commit, **_play(scene, kind, seed, expected, options.free_speed)}
            with _file().open("a", encoding="utf-8") as file:
                file.write(json.dumps(found) + "\n")
            for problem in found["problems"][:3]:
                progress.console.print(f"[red]{kind} {seed}[/]: {problem}")
            progress.advance(task)


def _in_turn(options: argparse.Namespace) -> Iterator[tuple[str, int]]:
    most = {kind: int(getattr(options, kind)) for kind in WANTED}
    for seed in range(1, max(most.values()) + 1):
        yield from ((kind, seed) for kind in WANTED if seed <= most[kind])


def _play(scene: Scene, kind: str, seed: int, expected: Books, free_speed: float) -> Played:
    """Play one seed; whatever goes wrong is a problem of it, and the next one is played."""
    begun = time.monotonic()
    play: Callable[[], Drill] = lambda: (  # noqa: E731 - one of two.
        freely_drilled(scene, seed, expected, free_speed)
        if kind == FREE
        else drilled(scene, kind, seed, expected)
    )
    late = ""
    try:
        drill = play()
    except TooLateError as error:
        drill, late = Drill(seed), str(error)
    except Exception as error:  # noqa: BLE001 - hundreds of others are still to be played.
        drill = Drill(seed, problems=[f"{type(error).__name__}: {error}"[:2000]])
    seconds = time.monotonic() - begun
    speed = free_speed if kind == FREE else scene.speed
    facts = {"speed": speed, "late": late, "seconds": round(seconds, 1)}
    return {"kind": kind, **asdict(drill), **facts}


def _file() -> Path:
    PLAYED.parent.mkdir(parents=True, exist_ok=True)
    return PLAYED


def _read() -> list[Played]:
    if not PLAYED.exists():
        return []
    return [json.loads(line) for line in PLAYED.read_text(encoding="utf-8").splitlines()]


def _newest() -> list[Played]:
    """Return the newest day of each seed."""
    return list({(each["kind"], each["seed"]): each for each in _read()}.values())


def _commit() -> str:
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()


def _report(played: Sequence[Played]) -> list[str]:
    """Return what is written down."""
    rows = [_row(kind, [each for each in played if each["kind"] == kind]) for kind in WANTED]
    head = (
        "killed",
        "market's speed",
        "seeds, of those wanted",
        "not as it ought to be",
        "kills",
        "runs gone on with",
        "too late",
    )
    stages = Counter(_stage(kill) for each in played for kill in each["kills"])
    seconds = sorted(each for one in played for each in one["restart_seconds"])
    about = (
        "A day of one hour, three configs, two futures; an undisturbed one has 20 trades, 29 "
        "signals and 156 candles. *Gated* and *process*: signals, orders, fills, trades, "
        "positions, ledger, balance and candles are compared row by row with an undisturbed day. "
        "*Free*: nothing twice, nothing lost, ledger = fills = trades, everything closed by its "
        "own exits, the gap told to every config, all candles the true ones."
    )
    commits = Counter(each["commit"] for each in played)
    parts = [
        about,
        "Days by commit: " + ", ".join(f"{name} {count}" for name, count in commits.items()),
        table(head, rows),
        "Kills by stage: " + ", ".join(f"{name} {count}" for name, count in stages.most_common()),
    ]
    if seconds:
        parts.append(
            f"From the start of the process until every strategy is where it was and the market "
            f"goes on: p50 {_at(seconds, 0.5):.2f} s, p99 {_at(seconds, 0.99):.2f} s, most "
            f"{seconds[-1]:.2f} s of {len(seconds)} (wanted: below {TARGET_SECONDS:g} on a machine "
            "that does nothing else)."
        )
    used = sorted(each for one in played for each in one.get("restart_cpu_seconds", ()))
    if used:
        parts.append(
            f"Processor time of that, all processes together, which does not depend on who else "
            f"uses the machine: p50 {_at(used, 0.5):.2f} s, most {used[-1]:.2f} s of {len(used)}."
        )
    wrong = [each for each in played if each["problems"]]
    parts += [
        f"`--repeat {each['kind']} {each['seed']}`: {each['kills']}; {each['problems'][0]}"
        for each in wrong
    ]
    return parts


def _row(kind: str, played: Sequence[Played]) -> tuple[object, ...]:
    counted = [each for each in played if not each["late"]]
    return (
        f"{kind}: {_ABOUT[kind]}",
        ", ".join(sorted({f"{each['speed']:g}x" for each in counted})),
        f"{len(counted)} of {WANTED[kind]}",
        sum(bool(each["problems"]) for each in counted),
        sum(len(each["kills"]) for each in counted),
        sum(each["resumed"] for each in counted),
        len(played) - len(counted),
    )


def _stage(kill: str) -> str:
    return kill.partition(" ")[0]


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
