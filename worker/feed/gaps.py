"""What becomes of the market when the feed is lost: the engine is told, gaps are closed.

In:  word of the feed: lost, back, silent; gaps as the engine tells them; the broker's minutes.
Out: events for the engine, each between two ticks and recorded, so that a replay has them too.
Next: `worker/market/backfill.py`, which fetches the minutes.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from core.candle import Candle, InstrumentKey
from core.gap import Gap, GapState
from core.rows import iso_time, key_text
from core.session import NS_PER_SECOND
from worker.market.market import Market

_log: Final = logging.getLogger(__name__)


class FeedGaps:
    """Tell the engine of the feed.

    Parameters
    ----------
    market
        Where the engine is.
    """

    def __init__(self, market: Market) -> None:
        self._market: Final = market
        self._counts: Final = market.gap_counts
        if not market.follows_feed:
            self._lose(0.0, None)  # Until the first socket is there.

    def lost(
        self, silent_seconds: float, instruments: Sequence[InstrumentKey] | None = None
    ) -> None:
        """Take notice that the feed was lost, so many seconds after it was heard last.

        Parameters
        ----------
        instruments
            Of which nothing is heard now; None for all.
        """
        self._counts["feed_lost"] += 1
        self._market.on_spoiled("the feed was lost")
        self._market.intake.between(lambda: self._lose(silent_seconds, instruments))

    def unheard(self, instruments: Sequence[InstrumentKey]) -> None:
        """Take notice that of these, which were not wanted before, nothing is heard yet."""
        self._market.intake.between(lambda: self._lose(0.0, instruments))

    def back(self, whose: Callable[[], Sequence[InstrumentKey] | None] = lambda: None) -> None:
        """Take notice that the feed is back.

        Parameters
        ----------
        whose
            Tells which instruments are heard again, None for all; asked between two ticks.
        """

        def regain() -> None:
            instruments = whose()
            self._counts["feed_back"] += 1
            self._market.note("feed", {"event": "back", "instruments": instruments})
            self._market.engine.regain_feed(instruments)

        self._market.intake.between(regain)

    def _lose(self, silent_seconds: float, instruments: Sequence[InstrumentKey] | None) -> None:
        market = self._market
        now_ns = market.now_ns
        if not now_ns:
            return  # Nothing was heard at all; before its first tick the feed has no time.
        since_ns = 0 if market.follows_feed else int(silent_seconds * NS_PER_SECOND)
        fact = {"event": "lost", "heard_ns": now_ns - since_ns, "instruments": instruments}
        market.note("feed", fact)
        market.engine.lose_feed(now_ns - since_ns, instruments)

    def doubt(self, is_silent: bool) -> None:  # noqa: FBT001 - the shape of the callback.
        """Have no candle completed by the clock while nobody knows whether the feed lives."""
        if not self._market.follows_feed:
            self._market.note("feed", {"event": "silent" if is_silent else "speaks"})
            self._market.engine.be_silent(silent=is_silent)

    def tell(self, gap: Gap) -> None:
        """Tell the operator, and those whose strategies hear the instrument, how a gap ended."""
        market = self._market
        if gap.volume == 0 and not gap.candles:
            self._counts["empty"] += 1
            return
        self._counts[str(gap.state)] += 1
        self._counts["minutes"] += gap.candles
        symbol = market.engine.instrument(gap.instrument).symbol
        begin, end = (iso_time(each) for each in (gap.from_ns, gap.to_ns))
        if gap.state is GapState.REPAIRED:
            level, outcome = "info", f"{gap.candles} minutes are the broker's"
        else:
            level, outcome = "warning", f"it stays: {gap.reason}"
        data = {"instrument": key_text(gap.instrument), "from": begin, "to": end}
        _log.log(logging.getLevelNamesMapping()[level.upper()], "gap of %s: %s", symbol, outcome,
                 extra={"facts": data})  # fmt: skip
        for config_id in market.rounds.hearers(gap.instrument):
            market.on_notice(config_id, level, f"the feed has a gap in {symbol}: {outcome}", data)

    async def close(self, gap: Gap, minutes: Sequence[Candle], reason: str = "") -> None:
        """Close a gap with the broker's minutes, or for a reason without them."""
        market = self._market

        def end() -> None:
            fact = {"minutes": [each.as_tuple() for each in minutes], "reason": reason}
            market.note("gaps", {"gap": gap[:3], **fact})
            if reason:
                market.take_effects(market.engine.give_up(gap, reason))
            else:
                market.take_effects(market.engine.repair(gap, minutes))

        await market.rounds.between(end)
