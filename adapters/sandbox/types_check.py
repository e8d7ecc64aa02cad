"""Ask the type checker inside the sandbox about user code, without running any of it.

In:  source and the name of its entry function.
Out: findings of kind ``type``, by line.
Next: `adapters/sandbox/pool.py`.

Monty runs what its checker (ty) accepts. A line of ours that no checker can accept stands below
the user's, so that nothing ever runs. The checker reads untyped code with care and may be wrong in
odd corners: its findings are remarks.
"""

import json
import resource
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from adapters.sandbox.finding import Finding
from adapters.sandbox.limits import Limits
from adapters.sandbox.session import resources, unix_lines

if TYPE_CHECKING:
    from pydantic_monty import Monty

# The last line is no definition of anything: no checker accepts it, and no user code can define it,
# because names that begin so are refused before.
_TAIL: Final = """
def _tb_check(_tb_context) -> dict:
    return {entry}(_tb_context)
_tb_never_defined
"""
# The checker's memory is not counted by the sandbox's own limit.
_MAX_ADDRESS_SPACE: Final = 2 * 1024**3
_MAX_FINDINGS: Final = 20
_MAX_MESSAGE: Final = 200


def check_types(pool: "Monty", source: str, entry: str) -> tuple[Finding, ...]:
    """Return what the checker says of `source`; nothing when it cannot finish."""
    import pydantic_monty as monty  # noqa: PLC0415 - 57 ms that only a check needs.

    text = unix_lines(source)
    try:
        with pool.checkout(
            type_check=True, type_check_format="json", limits=resources(Limits())
        ) as session:
            _bound(session.worker_pid)
            session.feed_run(f"{text}\n{_TAIL.format(entry=entry)}", print_callback=_nowhere)
    except monty.MontyTypingError as found:
        return _findings(json.loads(str(found)), text.count("\n") + 1, entry)
    except monty.MontyError:
        return (Finding("type", "the type checker could not finish with this code", None),)
    return ()


def _bound(pid: int | None) -> None:
    # The process may be gone already; then there is nothing left to bound.
    with suppress(ProcessLookupError):
        if pid is not None:
            resource.prlimit(pid, resource.RLIMIT_AS, (_MAX_ADDRESS_SPACE, resource.RLIM_INFINITY))


def _nowhere(_stream: str, _text: str) -> None:
    """Drop what is printed: nothing runs."""


def _findings(rows: list[dict[str, Any]], user_lines: int, entry: str) -> tuple[Finding, ...]:
    findings = []
    for row in rows:
        line, message = int(row["location"]["row"]), str(row["message"])[:_MAX_MESSAGE]
        if line <= user_lines:
            findings.append(Finding("type", message, line))
        elif row["code"] == "invalid-return-type":
            findings.append(Finding("type", f"{entry} must return a dict: {message}", None))
    return tuple(findings[:_MAX_FINDINGS])
