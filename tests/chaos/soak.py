"""A whole market day under full load: whether memory, descriptors and threads stay where they are.

In:  nothing; the embedded Supabase, the simulator with thousands of busy shares, a real worker with
     a hundred strategy processes, all started here as a user would.
Out: samples on the screen while it runs; docs/evidence/soak.md; exit code 1 if a limit is broken.
Next: `devstack/dhan/pulse.py`, the market.

Run ``python -m tests.chaos.soak``: 385 market minutes at 21x, about twenty minutes of both cores;
for a first look ``--minutes 10``. After the warm-up, the first fifth of the day, nothing may grow:
the figures of the end are held against those right after it, medians of three samples each.

The feed is the clock here, so the market stands still for every candle that a strategy hears: one
answer of one process for each share and minute. That is why strategies hear a thousand shares and
the minute cron has the others watched, whose candles are made and stored all the same.
"""

import argparse
import json
import os
import statistics
import sys
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

import psutil
import psycopg
from psycopg.types.json import Jsonb
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tests.evidence import table, write
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    PORTFOLIO,
    RunningSimulator,
    RunningWorker,
    running_simulator,
    running_worker,
    wait_for,
)

DAY = "2026-11-20"
OPENS = datetime(2026, 11, 20, 9, 15)  # noqa: DTZ001 - an Indian clock reading.
MOMENTUM = ("00000000-0000-4000-8000-000000000011", "strategies.momentum", "Momentum", "worker")
CODE = ("00000000-0000-4000-8000-000000000016", "strategies.code", "Code", "cron")
MOST_GROWTH_MB = 25.0
WARM_UP = 0.2
WARM_SAMPLES = 3
PATIENCE_SECONDS = 600.0
SLOWLY = 0.01
NEARLY = 0.8
SYMBOLS_PER_CONFIG = 1_000
_MB = 1e6
_NS = 1e9


class Sample(NamedTuple):
    """What everything took at one moment; megabytes, and counts.

    Attributes
    ----------
    own, resident
        Of the supervisor: memory that is its alone (USS), memory altogether (RSS).
    children, largest
        Memory of their own of all its processes, and of the largest.
    """

    market_minute: float
    ticks: int
    own: float
    resident: float
    children: float
    largest: float
    processes: int
    descriptors: int
    threads: int
    waiting: int


class Scene:
    """The parts that run."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self.options = options
        self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="soak-")))
        calendar = self._folder / "calendar.toml"
        closes = OPENS + timedelta(minutes=options.minutes)
        window = f'windows = ["{OPENS:%H:%M}-{closes:%H:%M}"]'
        calendar.write_text(f'[[special]]\ndate = {DAY}\nname = "soak"\n{window}\n')
        self.database: RunningStack = stack.enter_context(running_stack())
        self._deploy()
        self.simulator: RunningSimulator = stack.enter_context(
            running_simulator(
                f"--pulse={options.shares}",
                f"--speed={options.speed}",
                f"--calendar={calendar}",
                "--hold",
                "--no-rate-limits",
            )
        )
        settings = {
            "CALENDAR_FILE": str(calendar),
            "MARKET_SPEED": str(options.speed),
            "DHAN_CANDLE_CALLS": "100000",  # The simulator does not count; Dhan allows 5.
        }
        self.worker: RunningWorker = stack.enter_context(
            running_worker(self.database, self.simulator, self._folder / "state", **settings)
        )

    def _deploy(self) -> None:
        """Share what is heard out over the configs; the rest is watched for the minute cron."""
        shares = [f"PULSE{at:04}" for at in range(self.options.shares)]
        heard, rest = shares[: self.options.heard], shares[self.options.heard :]
        count = self.options.configs
        configs = [(MOMENTUM, heard[number::count]) for number in range(count)]
        configs += [(CODE, list(part)) for part in batched(rest, SYMBOLS_PER_CONFIG)]
        with psycopg.connect(self.database.database_url) as connection:
            connection.execute(
                "update public.operator_policy"
                " set max_configs_per_user = 10000, max_symbols_per_user = 10000"
            )
            connection.execute("update public.strategy_configs set auto_start = false")
            for number, (kind, symbols) in enumerate(configs):
                settings = {"symbols": symbols, "timeframes": ["1m"], "capital": "10000000"}
                strategy, module, name, runner = kind
                status = "STOPPED" if kind is MOMENTUM else "ACTIVE"
                connection.execute(
                    "insert into public.strategy_configs (id, user_id, strategy_id, name,"
                    " module_path, class_name, config_json, auto_start, portfolio_id, runner,"
                    " status) select %s, user_id, id, %s, %s, %s, %s, %s, %s, %s, %s"
                    " from public.strategies where id = %s",
                    (
                        *(uuid4(), f"soak {number}", module, name, Jsonb(settings)),
                        *(kind is MOMENTUM, PORTFOLIO, runner, status, strategy),
                    ),
                )

    def begin(self) -> None:
        """Let the market begin, wait until every strategy runs, and let it go.

        The first trades tell the time, which the strategies wait for; then the market stands
        still, because reading their history takes longer than a socket may wait to be read.
        Before the last of them are there it goes on slowly, because a silent feed is a dead one.
        """
        clock = partial(self.simulator.control, "clock")
        self.worker.wait_said("feed connected", PATIENCE_SECONDS)
        all_shares = self.options.shares
        wait_for("subscriptions", lambda: self._subscribed() == all_shares, PATIENCE_SECONDS)
        rows = clock()["rows_left"]
        clock(speed=SLOWLY, hold=False)
        wait_for("the first trades", lambda: clock()["rows_left"] < rows, PATIENCE_SECONDS)
        clock(hold=True)
        wait_for("strategies", self._have_nearly_started, PATIENCE_SECONDS)
        clock(hold=False)
        self.worker.wait_said("ready", PATIENCE_SECONDS)
        clock(speed=self.options.speed)

    def _have_nearly_started(self) -> bool:
        time.sleep(1)
        found = self._row(
            "select count(*) from public.strategy_configs where runner = 'worker'"
            " and status = 'ACTIVE'"
        )
        return found is not None and int(found[0]) >= NEARLY * self.options.configs

    def _subscribed(self) -> int:
        sockets = self.simulator.control("state")["sockets"]
        return sum(socket["instruments"] for socket in sockets if socket["open"])

    def figures(self) -> dict[str, Any]:
        """Return the worker's last heartbeat, with the market's time in it."""
        query = (
            "select figures || jsonb_build_object('market', market_time)"
            " from public.worker_heartbeats where process = 'supervisor'"
        )
        found = self._row(query)
        return {} if found is None else dict(found[0])

    def candles(self) -> tuple[int, int]:
        """Return how many shares have all minutes of the day, and how many minutes are stored."""
        query = (
            "select count(*) filter (where minutes = %s), coalesce(sum(minutes), 0)::bigint from"
            " (select count(*) as minutes from public.ohlcv_data where timeframe = '1m'"
            " group by instrument_key) as each"
        )
        found = self._row(query, self.options.minutes)
        return (0, 0) if found is None else (int(found[0]), int(found[1]))

    def is_over(self) -> bool:
        """Return whether everything was sent, and the worker has seen the close."""
        if self.simulator.control("clock")["rows_left"]:
            return False
        return bool(_minute_of(self.figures()["market"]) >= self.options.minutes)

    def sample(self) -> Sample:
        """Look at everything once."""
        figures = self.figures()
        market = figures.get("market")
        minute = 0.0 if market is None else _minute_of(market)
        supervisor = psutil.Process(self.worker.process.pid)
        memory = supervisor.memory_full_info()
        children = [_own_mb(each) for each in self.worker.descendants()]
        everybody = [supervisor, *self.worker.descendants()]
        return Sample(
            round(minute, 1),
            int(figures.get("ticks", 0)),
            round(memory.uss / _MB, 1),
            round(memory.rss / _MB, 1),
            round(sum(children), 1),
            round(max(children, default=0.0), 1),
            len(everybody),
            sum(_count(each.num_fds) for each in everybody),
            sum(_count(each.num_threads) for each in everybody),
            int(figures.get("outbox", 0)),
        )

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        with psycopg.connect(self.database.database_url) as connection:
            return connection.execute(query, values).fetchone()


def main() -> int:
    """Run and return the exit code."""
    options = _options()
    with ExitStack() as stack:
        scene = Scene(options, stack)
        scene.begin()
        began = time.monotonic()
        samples = _watch(scene)
        seconds = time.monotonic() - began
        stored = _wait_stored(scene)
        losses = scene.figures()["gaps"].get("feed_lost", 0)
        assert scene.worker.stop() == 0
        (stopped,) = scene.worker.said("stopped")
    problems = _problems(options, samples, stopped, stored)
    if losses or stopped["effects"].get("Gap"):
        problems.append(f"the feed was lost {losses} times: {stopped['gaps']}")
    _write(options, samples, (stopped, stored, seconds), problems)
    sys.stdout.write(("\n".join(problems) or "nothing grew, nothing was lost") + "\n")
    return 1 if problems else 0


def _watch(scene: Scene) -> list[Sample]:
    """Sample until the day is over."""
    samples: list[Sample] = []
    text = "{task.fields[said]}"
    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn())
    with Progress(*columns, TextColumn(text)) as progress:
        task = progress.add_task("", total=scene.options.minutes, said="")
        while not scene.is_over():
            time.sleep(scene.options.every)
            samples.append(scene.sample())
            now = samples[-1]
            said = f"minute {now.market_minute:g}, {now.ticks / 1e6:.1f} M ticks, {now.own:.0f} MB"
            progress.update(task, completed=now.market_minute, said=said)
            if not sys.stdout.isatty():
                sys.stdout.write(json.dumps(now._asdict()) + "\n")
                sys.stdout.flush()
            if scene.worker.process.poll() is not None:
                raise SystemExit(f"the worker ended: {''.join(scene.worker.raw[-5:])}")
    return samples


def _wait_stored(scene: Scene) -> tuple[int, int]:
    """Wait until the database has the day's minutes, or has had time enough."""
    until = time.monotonic() + PATIENCE_SECONDS
    while scene.candles()[0] < scene.options.shares and time.monotonic() < until:
        time.sleep(1)
    return scene.candles()


def _problems(
    options: argparse.Namespace,
    samples: list[Sample],
    stopped: dict[str, Any],
    stored: tuple[int, int],
) -> list[str]:
    """Return a sentence for everything that is not as it should be."""
    problems = []
    for name in ("own", "resident", "children"):
        growth = _growth(samples, name)
        if growth > MOST_GROWTH_MB:
            problems.append(f"{name} memory grew by {growth:.1f} MB, at most {MOST_GROWTH_MB:g}")
    problems += [
        f"{name} grew by {_growth(samples, name):g}"
        for name in ("descriptors", "threads", "processes")
        if _growth(samples, name) > 0
    ]
    if stored[0] < options.shares:
        problems.append(f"only {stored[0]} of {options.shares} shares have every minute stored")
    odd = {name: stopped[name] for name in ("dropped", "malformed", "restarts")}
    problems += [f"{name}: {count}" for name, count in odd.items() if count]
    return problems


def _growth(samples: list[Sample], name: str) -> float:
    """Return by how much a figure grew between the end of the warm-up and the end."""
    warm = [each for each in samples if each.market_minute >= WARM_UP * samples[-1].market_minute]
    first, last = (
        statistics.median(getattr(each, name) for each in part)
        for part in (warm[:WARM_SAMPLES], warm[-WARM_SAMPLES:])
    )
    return float(last - first)


def _write(
    options: argparse.Namespace,
    samples: list[Sample],
    ended: tuple[dict[str, Any], tuple[int, int], float],
    problems: list[str],
) -> None:
    stopped, stored, seconds = ended
    speed = 60 * options.minutes / seconds
    growth = [
        (name, f"{_growth(samples, name):+.1f}")
        for name in ("own", "resident", "children", "largest", "descriptors", "threads")
    ]
    shown = samples[:: max(1, len(samples) // 24)]
    effects = stopped["effects"]
    summary = (
        f"{options.shares:,} shares that each trade once a second, {options.heard:,} of them heard"
        f" by {options.configs} configs in processes of their own, {options.minutes} market"
        f" minutes in {seconds:,.0f} s"
        f" ({speed:.1f}x): {stopped['ticks']:,} ticks, {stopped['dropped']} dropped,"
        f" {effects.get('Candle', 0):,} candles made, {effects.get('Decision', 0):,} decisions,"
        f" {stored[1]:,} minutes stored ({stored[0]:,} shares with every minute of the day),"
        f" {effects.get('Gap', 0)} gaps, {stopped['restarts']} restarts."
    )
    outcome = "Outcome: " + ("; ".join(problems) or "nothing grew, nothing was lost") + "."
    about_growth = (
        f"Growth after the warm-up (the first {WARM_UP:.0%} of the day), medians of"
        f" {WARM_SAMPLES} samples; memory in MB, at most {MOST_GROWTH_MB:g}:"
    )
    about_samples = (
        "Over the day. `own` and `resident` are the supervisor's USS and RSS, `children` the USS of"
        " all its processes, `waiting` what was still on its way to the database:"
    )
    growths = table(("figure", "growth"), growth)
    over_the_day = table(Sample._fields, [tuple(each) for each in shown])
    command = (
        f"python -m tests.chaos.soak --minutes {options.minutes} --speed {options.speed:g}"
        f" --shares {options.shares} --heard {options.heard} --configs {options.configs}"
    )
    parts = (summary, outcome, about_growth, growths, about_samples, over_the_day)
    write("soak", "A day under full load", command, parts)


def _own_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss) / _MB
    except psutil.Error:  # It has just ended.
        return 0.0


def _count(ask: Any) -> int:
    try:
        return int(ask())
    except psutil.Error:
        return 0


def _minute_of(market_time: str) -> float:
    passed = datetime.fromisoformat(market_time).timestamp() + 5.5 * 3600
    return (passed % 86_400) / 60 - (OPENS.hour * 60 + OPENS.minute)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=385, help="of the market (385)")
    parser.add_argument("--speed", type=float, default=21.0, help="market seconds a second (21)")
    parser.add_argument("--shares", type=int, default=5_000, help="instruments (5000)")
    parser.add_argument("--heard", type=int, default=1_000, help="by strategies (1000)")
    parser.add_argument("--configs", type=int, default=100, help="strategy processes (100)")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between samples (10)")
    options = parser.parse_args()
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    return options


if __name__ == "__main__":
    sys.exit(main())
