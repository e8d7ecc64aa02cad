"""How long a tick takes to the browser, between real processes: feed, worker, stack, supabase-js.

In:  nothing; the embedded stack, a worker and a Node process with supabase-js are started here.
Out: p50 and p99 on the screen, beside the floor of a bare insert heard by the same client.
Next: `bench/end_to_end.py`, which takes the worker's parts one by one.

Run ``python bench/tick_to_browser.py``. The feed is a server made here, so that the instant at
which a tick is sent is known; everything else about Dhan (token, master, history) is the
simulator. Market time passes as fast as the system answers. In every market minute the price
changes sides: the first tick of a minute completes a candle, of which the strategy process makes
an order; the next tick fills it, which ends one trade and begins another. Meanwhile another
instrument ticks 50 times a second. After every such round a plain row is inserted and a plain
broadcast is sent from SQL, which is as fast as anything can be on this stack.
"""

import contextlib
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

sys.path.append(str(Path(__file__).resolve().parent.parent))

import psycopg
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import FULL, LEVELS
from core.instrument import Segment
from tests.e2e.browser import Browser, Heard, open_browser
from tests.e2e.system import EAGER, create_eager, do, sign_in_demo
from tests.stacks import running_stack
from tests.worker.running import running_simulator, started_worker, worker_environment

MINUTES = int(os.environ.get("MINUTES", "320"))  # Of 345 in which a day may be entered.
CHATTER_SECONDS = 0.02
SIDES = (25_000.0, 25_120.0)
OPENING = datetime(2026, 11, 20, 9, 15, tzinfo=timezone(timedelta(hours=5, minutes=30)))
TARGETS = {"p50": 30.0, "p99": 100.0}
_ANSWER_SECONDS = 2.0

Samples = dict[str, list[float]]


class Feed:
    """The market feed: one worker, and ticks when they are wanted."""

    def __init__(self) -> None:
        self.second = int(OPENING.timestamp()) + 60
        self.keys: list[tuple[int, int]] = []
        self._socket: ServerConnection | None = None
        self._volume = 0
        self._lock = threading.Lock()
        self._chatter: threading.Thread | None = None
        self.is_open = True

    def serve(self, socket: ServerConnection) -> None:
        """Listen to what a worker asks for."""
        self._socket = socket
        with contextlib.suppress(ConnectionClosed):
            for message in socket:
                request = json.loads(message)
                for each in request.get("InstrumentList", ()):
                    segment = Segment(each["ExchangeSegment"])
                    self.keys.append((segment.code, int(each["SecurityId"])))

    def tick(self, number: int, price: float) -> float:
        """Send a tick of the instrument that was asked for in this place; return when."""
        segment, security_id = self.keys[number]
        levels = LEVELS.pack(*(650, 650, 7, 7, price - 0.1, price + 0.1) * 5)
        with self._lock:
            self._volume += 65
            packet = FULL.pack(
                *(8, 162, segment, security_id, price, 65, self.second + LTT_OFFSET_SECONDS),
                *(price, self._volume, 1000, 1000, 0, 0, 0, price, price, price, price),
                levels,
            )
            assert self._socket is not None  # noqa: S101 - a worker has asked for something.
            now = time.time()
            self._socket.send(packet)
        return now

    def chatter(self) -> None:
        """Let the second instrument tick until the end."""
        self._chatter = threading.Thread(target=self._chat, daemon=True)
        self._chatter.start()

    def stop(self) -> None:
        """Say nothing more."""
        self.is_open = False
        if self._chatter is not None:
            self._chatter.join()

    def _chat(self) -> None:
        while self.is_open:
            self.tick(1, 50_000.0 + 20 * (self.second // 7 % 5))
            time.sleep(CHATTER_SECONDS)


@contextmanager
def running_feed() -> Iterator[tuple[Feed, str]]:
    """Yield a feed and its address."""
    feed = Feed()
    server: Server = serve(feed.serve, "127.0.0.1", 0, compression=None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield feed, f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()


class Bench:
    """Rounds of a market minute each."""

    def __init__(self, feed: Feed, browser: Browser, sql: "psycopg.Connection[Any]") -> None:
        self._feed = feed
        self._browser = browser
        self._sql = sql
        self._user_id = sign_in_demo(browser)
        self._topic = f"user:{self._user_id}"
        self.config_id = create_eager(browser, "measured", "NIFTY-FUT")
        self.samples: Samples = {}

    def listen(self) -> None:
        """Subscribe to everything that is measured."""
        self._browser.listen_to_topic(self._topic)
        self._browser.listen_to_tables("trades", "orders", "strategy_logs")

    def minute(self, number: int) -> bool:
        """Play a market minute and note how long things took; return whether it traded."""
        price = SIDES[number % 2]
        self._feed.second += 60 - self._feed.second % 60 + 2
        since, sent = len(self._browser.heard), self._feed.tick(0, price)
        if not self._heard("candle to order", since, sent, "orders", "INSERT", "order_created"):
            return False
        self._feed.second += 1
        since, sent = len(self._browser.heard), self._feed.tick(0, price)
        return self._heard("tick to trade", since, sent, "trades", "INSERT", "trade_opened")

    def floor(self) -> None:
        """Insert a plain row and send a plain broadcast."""
        row_id, since = str(uuid4()), len(self._browser.heard)
        began = time.time()
        self._sql.execute(
            "insert into public.strategy_logs (id, user_id, strategy_id, strategy_config_id, level,"
            " message, logged_at) select %s, user_id, strategy_id, id, 'info', 'floor', now()"
            " from public.strategy_configs where id = %s",
            (row_id, self.config_id),
        )
        row = self._wait("row", since, lambda each: _is_row(each, "strategy_logs", row_id))
        self._add("bare insert, committed", began, _committed(row))
        self._add("bare insert, heard as change", began, row.at)
        began = time.time()
        self._sql.execute(
            "select realtime.send(%s::jsonb, 'floor', %s, true)",
            (json.dumps({"kind": row_id}), self._topic),
        )
        said = self._wait("broadcast", since, lambda each: _is_kind(each, self._topic, row_id))
        self._add("bare broadcast, heard on topic", began, said.at)

    def _heard(  # noqa: PLR0913, PLR0917 - one caller above, in two lines.
        self, name: str, since: int, sent: float, table: str, event: str, kind: str
    ) -> bool:
        """Wait for a row as a change and on the topic; return whether it came."""

        def is_change(each: Heard) -> bool:
            return (
                each.channel == table
                and each.event["eventType"] == event
                and each.event["new"]["strategy_config_id"] == self.config_id
            )

        def is_said(each: Heard) -> bool:
            if not _is_kind(each, self._topic, kind):
                return False
            return bool(each.event["payload"]["row"]["strategy_config_id"] == self.config_id)

        try:
            change = self._wait(kind, since, is_change)
            said = self._wait(kind, since, is_said)
        except TimeoutError:
            return False
        self._add(f"{name}, committed", sent, _committed(change))
        self._add(f"{name}, heard on topic", sent, said.at)
        self._add(f"{name}, heard as change", sent, change.at)
        return True

    def _wait(self, what: str, since: int, is_it: Callable[[Heard], bool]) -> Heard:
        return self._browser.wait_heard(what, is_it, since, _ANSWER_SECONDS)

    def _add(self, name: str, began: float, ended: float) -> None:
        self.samples.setdefault(name, []).append(1000 * (ended - began))


def _is_row(each: Heard, table: str, row_id: str) -> bool:
    return bool(each.channel == table and each.event["new"]["id"] == row_id)


def _is_kind(each: Heard, topic: str, kind: str) -> bool:
    return bool(each.channel == topic and each.event["payload"].get("kind") == kind)


def _committed(change: Heard) -> float:
    return datetime.fromisoformat(change.event["commit_timestamp"]).timestamp()


def measure() -> Samples:
    """Start everything, play the minutes, and return milliseconds by what was measured."""
    with (
        TemporaryDirectory() as folder,
        running_stack() as stack,
        running_simulator("--hold") as simulator,
        running_feed() as (feed, url),
        open_browser(stack) as browser,
        psycopg.connect(stack.database_url, autocommit=True) as sql,
    ):
        sql.execute("update public.strategy_configs set auto_start = false")
        environment = worker_environment(
            stack, simulator, Path(folder), MARKET_SPEED="1000000", DHAN_FEED_URL=url
        )
        bench = Bench(feed, browser, sql)
        with started_worker(environment) as worker:
            worker.wait_said("ready")
            _start(feed, browser, bench.config_id)
            bench.listen()
            for number in range(MINUTES):
                if bench.minute(number):
                    bench.floor()
            feed.stop()
    return bench.samples


def _start(feed: Feed, browser: Browser, config_id: str) -> None:
    """Start the measured config and one on another instrument, which makes chatter."""
    other = browser.call(
        "create_strategy",
        p_name="beside it",
        p_strategy_type="momentum",
        p_config=EAGER["parameters"],
        p_symbols=["BANKNIFTY-FUT"],
    )
    ticking = threading.Thread(target=_first_ticks, args=(feed,), daemon=True)
    ticking.start()
    for each in (config_id, other["config_id"]):
        started = do(browser, each, "START")
        if started["status"] != "EXECUTED":
            raise SystemExit(f"START: {started['error_message']}")
    ticking.join()
    feed.chatter()


def _first_ticks(feed: Feed) -> None:
    """Tell the worker the market's time until both instruments were asked for."""
    while len(feed.keys) < 2:
        if feed.keys:
            feed.tick(0, SIDES[0])
        time.sleep(CHATTER_SECONDS)


def main() -> None:
    """Measure and print."""
    before = os.getloadavg()[0]
    samples = measure()
    print(f"{os.cpu_count()} CPUs, load {before:.1f} before; milliseconds of wall time")
    print(f"{'':34} {'n':>5} {'p50':>8} {'p99':>8}")
    figures = {}
    for name, values in sorted(samples.items()):
        cuts = statistics.quantiles(values, n=100)
        figures[name] = {"p50": cuts[49], "p99": cuts[98]}
        print(f"{name:34} {len(values):5} {cuts[49]:8.1f} {cuts[98]:8.1f}")
    ours, floor = figures["tick to trade, heard on topic"], figures["bare insert, heard as change"]
    for cut, target in TARGETS.items():
        print(
            f"{cut}: tick to browser {ours[cut]:.1f} ms (wanted: below {target:g}), "
            f"{ours[cut] / floor[cut]:.1f} x a bare insert to browser"
        )


if __name__ == "__main__":
    main()
