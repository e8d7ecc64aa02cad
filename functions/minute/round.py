"""One round: every config that is due, evaluated for one minute and written.

In:  the database with all rights, the calendar, market time.
Out: how many runs went how, and what somebody has to look at.
Next: `functions/minute/run.py`.

Time is bounded: the sandbox serves a few at a time and stops what does not stop by itself; what
has not begun within the budget is left to the next minute. Whoever failed before is asked last.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from time import sleep
from typing import Any, Final

from adapters.sandbox.outcome import Failed, Outcome
from adapters.sandbox.pool import Evaluation, Sandbox
from core.charges import load_charges
from core.config_settings import settings_of
from core.errors import CalendarError, ConfigError, TradingError
from core.session import NS_PER_MINUTE, NS_PER_SECOND, TradingCalendar
from core.stored_rows import instant_of
from functions.database import Database
from functions.minute.configs import DueConfig, due_config
from functions.minute.market import Minute
from functions.minute.run import Run
from functions.minute.shelf import Shelf, wanted

_log = logging.getLogger(__name__)

type Row = dict[str, Any]

BUDGET_SECONDS: Final = 25.0
_BATCH: Final = 25
_SETTLE_SECONDS: Final = 4
_LOOK_SECONDS: Final = 0.5


@dataclass(slots=True)
class Round:
    """What a round came to."""

    market_time: datetime
    configs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    skipped_minutes: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


def play_round(database: Database, calendar: TradingCalendar, clock: Row) -> Round:
    """Evaluate and write what is due.

    Parameters
    ----------
    clock
        What the rpc `health` says about the time.

    Raises
    ------
    ApiError
        If the database refuses or cannot be reached.
    """
    now = datetime.fromisoformat(clock["market_time"])
    result = Round(now)
    minute = Minute(instant_of(clock["market_time"]), calendar, load_charges())
    try:
        if not minute.is_trading:
            return result
    except CalendarError as error:
        _trouble(result, "", str(error))
        return result
    runs = list(_runs(database.rpc("due_code_configs"), minute, result))
    if not runs:
        return result
    shelf = _shelf(database, runs, minute, is_live=clock["market_source"] == "WALL")
    _evaluate(runs, shelf, result)
    for batch in batched((run for run in runs if run.is_worth_writing), _BATCH):
        _write(database, batch, result)
    return result


def _runs(rows: Sequence[Row], minute: Minute, result: Round) -> Iterator[Run]:
    """Yield a run per config that can be read and was not evaluated in this minute."""
    result.configs = len(rows)
    for row in sorted(rows, key=lambda each: each["failures"]):
        with _alone(str(row.get("id")), result):
            due = due_config(row)
            if due.last_minute is not None and due.last_minute >= minute.start:
                result.outcomes["duplicate"] += 1
                continue
            missed = _missed(due, minute)
            result.skipped_minutes += missed
            run = _run(due, minute)
            if missed:
                run.note(f"{missed} minutes before this one were skipped: nobody called the cron")
            yield run


def _run(due: DueConfig, minute: Minute) -> Run:
    try:
        return Run(due, settings_of(due.row["config_json"]), minute)
    except ConfigError as error:
        return Run(due, _NO_SETTINGS, minute, f"the config cannot be used: {error}")


# For one that is only to be looked after: no limit of it can be reached.
_NO_SETTINGS: Final = settings_of({"symbols": ["none"], "capital": "1000000000000"})


def _missed(due: DueConfig, minute: Minute) -> int:
    """Return how many minutes of the same day nobody evaluated."""
    if (
        due.last_minute is None
        or due.last_minute.date() != minute.start.astimezone(due.last_minute.tzinfo).date()
    ):
        return 0
    missed = int((minute.start - due.last_minute).total_seconds()) // 60 - 1
    if missed > 0:
        facts = {"config_id": due.id, "minutes": missed, "before": minute.start.isoformat()}
        _log.warning("minutes_skipped", extra={"facts": facts})
    return max(missed, 0)


def _shelf(database: Database, runs: Sequence[Run], minute: Minute, *, is_live: bool) -> Shelf:
    """Read the candles; on a live market wait a little for those of the minute that just ended."""
    places = wanted(place for run in runs for place in run.places())
    until = datetime.fromtimestamp(minute.now_ns // NS_PER_SECOND, minute.start.tzinfo)
    arguments = {"p_wanted": places, "p_until": until.isoformat()}
    # Beyond the first seconds of a minute its last candle is there or will not come.
    second = minute.now_ns % NS_PER_MINUTE / NS_PER_SECOND if is_live else _SETTLE_SECONDS
    while True:
        shelf = Shelf(database.rpc("candles_of", arguments), minute.now_ns)
        if second >= _SETTLE_SECONDS or shelf.has_minute(minute.now_ns // NS_PER_MINUTE - 1):
            return shelf
        sleep(_LOOK_SECONDS)
        second += _LOOK_SECONDS


def _evaluate(runs: Sequence[Run], shelf: Shelf, result: Round) -> None:
    asked: list[tuple[Run, list[Evaluation]]] = []
    for run in runs:
        with _alone(run.due.id, result, run):
            asked.append((run, run.prepare(shelf)))
    # First what each asks first: nobody's tenth instrument comes before another's only one.
    places = sorted(
        ((number, at) for at, (_, each) in enumerate(asked) for number in range(len(each)))
    )
    if not places:
        return
    outcomes = _ask([asked[at][1][number] for number, at in places], result)
    found: list[list[Outcome]] = [[] for _ in asked]
    for (_, at), outcome in zip(places, outcomes, strict=True):
        found[at].append(outcome)
    for (run, _), mine in zip(asked, found, strict=True):
        with _alone(run.due.id, result, run):
            run.take(mine)


@contextmanager
def _alone(config_id: str, result: Round, run: Run | None = None) -> Iterator[None]:
    """Keep what one config trips over from the others; nothing of its run is written then."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the top of one user's run among everybody's.
        if run is not None:
            run.is_worth_writing = False
        if not isinstance(error, TradingError):
            _log.exception("code_run_broke", extra={"facts": {"config_id": config_id}})
        sentence = str(error) if isinstance(error, TradingError) else "this is our mistake"
        _trouble(result, config_id, sentence)


def _ask(evaluations: Sequence[Evaluation], result: Round) -> list[Outcome]:
    """Ask the sandbox; without one nobody is to blame, and what is held is looked after."""
    try:
        with Sandbox() as sandbox:
            return sandbox.evaluate_all(evaluations, budget_seconds=BUDGET_SECONDS)
    except ConfigError as error:
        _trouble(result, "", str(error))
        return [Failed("sandbox", str(error), None)] * len(evaluations)


def _write(database: Database, runs: Sequence[Run], result: Round) -> None:
    by_id = {run.due.id: run for run in runs}
    for each in database.rpc("write_code_runs", {"p_runs": [run.written() for run in runs]}):
        run = by_id[each["config_id"]]
        if each["outcome"] == "written":
            result.outcomes[run.outcome] += 1
        else:
            result.outcomes["not_written" if each["outcome"] == "failed" else each["outcome"]] += 1
            if each["outcome"] == "failed":
                _trouble(result, run.due.id, str(each.get("error")))
    # `changed` is nobody's fault: the next minute looks at what is there then.


def _trouble(result: Round, config_id: str, sentence: str) -> None:
    _log.error("code_run_failed", extra={"facts": {"config_id": config_id, "error": sentence}})
    result.problems.append((config_id, sentence))
