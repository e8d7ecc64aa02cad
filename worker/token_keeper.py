"""The account's access token: chosen at start, renewed in time, replaced when it dies.

In:  the token that was set, the one that is kept; Dhan's answers; the time of day.
Out: `text`, the token to use; word to a human when it is about to end and nothing helps.
Next: `worker/token_login.py`, where tokens come from; `worker/token_file.py`, where one is kept.

A new token kills the one before at once and everywhere, so it is made while the market is closed,
unless the present one would not last. It is on disk before it is used. Whoever was told that Dhan
refuses a token asks for another: one that was made meanwhile by us, by another worker on this
machine or by a person (`python -m worker token`), or else one of a login. Dhan allows a login in
two minutes, and that is kept over a restart.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from core.brokers.dhan.access_token import facts_of
from core.errors import BrokerError, ConfigError, TradingError
from worker.backoff import Backoff
from worker.token_file import Kept, TokenFile
from worker.token_login import Login
from worker.tokens import Another

LIFE_SECONDS: Final = 86_400.0
LOGIN_SECONDS: Final = 120.0
"""Between two logins."""
EARLY_SHARE: Final = 0.375
"""Of its life left, nine hours of a day: while the market is closed a token is renewed from here
on, so that none ends in a session."""
LATE_SHARE: Final = 1 / 12
"""Of its life left, two hours of a day: from here on it is renewed whatever the market does."""
LAST_SHARE: Final = 1 / 24
"""Of its life left, an hour of a day: from here on a human is told."""
_LOOK_SECONDS: Final = 0.5
_ASK_AGAIN_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class TokenKeeper:
    """Keep one account's token alive.

    Parameters
    ----------
    login
        Where tokens come from.
    file
        Where the newest is kept.
    given
        The one that was set, empty for none.
    wall
        Unix seconds.

    Attributes
    ----------
    text
        The token to use.
    is_trading
        Answers whether a new token would cost the market's data a moment.
    on_new
        Called with each new token.
    on_trouble
        Called with a sentence for a human, and facts.
    counters
        Renewals, logins, failures, refusals.
    """

    def __init__(
        self, login: Login, file: TokenFile, given: str, wall: Callable[[], float] = time.time
    ) -> None:
        self._login: Final = login
        self._file: Final = file
        self._given: Final = given
        self._wall: Final = wall
        self._lock: Final = asyncio.Lock()
        self._backoff: Final = Backoff(5.0, 300.0)
        self._next_try = 0.0
        self._next_look = 0.0
        self._answer = Another.NONE
        self._expires_at: float | None = None
        self._is_dead = False
        self._refused: Final[set[str]] = set()
        self._told: Final[set[tuple[str, str]]] = set()
        self.text = given
        self.is_trading: Callable[[], bool] = _never
        self.on_new: Final[list[Callable[[str], None]]] = []
        self.on_trouble: Callable[[str, dict[str, Any]], None] = _nobody
        self.counters: Final[Counter[str]] = Counter()

    async def begin(self, *, may_log_in: bool = True) -> None:
        """Find a token that Dhan takes: the newest there is, else one of a login.

        Parameters
        ----------
        may_log_in
            Whether that may be done now; if not, and it could be done, none need be found.

        Raises
        ------
        ConfigError
            If there is none.
        BrokerError
            If Dhan cannot be asked.
        """
        refusal: ConfigError | None = None
        for text in self._candidates(self._file.read().token):
            try:
                until = await self._login.valid_until(text)
            except ConfigError as error:
                refusal = error
                self._refused.add(text)
                continue
            self._use(text)
            self._expires_at = self._expires_at or until
            return
        if not self._login.can_log_in:
            raise refusal or ConfigError("DHAN_ACCESS_TOKEN is missing")
        if not may_log_in:
            return
        await asyncio.sleep(self._seconds_until_login())
        await self._replace(is_dead=True)

    async def run(self) -> None:
        """Renew in time, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._file.is_changed():
                self._adopt()
            if self._is_due() and time.monotonic() >= self._next_try:
                async with self._lock:
                    if self._is_due():
                        await self._try_to_replace(is_dead=self._is_dead)
            self._tell_of_end()

    async def another(self, refused: str) -> Another:
        """Learn that Dhan refused a token; return whether there is another one now."""
        async with self._lock:
            if refused != self.text or self._adopt():
                return Another.THERE
            now = time.monotonic()
            if now >= self._next_look:
                self._next_look = now + _ASK_AGAIN_SECONDS
                self._answer = await self._ask_for_another()
            return self._answer

    async def _ask_for_another(self) -> Another:
        self.counters["doubted"] += 1
        try:
            await self._login.valid_until(self.text)
        except ConfigError as error:
            self._is_dead = True
            self._refused.add(self.text)
            if await self._try_to_replace(is_dead=True):
                return Another.THERE
            self._tell("dead", f"{error}; the worker goes on as soon as there is another")
        except BrokerError as error:
            _log.warning("whether the token still lives is not known: %s", error)
        else:
            return Another.NOT_NEEDED
        return Another.NONE

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to see; nothing of the token itself."""
        left = self._seconds_left()
        until = self._expires_at
        return {
            "expires_at": until and datetime.fromtimestamp(until, UTC).isoformat(),
            "seconds_left": None if left is None else round(left),
            "is_refused": self._is_dead,
            **self.counters,
        }

    # -- when --------------------------------------------------------------------------------

    def _seconds_left(self) -> float | None:
        return None if self._expires_at is None else self._expires_at - self._wall()

    def _life(self) -> float:
        issued_at = facts_of(self.text).issued_at
        if issued_at is None or self._expires_at is None:
            return LIFE_SECONDS
        return max(1.0, self._expires_at - issued_at)

    def _is_due(self) -> bool:
        if self._is_dead:
            return self._login.can_log_in
        left = self._seconds_left()
        return left is not None and is_due(left, self._life(), is_trading=self.is_trading())

    def _tell_of_end(self) -> None:
        left = self._seconds_left()
        if left is not None and not self._is_dead and left <= LAST_SHARE * self._life():
            minutes = max(0, round(left / 60))
            sentence = f"the access token of {self._login.client_id} ends in {minutes} minutes"
            self._tell("ends", sentence)

    def _tell(self, what: str, sentence: str) -> None:
        """Tell a human, once of each token."""
        if (what, self.text) not in self._told:
            self._told.add((what, self.text))
            self.on_trouble(sentence, self.figures())

    # -- from where --------------------------------------------------------------------------

    def _candidates(self, kept: str | None) -> list[str]:
        """Return the tokens that may live, the one made last first."""
        found = list(dict.fromkeys(text for text in (kept, self._given) if text))
        return sorted(found, key=lambda text: facts_of(text).issued_at or 0.0, reverse=True)

    def _adopt(self) -> bool:
        """Use what another worker or a person has kept since; return whether there was anything."""
        kept = self._file.read().token
        if kept is None or kept == self.text or kept in self._refused:
            return False
        ours, theirs = (facts_of(each).issued_at or 0.0 for each in (self.text, kept))
        if theirs < ours:
            return False
        self.counters["adopted"] += 1
        self._use(kept)
        return True

    async def _try_to_replace(self, *, is_dead: bool) -> bool:
        """Return whether there is another token; if not, when to try again is settled."""
        try:
            await self._replace(is_dead=is_dead)
        except TradingError as error:
            self.counters["failures"] += 1
            seconds = self._backoff.next()
            self._next_try = time.monotonic() + seconds
            _log.warning("no new token (%s), next try in %.0f s", error, seconds)
            return False
        self._backoff.reset()
        return True

    async def _replace(self, *, is_dead: bool) -> None:
        """Have another token made, keep it, and use it."""
        async with self._file.locked():
            if self._adopt():
                return
            login_at = self._file.read().login_at
            text = None
            if not is_dead and facts_of(self.text).is_renewable:
                text = await self._renewed()
            if text is None:
                text, login_at = await self._logged_in()
            self._file.write(Kept(text, login_at))
            self._use(text)

    async def _renewed(self) -> str | None:
        """Return a renewed token, None where Dhan does not renew it but a login may help."""
        try:
            text = await self._login.renewed(self.text)
        except ConfigError as error:
            if not self._login.can_log_in:
                raise
            _log.warning("the token cannot be renewed, logging in: %s", error)
            return None
        self.counters["renewals"] += 1
        return text

    async def _logged_in(self) -> tuple[str, float]:
        """Return the token of a login and when that was, which is kept whatever comes of it."""
        wait = self._seconds_until_login()
        if wait > 0:
            raise BrokerError(
                f"Dhan allows one login in {LOGIN_SECONDS:g} s, the next in {wait:.0f} s"
            )
        login_at = self._wall()
        if self._login.can_log_in:
            self._file.write(Kept(self._file.read().token, login_at))
        text = await self._login.log_in()
        self.counters["logins"] += 1
        return text, login_at

    def _seconds_until_login(self) -> float:
        return max(0.0, self._file.read().login_at + LOGIN_SECONDS - self._wall())

    def _use(self, text: str) -> None:
        facts = facts_of(text)
        self._next_look = 0.0
        self.text = text
        self._expires_at = facts.expires_at
        self._is_dead = False
        for tell in self.on_new:
            tell(text)
        until = facts.expires_at and datetime.fromtimestamp(facts.expires_at, UTC).isoformat()
        _log.info("access token in use", extra={"facts": {"expires_at": until}})


def is_due(left: float, life: float, *, is_trading: bool) -> bool:
    """Return whether a token is to be renewed that has so many seconds of its life left.

    Examples
    --------
    Ten hours before its end, five in and out of a session, one:

    >>> is_due(36_000, LIFE_SECONDS, is_trading=False)
    False
    >>> is_due(18_000, LIFE_SECONDS, is_trading=True), is_due(18_000, 86_400, is_trading=False)
    (False, True)
    >>> is_due(3_600, LIFE_SECONDS, is_trading=True)
    True
    """
    share = LATE_SHARE if is_trading else EARLY_SHARE
    return left <= share * life


def _never() -> bool:
    """Stand in for the market until there is one."""
    return False


def _nobody(*_: object) -> None:
    """Stand in for a listener until there is one."""
