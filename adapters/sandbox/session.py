"""Run one strategy once, in a fresh sandbox session.

In:  source, name of the entry function, context, the candle's time, a seed.
Out: an `Outcome`.
Next: `adapters/sandbox/pool.py`.

Definition, call and result are one feed under one time limit. The result leaves the sandbox as
JSON text of bounded length: a small list that holds itself a million times over would otherwise
be unfolded in *our* process, outside every limit. Modules in the sandbox cannot be altered and our
lines come last, so that user code cannot stand in for the encoder.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from adapters.sandbox.failures import explained
from adapters.sandbox.limits import Limits
from adapters.sandbox.outcome import Decided, Failed, FailureKind, Outcome
from adapters.sandbox.result import UNREADABLE, read_result
from adapters.sandbox.storable import storable
from core.errors import DataError

if TYPE_CHECKING:
    from pydantic_monty import Monty, MontySession, OSPolicy, ResourceLimits

# Nothing the user can name stands between the returned value and the text but `json` itself. When
# JSON cannot hold the value, the field that is to blame is looked for: what it says is only words.
_TAIL: Final = """_tb_result = {entry}(_tb_context)
import json as _tb_json
_tb_path = []
_tb_text = None
try:
    _tb_text = _tb_json.dumps(_tb_result)
except BaseException as _tb_error:
    _tb_path = [f"{{_tb_error}}"[:120]]
if _tb_text is None:
    try:
        for _tb_name in _tb_result:
            _tb_value = _tb_result[_tb_name]
            try:
                _tb_json.dumps(_tb_value)
            except BaseException as _tb_error:
                _tb_path = [_tb_name, f"{{_tb_error}}"[:120]]
                for _tb_inner in _tb_value:
                    _tb_number = _tb_value[_tb_inner]
                    try:
                        _tb_json.dumps(_tb_number)
                    except BaseException as _tb_error:
                        _tb_path = [_tb_name, _tb_inner, f"{{_tb_error}}"[:120]]
                        break
                break
    except BaseException as _tb_error:
        _tb_path = _tb_path
    _tb_text = _tb_json.dumps({{"{unreadable}": _tb_path}})
_tb_text[:{characters}]
"""
# What ends a line for Python; `str.splitlines` knows more.
_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
# The sandboxed program has no host functions to call; a few look-ups of unknown names are normal.
_MAX_HOST_CALLS: Final = 100


@dataclass(frozen=True, slots=True)
class Job:
    """One run, checked or not.

    Parameters
    ----------
    source
        The user's code.
    entry
        Name of the function to call.
    context
        Its argument.
    at
        The instant at which the sandbox's clock stands: the candle's.
    seed
        Of the sandbox's random numbers; the same seed gives the same run.
    """

    source: str
    entry: str
    context: Mapping[str, Any]
    at: datetime
    seed: str


@dataclass(slots=True)
class _Log:
    """Printed text up to its limit; what goes beyond is dropped and fails the run."""

    limit: int
    parts: list[str] = field(default_factory=list)
    kept: int = 0
    overflowed: bool = False

    def write(self, _stream: str, text: str) -> None:
        room = self.limit - self.kept
        self.overflowed = self.overflowed or len(text) > room
        self.parts.append(text[:room])
        self.kept += min(room, len(text))

    def lines(self) -> tuple[str, ...]:
        return tuple(storable("".join(self.parts)).splitlines())


def run_once(pool: "Monty", job: Job, limits: Limits) -> Outcome:
    """Run `job` in a session of its own and return what came of it.

    A context that cannot cross into the sandbox is our fault and fails as ``sandbox``.
    """
    import pydantic_monty as monty  # noqa: PLC0415 - 57 ms that only a run needs.

    log = _Log(limits.log_characters)
    started = perf_counter()
    failed: tuple[FailureKind, str, int | None] | None = None
    text: object = None
    try:
        with pool.checkout(
            script_name="strategy.py", limits=resources(limits), os_policy=_policy(job)
        ) as session:
            text = _feed(session, job, limits, log)
    except monty.MontyError as error:
        failed = explained(error, limits, unix_lines(job.source).count("\n") + 1)
    spent = (perf_counter() - started) * 1000
    if log.overflowed:
        failed = ("output", f"it printed more than {limits.log_characters:,} characters", None)
    if failed is not None:
        kind, sentence, line = failed
        return Failed(kind, storable(sentence), line, log.lines(), spent)
    return _read(text, limits, log.lines(), spent)


def _feed(session: "MontySession", job: Job, limits: Limits, log: _Log) -> object:
    tail = _TAIL.format(
        entry=job.entry, unreadable=UNREADABLE, characters=limits.result_characters + 1
    )
    return session.feed_run(
        f"{unix_lines(job.source)}\n{tail}",
        inputs={"_tb_context": dict(job.context)},
        print_callback=log.write,
    )


def unix_lines(source: str) -> str:
    """Return `source` with line feeds only, so that the sandbox counts lines as editors do."""
    return _NEWLINE.sub("\n", source)


def _read(text: object, limits: Limits, log: tuple[str, ...], spent: float) -> Outcome:
    if not isinstance(text, str) or len(text) > limits.result_characters:
        sentence = f"the result has more than {limits.result_characters:,} characters"
        return Failed("result", sentence, None, log, spent)
    try:
        return Decided(read_result(text), log, spent)
    except DataError as problem:
        return Failed("result", storable(str(problem)), None, log, spent)


def resources(limits: Limits) -> "ResourceLimits":
    """Return `limits` in Monty's words."""
    return {
        "max_feed_duration_secs": limits.seconds,
        "max_memory": limits.memory_bytes,
        "max_recursion_depth": limits.recursion,
        "max_total_sleep_secs": 0.0,
        "max_suspensions": _MAX_HOST_CALLS,
    }


def _policy(job: Job) -> "OSPolicy":
    return {"datetime": job.at, "sleep": "zero", "random_start": {"seed": job.seed}}
