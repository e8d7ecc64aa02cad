"""Where one stack keeps its files, and the promise that only one stack uses them.

In:  a directory, or none for the project's own below ``/var/tmp``.
Out: checked paths (owner, mode, length) and an exclusive lock that the kernel drops when we die.
Next: `devstack/supabase/install.py`.

``/var/tmp`` because root's home is closed to the account Postgres runs under, and because a
socket path has room for about 107 bytes only. Everybody may write there, so the owner is checked.

A *home* holds what can be shared (installed servers, keys, templates); a *state* holds one
database. The project's state is its home's ``main``; each ephemeral stack gets its own.
"""

import fcntl
import hashlib
import os
import shutil
import stat
from pathlib import Path

from core.errors import ConfigError

PROJECT = Path(__file__).resolve().parents[2]
_LONGEST_HOME = 60  # bytes; leaves room for "/ephemeral/xxxxxxxx/run/.s.PGSQL.65535.lock" in 107


def default_home() -> Path:
    """Return this user's and this checkout's home, such as ``/var/tmp/tradebase-1000-1f0c...``."""
    digest = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:10]
    return Path("/var/tmp") / f"tradebase-{os.geteuid()}-{digest}"  # noqa: S108 - owner is checked


class Lock:
    """An advisory lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, *, wait: bool, shared: bool = False) -> bool:
        """Take the lock; return False when somebody else has it and `wait` is False."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let others have the lock; does nothing when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> None:
        self.acquire(wait=True)

    def __exit__(self, *_: object) -> None:
        self.release()


class State:
    """The directory of one database, locked while we use it.

    Parameters
    ----------
    home
        Checked home directory this state belongs to.
    directory
        Where this state's files are; made when absent.
    """

    def __init__(self, home: Path, directory: Path) -> None:
        self.home = home
        self.directory = directory
        self.data = directory / "data"
        self.run = directory / "run"
        self.logs = directory / "logs"
        make_directory(directory)
        self._lock = Lock(directory / "lock")
        if not self._lock.acquire(wait=False):
            raise ConfigError(
                f"another stack is running on {directory}; stop it or choose another with --state"
            )

    def close(self) -> None:
        """Let another stack use the directory."""
        self._lock.release()

    def remove(self) -> None:
        """Delete the directory with everything in it, and let go of it."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self._lock.release()


def open_home(directory: Path | None) -> Path:
    """Return the home, made when absent and refused when it is not safely ours.

    Raises
    ------
    ConfigError
        The path is too long for a socket, is no directory, belongs to somebody else, can be
        written by others, or cannot be made.
    """
    home = Path(os.path.abspath(directory or default_home()))  # noqa: PTH100 - links stay visible
    if len(os.fsencode(home)) > _LONGEST_HOME:
        raise ConfigError(
            f"state directory {home} has {len(os.fsencode(home))} characters, "
            f"at most {_LONGEST_HOME} are possible (socket paths are short)"
        )
    make_directory(home)
    return home


def main_state(home: Path) -> State:
    """Return the home's lasting state."""
    return State(home, home / "main")


def make_directory(directory: Path) -> None:
    """Make a directory only we can write; root's may be walked through by the server account.

    One that was there before is checked and never changed: it could be anybody's.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        try:
            directory.mkdir(parents=True, mode=mode)
            directory.chmod(mode)  # The umask may have taken bits away.
        except FileExistsError:
            pass
        found = directory.lstat()
    except OSError as error:
        raise ConfigError(
            f"state directory {directory} cannot be used: {error.strerror}"
        ) from error
    problem = _unsafe(found, needed=mode)
    if problem:
        raise ConfigError(f"state directory {directory} {problem}; choose another with --state")


def _unsafe(found: os.stat_result, needed: int) -> str | None:
    """Say in words why a directory cannot hold our files, or None when it can."""
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISDIR(found.st_mode):
        return "is not a directory"
    if found.st_uid != os.geteuid():
        return f"belongs to user {found.st_uid}, not to us (user {os.geteuid()})"
    if mode & 0o022:
        return f"can be written by others (mode {mode:o})"
    if mode & needed != needed:
        return f"has mode {mode:o} and the servers need {needed:o}"
    return None
