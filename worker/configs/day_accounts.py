"""What a config did today, out of accounts that count on over the days.

In:  a config's account, looked at every minute.
Out: today's orders, and the share of today's trades that won.
Next: `worker/health/beats.py`, which stores it.
"""

from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from core.desk import Account


class Today(NamedTuple):
    """Today's figures of one config.

    Attributes
    ----------
    success_rate
        Percent of wins among wins and losses, None before the first.
    """

    orders: int
    success_rate: Decimal | None


class DayAccounts:
    """Remember how each config stood when the day began.

    What is there at the first look is of that day: of the past a worker takes up today alone.
    """

    def __init__(self) -> None:
        self._days: Final[dict[str, date]] = {}
        self._begun: Final[dict[str, tuple[int, int, int]]] = {}
        self._last: Final[dict[str, tuple[int, int, int]]] = {}

    def of(self, config_id: str, day: date, account: Account) -> Today:
        """Return today's figures of a config.

        Examples
        --------
        >>> days, zero = DayAccounts(), Decimal(0)
        >>> first = Account(zero, zero, zero, 0, orders=6, trades=3, wins=1, losses=2)
        >>> days.of("c", date(2026, 11, 20), first)
        Today(orders=6, success_rate=Decimal('33.33'))
        >>> days.of("c", date(2026, 11, 23), first._replace(orders=8, wins=2))
        Today(orders=2, success_rate=Decimal('100.00'))
        """
        now = (account.orders, account.wins, account.losses)
        if self._days.get(config_id) != day:
            self._begun[config_id] = self._last.get(config_id, (0, 0, 0))
            self._days[config_id] = day
        self._last[config_id] = now
        orders, wins, losses = (
            at - was for at, was in zip(now, self._begun[config_id], strict=True)
        )
        decided = wins + losses
        rate = round(Decimal(100 * wins) / decided, 2) if decided else None
        return Today(orders, rate)
