"""Everything that can be said about a piece of strategy code before it trades.

In:  source, parameters, candles: stored ones, or made-up ones where there are none.
Out: `CodeCheck`: findings by line, an explanation in plain English, a dry run.
Next: `adapters/sandbox/`, which does the work.

The dry run asks the code at the end of each of the last candles, as the cron would, and follows
what it says with a position of one kind: without charges, stops or limits. It ends with the first
failure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Literal

from adapters.sandbox.code_strategy import CodeStrategy
from adapters.sandbox.context import CandleRow, PositionRow, StrategyContext
from adapters.sandbox.finding import Finding
from adapters.sandbox.outcome import CodeResult, Failed
from adapters.sandbox.pool import Evaluation, Sandbox
from core.session import IST
from functions.code_answers import (
    CodeCheck,
    CodeExplanation,
    CodeFinding,
    CodeParameter,
    DryRun,
    DryRunStep,
)

STEPS: Final = 20
SEEN: Final = 300
"""Candles the code sees, as in `strategies/code/strategy.py`."""

_MADE_UP_LENGTH: Final = 240
_MADE_UP_START: Final = datetime(2026, 1, 5, 9, 15, tzinfo=IST)


@dataclass(frozen=True, slots=True)
class Material:
    """What a dry run plays on.

    Parameters
    ----------
    candles
        Oldest first.
    is_real
        Whether they were traded.
    """

    candles: Sequence[CandleRow]
    is_real: bool
    symbol: str | None = None
    timeframe: str = "1m"
    lot_size: int = 1
    allow_short: bool = False


def made_up() -> Material:
    """Return candles that go up and down, the same ones every time."""
    random, price, candles = Random(7), 25_000.0, []  # noqa: S311 - nothing is to be kept secret.
    for number in range(_MADE_UP_LENGTH):
        first = price
        price = round(25_000 + 120 * math.sin(number / 15) + random.uniform(-10, 10), 2)
        start = _MADE_UP_START + timedelta(minutes=number)
        candle: CandleRow = {
            "time": start.isoformat(),
            "open": first,
            "high": max(first, price) + 3,
            "low": min(first, price) - 3,
            "close": price,
            "volume": 1_000 + number % 50 * 20,
        }
        candles.append(candle)
    return Material(candles, is_real=False)


def check_code(source: str, parameters: Mapping[str, Any], material: Material) -> CodeCheck:
    """Return everything that can be said about code.

    Raises
    ------
    ConfigError
        If the sandbox cannot be started.
    """
    code = CodeStrategy.read(source)
    findings = [_finding(each) for each in code.findings]
    if code.problems:
        return _answer(code, findings, None)
    with Sandbox() as sandbox:
        findings += [_finding(each) for each in sandbox.type_findings(code)]
        run, failure = _dry_run(sandbox, code, parameters, material)
    if failure is not None:
        findings.append(
            CodeFinding(kind="dry_run", sentence=failure.sentence, line=failure.line, stops=True)
        )
    return _answer(code, sorted(findings, key=lambda each: each.line or 0), run)


def _dry_run(
    sandbox: Sandbox, code: CodeStrategy, parameters: Mapping[str, Any], material: Material
) -> tuple[DryRun, Failed | None]:
    steps: list[DryRunStep] = []
    printed: list[str] = []
    position: PositionRow | None = None
    failure: Failed | None = None
    for end in range(max(1, len(material.candles) - STEPS + 1), len(material.candles) + 1):
        seen = material.candles[max(0, end - SEEN) : end]
        last = seen[-1]
        context = StrategyContext(seen, last["close"], position, parameters)
        at = datetime.fromisoformat(last["time"])
        outcome = sandbox.evaluate(Evaluation(code, context, at, last["time"]))
        printed += outcome.log
        if isinstance(outcome, Failed):
            failure = outcome
            break
        result = outcome.result
        position = _followed(result, position, last, material)
        steps.append(_step(result, at, position, outcome.milliseconds))
    source: Literal["stored", "made_up"] = "stored" if material.is_real else "made_up"
    run = DryRun(
        candles=source,
        symbol=material.symbol,
        timeframe=material.timeframe,
        steps=steps,
        printed=printed[:200],
    )
    return run, failure


def _followed(
    result: CodeResult, position: PositionRow | None, candle: CandleRow, material: Material
) -> PositionRow | None:
    if result.signal == "hold":
        return position
    wanted = "LONG" if result.signal == "buy" else "SHORT"
    if position is not None:
        return position if position["side"] == wanted else None
    if wanted == "SHORT" and not material.allow_short:
        return None
    return {
        "side": wanted,
        "quantity": result.amount or material.lot_size,
        "entry_price": candle["close"],
        "entry_time": candle["time"],
    }


def _step(
    result: CodeResult, at: datetime, position: PositionRow | None, milliseconds: float
) -> DryRunStep:
    return DryRunStep.model_validate(
        {
            "candle_time": at,
            "signal": result.signal,
            "amount": result.amount,
            "reason": result.reason,
            "indicators": dict(result.indicators),
            "position": None if position is None else position["side"],
            "milliseconds": round(milliseconds, 1),
        }
    )


def _answer(code: CodeStrategy, findings: list[CodeFinding], run: DryRun | None) -> CodeCheck:
    told = code.explanation
    return CodeCheck(
        ok=not any(each.stops for each in findings),
        entry=code.entry,
        findings=findings,
        explanation=None if told is None else CodeExplanation(
            text=told.text,
            reads=list(told.reads),
            rules=list(told.rules),
            signals=list(told.signals),
            parameters=[CodeParameter.model_validate(each, from_attributes=True)
                        for each in told.parameters],
        ),
        dry_run=run,
    )  # fmt: skip


def _finding(found: Finding) -> CodeFinding:
    return CodeFinding.model_validate(found, from_attributes=True)
