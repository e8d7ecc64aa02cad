"""Nothing outlives its parent: a process that dies with whoever started it, and so do its children.

In:  a command to start, or this process itself.
Out: processes to which the kernel sends a signal the moment their parent ends, kill -9 included.
Next: `devstack/supabase/postgres.py`, which starts Postgres this way.

`prctl(PR_SET_PDEATHSIG)` is Linux only; there the kernel clears it when a process changes its
user, so it is set after `setuid`: `subprocess` runs `preexec_fn` after `user=` has taken effect.
The signal follows the *thread* that started the child, so start children from the main thread.
"""

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from core.errors import EXIT_ASKED_TO_STOP, ConfigError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def exit_when_asked() -> None:
    """Let Ctrl-C and SIGTERM raise `SystemExit` in the main thread, from the first line on.

    Not `KeyboardInterrupt`: CPython 3.12 remembers one that passed through generated source (a
    dataclass or named tuple made while a module is imported) and ends the process as if killed by
    SIGINT, although the exception was caught and the program ended in order.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send this process `number` when its parent ends.

    Call it first of all. A parent that ends while the request is made is noticed by the change of
    parent, and this process stops at once; one that had ended before this call cannot be noticed.
    """
    before = os.getppid()
    _set_death_signal(number)
    if os.getppid() != before:
        os.kill(os.getpid(), number)


def dies_with_us(number: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn` that makes the child receive `number` when this process ends."""
    parent = os.getpid()

    def set_in_child() -> None:
        _set_death_signal(number)
        if os.getppid() != parent:  # We died between fork and prctl.
            os._exit(1)

    return set_in_child


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free_port(port: int) -> bool:
    """Return whether nobody listens on a loopback port now."""
    return _why_not_free(port) is None


def require_free_port(port: int, setting: str) -> None:
    """Refuse a port that somebody else holds.

    Raises
    ------
    ConfigError
        Names the port and the setting that chooses another.
    """
    error = _why_not_free(port)
    if error is not None:
        raise ConfigError(
            f"port {port} cannot be used ({error.strerror}); choose another with {setting}"
        ) from error


def _exit(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(EXIT_ASKED_TO_STOP)


def _why_not_free(port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error
    return None


def _set_death_signal(number: signal.Signals) -> None:
    if _libc.prctl(_PR_SET_PDEATHSIG, int(number)) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
