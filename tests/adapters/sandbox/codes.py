"""Strategies, contexts and evaluations that several tests of the sandbox share.

In:  nothing.
Out: the example of the product's specification, an endless strategy, contexts.
Next: the tests beside this file.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from adapters.sandbox.code_strategy import CodeStrategy
from adapters.sandbox.context import CandleRow, PositionRow, StrategyContext
from adapters.sandbox.pool import Evaluation

# Word for word the example of the product's specification.
SMA_EXAMPLE = """\
def trading_strategy(context):
    closes = [candle["close"] for candle in context["candles"][-context["parameters"].get("period", 20):]]
    sma = sum(closes) / len(closes)
    if context["current_price"] > sma and context["position"] is None:
        return {"signal": "buy", "reason": "price above SMA", "indicators": {"sma": sma}}
    if context["current_price"] < sma and context["position"] is not None:
        return {"signal": "sell", "reason": "price below SMA", "indicators": {"sma": sma}}
    return {"signal": "hold", "indicators": {"sma": sma}}
"""  # noqa: E501 - the line is the specification's.
ENDLESS = "def strategy(context):\n    while True:\n        pass\n"
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LONG = PositionRow(
    side="LONG", quantity=75, entry_price=100.0, entry_time="2026-11-20T09:20:00+05:30"
)


def candles(count: int = 200) -> list[CandleRow]:
    """Return candles whose closes are 1, 2, 3, ..."""
    start = datetime(2026, 11, 20, 9, 15, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    return [
        CandleRow(
            time=(start + timedelta(minutes=number)).isoformat(),
            open=float(number),
            high=float(number + 1),
            low=float(number),
            close=float(number + 1),
            volume=100,
        )
        for number in range(count)
    ]


def context(
    price: float = 500.0, position: PositionRow | None = None, **parameters: Any
) -> StrategyContext:
    return StrategyContext(candles(), price, position, parameters)


def evaluation(source: str, given: StrategyContext | None = None, seed: str = "a") -> Evaluation:
    return Evaluation(CodeStrategy.read(source), given or context(), AT, seed)


def returning(result: str) -> str:
    """Return code that returns `result`, a Python expression."""
    return f"def strategy(context):\n    return {result}\n"
