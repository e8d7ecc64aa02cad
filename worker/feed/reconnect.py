"""When to connect to the feed again, and when not: the reason decides.

In:  why a socket could not be opened, or why it ended.
Out: `Following`: how long to wait and what to do before; an error where another try would end the
     same way.
Next: `worker/feed/line.py`; the reasons are those of `core/brokers/dhan/disconnect.py`.
"""

import logging
from typing import Final, NamedTuple

from core.brokers.dhan.disconnect import CROWDED_WAIT_SECONDS, Policy, reason_of
from core.errors import ConfigError
from worker.backoff import Backoff

_TOO_MANY_REQUESTS: Final = 429
_BUSY_WAIT_SECONDS: Final = 2.5
_LONGEST_BUSY_WAIT_SECONDS: Final = 60.0
_REFUSED: Final = frozenset({400, 451})
_MAYBE_THE_TOKEN: Final = frozenset({401, 403})
_ONCE: Final = 2
"""So often the same refusal in a row means that it is not the token."""
_ABOUT_THE_TOKEN: Final = (Policy.NEW_TOKEN, Policy.NEW_TOKEN_ONCE)
_SILENT_ENDS: Final = 2
"""So many sockets in a row that ended without a word make the token suspect."""

_log: Final = logging.getLogger(__name__)


class Following(NamedTuple):
    """What comes after the end of a socket.

    Attributes
    ----------
    seconds
        How long to wait.
    asks_token
        Whether the token may be dead: with another one there is nothing to wait for.
    refusal
        What to end with if it is not the token, empty where another try may end otherwise.
    whole_account
        Whether none of the account's sockets may connect meanwhile.
    """

    seconds: float
    asks_token: bool = False
    refusal: str = ""
    whole_account: bool = False


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
        self._busy = 0
        self._silent_ends = 0

    def worked(self) -> None:
        """Begin anew: the last socket carried data for a while."""
        self._backoff.reset()
        self._last_reason, self._same_reason = None, 0
        self._busy = self._silent_ends = 0

    def refused(self, status: int) -> Following:
        """Return what follows on a handshake that was answered with an HTTP status.

        Raises
        ------
        ConfigError
            If it says that the account is not let in.
        """
        times = self._count(status)
        refusal = (
            f"the feed {self._place} refuses DHAN_CLIENT_ID and DHAN_ACCESS_TOKEN "
            f"(HTTP {status}); make a new token on web.dhan.co and set it"
        )
        if status in _REFUSED:
            raise ConfigError(refusal)
        if status in _MAYBE_THE_TOKEN:
            spent = refusal if times >= _ONCE else ""
            return self.failed(f"HTTP {status}")._replace(asks_token=True, refusal=spent)
        if status != _TOO_MANY_REQUESTS:
            return self.failed(f"HTTP {status}")
        wait = min(_LONGEST_BUSY_WAIT_SECONDS, _BUSY_WAIT_SECONDS * 2**self._busy)
        self._busy += 1
        return self.failed("HTTP 429", at_least=wait)._replace(whole_account=True)

    def told(self, code: int) -> Following:
        """Return what follows after the server gave a reason for closing.

        Raises
        ------
        ConfigError
            If the reason does not go away by itself.
        """
        reason = reason_of(code)
        refusal = (
            f"the feed {self._place} refuses us: {reason.meaning} ({reason.code}); check "
            "DHAN_CLIENT_ID, DHAN_ACCESS_TOKEN and the account's data plan"
        )
        if reason.policy is Policy.FATAL:
            raise ConfigError(refusal)
        is_spent = self._count(code) >= _ONCE and reason.policy is Policy.NEW_TOKEN_ONCE
        wait = CROWDED_WAIT_SECONDS if reason.policy is Policy.WAIT else 0.0
        following = self.failed(f"{reason.meaning} ({reason.code})", at_least=wait)
        return following._replace(
            asks_token=reason.policy in _ABOUT_THE_TOKEN,
            refusal=refusal if is_spent else "",
            whole_account=reason.policy is Policy.WAIT,
        )

    def ended(self, why: str, messages: int) -> Following:
        """Return what follows on a socket that ended without a reason, after so many messages.

        A dead token may look like that: it is let in, and then the connection breaks.
        """
        self._silent_ends = 0 if messages else self._silent_ends + 1
        return self.failed(why)._replace(asks_token=self._silent_ends >= _SILENT_ENDS)

    def failed(self, why: str, at_least: float = 0.0) -> Following:
        """Return what follows on anything else."""
        seconds = self._backoff.next(at_least)
        _log.warning("feed lost (%s), next try in %.1f s", why, seconds)
        return Following(seconds)

    def _count(self, reason: int) -> int:
        """Return how often a reason has come in a row."""
        self._same_reason = self._same_reason + 1 if reason == self._last_reason else 1
        self._last_reason = reason
        return self._same_reason
