"""What every strategy was told since it was made, so that another process can be told it again.

In:  the messages that begin a strategy, and those of each round.
Out: the same, in order: a strategy that hears them is where the first one was.
Next: `worker/configs/runner.py`, which tells them; `worker/recovery/checkpoint.py`, which has them
      saved.

What is new is kept in memory until `save`, which the checkpoint of the minute calls, so that what
the journal says was told and where it says the engine was belong together. One fact holds a
minute of all strategies: they hear the same candles, and a pickle writes each of them once.
"""

import asyncio
import pickle
from collections.abc import Iterable
from typing import Final

from core.errors import DataError
from worker.processes.messages import Candles, Load, Message, WarmUp
from worker.store.journal import Fact
from worker.store.store import Store

KIND: Final = "told"
SPOILED: Final = "spoiled"
MOST_BYTES: Final = 64 << 20
"""What is kept at most, some days of a hundred configs; more is not told again, and not kept."""
AGAIN: Final = 0
"""Number of a round that is told again: nobody waits for its answer."""

Minute = dict[str, list[Message]]
"""What was told in a stretch of time, by config id."""


class Told:
    """Keep what was told.

    Parameters
    ----------
    store
        Where it is kept.
    is_needed
        Whether it is kept at all: only a market that waits for its strategies can wait for
        another process to be told everything again.

    Attributes
    ----------
    kept_bytes
        How much the journal holds.
    """

    def __init__(self, store: Store, *, is_needed: bool) -> None:
        self._store: Final = store
        self._new: Minute = {}
        self._saves = self.kept_bytes = 0
        self.is_needed: Final = is_needed

    def begin(self, config_id: str, load: Load, warm_up: WarmUp) -> None:
        """Take note of a strategy that stands for its config from here on."""
        if self.is_needed:
            self._new[config_id] = [load, warm_up]

    def add(self, config_id: str, round_: Candles) -> None:
        """Take note of what a strategy was told, or would have been if its process lived."""
        if self.is_needed:
            self._new.setdefault(config_id, []).append(round_)

    def save(self) -> None:
        """Have everything so far kept in the journal."""
        new, self._new = self._new, {}
        if not new or self.kept_bytes > MOST_BYTES:
            return
        self._saves += 1
        body = pickle.dumps(new, protocol=pickle.HIGHEST_PROTOCOL)
        self.kept_bytes += len(body)
        if self.kept_bytes > MOST_BYTES:
            self._store.keep(KIND, "", b"", replaces=True)  # A part of it is of no use.
        else:
            self._store.keep(KIND, "", body)

    def spoil(self, reason: str) -> None:
        """Take note of something that would not happen again if the feed played again."""
        if self.is_needed:
            self._store.keep(SPOILED, reason, b"", replaces=True)

    def forget(self) -> None:
        """Begin anew: nothing that an earlier worker told is of use."""
        self._new = {}
        self.kept_bytes = 0
        self._store.keep(KIND, "", b"", replaces=True)

    async def so_far(self, config_id: str) -> list[Message]:
        """Return what a config's strategy was told, beginning with its `Load`.

        Raises
        ------
        DataError
            If that is not known.
        StoreError
            If the journal cannot be read.
        """
        saves = -1
        while saves != self._saves:  # What was new at first may have been saved meanwhile.
            saves = self._saves
            minutes = await asyncio.to_thread(told_in, await self._store.facts(KIND))
        return checked([*minutes.get(config_id, []), *self._new.get(config_id, [])], config_id)


def told_in(facts: Iterable[Fact]) -> Minute:
    """Return what the facts say was told, of each config from its last beginning on.

    Raises
    ------
    DataError
        If one of them cannot be read.
    """
    told: Minute = {}
    for fact in facts:
        if not fact.body:
            continue
        for config_id, messages in _unpickled(fact).items():
            if isinstance(messages[0], Load):
                told[config_id] = []
            told.setdefault(config_id, []).extend(messages)
    return told


def checked(messages: list[Message], config_id: str) -> list[Message]:
    """Return messages that begin a strategy and tell it all.

    Raises
    ------
    DataError
        If they do not.
    """
    kinds = [type(each) for each in messages]
    if kinds[:2] != [Load, WarmUp] or any(each is not Candles for each in kinds[2:]):
        raise DataError(f"the journal does not say what config {config_id} was told")
    return messages


def _unpickled(fact: Fact) -> Minute:
    try:
        minute: Minute = pickle.loads(fact.body)  # noqa: S301 - our own file, which only we read.
    except Exception as error:  # A pickle of another release raises anything.
        raise DataError(f"fact {fact.sequence} of the journal cannot be read: {error}") from error
    return minute
