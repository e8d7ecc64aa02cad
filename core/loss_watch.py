"""Whether a config, or a portfolio, has lost as much today as it may: realised and open together.

In:  desks, last prices, limits.
Out: who has reached the limit; per instrument two prices between which nobody can.
Next: `core/dealer.py`, which flattens whoever has.

Every tick counts and almost none is looked at: what is left to lose is divided among the
instruments held, and until one of them has moved by its share against us, the limit cannot have
been reached. Then the shares are made anew.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from core.candle import InstrumentKey
from core.desk import Desk
from core.money import ZERO, to_money

_ANY: Final = float("inf")

PriceOf = Callable[[InstrumentKey], float]
"""Last price of an instrument in rupees, 0 before the first."""


class PortfolioLimits(NamedTuple):
    """What all configs of a portfolio may do together.

    Attributes
    ----------
    capital
        Rupees the percentages refer to.
    max_open_trades
        At a time.
    daily_loss_limit_pct
        Loss of a day, realised and open, at which everything is closed until the next session.
    max_outlay_pct
        Capital tied up at a time.
    """

    capital: Decimal
    max_open_trades: int = 10
    daily_loss_limit_pct: float = 6.0
    max_outlay_pct: float = 100.0

    @property
    def daily_loss(self) -> Decimal:
        """Rupees of loss at which everything is closed."""
        return self.capital * Decimal(str(self.daily_loss_limit_pct)) / 100

    @property
    def outlay(self) -> Decimal:
        """Rupees that may be tied up."""
        return self.capital * Decimal(str(self.max_outlay_pct)) / 100


class Group(NamedTuple):
    """Desks that share a limit, and the loss at which they are closed."""

    name: str
    desks: tuple[Desk, ...]
    limit: Decimal


class LossWatch:
    """Keep the bands.

    Parameters
    ----------
    price_of
        Answers last prices.
    """

    def __init__(self, price_of: PriceOf) -> None:
        self._price_of: Final = price_of
        self._bands: Final[dict[InstrumentKey, dict[str, tuple[float, float]]]] = {}

    def band(self, key: InstrumentKey) -> tuple[float, float]:
        """Return two prices between which nobody who holds the instrument reaches a limit."""
        bands = self._bands.get(key)
        if not bands:
            return -_ANY, _ANY
        return max(low for low, _ in bands.values()), min(high for _, high in bands.values())

    def look_again(self, key: InstrumentKey, name: str) -> None:
        """Have the next trade of an instrument looked at, whatever its price."""
        self._bands.setdefault(key, {})[name] = (_ANY, -_ANY)

    def state(self) -> dict[InstrumentKey, dict[str, tuple[float, float]]]:
        """Return the bands, for `put_back`."""
        return {key: dict(bands) for key, bands in self._bands.items()}

    def put_back(self, state: dict[InstrumentKey, dict[str, tuple[float, float]]]) -> None:
        """Go on from a state."""
        self._bands.clear()
        self._bands.update(state)

    def day_pnl(self, desks: Iterable[Desk], now_ns: int) -> Decimal:
        """Return today's profit of desks: net of what was closed, and what is open as it stands."""
        total = ZERO
        for desk in desks:
            total += desk.realised_on_day_of(now_ns)
            for trade in desk.running.values():
                price = self._price_of(trade.instrument.key)
                total += trade.profit_at(to_money(price) if price else None)
        return total

    def has_lost(self, group: Group, now_ns: int) -> bool:
        """Return whether a group has reached its limit; else share out what it may still lose."""
        left = self.day_pnl(group.desks, now_ns) + group.limit
        units = _units(group.desks)
        for bands in self._bands.values():
            bands.pop(group.name, None)
        if left <= 0:
            return True
        share = float(left) / max(len(units), 1)
        for key, held in units.items():
            price = self._price_of(key)
            band = (_ANY, -_ANY)
            if price:
                band = (price - share / held, _ANY) if held > 0 else (-_ANY, price - share / held)
            self._bands.setdefault(key, {})[group.name] = band
        return False


def _units(desks: Iterable[Desk]) -> dict[InstrumentKey, int]:
    """Return the net units held of each instrument, those on their way out too."""
    units: dict[InstrumentKey, int] = {}
    for desk in desks:
        for trade in desk.running.values():
            key = trade.instrument.key
            units[key] = units.get(key, 0) + trade.side.sign * trade.open_quantity
    return {key: held for key, held in units.items() if held}
