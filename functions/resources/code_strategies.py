"""The minute cron of code strategies: every running one whose runner is the cron, once a minute.

In:  a call by a scheduler or an operator, however often.
Out: how many runs went how, and what somebody has to look at.
Next: `functions/minute/round.py`;
      `supabase/migrations/20261120194400_write_code_runs.sql`, how a run is written.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, Field

from functions.jobs import Outcome, run_once
from functions.models import Answer
from functions.routing import Call

if TYPE_CHECKING:
    from functions.minute.round import Round

JOB: Final = "strategies"
_PROBLEMS_SHOWN: Final = 50


class RunProblem(Answer):
    """A config whose run could not be done or written, and why."""

    config_id: str
    detail: str


class StrategyRound(Answer):
    """What a round did; `note` says why there was none.

    `outcomes` counts configs: decided, failed (the code did), skipped (nothing to decide on, or
    only what it holds was looked after), duplicate, changed (somebody changed it meanwhile; the
    next minute looks again) and not_written, of which `problems` names the first fifty.
    """

    ran: bool
    note: Outcome | None = None
    market_time: AwareDatetime
    configs: int = 0
    outcomes: dict[str, int] = Field(default_factory=dict)
    skipped_minutes: int = Field(default=0, description="Minutes of today nobody evaluated.")
    problems: list[RunProblem] = Field(default_factory=list)


class _Report:
    """A round as a job tells it."""

    def __init__(self, done: "Round") -> None:
        self._round: Final = done

    @property
    def is_complete(self) -> bool:
        return not self._round.problems

    def detail(self) -> StrategyRound:
        done = self._round
        return StrategyRound(
            ran=True,
            market_time=done.market_time,
            configs=done.configs,
            outcomes=dict(done.outcomes),
            skipped_minutes=done.skipped_minutes,
            problems=[
                RunProblem(config_id=config_id, detail=detail)
                for config_id, detail in done.problems[:_PROBLEMS_SHOWN]
            ],
        )


def run_strategies(call: Call) -> StrategyRound:
    """Evaluate the code strategies of the minute cron.

    Every running config whose runner is the cron is evaluated once per minute of the market, in a
    sandbox, on candles of the database; what it holds is watched. Simulation only. A minute that
    nobody called for is skipped and counted. Outside trading hours nothing happens.
    """
    clock = call.database.rpc("health")
    market_time = datetime.fromisoformat(clock["market_time"])

    def work() -> _Report:
        # 0.1 s of a cold start that other calls do not need.
        from functions.minute.round import play_round  # noqa: PLC0415

        return _Report(play_round(call.database, call.calendar, clock))

    # The market's minute, not the wall's: a simulator may play sixty of them in one.
    outcome, report = run_once(call.database, JOB, market_time, work)
    if report is None:
        return StrategyRound(ran=False, note=outcome, market_time=market_time)
    return report.detail()
