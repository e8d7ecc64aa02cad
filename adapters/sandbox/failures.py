"""Say in one sentence why a run failed, from what the sandbox raised.

In:  an error of Monty, and the number of lines that are the user's.
Out: a kind, a bounded sentence and the user's line.
Next: `adapters/sandbox/session.py`.

Monty raises a time limit without a traceback and nothing in the sandbox can catch it; code that
raises a `TimeoutError` itself has one. That is how a forged limit is told from a real one.
"""

from typing import TYPE_CHECKING, Final

from adapters.sandbox.limits import Limits
from adapters.sandbox.outcome import FailureKind

if TYPE_CHECKING:
    from pydantic_monty import MontyError

# Of the lines we add below the user's: on the first stands the call, then the result is read.
CALL_LINE: Final = 1

_MAX_SENTENCE: Final = 300


def explained(
    error: "MontyError", limits: Limits, user_lines: int
) -> tuple[FailureKind, str, int | None]:
    """Return kind, sentence and line of a failed run.

    Parameters
    ----------
    error
        What the sandbox raised.
    limits
        Those of the run, named in the sentence.
    user_lines
        Lines of the user's source; what comes after is ours.
    """
    import pydantic_monty as monty  # noqa: PLC0415 - 57 ms that only a run needs.

    if isinstance(error, monty.MontyCrashedError):
        return _crashed(error.timed_out, limits)
    if isinstance(error, (monty.MontyRuntimeError, monty.MontySyntaxError)):
        lines = [frame.line for frame in error.traceback()]
        if lines and lines[-1] > user_lines + CALL_LINE:
            return "result", f"the result cannot be read: {_cut(str(error))}", None
        kind = _kind(error.exception(), has_traceback=bool(lines))
        theirs = [line for line in lines if line <= user_lines]
        return kind, _sentence(kind, error, limits), theirs[-1] if theirs else None
    return "sandbox", f"the sandbox could not run it: {_cut(str(error))}", None


def _crashed(timed_out: bool, limits: Limits) -> tuple[FailureKind, str, None]:  # noqa: FBT001 - one private caller.
    if timed_out:
        return "time", _took_too_long(limits), None
    return "sandbox", "the sandbox process died while running it; nothing was decided", None


def _kind(raised: BaseException, *, has_traceback: bool) -> FailureKind:
    match raised:
        case TimeoutError() if not has_traceback:
            return "time"
        case MemoryError():
            return "memory"
        case RecursionError():
            return "recursion"
        case SyntaxError():
            return "syntax"
        case NotImplementedError() | ModuleNotFoundError() | PermissionError():
            return "forbidden"
        case _:
            return "error"


def _sentence(kind: FailureKind, error: "MontyError", limits: Limits) -> str:
    match kind:
        case "time":
            return _took_too_long(limits)
        case "memory":
            megabytes = limits.memory_bytes // (1024 * 1024)
            return f"it needed more than {megabytes} MiB of memory"
        case "recursion":
            return f"its functions call each other more than {limits.recursion} levels deep"
        case "syntax":
            return f"it is not Python: {_cut(str(error))}"
        case "forbidden":
            return f"it uses what the sandbox does not offer: {_cut(str(error))}"
        case _:
            return f"it raised {_cut(str(error))}"


def _took_too_long(limits: Limits) -> str:
    return f"it ran longer than {limits.seconds:g} seconds"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SENTENCE else f"{text[:_MAX_SENTENCE]}..."
