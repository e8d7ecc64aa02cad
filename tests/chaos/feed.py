"""Every fault of the feed many times, and a day with fifty resets: what came of it, written down.

In:  nothing; stacks, simulators and workers are started here, each thing after the other.
Out: docs/evidence/feed.md and feed-day.md; exit code 1 where something is not as it ought to be.
Next: `tests/chaos/feed_drills.py` and `tests/chaos/feed_day.py`.

Run ``python -m tests.chaos.feed``; a quarter of an hour. With ``drills`` or ``day`` behind it, only
that part is played.
"""

import asyncio
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.chaos import feed_day
from tests.chaos.feed_drills import (
    ALL_REASONS,
    BACK_WITHIN,
    NOTICED_WITHIN,
    SOCKETS,
    Seen,
    desks,
    losses,
    nuisances,
    reasons,
    share,
)
from tests.evidence import table, write
from tests.worker.running import running_simulator

ACCOUNTS: Final = 12
LOSERS: Final = 8
"""Accounts at which sockets are lost; each reason of a disconnect needs one of its own."""
ROUNDS: Final = 3
_FILES: Final = {"drills": "feed", "day": "feed-day"}
_TITLES: Final = {
    "drills": "Sockets of the feed, lost and found",
    "day": "A day on which the feed is lost again and again",
}
_WANTED: Final = {
    "drills": f"Wanted: noticed within {NOTICED_WITHIN:g} s and ticks again within "
    f"{BACK_WITHIN:g} s, both at p99; no storm of attempts.",
    "day": f"Wanted: a socket again within {BACK_WITHIN:g} s at p99, the candles and indicators of "
    "an undisturbed day, strategies told of the gaps, no process restarted, no storm of attempts.",
}
_GAPS: Final = ("found", "repaired", "empty", "unrepaired")


class Report:
    """Paragraphs, and what was not as it ought to be."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.wrong: list[str] = []

    def say(self, text: str) -> None:
        """Add a paragraph."""
        self.parts.append(text)
        _say(text)

    def want(self, *, holds: bool, what: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.wrong.append(what)
            _say(f"WRONG: {what}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def drills(report: Report, folder: Path) -> None:
    """Play every fault at many accounts."""
    options = ("--speed=10", f"--clients={ACCOUNTS}", "--no-rate-limits")
    with running_simulator(*options) as simulator:
        async with desks(simulator, folder, ACCOUNTS) as (opened, instruments):
            counted = await nuisances(opened)
            found = await losses(opened[:LOSERS], ROUNDS)
            attempts = sum((desk.feed.counters for desk in opened[:LOSERS]), Counter[str]())
            followed = await reasons(opened, instruments, ALL_REASONS)
    everything = Seen()
    for seen in found.values():
        everything.add(seen)
    rows = [_row(kind, seen) for kind, seen in found.items()]
    report.say("## Faults that end sockets")
    report.say(
        f"{LOSERS} accounts with {SOCKETS} sockets each, every fault {ROUNDS} times at each "
        "account; seconds from the last message before the fault. Noticed: to the loss of each "
        "socket. Ticks again: until every instrument of both sockets had ticked."
    )
    head = ("fault", "faults", "noticed, p50", "p99", "most", "ticks again, p50", "p99", "most")
    report.say(table(head, [*rows, _row("all", everything)]))
    lost = len(everything.noticed)
    ratio = (attempts["attempts"] - SOCKETS * LOSERS) / lost
    report.say(f"{lost} sockets were lost and connected again by {ratio:.2f} attempts each.")
    report.say("## Faults that cost nothing")
    report.say(
        "Stacked, truncated and unknown packets and text messages ended no socket; counted were "
        + ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))
        + "."
    )
    report.say("## Each reason of a disconnect")
    report.say(table(("reason", "what followed"), list(followed.items())))
    noticed, back = (share(each, 0.99) for each in (everything.noticed, everything.back))
    report.want(holds=noticed <= NOTICED_WITHIN, what=f"noticed after {noticed:.2f} s at p99")
    report.want(holds=back <= BACK_WITHIN, what=f"ticks again after {back:.2f} s at p99")
    report.want(holds=ratio <= 2, what=f"{ratio:.2f} attempts for each socket lost")


def _row(kind: str, seen: Seen) -> tuple[object, ...]:
    figures = [
        f"{share(values, part):.2f}"
        for values in (seen.noticed, seen.back)
        for part in (0.5, 0.99, 1.0)
    ]
    return (kind, len(seen.back), *figures)


def day(report: Report, folder: Path) -> None:
    """Live through a day with fifty resets and through the same day without."""
    calm = feed_day.undisturbed(folder / "calm")
    wild = feed_day.disturbed(folder / "wild")
    candles = [key for key, value in calm.candles.items() if wild.candles.get(key) != value]
    signals = [key for key, value in calm.signals.items() if wild.signals.get(key) != value]
    more = wild.candles.keys() - calm.candles.keys(), wild.signals.keys() - calm.signals.keys()
    feed, gaps = wild.stopped["feed"], wild.stopped["gaps"]
    report.say(f"## A day with {feed_day.RESETS} resets")
    report.say(
        f"Market time at {feed_day.SPEED}x, and besides a stall, a disconnect (800), an expired "
        "token, HTTP 429 at the handshake, stacked and truncated packets and text messages; beside "
        "it the same day undisturbed."
    )
    outages, token = wild.outages, wild.stopped["token"]
    lengths = ", ".join(f"{share(outages, part):.2f} s" for part in (0.5, 0.99, 1.0))
    became = ", ".join(str(gaps.get(each, 0)) for each in _GAPS)
    rows = [
        ("candles that differ (1m to 1d)", f"{len(candles)} of {len(calm.candles)}"),
        ("signals whose price or indicators differ", f"{len(signals)} of {len(calm.signals)}"),
        ("candles and signals more than undisturbed", len(more[0]) + len(more[1])),
        ("losses", len(outages)),
        ("from loss to the next socket, p50, p99, most", lengths),
        ("attempts to connect", feed["attempts"]),
        (f"gaps {', '.join(_GAPS)}", became),
        ("requests for history", gaps["requests"]),
        ("lines about gaps in the logs of strategies", wild.notices),
        ("restarts of strategy processes", wild.stopped["restarts"]),
        ("messages dropped", wild.stopped["dropped"]),
        ("logins for a new token", token.get("logins", 0)),
    ]
    report.say(table(("what", "seen"), rows))
    report.want(holds=not candles and not more[0], what=f"candles differ: {candles[:3]}")
    report.want(holds=not signals and not more[1], what=f"signals differ: {signals[:3]}")
    report.want(holds=len(calm.signals) > 0, what="no signal was compared")
    report.want(holds=len(outages) >= feed_day.RESETS, what=f"only {len(outages)} losses")
    report.want(holds=share(outages, 0.99) <= BACK_WITHIN, what="an outage was too long")
    report.want(holds=feed["attempts"] <= 2 * len(outages) + 5, what=f"{feed['attempts']} attempts")
    report.want(holds=gaps.get("unrepaired", 0) == 0, what="a gap was not repaired")
    report.want(holds=wild.notices > 0, what="no strategy was told of a gap")
    report.want(holds=wild.stopped["restarts"] == 0, what="a process was restarted")


def main() -> int:
    """Play the parts that were asked for and write each down; return the exit code."""
    wrong: list[str] = []
    with TemporaryDirectory() as folder:
        for part in sys.argv[1:] or ["drills", "day"]:
            report = Report()
            if part == "drills":
                asyncio.run(drills(report, Path(folder)))
            else:
                day(report, Path(folder))
            verdict = "; ".join(report.wrong) or "Everything is as it ought to be."
            write(
                _FILES[part],
                _TITLES[part],
                f"python -m tests.chaos.feed {part}",
                [_WANTED[part], verdict, *report.parts],
            )
            wrong += report.wrong
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
