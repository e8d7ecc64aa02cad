"""Another token: renewed where Dhan renews it, else of a login; by one process at a time.

In:  the token that is to be replaced, and whether it is dead.
Out: another one, which is on disk before anybody uses it.
Next: `worker/broker/token_login.py`, where it comes from; `worker/broker/token_file.py`, where it
      is kept.

Dhan allows a login in two minutes. When the last one was is on disk too, before it is tried, so
that a worker which is started again and again does not log in each time.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from core.brokers.dhan.access_token import facts_of
from core.errors import BrokerError, ConfigError
from worker.broker.token_file import Kept, TokenFile
from worker.broker.token_login import Login

LOGIN_SECONDS: Final = 120.0
"""Between two logins."""

_log: Final = logging.getLogger(__name__)


class TokenMaker:
    """Make tokens.

    Parameters
    ----------
    login, file
        Where they come from, where the newest is kept.
    wall
        Unix seconds.

    Attributes
    ----------
    counters
        Renewals, logins, tokens of others that were adopted.
    """

    def __init__(
        self, login: Login, file: TokenFile, wall: Callable[[], float] = time.time
    ) -> None:
        self._login: Final = login
        self._file: Final = file
        self._wall: Final = wall
        self._refused: Final[set[str]] = set()
        self.counters: Final[Counter[str]] = Counter()

    @property
    def client_id(self) -> str:
        """Whose tokens these are."""
        return self._login.client_id

    @property
    def can_log_in(self) -> bool:
        """Whether one can be had without a person."""
        return self._login.can_log_in

    def candidates(self, given: str) -> list[str]:
        """Return the tokens that may live, the one made last first: that given, that kept."""
        found = dict.fromkeys(text for text in (self._file.read().token, given) if text)
        return sorted(found, key=_issued_at, reverse=True)

    async def prove(self, text: str) -> float | None:
        """Return until when Dhan takes a token; one that it refuses is never adopted again.

        Raises
        ------
        ConfigError, BrokerError
            As `Login.valid_until`.
        """
        try:
            return await self._login.valid_until(text)
        except ConfigError:
            self._refused.add(text)
            raise

    def has_news(self) -> bool:
        """Return whether another worker or a person has written in the file since we looked."""
        return self._file.is_changed()

    def others(self, text: str) -> str | None:
        """Return a newer token that another worker or a person has kept, None for none."""
        kept = self._file.read().token
        if kept is None or kept == text or kept in self._refused:
            return None
        if _issued_at(kept) < _issued_at(text):
            return None
        self.counters["adopted"] += 1
        return kept

    async def another(self, text: str, *, is_dead: bool) -> str:
        """Return a token in the place of one.

        Raises
        ------
        ConfigError
            If Dhan gives none out.
        BrokerError
            If it cannot be asked, or not yet.
        """
        async with self._file.locked():
            found = self.others(text)
            if found is not None:
                return found
            login_at = self._file.read().login_at
            made = None
            if not is_dead and facts_of(text).is_renewable:
                made = await self._renewed(text)
            if made is None:
                made, login_at = await self._logged_in()
            self._file.write(Kept(made, login_at))
            return made

    def seconds_until_login(self) -> float:
        """Return how long to wait until Dhan allows a login."""
        return max(0.0, self._file.read().login_at + LOGIN_SECONDS - self._wall())

    async def _renewed(self, text: str) -> str | None:
        """Return a renewed token, None where Dhan does not renew it but a login may help."""
        try:
            made = await self._login.renewed(text)
        except ConfigError as error:
            if not self.can_log_in:
                raise
            _log.warning("the token cannot be renewed, logging in: %s", error)
            return None
        self.counters["renewals"] += 1
        return made

    async def _logged_in(self) -> tuple[str, float]:
        """Return the token of a login, and when that was."""
        wait = self.seconds_until_login()
        if wait > 0:
            raise BrokerError(
                f"Dhan allows one login in {LOGIN_SECONDS:g} s, the next in {wait:.0f} s"
            )
        login_at = self._wall()
        if self.can_log_in:
            self._file.write(Kept(self._file.read().token, login_at))
        made = await self._login.log_in()
        self.counters["logins"] += 1
        return made, login_at


def _issued_at(text: str) -> float:
    return facts_of(text).issued_at or 0.0
