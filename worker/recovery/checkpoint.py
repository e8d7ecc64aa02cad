"""Where the worker was at the turn of each minute, so that another can go on from there exactly.

In:  the turn of a minute: no tick of the new one was taken yet, every strategy has answered.
Out: a fact in the journal, after all events of the minutes before and with what was told in them.
Next: `worker/recovery/recovery.py`, which goes on from it.

It is of use where the feed plays again what was lost: a simulation that is rewound to that minute.
Then everything that follows is computed again, with the same ids, and the database finds that it
has it already. Where the market has moved on, the books of the database are taken up instead.
"""

import pickle
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from core.candle import InstrumentKey
from core.errors import DataError
from core.session import NS_PER_MINUTE
from worker.configs.deployment import Deployment
from worker.configs.launch import KeptConfig
from worker.configs.parts import Parts
from worker.release import release
from worker.store.journal import Fact
from worker.store.store import Store

KIND: Final = "checkpoint"


class Checkpoint(NamedTuple):
    """The turn of one minute.

    Attributes
    ----------
    release
        Names the code whose states these are; to other code they say nothing.
    minute_ns
        Its first instant, ns UTC.
    next_ns
        Trade time of the tick before which it was taken.
    instruments
        What was watched, in the order of the engine's slots.
    market, chains
        Their states.
    configs
        All that the engine knows.
    """

    release: str
    minute_ns: int
    next_ns: int
    instruments: tuple[InstrumentKey, ...]
    market: tuple[Any, ...]
    chains: tuple[Any, ...]
    configs: tuple[KeptConfig, ...]


class Checkpoints:
    """Take a checkpoint at the turn of each minute, where the feed is the clock.

    By the wall clock a feed never plays again what was lost, so none is taken.

    Parameters
    ----------
    parts, store
        What is kept, and where.
    deployments
        Answers all configs.
    """

    def __init__(
        self, parts: Parts, store: Store, deployments: Callable[[], Iterable[Deployment]]
    ) -> None:
        self._parts: Final = parts
        self._store: Final = store
        self._deployments: Final = deployments
        self.taken = 0
        """How many so far."""

    def begin(self) -> None:
        """Take one before the next tick, and one at each turn of a minute from here on."""
        intake = self._parts.market.intake
        if not self._parts.market.follows_feed:
            return
        intake.on_turn, intake.turn_ns, intake.limit_ns = self.take, 0, -1

    def take(self, now_ns: int) -> int:
        """Keep where we are before a tick of this time is taken; return when to do it again."""
        minute_ns = now_ns - now_ns % NS_PER_MINUTE
        self._parts.told.save()
        body = pickle.dumps(self._now(minute_ns, now_ns), protocol=pickle.HIGHEST_PROTOCOL)
        self._store.keep(KIND, str(minute_ns), body, replaces=True)
        self.taken += 1
        return minute_ns + NS_PER_MINUTE

    def _now(self, minute_ns: int, next_ns: int) -> Checkpoint:
        market = self._parts.market
        kept = (each.kept() for each in self._deployments())
        return Checkpoint(
            release(),
            minute_ns,
            next_ns,
            tuple(instrument.key for instrument, _ in market.watched_by_slot()),
            market.state(),
            self._parts.chains.state(),
            tuple(each for each in kept if each is not None),
        )


def checkpoint_in(fact: Fact) -> Checkpoint:
    """Return the checkpoint of a fact.

    Raises
    ------
    DataError
        If another release has written it.
    """
    try:
        found = pickle.loads(fact.body)  # noqa: S301 - our own file, which only we read.
    except Exception as error:  # A pickle of another release raises anything.
        raise DataError(f"checkpoint {fact.key} cannot be read: {error}") from error
    if not isinstance(found, Checkpoint):
        raise DataError(f"checkpoint {fact.key} is a {type(found).__name__}")
    if found.release != release():
        raise DataError(f"checkpoint {fact.key} was taken by another release")
    return found
