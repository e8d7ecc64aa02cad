"""What the configs of a portfolio do together: limits, loss of the day, who is closed with whom.

In:  desks, last prices, limits.
Out: how a config and its portfolio stand; who has reached the loss of a day.
Next: `core/loss_watch.py`, which knows when that has to be looked at.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from core.candle import InstrumentKey
from core.decision import Standing
from core.desk import Desk
from core.desks import Desks
from core.entry import PortfolioState
from core.loss_watch import Group, LossWatch, PortfolioLimits, PriceOf
from core.money import ZERO
from core.trade import RunningTrade


class Portfolios:
    """Hold desks against their own limits and those of their portfolio.

    Parameters
    ----------
    desks
        Of all configs.
    price_of
        Answers last prices.
    """

    def __init__(self, desks: Desks, price_of: PriceOf) -> None:
        self._desks: Final = desks
        self._losses: Final = LossWatch(price_of)
        self._limits: Final[dict[str, PortfolioLimits]] = {}

    def limit(self, portfolio_id: str, limits: PortfolioLimits) -> None:
        """Limit what all configs of a portfolio do together."""
        self._limits[portfolio_id] = limits

    def state(self) -> tuple[Any, ...]:
        """Return limits and bands, for `put_back`."""
        return dict(self._limits), self._losses.state()

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state."""
        limits, bands = state
        self._limits.clear()
        self._limits.update(limits)
        self._losses.put_back(bands)

    def loss_band(self, key: InstrumentKey) -> tuple[float, float]:
        """Return two prices of an instrument between which no daily loss limit is reached."""
        return self._losses.band(key)

    def look_again(self, key: InstrumentKey, name: str) -> None:
        """Have the next trade of an instrument looked at, whatever its price."""
        self._losses.look_again(key, name)

    def day_pnl(self, desk: Desk, now_ns: int) -> Decimal:
        """Return today's profit of a config, what is open included, rupees after charges."""
        return self._losses.day_pnl((desk,), now_ns)

    def standing(self, desk: Desk, ending: Sequence[RunningTrade], now_ns: int) -> Standing:
        """Return how a config and its portfolio stand, but for the trades that are to end."""
        day_pnl = self._losses.day_pnl((desk,), now_ns)
        limits = self._limits.get(desk.config.portfolio_id)
        if limits is None:
            return Standing(day_pnl)
        desks = self._desks.of_portfolio(desk.config.portfolio_id)
        staying = [each for one in desks for each in one.running.values() if each not in ending]
        state = PortfolioState(
            limits,
            len({each.signal_id for each in staying}),
            sum((each.outlay for each in staying), ZERO),
            self._losses.day_pnl(desks, now_ns),
        )
        return Standing(day_pnl, state)

    def losers(self, key: InstrumentKey, now_ns: int) -> list[Desk]:
        """Return who holds an instrument and has lost as much as the day allows, or beside whom."""
        return [
            desk
            for group in self._groups(key)
            if self._losses.has_lost(group, now_ns)
            for desk in group.desks
        ]

    def held_beside(self, key: InstrumentKey) -> list[InstrumentKey]:
        """Return all instruments held by whoever holds one, that one included."""
        return list(
            dict.fromkeys(
                trade.instrument.key
                for group in self._groups(key)
                for desk in group.desks
                for trade in desk.running.values()
            )
        )

    def _groups(self, key: InstrumentKey) -> list[Group]:
        """Return the configs that hold an instrument, and their portfolios that have limits."""
        holders = self._desks.holding(key)
        groups = [Group(desk.config.id, (desk,), desk.loss_limit) for desk in holders]
        for portfolio_id in dict.fromkeys(desk.config.portfolio_id for desk in holders):
            limits = self._limits.get(portfolio_id)
            if limits is not None:
                desks = self._desks.of_portfolio(portfolio_id)
                groups.append(Group(portfolio_id, desks, limits.daily_loss))
        return groups
