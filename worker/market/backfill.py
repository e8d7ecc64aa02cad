"""Minutes that the feed did not bring, fetched from the broker.

In:  gaps as the engine tells them.
Out: each closed with the broker's minutes or, after a bounded time, without them; counted.
Next: `worker/broker/history.py`, which asks; `worker/feed/gaps.py`, which hands over.

One request after the other, within Dhan's rate. What strategies wait for comes first. When the
feed is the clock, the market stands still meanwhile, as it does while strategies think, so that
signals and their fills are those of an undisturbed run. In real time it goes on: exits act on
every price, only candles wait.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from core.candle import Candle, InstrumentKey, Origin
from core.errors import TradingError
from core.gap import Gap, GapState
from core.instrument import InstrumentKind
from worker.backoff import Backoff
from worker.broker.history import History
from worker.feed.gaps import FeedGaps
from worker.market.market import Market

PATIENCE_SECONDS: Final = 30.0
"""How long strategies wait for the minutes of a gap before they go on without."""
UNHEARD_PATIENCE_SECONDS: Final = 600.0
"""How long they are asked for where nobody waits for them."""
SETTLED_TRIES: Final = 3
"""So often the broker has to say the same before it is believed against the feed's volume."""
_FIRST_RETRY_SECONDS: Final = 0.5
_LONGEST_RETRY_SECONDS: Final = 8.0

_log: Final = logging.getLogger(__name__)


class _Job:
    """One gap that is being closed."""

    def __init__(self, gap: Gap, *, is_heard: bool, seconds: float) -> None:
        self.gap: Final = gap
        self.is_heard: Final = is_heard
        self.until: Final = time.monotonic() + seconds
        self.backoff: Final = Backoff(_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS)
        self.answers: Final[list[tuple[Candle, ...]]] = []

    def objection(self, minutes: Sequence[Candle], *, has_volume: bool) -> str:
        """Return what is still missing in the broker's answer, nothing where it is believed."""
        self.answers.append(tuple(minutes))
        same = self.answers[-SETTLED_TRIES:]
        if minutes and len(same) == SETTLED_TRIES and same.count(same[0]) == SETTLED_TRIES:
            return ""
        traded = self.gap.volume
        if traded is not None:
            found = sum(each.volume for each in minutes)
            return "" if found >= traded else f"the broker has {found} of {traded} units traded"
        if has_volume or any(each.close_ns >= self.gap.to_ns for each in minutes):
            return ""  # Nobody can tell whether anything was traded, or all is there.
        return "the broker has not got its last minute"


class Backfill:
    """Fetch what is missing.

    Parameters
    ----------
    market, history, gaps
        Where gaps come from, where minutes are, where they go.
    patience_seconds
        How long strategies wait.

    Attributes
    ----------
    idle
        Set while no gap waits.
    """

    def __init__(
        self,
        market: Market,
        history: History,
        gaps: FeedGaps,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._market: Final = market
        self._history: Final = history
        self._gaps: Final = gaps
        self._patience: Final = patience_seconds
        self._jobs: Final[asyncio.PriorityQueue[tuple[bool, int, _Job]]] = asyncio.PriorityQueue()
        self._numbers: Final = itertools.count()
        self._newest: Final[dict[InstrumentKey, _Job]] = {}
        self._open = 0
        self.idle: Final = asyncio.Event()
        self.idle.set()
        market.on_gap = self._take
        self.on_given_up: Callable[[Gap], None] = _nobody
        """Called with a gap that could not be repaired in time."""

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            _, _, job = await self._jobs.get()
            await self._try(job)

    def _take(self, gap: Gap) -> None:
        if gap.state is not GapState.MISSING:
            self._gaps.tell(gap)
            if gap.state is GapState.UNREPAIRED:
                self.on_given_up(gap)
            return
        self._market.gap_counts["found"] += 1
        is_heard = bool(self._market.rounds.hearers(gap.instrument))
        seconds = self._patience if is_heard else UNHEARD_PATIENCE_SECONDS
        if is_heard and self._market.follows_feed:
            self._market.intake.hold()
        self._open += 1
        self.idle.clear()
        job = self._newest[gap.instrument] = _Job(gap, is_heard=is_heard, seconds=seconds)
        self._put(job)

    def _put(self, job: _Job) -> None:
        self._jobs.put_nowait((not job.is_heard, next(self._numbers), job))

    async def _try(self, job: _Job) -> None:
        """Ask once; close the gap, or ask again later."""
        gap, problem = job.gap, ""
        minutes: list[Candle] = []
        if gap.instrument not in self._market.engine.open_gaps or self._is_old(job):
            self._done(job)  # It closed by itself, has become longer, or is watched no more.
            return
        instrument = self._market.engine.instrument(gap.instrument)
        self._market.gap_counts["requests"] += 1
        try:
            hours = self._market.hours_of(gap.instrument)
            minutes = await self._history.minutes(
                instrument, hours, gap.from_ns, gap.to_ns, Origin.BACKFILLED
            )
            has_volume = instrument.kind is not InstrumentKind.INDEX
            problem = job.objection(minutes, has_volume=has_volume)
        except TradingError as error:
            self._market.gap_counts["failures"] += 1
            problem = str(error)
        if not problem:
            await self._gaps.close(gap, minutes)
        elif time.monotonic() < job.until:
            _log.info("gap of %s not closed yet: %s", instrument.symbol, problem)
            self._market.gap_counts["retries"] += 1
            asyncio.get_running_loop().call_later(job.backoff.next(), self._put, job)
            return
        else:
            await self._gaps.close(gap, (), problem)
        self._done(job)

    def _is_old(self, job: _Job) -> bool:
        return self._newest.get(job.gap.instrument) is not job

    def _done(self, job: _Job) -> None:
        if not self._is_old(job):
            del self._newest[job.gap.instrument]
        self._open -= 1
        if not self._open:
            self.idle.set()
        if job.is_heard and self._market.follows_feed:
            self._market.intake.release()


def _nobody(_: Gap) -> None:
    """Stand in for who tries again until there is one."""
