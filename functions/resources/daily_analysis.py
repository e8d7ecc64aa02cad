"""The daily analysis: every strategy's performance made anew from its trades.

In:  one strategy, by its owner; or a call by a scheduler, at any time, however often.
Out: its figures; or how many strategies were analysed and which could not be.
Next: `supabase/migrations/20261120193700_analyse_strategy.sql`, where it is computed.

What is due is found by looking, not remembered: a strategy is, when its figures are not those of
its trades and days. A day without trades counts when a config ran and a session was held; the
calendar says the second.
"""

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.session import IST, TradingCalendar
from core.trading_hours import Market
from functions.database import Database, Row
from functions.jobs import Outcome, run_once
from functions.models import Answer
from functions.problems import ApiError
from functions.resources.performance import Analysis
from functions.routing import Call

_log = logging.getLogger(__name__)

JOB: Final = "daily-analysis"
_LOOK_BACK: Final = timedelta(days=60)  # A scheduler that was away longer leaves idle days out.
_PAGE: Final = 500
_PROBLEMS_SHOWN: Final = 50


class UnanalysedStrategy(Answer):
    """A strategy whose figures could not be made."""

    strategy_id: UUID
    detail: str


class DailyAnalysis(Answer):
    """What a run did; `note` says why it did not run; `problems` names the first fifty."""

    ran: bool
    note: Outcome | None = None
    market_time: AwareDatetime
    analysed: int = 0
    failed: int = 0
    problems: list[UnanalysedStrategy] = Field(default_factory=list)


class _Run:
    """One run's count."""

    def __init__(self, market_time: datetime) -> None:
        self._market_time: Final = market_time
        self._problems: list[UnanalysedStrategy] = []
        self.analysed = 0

    @property
    def is_complete(self) -> bool:
        return not self._problems

    def detail(self) -> DailyAnalysis:
        return DailyAnalysis(
            ran=True,
            market_time=self._market_time,
            analysed=self.analysed,
            failed=len(self._problems),
            problems=self._problems[:_PROBLEMS_SHOWN],
        )

    def trouble(self, strategy_id: str, error: ApiError) -> None:
        facts = {"strategy_id": strategy_id, "code": error.code}
        _log.error("strategy_not_analysed", extra={"facts": facts})
        self._problems.append(
            UnanalysedStrategy(strategy_id=UUID(strategy_id), detail=error.detail)
        )


def analyse_strategy(call: Call, strategy_id: UUID) -> Analysis:
    """Make the performance of one strategy anew from its trades; may be repeated."""
    sessions = _sessions(call.calendar, _market_time(call.database.rpc("health")))
    return Analysis.model_validate(_analyse(call.database, str(strategy_id), sessions))


def run_daily_analysis(call: Call) -> DailyAnalysis:
    """Make the performance of every strategy anew whose trades or days have changed.

    Safe to call every minute, late and twice: what is up to date is left alone.
    """
    clock = call.database.rpc("health")
    market_time = _market_time(clock)
    outcome, run = run_once(
        call.database,
        JOB,
        datetime.fromisoformat(clock["database_time"]),
        lambda: _analyse_all(call, market_time),
    )
    if run is None:
        return DailyAnalysis(ran=False, note=outcome, market_time=market_time)
    return run.detail()


def _analyse_all(call: Call, market_time: datetime) -> _Run:
    run = _Run(market_time)
    sessions = _sessions(call.calendar, market_time)
    for strategy_id in _due(call.database, sessions):
        try:
            _analyse(call.database, strategy_id, sessions)
        except ApiError as error:  # One strategy must not keep the others waiting.
            run.trouble(strategy_id, error)
        else:
            run.analysed += 1
    return run


def _due(database: Database, sessions: list[date]) -> Iterator[str]:
    """Yield what is due, page by page in the order of the ids."""
    after: str | None = None
    while True:
        arguments = {"p_sessions": _text(sessions), "p_after": after, "p_limit": _PAGE}
        page = database.rpc("strategies_to_analyse", arguments)
        for row in page:
            yield row["strategy_id"]
        if len(page) < _PAGE:
            return
        after = page[-1]["strategy_id"]


def _analyse(database: Database, strategy_id: str, sessions: list[date]) -> Row:
    arguments = {"p_strategy_id": strategy_id, "p_sessions": _text(sessions)}
    found: Row = database.rpc("analyse_strategy", arguments)
    return found


def _sessions(calendar: TradingCalendar, now: datetime) -> list[date]:
    """Return the days of the last weeks on which a session was held and is over."""
    today = now.astimezone(IST).date()
    held = []
    for number in range(_LOOK_BACK.days):
        day = today - timedelta(days=number)
        if day.year in calendar.years and calendar.is_session_day(day):
            held.append(day)
    if held and held[0] == today and not _is_over(calendar, today, now):
        held.pop(0)
    return held


def _is_over(calendar: TradingCalendar, day: date, now: datetime) -> bool:
    if day in calendar.unconfirmed_days:
        return False
    session = calendar.session(day, Market.DERIVATIVES)
    return session is not None and session.close_ns <= int(now.timestamp() * 1e9)


def _market_time(clock: Row) -> datetime:
    return datetime.fromisoformat(clock["market_time"])


def _text(days: list[date]) -> list[str]:
    return [str(day) for day in days]
