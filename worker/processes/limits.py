"""What a strategy process may use: set in the kernel before any code of a strategy runs.

In:  `Limits`, from the worker's settings.
Out: a process that cannot take more; in words, what it wanted too much of.
Next: `worker/processes/strategy_process.py`, which begins with it;
      `worker/processes/cpu_allowance.py` for CPU.

Memory is counted as the kernel counts private data (`RLIMIT_DATA`): what is read-only or shared
with the fork server does not count. Shared mappings would escape that, so the whole address space
is limited too, far above. The rest is there so that a faulty strategy cannot hurt its neighbours:
it has no business with files, and no number of processes or descriptors makes it better.
"""

import resource
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

DESCRIPTORS: Final = 512
"""Open files of one process; a shared one has two per config."""
PROCESSES: Final = 4096
"""Processes and threads of the worker's system user, all together; root is not held to it."""

_MB: Final = 1 << 20
_LAST_WORDS: Final = 32 * _MB  # What it takes to tell, at the limit, that this was the limit.
_ADDRESSES: Final = 4  # Times the memory: libraries and thread stacks are mapped, not used.
_FIRST_TO_GO: Final = "500"  # Of 1000: the kernel's choice when the machine itself has no more.


class Limits(NamedTuple):
    """What one strategy process may use.

    Attributes
    ----------
    memory_mb
        Private memory, in MB of 1,048,576 bytes.
    cpu_seconds
        CPU time in one market minute.
    """

    memory_mb: int = 512
    cpu_seconds: float = 30.0


def take_all_descriptors() -> None:
    """Let the worker itself have all the descriptors it may: each config takes five."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def confine(limits: Limits) -> None:
    """Hold this process to its limits, for good."""
    memory = limits.memory_mb * _MB
    _limit(resource.RLIMIT_DATA, memory, memory + _LAST_WORDS)
    _limit(resource.RLIMIT_AS, _ADDRESSES * memory, _ADDRESSES * memory + _LAST_WORDS)
    _limit(resource.RLIMIT_NOFILE, DESCRIPTORS)
    _limit(resource.RLIMIT_NPROC, PROCESSES)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    with suppress(OSError):  # A container may forbid it; then the kernel chooses by size.
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")


def memory_reason() -> str:
    """Return in words why there was no more memory, and make room for telling it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    for each in (resource.RLIMIT_DATA, resource.RLIMIT_AS):
        most = resource.getrlimit(each)[1]
        resource.setrlimit(each, (most, most))
    return "out of memory" if soft == hard else f"memory above {soft // _MB} MB"


def _limit(what: int, most: int, hardest: int | None = None) -> None:
    """Set a limit, never above one that is there already."""
    there = resource.getrlimit(what)[1]
    hard = most if hardest is None else hardest
    if there != resource.RLIM_INFINITY:
        hard = min(hard, there)
    resource.setrlimit(what, (min(most, hard), hard))
