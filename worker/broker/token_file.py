"""The newest access token between runs: sealed in a file that workers on a machine may share.

In:  a token, when the last login was.
Out: both again; the right to make a token, which one process has at a time.
Next: `worker/broker/token_keeper.py`.

The token is sealed for its account, so that a copy of the folder opens nothing. A file that cannot
be opened, because the key has changed or somebody wrote in it, counts as none and is replaced.
"""

import asyncio
import fcntl
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from adapters.secrets import Place, Secret, SecretSealer
from core.errors import BrokerError, ConfigError, DataError

_PATIENCE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.2
_PRIVATE: Final = 0o600
_OPERATOR: Final = UUID(int=0)

_log: Final = logging.getLogger(__name__)


class Kept(NamedTuple):
    """What is in the file.

    Attributes
    ----------
    token
        None where none was kept.
    login_at
        Unix seconds of the last login, 0 for never.
    """

    token: str | None = None
    login_at: float = 0.0


class TokenFile:
    """Keep an account's token.

    Parameters
    ----------
    path
        The file; a lock is beside it.
    sealer
        Seals it.
    client_id
        The account.
    """

    def __init__(self, path: Path, sealer: SecretSealer, client_id: str) -> None:
        self._path: Final = path
        self._sealer: Final = sealer
        self._place: Final = Place(_OPERATOR, "dhan", f"access token of {client_id}")
        self._seen = 0

    def read(self) -> Kept:
        """Return what is kept."""
        self._seen = self._stamp()
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            sealed, login_at = kept["sealed"], float(kept["login_at"])
            token = None if sealed is None else self._sealer.open(sealed, self._place).reveal()
        except FileNotFoundError:
            return Kept()
        except (OSError, ValueError, KeyError, TypeError, DataError) as error:
            reason = error if isinstance(error, DataError) else type(error).__name__
            _log.warning("the kept token cannot be used: %s", reason)
            return Kept()
        return Kept(token, login_at)

    def is_changed(self) -> bool:
        """Return whether somebody has written since we looked."""
        return self._stamp() != self._seen

    def write(self, kept: Kept) -> None:
        """Keep this from now on: all of it or, if we are killed, what was there before.

        Raises
        ------
        ConfigError
            If the file cannot be written.
        """
        sealed = None if kept.token is None else self._sealer.seal(Secret(kept.token), self._place)
        content: dict[str, Any] = {"sealed": sealed, "login_at": kept.login_at}
        part = self._path.with_suffix(".part")
        try:
            number = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _PRIVATE)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as error:
            raise ConfigError(
                f"DHAN_TOKEN_FILE {self._path} cannot be written: {error.strerror}"
            ) from error
        self._seen = self._stamp()

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Be the only one who makes a token.

        Raises
        ------
        BrokerError
            If somebody else has been at it for too long.
        ConfigError
            If the folder cannot be written to.
        """
        try:
            lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, _PRIVATE)
        except OSError as error:
            raise ConfigError(
                f"DHAN_TOKEN_FILE {self._path} cannot be used: {error.strerror}"
            ) from error
        try:
            until = time.monotonic() + _PATIENCE_SECONDS
            while not _taken(lock):
                if time.monotonic() > until:
                    raise BrokerError("another worker has been making a token for too long")
                await asyncio.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(lock)

    def _stamp(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
