"""How long a trade takes from the database to the screen, in a real browser.

In:  nothing; embedded stack, dashboard, Chromium, simulator and worker are started here.
Out: p50, p95, p99 on the screen, beside the arrival at the page's WebSocket in the same run;
     docs/evidence/commit_to_screen.md.
Next: `bench/tick_to_browser.py`, the way before it: from a tick to the commit.

Run ``python bench/commit_to_screen.py``. Trades are written through `worker_write`, one at a time,
at random moments about five times a second, on pages that show trades: first while nothing else
happens, then while a worker trades a simulated day at sixty times its speed. Counted from the
moment before the write, so the transaction itself is part of every figure. A trade is on the
screen when a MutationObserver finds it in the document; it is painted with the frame after that.
The page's clock is compared with ours by question and answer before and after.
"""

import os
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import uuid4

sys.path.append(str(Path(__file__).resolve().parent.parent))

import psycopg
from playwright.sync_api import Page, sync_playwright
from psycopg.types.json import Jsonb

from devstack.browser import find_browser
from tests.evidence import table, write
from tests.stacks import RunningStack
from tests.supabase import events
from tests.supabase.deployments import Deployment
from tests.web.served import DEMO_USER, Served, served_dashboard
from tests.web.visitor import Visitor, visitor
from tests.worker.running import running_simulator, running_worker

EVENTS: Final = int(os.environ.get("EVENTS", "300"))
PER_SECOND: Final = 5.0
SPEED: Final = "60"
TARGET_MS: Final = 300.0
PAGES: Final = {"/": "Dashboard", "/trades/": "Trades"}
LOOKS: Final = 15
_TITLE: Final = "Commit to screen: from a trade's write to the page, in Chromium"
_TERMS: Final = (
    "counted from before the write. `heard`: the page's WebSocket has it, the limit of any page; "
    "`shown`: it is in the document; `painted`: the frame after that is done."
)
_GATHER_MS: Final = 2_000
_LOOK_MS: Final = 100

# Later than any trade of a simulated day, so that each is the first of its list.
_LATER: Final = datetime(2030, 1, 1, tzinfo=UTC)
_NOW: Final = "() => performance.timeOrigin + performance.now()"
_WATCH: Final = r"""
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const marks = (window.marks = { heard: {}, shown: {}, painted: {} });
  const note = (where, text) => {
    const at = now();
    for (const name of text.match(/CTS-\d+-/g) ?? []) where[name] ??= at;
  };
  const Bare = window.WebSocket;
  window.WebSocket = class extends Bare {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        note(marks.heard, typeof data === "string" ? data : new TextDecoder().decode(data));
      });
    }
  };
  const look = (records) => {
    const nodes = records.flatMap((each) =>
      each.type === "characterData" ? [each.target] : [...each.addedNodes],
    );
    const text = nodes.map((each) => each.textContent).join(" ");
    if (!text.includes("CTS-")) return;
    note(marks.shown, text);
    requestAnimationFrame(() => setTimeout(() => note(marks.painted, text)));
  };
  const watch = { childList: true, characterData: true, subtree: true };
  new MutationObserver(look).observe(document, watch);
})();
"""

Marks = dict[str, dict[str, float]]
_numbers: Final = count(1)


class Writer:
    """Whoever writes trades of the demo user, as a worker does."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._sql: Final = connection
        self._shard = self._holder = f"bench-{uuid4().hex[:12]}"
        row = connection.execute(
            "select config.id::text, config.strategy_id::text, portfolio.id::text"
            " from public.strategy_configs as config"
            " inner join public.portfolios as portfolio using (user_id)"
            " where config.user_id = %s order by config.created_at limit 1",
            (DEMO_USER,),
        ).fetchone()
        if row is None:
            raise SystemExit("the demo user has no config with a portfolio")
        self._deployment = Deployment(DEMO_USER, row[2], row[1], row[0])
        lease = connection.execute(
            "select public.worker_acquire_lease(%s, %s, 300)", (self._shard, self._holder)
        ).fetchone()
        self._token = lease[0]["token"] if lease else 0

    def write(self) -> tuple[str, float, float]:
        """Write a trade; return its mark, and when the write began and was answered."""
        number = next(_numbers)
        event = events.trade(
            self._deployment,
            symbol=f"CTS-{number}-",
            instrument_key=f"NSE_FNO:{900_000 + number}",
            entry_time=(_LATER + timedelta(seconds=number)).isoformat(),
        )
        began = time.time()
        answer = self._sql.execute(
            "select public.worker_write(%s, %s, %s, %s)",
            (self._shard, self._holder, self._token, Jsonb([event])),
        ).fetchone()
        ended = time.time()
        if answer is None or answer[0][0]["outcome"] != "applied":
            raise SystemExit(f"a trade was not taken: {answer}")
        return event["row"]["symbol"], began, ended


def offset_of(page: Page) -> float:
    """Return by how many milliseconds the page's clock is ahead of ours, by the best of answers."""
    answers: list[tuple[float, float]] = []
    for _ in range(30):
        began = time.time()
        theirs: float = page.evaluate(_NOW)
        ended = time.time()
        answers.append((ended - began, theirs - 500 * (began + ended)))
    return min(answers)[1]


def measure(
    person: Visitor, path: str, connection: "psycopg.Connection[Any]"
) -> dict[str, list[float]]:
    """Write trades while a page shows them; return milliseconds by what was measured."""
    page, writer = person.page, Writer(connection)
    person.open(path, PAGES[path])
    page.get_by_role("status", name="Live data: live").wait_for()
    chance, ahead = random.Random(7), offset_of(page)  # noqa: S311 - no secret.
    written = []
    for _ in range(EVENTS):
        time.sleep(chance.expovariate(PER_SECOND))
        written.append(writer.write())
    page.wait_for_function("name => name in marks.painted", arg=written[-1][0])
    page.wait_for_timeout(_GATHER_MS)
    ahead = (ahead + offset_of(page)) / 2
    marks: Marks = page.evaluate("() => marks")
    found: dict[str, list[float]] = {"commit answered": []}
    later: dict[str, float] = {}
    for name, began, ended in reversed(written):
        found["commit answered"].append(1000 * (ended - began))
        for what, instants in marks.items():
            # A list of seven may go past a trade in one step: then what took its place counts.
            later[what] = instants.get(name, later.get(what, inf))
            found.setdefault(what, []).append(later[what] - ahead - 1000 * began)
    return found


def disagreement(page: Page, writer: Writer) -> float:
    """Return by how much the lag that the page's head shows differs from ours, at the median."""
    apart = []
    head = page.get_by_role("status", name="Live data: live")
    ahead = offset_of(page)
    for _ in range(LOOKS):
        name, began, _ = writer.write()
        page.wait_for_function("name => name in marks.painted", arg=name)
        page.wait_for_timeout(_LOOK_MS)
        at: float = page.evaluate("name => marks.shown[name]", name)
        told = re.search(r"([0-9]+) ms", head.inner_text())
        if told is not None:
            apart.append(float(told[1]) - (at - ahead - 1000 * began))
    return statistics.median(apart)


@contextmanager
def trading(stack: RunningStack) -> Iterator[None]:
    """Let a worker trade a simulated day on the stack."""
    with (
        TemporaryDirectory() as folder,
        running_simulator(f"--speed={SPEED}") as simulator,
        running_worker(stack, simulator, Path(folder), MARKET_SPEED=SPEED) as worker,
    ):
        worker.wait_said("ready")
        yield


def report(title: str, found: dict[str, list[float]]) -> str:
    """Print one table and return it."""
    cuts = {what: statistics.quantiles(values, n=100) for what, values in found.items()}
    rows = [
        (what, *(f"{each[place]:.0f}" for place in (49, 94, 98)), f"{max(found[what]):.0f}")
        for what, each in cuts.items()
    ]
    worst, heard = cuts["shown"][94], cuts["heard"][94]
    said = (
        f"{title}: p95 on the screen {worst:.0f} ms (wanted: below {TARGET_MS:g}), "
        f"{worst - heard:.0f} ms after the WebSocket had it. {len(found['shown'])} trades:"
    )
    part = f"{said}\n\n{table(('milliseconds', 'p50', 'p95', 'p99', 'most'), rows)}"
    print(f"\n{part}")
    return part


def parts(person: Visitor, served: Served) -> Iterator[str]:
    """Yield what is seen, one setting after the other."""
    for path, heading in PAGES.items():
        yield report(f"{heading}, nothing else", measure(person, path, served.connection))
    apart = disagreement(person.page, Writer(served.connection))
    yield f"The lag in the page's head and ours differ by {apart:+.0f} ms (median of {LOOKS})."
    with trading(served.stack):
        for path, heading in PAGES.items():
            yield report(f"{heading}, a worker trades", measure(person, path, served.connection))


def main() -> None:
    """Measure, print, and write the evidence."""
    chromium = find_browser()
    if chromium is None:
        raise SystemExit("there is no Chromium and none could be installed")
    before = f"Load {os.getloadavg()[0]:.1f} before; {_TERMS}"
    print(before)
    with sync_playwright() as playwright, served_dashboard() as served:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with visitor(browser, served.address) as person:
            person.page.add_init_script(_WATCH)
            person.sign_in()
            seen = [before, *parts(person, served)]
        browser.close()
    write("commit_to_screen", _TITLE, "python bench/commit_to_screen.py", seen)


if __name__ == "__main__":
    main()
