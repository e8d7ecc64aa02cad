"""The trades that begin, one per leg, and those an earlier run has left open.

In:  an approved signal with its legs, or a stored trade with its fills.
Out: `RunningTrade`s.
Next: `core/trade.py`, what each of them is.
"""

from collections.abc import Sequence
from typing import NamedTuple

from core.candle import NEVER_NS
from core.charges import product_of
from core.decision import Decision, MarketView
from core.errors import DataError
from core.expiry import square_off_of
from core.instrument import Instrument
from core.legs import Leg
from core.levels import Levels, levels_of
from core.order import Fill
from core.risk_parameters import RiskParameters
from core.session import NS_PER_SECOND
from core.signals import Direction, ExitReason
from core.sizing import outlay_of, outlay_of_lot
from core.strategy import TradeMode
from core.trade import RunningTrade, Trade


class SquareOff(NamedTuple):
    """When a trade is closed at the latest, and why then; when it is settled if it could not be."""

    at_ns: int
    reason: ExitReason
    settles_ns: int = NEVER_NS


class NewTrade(NamedTuple):
    """A leg to enter: the trade and its units."""

    trade: RunningTrade
    quantity: int


def new_trade(  # noqa: PLR0913, PLR0917 - what a trade begins with.
    trade_id: str,
    decision: Decision,
    direction: Direction,
    leg: Leg,
    lots: int,
    view: MarketView,
    risk: RiskParameters,
    trade_mode: TradeMode,
) -> NewTrade:
    """Return the trade of one leg of an approved signal.

    Parameters
    ----------
    lots
        Of the whole trade; the leg has `ratio` times as many.
    """
    end = _square_off(leg, risk)
    running = RunningTrade(
        trade_id,
        decision.owner,
        decision.id,
        decision.digest,
        instrument=leg.instrument,
        direction=direction,
        side=leg.side,
        levels=levels_of(decision.signal, view.instrument, direction),
        outlay=lots * outlay_of_lot(leg, risk),
        square_off_ns=end.at_ns,
        square_off_reason=end.reason,
        complete_by_ns=(
            view.now_ns + risk.leg_seconds * NS_PER_SECOND if len(view.legs) > 1 else NEVER_NS
        ),
        settles_ns=leg.settles_ns,
        trade_mode=trade_mode,
        delta=None if leg.instrument.key == view.instrument.key else leg.signed_delta,
    )
    return NewTrade(running, lots * leg.ratio * leg.instrument.lot_size)


def restored_trade(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
    trade: Trade,
    fills: Sequence[Fill],
    instrument: Instrument,
    levels: Levels,
    end: SquareOff,
    risk: RiskParameters,
) -> RunningTrade:
    """Return an open trade of an earlier run, running again.

    Raises
    ------
    DataError
        If the fills are not its.
    """
    value = trade.entry_price * trade.open_quantity
    running = RunningTrade(
        trade.id,
        trade.owner,
        trade.signal_id,
        trade.digest,
        instrument=instrument,
        direction=trade.direction,
        side=trade.side,
        levels=levels,
        outlay=outlay_of(value, product_of(instrument), risk),
        square_off_ns=end.at_ns,
        square_off_reason=end.reason,
        settles_ns=end.settles_ns,
        trade_mode=trade.trade_mode,
        delta=trade.delta,
    )
    running.restore(fills, trade.version)
    if running.open_quantity != trade.open_quantity:
        raise DataError(
            f"trade {trade.id} cannot be taken up: its fills leave "
            f"{running.open_quantity} units where it says {trade.open_quantity}"
        )
    return running


def _square_off(leg: Leg, risk: RiskParameters) -> SquareOff:
    if leg.session is None:
        return SquareOff(NEVER_NS, ExitReason.EOD)
    return SquareOff(*square_off_of(leg.instrument, leg.session, risk))
