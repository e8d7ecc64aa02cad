"""The user's own code in a strategy process: every question goes through the sandbox.

In:  a `Load` with the code and its instruments.
Out: `strategies.code.Code`, which asks it on every candle; what the code fails with ends it.
Next: `adapters/sandbox/pool.py`, where it runs; `strategies/code/wish.py`, what its answer means.

Strategies may not import the sandbox, so this is where the two meet. The process around it is no
protection and is not counted on: the code runs in a process of the sandbox's, without files,
network or environment, within 0.5 s and 64 MiB for each question.
"""

import atexit
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from adapters.sandbox.code_strategy import CodeStrategy
from adapters.sandbox.context import CandleRow, StrategyContext
from adapters.sandbox.outcome import CodeResult, Failed
from adapters.sandbox.pool import Evaluation, Sandbox
from core.candle import Candle
from core.errors import ConfigError, TradingError
from core.session import IST, NS_PER_SECOND
from core.strategy import digest_of
from strategies.code.strategy import Asked, Code, CodeOnTicks, CodeSettings
from worker.processes.messages import Load

_HOLD: Final = CodeResult("hold", None, None, {})
_PRINTED: Final = 20


class CodeFailedError(TradingError):
    """Raised when the user's code fails: the end of its process, told to its owner."""


def make_code(message: Load, parameters: Mapping[str, Any]) -> tuple[Code, str]:
    """Return a strategy that asks the user's code, and the digest of code and parameters.

    Raises
    ------
    ConfigError
        If there is no code, it cannot run, or the sandbox cannot be started.
    """
    if message.code is None:
        raise ConfigError("a strategy of type code needs its code")
    code = CodeStrategy.read(message.code.source)
    if code.problems:
        first = code.problems[0]
        place = "" if first.line is None else f"line {first.line}: "
        raise ConfigError(f"the code cannot run: {place}{first.sentence}")
    asker = _Asker(code, message.config.id, parameters, _sandbox())
    instruments = {each.key: each for each in message.code.instruments}
    settings = CodeSettings(instruments, message.config.risk)
    seconds = parameters.get("execution_interval")
    made = Code(settings, asker.ask)
    if seconds is not None:
        made = CodeOnTicks(settings, asker.ask, seconds)
    asker.notes = made.notes
    return made, digest_of(message.code.source.encode(), parameters)


@cache
def _sandbox() -> Sandbox:
    """Return the sandbox of this process, one question at a time; it ends with the process."""
    sandbox = Sandbox(processes=1)
    sandbox.__enter__()
    atexit.register(sandbox.__exit__, None, None, None)
    return sandbox


class _Asker:
    """Puts questions to one piece of code."""

    def __init__(
        self, code: CodeStrategy, config_id: str, parameters: Mapping[str, Any], sandbox: Sandbox
    ) -> None:
        self._code: Final = code
        self._config_id: Final = config_id
        self._parameters: Final = parameters
        self._sandbox: Final = sandbox
        self.notes: list[str] = []

    def ask(self, asked: Asked) -> CodeResult:
        """Return what the code decides; what is not its doing is a hold.

        Raises
        ------
        CodeFailedError
            If the code fails.
        """
        at = datetime.fromtimestamp(asked.at_ns // NS_PER_SECOND, IST)
        context = StrategyContext(
            [_row(each) for each in asked.candles],
            asked.price,
            None if asked.position is None else {
                "side": str(asked.position.direction),
                "quantity": asked.position.open_quantity,
                "entry_price": float(asked.position.entry_price),
                "entry_time": _time(asked.position.entry_ns),
            },
            self._parameters,
        )  # fmt: skip
        seed = f"{self._config_id} {asked.instrument[0]}:{asked.instrument[1]} {at.isoformat()}"
        outcome = self._sandbox.evaluate(Evaluation(self._code, context, at, seed))
        self.notes += [f"printed: {line}" for line in outcome.log[:_PRINTED]]
        if not isinstance(outcome, Failed):
            return outcome.result
        place = "" if outcome.line is None else f"line {outcome.line}: "
        if outcome.kind == "sandbox":
            self.notes.append(f"hold: {outcome.sentence}")
            return _HOLD
        raise CodeFailedError(f"{place}{outcome.sentence}")


def _row(candle: Candle) -> CandleRow:
    return {
        "time": _time(candle.open_ns),
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume,
    }


def _time(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS_PER_SECOND, IST).isoformat()
