"""The end-of-day exit where no worker is there to do it: every open paper trade, each once.

In:  a call by a scheduler or an operator, at any time, however often.
Out: how many trades went how, and what somebody has to look at.
Next: `functions/square_off.py`, which trades are due;
      `supabase/migrations/20261120183510_exit_without_worker.sql`, how they are closed.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Final

from pydantic import AwareDatetime, Field

from core.charges import load_charges
from core.session import TradingCalendar
from functions.database import Database, Row
from functions.jobs import Outcome, run_once
from functions.models import Answer
from functions.routing import Call
from functions.settlement import SettlementPrices
from functions.square_off import Exit, Open, SquareOff

_log = logging.getLogger(__name__)

JOB: Final = "eod-exit"
_PAGE: Final = 500  # Trades listed at once; PostgREST cuts at 1,000.
_BATCH: Final = 100  # Trades closed in one transaction, and keys that fit into one address.
_PROBLEMS_SHOWN: Final = 50
_SETTLED: Final = {"closed", "already_closed", "worker_alive"}
_INSTRUMENT: Final = (
    "instrument_key,segment,security_id,symbol,kind,lot_size,tick_size::text,underlying,expiry,"
    "strike::text,option_side,freeze_quantity,has_derivatives"
)


class UnsettledTrade(Answer):
    """A trade that should have been closed and is not."""

    trade_id: str
    outcome: str
    detail: str


class EodExit(Answer):
    """What a run did; `note` says why it did not run.

    `outcomes` counts trades: closed, already_closed, not_due, no_session, worker_alive, and what
    went wrong, of which `problems` names the first fifty.
    """

    ran: bool
    note: Outcome | None = None
    market_time: AwareDatetime
    outcomes: dict[str, int] = Field(default_factory=dict)
    problems: list[UnsettledTrade] = Field(default_factory=list)


class _Run:
    """One run's count."""

    def __init__(self, market_time: datetime) -> None:
        self._market_time: Final = market_time
        self._outcomes: Counter[str] = Counter()
        self._problems: list[UnsettledTrade] = []

    @property
    def is_complete(self) -> bool:
        return not self._problems

    def detail(self) -> EodExit:
        return EodExit(
            ran=True,
            market_time=self._market_time,
            outcomes=dict(self._outcomes),
            problems=self._problems[:_PROBLEMS_SHOWN],
        )

    def left_open(self, trade: Open) -> None:
        self._outcomes[trade.reason] += 1
        if not trade.reason.is_right:
            self._trouble(trade.trade_id, trade.reason, trade.detail)

    def written(self, result: Row) -> None:
        outcome = result["outcome"]
        self._outcomes[outcome] += 1
        if outcome not in _SETTLED:
            self._trouble(str(result["trade_id"]), outcome, result.get("error", ""))

    def _trouble(self, trade_id: str, outcome: str, detail: str) -> None:
        facts = {"trade_id": trade_id, "outcome": outcome, "detail": detail}
        _log.error("trade_not_closed", extra={"facts": facts})
        self._problems.append(UnsettledTrade(trade_id=trade_id, outcome=outcome, detail=detail))


def run_eod_exit(call: Call) -> EodExit:
    """Close open paper trades at the end of the day.

    Closes, at their last prices, the paper trades whose square-off has passed and whose worker is
    not alive; options that have expired are settled at what they were worth. Safe to call every
    minute, late and twice; on a day without a session it does nothing.
    """
    clock = call.database.rpc("health")
    market_time = datetime.fromisoformat(clock["market_time"])
    outcome, run = run_once(
        call.database,
        JOB,
        datetime.fromisoformat(clock["database_time"]),
        lambda: _close_all(call.database, call.calendar, market_time),
    )
    if run is None:
        return EodExit(ran=False, note=outcome, market_time=market_time)
    return run.detail()


def _close_all(database: Database, calendar: TradingCalendar, now: datetime) -> _Run:
    run = _Run(now)
    square_off = SquareOff(calendar, load_charges(), now, SettlementPrices(database).of)
    for trades in _pages(database):
        decisions = _decisions(database, square_off, trades)
        exits = [decision._asdict() for decision in decisions if isinstance(decision, Exit)]
        for decision in decisions:
            if isinstance(decision, Open):
                run.left_open(decision)
        for batch in batched(exits, _BATCH):
            for result in database.rpc("eod_exit_without_worker", {"p_exits": batch}):
                run.written(result)
    return run


def _pages(database: Database) -> Iterator[list[Row]]:
    """Yield all open paper trades, page by page in the order of their ids."""
    after: dict[str, str] = {}
    while True:
        page = database.rpc("open_paper_trades", None, order="trade_id", limit=str(_PAGE), **after)
        if page:
            yield page
        if len(page) < _PAGE:
            return
        after = {"trade_id": f"gt.{page[-1]['trade_id']}"}


def _decisions(database: Database, square_off: SquareOff, trades: list[Row]) -> list[Exit | Open]:
    instruments = _instruments(database, trades)
    return [square_off.decide(trade, instruments.get(trade["instrument_key"])) for trade in trades]


def _instruments(database: Database, trades: list[Row]) -> dict[str, Row]:
    keys = sorted({trade["instrument_key"] for trade in trades})
    return {
        row["instrument_key"]: row
        for batch in batched(keys, _BATCH)
        for row in database.rows("instruments", select=_INSTRUMENT, instrument_key=_in(batch))
    }


def _in(values: Iterable[str]) -> str:
    quoted = ",".join(
        '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values
    )
    return f"in.({quoted})"
