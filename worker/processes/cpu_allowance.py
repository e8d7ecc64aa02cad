"""What CPU a strategy process may use over time: so many seconds in each market minute.

In:  the process, at each market minute.
Out: a warning, a lower priority, and in the end a reason to stop it.
Next: `worker/configs/runner.py`, which acts on it.

Each round has its own time (`worker/configs/rounds.py`); this bounds what answers in time and
burns a core all the same. The first minute above the allowance puts the process behind all others
(`nice`), so nobody waits for it any more; the third in a row ends it. Minutes are market time: a
market that is played faster than life asks more in less time.
"""

import os
import time
from typing import Final, NamedTuple

MINUTES: Final = 3
"""So many minutes in a row above the allowance end a process."""

_BEHIND: Final = 10
_CLOCK_OF_PROCESS: Final = 2  # Linux: the clock id of a process's CPU time is made of its pid.


class Overdrawn(NamedTuple):
    """A process is above its allowance.

    Attributes
    ----------
    sentence
        What to tell its owner.
    is_last
        Whether it is to be ended.
    """

    sentence: str
    is_last: bool


class CpuAllowance:
    """Watch what the process of one config uses.

    Parameters
    ----------
    seconds
        Allowed in one market minute.

    Attributes
    ----------
    minutes_above
        How many there have been in all.

    Examples
    --------
    >>> allowance = CpuAllowance(30)
    >>> [allowance.check(minute, used) for minute, used in ((1, 0.5), (2, 20.0), (4, 70.0))]
    [None, None, None]
    >>> allowance.check(5, 111.0)
    Overdrawn(sentence='used 41.0 s of CPU in one market minute, above 30', is_last=False)
    """

    def __init__(self, seconds: float) -> None:
        self._seconds: Final = seconds
        self._minute: int | None = None
        self._used = 0.0
        self._in_a_row = 0
        self.minutes_above = 0

    def begin(self) -> None:
        """Watch a new process."""
        self._minute = None
        self._in_a_row = 0

    def check(self, minute: int, used: float) -> Overdrawn | None:
        """Take what the process has used since it started; return what follows, if anything.

        Parameters
        ----------
        minute
            Market time, minutes since some beginning.
        used
            CPU seconds.
        """
        before, spent = self._minute, used - self._used
        self._minute, self._used = minute, used
        if before is None or minute <= before:
            return None
        passed = minute - before
        if spent <= self._seconds * passed:
            self._in_a_row = 0
            return None
        self._in_a_row += 1
        self.minutes_above += 1
        where = "one market minute" if passed == 1 else f"{passed} market minutes"
        sentence = f"used {spent:.1f} s of CPU in {where}, above {self._seconds * passed:g}"
        return Overdrawn(sentence, is_last=self._in_a_row >= MINUTES)


def cpu_seconds(pid: int) -> float:
    """Return what a process has used; 0 where there is none."""
    try:
        return time.clock_gettime(~pid << 3 | _CLOCK_OF_PROCESS)
    except OSError:
        return 0.0


def put_behind(pid: int) -> None:
    """Let a process run only where nobody else wants to."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, _BEHIND)
    except OSError:
        return  # It has just ended.
