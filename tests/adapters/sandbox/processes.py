"""Our own child processes, as the kernel lists them.

In:  /proc.
Out: their ids, and how long each has computed.
Next: the tests that kill one or look at its limits.
"""

from pathlib import Path


def children() -> set[int]:
    """Return the ids of the processes that any thread of ours has started."""
    lists = [task / "children" for task in Path("/proc/self/task").iterdir()]
    return {int(pid) for file in lists for pid in file.read_text().split()}


def processor_ticks(pid: int) -> int:
    """Return the time that `pid` has computed, in hundredths of a second; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
    except (FileNotFoundError, ProcessLookupError):
        return 0
