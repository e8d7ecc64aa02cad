"""What the owner of a strategy reads about a run: rows of `strategy_logs`.

In:  what the code decided or failed with; what the engine did.
Out: `Line`s.
Next: `supabase/migrations/20261120181300_create_strategy_logs.sql`.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

from adapters.sandbox.outcome import Decided, Failed
from adapters.sandbox.pool import Evaluation
from core.decision import Decision
from core.effects import Effect
from core.risk import Refused
from core.rows import Row, iso_time
from core.trade import Trade, TradeStatus
from functions.minute.configs import FAILURES_ALLOWED

_PRINTED: Final = 50


class Line(NamedTuple):
    """One line of a strategy's log."""

    level: Literal["info", "signal", "trade", "warning", "error"]
    sentence: str
    data: dict[str, Any]

    def row(self, now_ns: int) -> Row:
        """Return the row."""
        return {
            "level": self.level,
            "message": self.sentence,
            "data": self.data,
            "logged_at": iso_time(now_ns),
        }


def decided_line(
    evaluation: Evaluation, symbol: str, outcome: Decided, note: str, caused: Sequence[Effect]
) -> Line:
    """Return the line about one decision; `caused` is what the engine made of it."""
    result = outcome.result
    refused = [
        each.verdict.reason
        for each in caused
        if isinstance(each, Decision) and isinstance(each.verdict, Refused)
    ]
    was_traded = any(isinstance(each, Trade) for each in caused)
    parts = [f"{result.signal} {symbol}", result.reason or ""]
    remarks = [note, *refused]
    sentence = ": ".join(part for part in parts if part)
    sentence += "".join(f" ({remark})" for remark in remarks if remark)
    acted: Literal["trade", "signal"] = "trade" if was_traded else "signal"
    return Line(
        acted if caused else "info",
        sentence,
        {
            "signal": result.signal,
            "symbol": symbol,
            "amount": result.amount,
            "indicators": dict(result.indicators),
            "price": evaluation.context.current_price,
            "candle_time": evaluation.at.isoformat(),
            "milliseconds": round(outcome.milliseconds, 1),
            **_printed(outcome.log),
        },
    )


def failed_line(outcome: Failed, symbol: str, failure: int | None) -> Line:
    """Return the line about code that decided nothing.

    Parameters
    ----------
    failure
        Which in a row it is; None where it is not the code's doing.
    """
    place = "" if outcome.line is None else f"line {outcome.line}: "
    sentence = f"{symbol}: {place}{outcome.sentence}" if symbol else f"{place}{outcome.sentence}"
    data = {
        "kind": outcome.kind,
        "line": outcome.line,
        "milliseconds": round(outcome.milliseconds, 1),
        **_printed(outcome.log),
    }
    if failure is None:
        return Line("warning", sentence, data)
    if failure >= FAILURES_ALLOWED:
        sentence += f"; switched off after {failure} failures in a row"
    return Line("error", sentence, {**data, "failures": failure})


def traded_lines(effects: Sequence[Effect]) -> Iterator[Line]:
    """Yield a line for each trade that ended without the code asking for it."""
    for each in effects:
        if isinstance(each, Trade) and each.status is TradeStatus.CLOSED:
            yield Line(
                "trade",
                f"{each.symbol} closed at {each.exit_price}: {each.exit_reason}",
                {"trade_id": each.id, "pnl": str(each.net_pnl), "reason": str(each.exit_reason)},
            )


def _printed(log: Sequence[str]) -> dict[str, Any]:
    if not log:
        return {}
    more = len(log) - _PRINTED
    return {"printed": list(log[:_PRINTED]), **({"lines_left_out": more} if more > 0 else {})}
