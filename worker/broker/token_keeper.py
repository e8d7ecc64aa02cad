"""The account's access token: chosen at start, renewed in time, replaced when it dies.

In:  the token that was set; those that `worker/broker/token_maker.py` makes; the time of day.
Out: `text`, the token to use; word to a human when it is about to end and nothing helps.
Next: `worker/broker/token_life.py`, when it is time; `worker/broker/token_maker.py`, how.

A new token kills the one before at once and everywhere, so it is made while the market is closed,
unless the present one would not last. Whoever was told that Dhan refuses a token asks for another:
one that was made meanwhile by us, by another worker on this machine or by a person
(`python -m worker token`), or else one of a login.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from core.errors import BrokerError, ConfigError, TradingError
from worker.backoff import Backoff
from worker.broker.token_life import TokenLife, life_of
from worker.broker.token_maker import TokenMaker
from worker.broker.tokens import Another

_LOOK_SECONDS: Final = 0.5
_ASK_AGAIN_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class TokenKeeper:
    """Keep one account's token alive.

    Parameters
    ----------
    maker
        Makes tokens.
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
    """

    def __init__(
        self, maker: TokenMaker, given: str, wall: Callable[[], float] = time.time
    ) -> None:
        self._maker: Final = maker
        self._given: Final = given
        self._wall: Final = wall
        self._lock: Final = asyncio.Lock()
        self._backoff: Final = Backoff(5.0, 300.0)
        self._next_try = 0.0
        self._next_look = 0.0
        self._answer = Another.NONE
        self._life = TokenLife()
        self._is_dead = False
        self._told: Final[set[tuple[str, str]]] = set()
        self.text = given
        self.is_trading: Callable[[], bool] = _never
        self.on_new: Final[list[Callable[[str], None]]] = []
        self.on_trouble: Callable[[str, dict[str, Any]], None] = _nobody

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
        refusal = ConfigError("DHAN_ACCESS_TOKEN is missing")
        for text in self._maker.candidates(self._given):
            try:
                until = await self._maker.prove(text)
            except ConfigError as error:
                refusal = error
                continue
            self._use(text, until)
            return
        if not self._maker.can_log_in:
            raise refusal
        if may_log_in:
            await asyncio.sleep(self._maker.seconds_until_login())
            self._use(await self._maker.another(self.text, is_dead=True))

    async def run(self) -> None:
        """Renew in time, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._maker.has_news():
                self._adopt()
            if self._is_due() and time.monotonic() >= self._next_try:
                async with self._lock:
                    if self._is_due():
                        await self._replace()
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

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to see; nothing of the token itself."""
        left = self._life.left(self._wall())
        return {
            "expires_at": None if left is None else str(self._life),
            "seconds_left": None if left is None else round(left),
            "is_refused": self._is_dead,
            **self._maker.counters,
        }

    def _is_due(self) -> bool:
        if self._is_dead:
            return self._maker.can_log_in
        return self._life.is_due(self._wall(), is_trading=self.is_trading())

    async def _ask_for_another(self) -> Another:
        self._maker.counters["doubted"] += 1
        try:
            await self._maker.prove(self.text)
        except ConfigError as error:
            self._is_dead = True
            if await self._replace():
                return Another.THERE
            self._tell("dead", f"{error}; the worker goes on as soon as there is another")
        except BrokerError as error:
            _log.warning("whether the token still lives is not known: %s", error)
        else:
            return Another.NOT_NEEDED
        return Another.NONE

    def _adopt(self) -> bool:
        """Use what others have kept since; return whether there was anything."""
        found = self._maker.others(self.text)
        if found is None:
            return False
        self._use(found)
        return True

    async def _replace(self) -> bool:
        """Return whether there is another token; if not, when to try again is settled."""
        try:
            self._use(await self._maker.another(self.text, is_dead=self._is_dead))
        except TradingError as error:
            self._maker.counters["failures"] += 1
            seconds = self._backoff.next()
            self._next_try = time.monotonic() + seconds
            _log.warning("no new token (%s), next try in %.0f s", error, seconds)
            return False
        self._backoff.reset()
        return True

    def _use(self, text: str, until: float | None = None) -> None:
        self.text = text
        self._life = life_of(text, until)
        self._is_dead = False
        self._next_look = 0.0
        for tell in self.on_new:
            tell(text)
        _log.info("access token in use", extra={"facts": {"expires_at": str(self._life)}})

    def _tell_of_end(self) -> None:
        now = self._wall()
        if not self._is_dead and self._life.is_ending(now):
            minutes = max(0, round((self._life.left(now) or 0) / 60))
            whose = f"the access token of {self._maker.client_id}"
            self._tell("ends", f"{whose} ends in {minutes} minutes")

    def _tell(self, what: str, sentence: str) -> None:
        """Tell a human, once of each token."""
        if (what, self.text) not in self._told:
            self._told.add((what, self.text))
            self.on_trouble(sentence, self.figures())


def _never() -> bool:
    """Stand in for the market until there is one."""
    return False


def _nobody(*_: object) -> None:
    """Stand in for a listener until there is one."""
