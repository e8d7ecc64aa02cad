"""Fifty configs on a market day, with and without four bad ones among them.

In:  nothing; stack, simulator and worker are started here, as the tests do.
Out: rows compared and milliseconds on the screen and in docs/evidence/isolation.md.
Next: docs/strategy-processes.md.

Run ``python bench/isolation.py``. Pairs in turn: a generated day with 46 good configs alone, and
one with four more that loop for ever, allocate without end, crash at once and print without end.
The 46 must write the same rows (signals, orders, fills, trades, ledger), and the 99th percentile of
the time from a completed candle to their answer may be 1.10 times as much, or 2 ms more: the median
of the pairs counts. ``BUSY=1`` plays a day of one share instead, with few ticks, for a machine that
has other things to do. The market is played at 120 times its speed: a bad one is through with its
three crashes and the pauses between them after some ten seconds, which is then a tenth of the day
instead of a thousandth. ``SPEED=600`` makes it half of the day.
"""

import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.append(str(Path(__file__).resolve().parent.parent))

from tests.evidence import table, write
from tests.worker.isolation_run import GENERATED, Day, one_share, played

PAIRS = int(os.environ.get("PAIRS", "5"))
GOOD = int(os.environ.get("GOOD", "46"))
SPEED = int(os.environ.get("SPEED", "120"))
UNTIL = os.environ.get("UNTIL", "15:10")
BUSY = bool(os.environ.get("BUSY"))
KIND = "a day of one share" if BUSY else "the generated day"
MOST_RATIO, MOST_MORE_MS = 1.10, 2.0


def a_day(*, with_bad: bool) -> Day:
    """Return a day with or without the bad ones."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = one_share(folder) if BUSY else GENERATED
        day = played(folder, good=GOOD, with_bad=with_bad, speed=SPEED, until=UNTIL, source=source)
    print(f"with bad ones: {with_bad}, {_p99(day):.2f} ms at p99", flush=True)
    return day


def differences(alone: Day, beside: Day) -> int:
    """Return how many rows are in one of two days only."""
    return sum(
        len(set(rows) ^ set(beside.rows[name])) + abs(len(rows) - len(beside.rows[name]))
        for name, rows in alone.rows.items()
    )


def row_of(number: int, alone: Day, beside: Day) -> Sequence[object]:
    """Return a pair as a row."""
    return (
        number,
        sum(len(rows) for rows in alone.rows.values()),
        differences(alone, beside),
        *(
            f"{day.figures[f'answer_ms_{share}']:.2f}"
            for share in ("p50", "p99")
            for day in (alone, beside)
        ),
        f"{_p99(beside) / _p99(alone):.2f}",
        f"{_p99(beside) - _p99(alone):+.2f}",
    )


def errors_of(day: Day) -> list[Sequence[object]]:
    """Return what became of the bad ones."""
    return [
        (name, status, len(lines), lines[-1].removeprefix("strategy process ended: "))
        for name, (status, lines) in day.errors.items()
    ]


def _p99(day: Day) -> float:
    return float(day.figures["answer_ms_p99"])


def report(pairs: list[tuple[Day, Day]]) -> bool:
    """Print what was seen so far and write it down; return whether all of it holds."""
    head = (
        "pair", "rows", "differing", "p50 alone, ms", "p50 beside", "p99 alone", "p99 beside",
        "ratio", "more, ms",
    )  # fmt: skip
    shown = table(head, [row_of(number, *pair) for number, pair in enumerate(pairs, start=1)])
    ratio = statistics.median(_p99(beside) / _p99(alone) for alone, beside in pairs)
    more = statistics.median(_p99(beside) - _p99(alone) for alone, beside in pairs)
    differing = sum(differences(*pair) for pair in pairs)
    ended = all(status == "ERROR" for _, beside in pairs for status, _ in beside.errors.values())
    holds = (ratio <= MOST_RATIO or more <= MOST_MORE_MS) and not differing and ended
    verdict = (
        f"{GOOD} good configs, alone and beside four bad ones, {len(pairs)} pairs at {SPEED} times "
        f"the market's speed, {KIND} until {UNTIL}. Rows that differ: {differing}. Candle to "
        f"answer at p99: median ratio {ratio:.2f} (wanted: at most {MOST_RATIO:.2f}), median "
        f"difference {more:+.2f} ms (or at most +{MOST_MORE_MS:g} ms). "
        f"{'Holds' if holds else 'DOES NOT HOLD'}."
    )
    bad = table(("bad one", "status", "crashes", "last reason"), errors_of(pairs[-1][1]))
    print(verdict, shown, bad, sep="\n\n", flush=True)
    write(
        "isolation",
        "Strategies that misbehave, and the others",
        "python bench/isolation.py",
        (verdict, shown, "What became of the bad ones, in the last pair:", bad),
    )
    return holds


def main() -> None:
    """Play the pairs; what was seen is written down after each, for they take long."""
    pairs: list[tuple[Day, Day]] = []
    for _ in range(PAIRS):
        pairs.append((a_day(with_bad=False), a_day(with_bad=True)))
        holds = report(pairs)
    if not holds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
