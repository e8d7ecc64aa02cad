"""One free drill: a worker is killed while the market runs on, and what it left is taken up.

In:  a scene, a seed, the books of an undisturbed day.
Out: what was killed when, how long restarts took, what does not hold afterwards.
Next: `tests/chaos/kill.py`, which plays many.

The trades of such a day are not those of another, for what was not heard was not decided on. What
must hold all the same: nothing is there twice, nothing is lost, ledger, fills and trades say the
same, what was open is guarded to its end, the gap is told and its candles are the true ones.
"""

import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any, Final

from tests.chaos.kill_drill import Drill
from tests.chaos.kill_scene import CONFIGS, OPENS, PATIENCE, SUBSCRIBED, Books, Scene
from tests.worker.running import RunningWorker, wait_for

SPEED: Final = 60.0
FIRST_MINUTE: Final = 4
LAST_MINUTE: Final = 28
LATEST_MINUTE: Final = 52
"""A worker that is back later has no time left to show that it trades on."""

_TRADES: Final = """
    select trade.id::text, trade.status::text, trade.quantity, trade.open_quantity,
      trade.side::text, trade.gross_pnl, trade.charges, trade.pnl, trade.exit_reason::text,
      coalesce(sum(fill.quantity) filter (where fill.side = trade.side), 0),
      coalesce(sum(fill.quantity) filter (where fill.side <> trade.side), 0),
      coalesce(sum(fill.quantity * fill.price * case fill.side when 'SELL' then 1 else -1 end), 0),
      coalesce(sum(fill.charges), 0)
    from public.trades as trade left join public.fills as fill on fill.trade_id = trade.id
    group by trade.id"""
_BALANCE: Final = """
    select balance, initial_capital,
      (select coalesce(sum(amount), 0) from public.ledger_entries),
      (select coalesce(sum(pnl), 0) from public.trades)
    from public.portfolios"""
_ORDERS: Final = """
    select id::text, status::text from public.orders
    where status::text not in ('TRADED', 'CANCELLED', 'REJECTED', 'EXPIRED')"""
_STRAY_FILLS: Final = """
    select fill.id::text from public.fills as fill
    left join public.orders as placed on placed.id = fill.order_id
    left join public.trades as trade on trade.id = fill.trade_id
    where placed.id is null or trade.id is null"""
_TOLD: Final = """
    select distinct strategy_config_id::text from public.strategy_logs
    where message like '%%has a gap in%%'"""
_CANDLES: Final = """
    select symbol, timeframe, timestamp, open_price, high_price, low_price, close_price, volume
    from public.ohlcv_data where timeframe <> '1d'"""


class TooLateError(AssertionError):
    """Raised when a worker was back so late that the day says nothing."""


def freely_drilled(scene: Scene, seed: int, expected: Books, speed: float = SPEED) -> Drill:
    """Play a day with a kill while it runs on; return what came of it.

    Parameters
    ----------
    speed
        Market seconds a second: the faster, the longer the gap of the same restart.

    Raises
    ------
    TooLateError
        If this machine was too slow for a day of this speed.
    """
    lot = random.Random(f"free {seed}")
    drill = Drill(seed)
    scene.begin(speed)
    state = scene.folder / f"free-{seed}"
    shutil.rmtree(state, ignore_errors=True)
    held = _life_until_kill(scene, state, drill, lot, speed)
    begun = time.monotonic()
    with scene.worker(state) as worker:
        worker.wait_said("ready", PATIENCE)
        drill.restart_seconds.append(time.monotonic() - begun)
        if scene.minute() > LATEST_MINUTE:
            raise TooLateError(f"back at minute {scene.minute()}")
        wait_for("the day to be over", scene.is_over, PATIENCE)
        scene.wait_stored()
        assert worker.stop() == 0, worker.raw[-20:]
        drill.problems += _refused(worker)
    drill.problems += _broken(scene, held, expected)
    shutil.rmtree(state, ignore_errors=True)
    return drill


def _life_until_kill(
    scene: Scene, state: Path, drill: Drill, lot: random.Random, speed: float
) -> set[str]:
    """Let a worker live until it is killed; return the trades the database had then."""
    scene.rewind(OPENS)
    with scene.worker(state) as worker:
        wait_for("all to be subscribed", lambda: scene.subscribed() >= SUBSCRIBED, PATIENCE)
        scene.let_go()
        worker.wait_said("ready", PATIENCE)
        minute = lot.uniform(FIRST_MINUTE, LAST_MINUTE)
        wait_for(f"minute {minute:.1f}", lambda: scene.minute() >= int(minute), PATIENCE)
        time.sleep(minute % 1 * 60 / speed)  # The moment is drawn by lot: nothing to wait for.
        worker.process.send_signal(signal.SIGKILL)
        worker.process.wait()
        drill.kills.append(f"free at minute {minute:.2f}")
    return {row[0] for row in scene.asked("select id::text from public.trades")}


def _refused(worker: RunningWorker) -> list[str]:
    (stopped,) = worker.said("stopped")
    problems = [line["message"] for line in worker.lines if line["level"] in {"error", "raw"}]
    if stopped["store"].get("failed", 0) or stopped["outbox"]:
        problems.append(f"not everything is stored: {stopped['store']}, {stopped['outbox']}")
    return problems


def _broken(scene: Scene, held: set[str], expected: Books) -> list[str]:
    """Return in words what does not hold."""
    trades = scene.asked(_TRADES)
    problems = [f"trade {lost} is lost" for lost in held - {row[0] for row in trades}]
    for row in trades:
        problems += _broken_trade(row)
    ((balance, capital, booked, earned),) = scene.asked(_BALANCE)
    if balance != capital + booked or booked != earned:
        problems.append(f"balance {balance}, capital {capital}, ledger {booked}, trades {earned}")
    problems += [f"order {row[0]} is {row[1]} after the close" for row in scene.asked(_ORDERS)]
    problems += [f"fill {row[0]} is of nothing" for row in scene.asked(_STRAY_FILLS)]
    told = {row[0] for row in scene.asked(_TOLD)}
    problems += [f"config {each} was not told of a gap" for each in set(CONFIGS) - told]
    return problems + _wrong_candles(scene, expected)


def _broken_trade(row: tuple[Any, ...]) -> list[str]:
    name, status, quantity, still_open, _, gross, charges, net, reason, into, out, cash, cost = row
    problems = []
    if status != "CLOSED" or still_open or not reason:
        problems.append(f"trade {name} is {status} after the close, {still_open} units, {reason}")
    if not quantity == into == out:
        problems.append(f"trade {name}: {quantity} units, {into} in and {out} out by its fills")
    if status == "CLOSED" and (gross != cash or charges != cost or net != gross - charges):
        problems.append(f"trade {name}: {gross}, {charges}, {net}; by its fills {cash}, {cost}")
    return problems


def _wrong_candles(scene: Scene, expected: Books) -> list[str]:
    true = {_place(row): row[3:8] for row in expected["candles"]}
    found = {_place(row): row[3:8] for row in scene.asked(_CANDLES)}
    wrong = [place for place in true if found.get(place) != true[place]]
    surplus = [place for place in found if place not in true]
    return [f"candle {each} is {found.get(each)}, is not {true.get(each)}" for each in wrong] + [
        f"candle {each} is of nothing" for each in surplus
    ]


def _place(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[0], row[1], row[2]
