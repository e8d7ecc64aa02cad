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
from collections.abc import Callable

from core.errors import ConfigError

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


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
