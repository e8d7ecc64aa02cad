"""A signal and what becomes of it: the facts are gathered, the rules asked, the answer kept.

In:  a signal, the desk of its config, what the market looks like.
Out: `Decision`, with the verdict of `core/risk.py`.
Next: `core/dealer.py`, which carries it out.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from core.desk import Desk
from core.errors import DataError
from core.instrument import Instrument
from core.legs import Leg
from core.money import ZERO
from core.order import Owner
from core.risk import Approved, Entry, PortfolioState, Refused, Rule, judge
from core.signals import Direction, Signal, check_signal
from core.strategy import ConfigStatus
from core.trade import RunningTrade


class Decision(NamedTuple):
    """A signal and what became of it.

    Attributes
    ----------
    digest
        Names the code and parameters that made the signal.
    decided_ns
        Market time, ns UTC.
    """

    id: str
    owner: Owner
    signal: Signal
    symbol: str
    digest: str
    verdict: Approved | Refused
    decided_ns: int


class MarketView(NamedTuple):
    """What trading needs to know of the market at the moment.

    Attributes
    ----------
    instrument
        The signal's.
    legs
        What it would trade.
    problem
        Why that is not known, None where it is.
    blind_until_ns
        End of the last gap of the feed: what closed before is news too late.
    """

    instrument: Instrument
    now_ns: int
    legs: tuple[Leg, ...] = ()
    problem: str | None = None
    blind_until_ns: int = 0


class Standing(NamedTuple):
    """How the config and its portfolio stand today; the portfolio None where it has no limits."""

    day_pnl: Decimal
    portfolio: PortfolioState | None = None


def verdict_on(  # noqa: PLR0913, PLR0917 - all that a decision depends on.
    signal: Signal,
    desk: Desk,
    view: MarketView,
    ending: Sequence[RunningTrade],
    trade_id: str,
    standing: Standing,
) -> Approved | Refused:
    """Return whether a signal is acted on.

    Parameters
    ----------
    ending
        The running trades it would end.
    trade_id
        Of the trade it would begin.
    standing
        Profit of today.
    """
    try:
        direction = check_signal(signal).direction
    except DataError as error:
        return Refused(Rule.INVALID_SIGNAL, str(error))
    if direction is not None:
        return judge(
            _entry(signal, direction, desk, view, ending)._replace(
                day_pnl=standing.day_pnl, portfolio=standing.portfolio
            ),
            trade_id,
        )
    if desk.config.status is not ConfigStatus.ACTIVE:
        return Refused(
            Rule.CONFIG_NOT_ACTIVE,
            f"the config is {desk.config.status}: what it holds is left to stop, target, the end "
            "of the day and the circuit breakers",
        )
    if not ending:
        return Refused(Rule.NOTHING_OPEN, f"nothing is open in {view.instrument.symbol}")
    return Approved(ending[0].id, sum(trade.open_quantity for trade in ending), ZERO)


def _entry(
    signal: Signal,
    direction: Direction,
    desk: Desk,
    view: MarketView,
    ending: Sequence[RunningTrade],
) -> Entry:
    # A trade on its way out is still open, and its capital still tied up, until it is filled.
    staying = [trade for trade in desk.running.values() if trade not in ending]
    keys = [view.instrument.key, *(leg.instrument.key for leg in view.legs)]
    return Entry(
        config=desk.config,
        equity=desk.equity,
        signal=signal,
        direction=direction,
        instrument=view.instrument,
        legs=view.legs,
        now_ns=view.now_ns,
        open_same_way=any(desk.is_running(key, direction) for key in keys),
        open_trades=len({trade.signal_id for trade in staying}),
        tied_up=sum((trade.outlay for trade in staying), ZERO),
        last_exit_ns=desk.last_exit_ns(view.instrument, direction),
        day_pnl=ZERO,
        blocked=desk.is_blocked(view.now_ns),
        halted=desk.is_halted,
        live_doubt=desk.live_doubt,
        problem=view.problem,
        blind_until_ns=view.blind_until_ns,
    )
