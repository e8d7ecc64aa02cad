"""When to connect to the feed again, and when not: the reason decides.

In:  why a socket could not be opened, or why it ended.
Out: seconds to wait; an error where another try would end the same way.
Next: `worker/feed.py`; the reasons are those of `core/brokers/dhan/disconnect.py`.
"""

import logging
from typing import Final

from core.brokers.dhan.disconnect import CROWDED_WAIT_SECONDS, Policy, reason_of
from core.errors import ConfigError
from worker.backoff import Backoff

_TOO_MANY_REQUESTS: Final = 429
_BUSY_WAIT_SECONDS: Final = 5.0
_REFUSED: Final = frozenset({400, 401, 403, 451})
_SAME_REASON_LIMIT: Final = 2
_ABOUT_THE_TOKEN: Final = (Policy.NEW_TOKEN, Policy.NEW_TOKEN_ONCE)

_log: Final = logging.getLogger(__name__)


class Reconnect:
    """Decide for one socket.

    Parameters
    ----------
    place
        The feed's address without the token, for messages.
    backoff
        Delays between tries.
    """

    def __init__(self, place: str, backoff: Backoff | None = None) -> None:
        self._place: Final = place
        self._backoff: Final = backoff or Backoff(0.25, 30.0)
        self._last_reason: int | None = None
        self._same_reason = 0

    def worked(self) -> None:
        """Begin anew: the last socket carried data."""
        self._backoff.reset()

    def refused(self, status: int) -> float:
        """Return the seconds to wait after a handshake that was answered with an HTTP status.

        Raises
        ------
        ConfigError
            If it says that the account is not let in.
        """
        if status in _REFUSED:
            raise ConfigError(
                f"the feed {self._place} refuses DHAN_CLIENT_ID and DHAN_ACCESS_TOKEN "
                f"(HTTP {status}); make a new token on web.dhan.co and set it"
            )
        wait = _BUSY_WAIT_SECONDS if status == _TOO_MANY_REQUESTS else 0.0
        return self.failed(f"HTTP {status}", at_least=wait)

    def told(self, code: int) -> float:
        """Return the seconds to wait after the server gave a reason for closing.

        Raises
        ------
        ConfigError
            If the reason does not go away by itself. The token is read once, at start, so a
            reason about the token that comes twice does not.
        """
        reason = reason_of(code)
        self._same_reason = self._same_reason + 1 if code == self._last_reason else 1
        self._last_reason = code
        spent = reason.policy in _ABOUT_THE_TOKEN and self._same_reason >= _SAME_REASON_LIMIT
        if reason.policy is Policy.FATAL or spent:
            raise ConfigError(
                f"the feed {self._place} refuses us: {reason.meaning} ({reason.code}); check "
                "DHAN_CLIENT_ID, DHAN_ACCESS_TOKEN and the account's data plan"
            )
        wait = CROWDED_WAIT_SECONDS if reason.policy is Policy.WAIT else 0.0
        return self.failed(f"{reason.meaning} ({reason.code})", at_least=wait)

    def failed(self, why: str, at_least: float = 0.0) -> float:
        """Return the seconds to wait after anything else."""
        seconds = self._backoff.next(at_least)
        _log.warning("feed lost (%s), next try in %.1f s", why, seconds)
        return seconds
