"""What came of one run of user code: a value either way, never an exception.

In:  made by `session.py`.
Out: `Decided` with the result, or `Failed` with its kind, one sentence and the line.
Next: the cron and the worker turn `Decided` into signals, `Failed` into the strategy's error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type SignalWord = Literal["buy", "sell", "hold"]

type FailureKind = Literal[
    "syntax",  # Not Python.
    "forbidden",  # Python that the sandbox does not offer.
    "time",
    "memory",
    "recursion",
    "output",
    "error",  # The code raised, or lacks what it needs to be called.
    "result",  # It ran, and what it returned cannot be read.
    "sandbox",  # Our side: the process died or the round was over. Not the code's doing.
]


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What the code decided.

    Parameters
    ----------
    signal
        ``buy``, ``sell`` or ``hold``.
    amount
        Units wanted; None leaves it to the default of one lot.
    reason
        Its own words, for people.
    indicators
        Finite numbers by name, for the chart.
    """

    signal: SignalWord
    amount: int | None
    reason: str | None
    indicators: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Decided:
    """The code ran to its end within the limits.

    Parameters
    ----------
    result
        What it decided.
    log
        Printed lines.
    milliseconds
        Wall time of the run.
    """

    result: CodeResult
    log: tuple[str, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The code decided nothing.

    Parameters
    ----------
    kind
        What went wrong; ``sandbox`` is our side and must not count against the strategy.
    sentence
        For the user; bounded in length.
    line
        Of the source, from 1; None where no line is to blame.
    log
        Lines printed before it failed.
    milliseconds
        Wall time of the run; 0 when it was refused before running.
    """

    kind: FailureKind
    sentence: str
    line: int | None
    log: tuple[str, ...] = ()
    milliseconds: float = 0.0


type Outcome = Decided | Failed
