"""What is said about a piece of strategy code, as models.

In:  made by `functions/code_check.py` and `functions/conversion.py`.
Out: the answers of code validation and conversion.
Next: `functions/code_check.py`.

They stand apart from the work, whose imports a cold start that does something else need not pay.
"""

from datetime import datetime
from typing import Literal

from functions.models import Answer

Language = Literal["python", "pine", "english"]


class CodeFinding(Answer):
    """Something found in the code; `stops` is whether it keeps the code from running."""

    kind: Literal[
        "syntax", "forbidden", "unsupported", "entry", "unknown", "type", "caution", "dry_run"
    ]
    sentence: str
    line: int | None
    stops: bool


class CodeParameter(Answer):
    """A parameter that the code asks for; without a default it may have to be given."""

    name: str
    default: bool | int | float | str | None
    required: bool
    line: int


class CodeExplanation(Answer):
    """What the code does, told from its text alone."""

    text: str
    reads: list[str]
    rules: list[str]
    signals: list[str]
    parameters: list[CodeParameter]


class DryRunStep(Answer):
    """What the code said at the end of one candle."""

    candle_time: datetime
    signal: Literal["buy", "sell", "hold"]
    amount: int | None
    reason: str | None
    indicators: dict[str, float]
    position: Literal["LONG", "SHORT"] | None
    milliseconds: float


class DryRun(Answer):
    """The last candles, one after the other; `candles` says whether they are real."""

    candles: Literal["stored", "made_up"]
    symbol: str | None
    timeframe: str
    steps: list[DryRunStep]
    printed: list[str]


class CodeCheck(Answer):
    """`ok`: nothing keeps it from running, and no step of the dry run failed."""

    ok: bool
    entry: str | None
    findings: list[CodeFinding]
    explanation: CodeExplanation | None
    dry_run: DryRun | None


class Conversion(Answer):
    """What became of a paste.

    `converted_by` is `model` where a language model wrote the code, `none` where the paste stands
    as it is. `python_code` is null where there is no code that could be shown.
    """

    language: Language
    converted_by: Literal["model", "none"]
    model: str | None
    note: str
    python_code: str | None
    check: CodeCheck | None
