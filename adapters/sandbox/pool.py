"""The sandbox: a few processes in which any number of strategies run, one fresh session each.

In:  `Evaluation`s: checked code, a context, the candle's time.
Out: one `Outcome` per evaluation, in the same order.
Next: the minute cron of `functions`, the code runner of `worker`.

A session is served by one process and the process by one session at a time, so what kills it hurts
that run alone; the pool starts another. The processes begin with an empty environment.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, cast

from adapters.sandbox.code_strategy import CodeStrategy
from adapters.sandbox.context import StrategyContext
from adapters.sandbox.finding import Finding
from adapters.sandbox.limits import Limits
from adapters.sandbox.outcome import Failed, Outcome
from adapters.sandbox.session import Job, run_once
from adapters.sandbox.types_check import check_types
from core.errors import ConfigError

if TYPE_CHECKING:
    from pydantic_monty import Monty

# With one endless strategy in each of three, the fourth still serves the others.
_PROCESSES: Final = 4
# Beyond its limit a run that does not stop by itself is killed.
_GRACE_SECONDS: Final = 0.5
_HANG_SECONDS: Final = 5.0
# Vercel puts no program of a package beside Python; `vercel.json` sends this one along.
VERCEL_BINARY: Final = Path("/var/task/.vercel/python/services/api/.venv/bin/monty")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One strategy to be asked once.

    Parameters
    ----------
    code
        Checked code; code with problems fails without being run.
    context
        What it may look at.
    at
        Aware; the sandbox's clock stands there, and its zone is the sandbox's local time.
    seed
        Such as the configuration's id and the candle's time: the same seed, the same run.
    """

    code: CodeStrategy
    context: StrategyContext
    at: datetime
    seed: str


class Sandbox:
    """Runs user code; used as a context manager.

    Parameters
    ----------
    limits
        Of every run.
    processes
        How many run side by side.
    binary
        Path of the `monty` program; None finds it where Vercel has it, by ``MONTY_BIN``, or beside
        Python.

    Raises
    ------
    ConfigError
        On entering, when the program cannot be started.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        processes: int = _PROCESSES,
        binary: str | None = None,
    ) -> None:
        self._limits: Final = limits or Limits()
        self._processes: Final = processes
        sent_along = str(VERCEL_BINARY) if VERCEL_BINARY.is_file() else None
        self._binary: Final = binary or sent_along
        self._life: Final = ExitStack()
        self._pool: Monty | None = None

    def __enter__(self) -> Self:
        import pydantic_monty as monty  # noqa: PLC0415 - 57 ms that only a run needs.

        try:
            self._pool = self._life.enter_context(
                monty.Monty(
                    binary_path=self._binary,
                    max_processes=self._processes,
                    request_timeout=_HANG_SECONDS,
                    feed_duration_limit_grace=_GRACE_SECONDS,
                )
            )
        except (RuntimeError, OSError) as problem:
            raise ConfigError(
                f"the sandbox program cannot be started ({problem}); set MONTY_BIN to its path"
            ) from problem
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool = None
        self._life.__exit__(kind, error, trace)

    def evaluate(self, evaluation: Evaluation) -> Outcome:
        """Return what one strategy decided, or why it did not."""
        code, context = evaluation.code, evaluation.context
        refusal = code.refusal
        if refusal is not None:
            return refusal
        entry = cast("str", code.entry)  # Code without one has a problem, and was refused.
        job = Job(code.source, entry, context.as_dict(), evaluation.at, evaluation.seed)
        return self.run(job)

    def evaluate_all(
        self, evaluations: Sequence[Evaluation], *, budget_seconds: float = 30.0
    ) -> list[Outcome]:
        """Return one outcome per evaluation, in order; none keeps the others from running.

        Parameters
        ----------
        budget_seconds
            What has not begun by then is not run and fails as ``sandbox``: a round must end before
            the next minute, however many strategies are endless.
        """
        until = monotonic() + budget_seconds

        def in_time(evaluation: Evaluation) -> Outcome:
            if monotonic() >= until:
                sentence = f"it was not run: this round's {budget_seconds:g} seconds were used up"
                return Failed("sandbox", sentence, None)
            return self.evaluate(evaluation)

        with ThreadPoolExecutor(self._processes, thread_name_prefix="sandbox") as threads:
            return list(threads.map(in_time, evaluations))

    def type_findings(self, code: CodeStrategy) -> tuple[Finding, ...]:
        """Return what a type checker says of `code`, which is not run; remarks, never problems.

        Code with problems has none: they come first.
        """
        if code.problems or code.entry is None:
            return ()
        return check_types(self._opened(), code.source, code.entry)

    def run(self, job: Job) -> Outcome:
        """Run a job that nobody has checked; the sandbox's own limits are all that holds it."""
        return run_once(self._opened(), job, self._limits)

    def _opened(self) -> "Monty":
        if self._pool is None:
            raise ConfigError("the sandbox is not open; use it in a `with` block")
        return self._pool
