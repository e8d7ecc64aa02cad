"""How many lots an entry may have, and what a leg of it ties up.

In:  `Entry`, against which no rule has objected.
Out: `Approved` with units and outlay, or `Refused` because not even one lot fits.
Next: `core/dealer.py`, which carries it out.
"""

from decimal import ROUND_FLOOR, Decimal

from core.charges import Product
from core.entry import Entry
from core.legs import Leg
from core.money import ZERO, share_of, to_money
from core.risk_parameters import RiskParameters
from core.verdict import Approved, Refused, Rule


def sized(entry: Entry, trade_id: str) -> Approved | Refused:
    """Return the lots whose loss at the stop and whose outlay stay within the limits.

    ``lots = floor(tier x risk_per_trade x equity / (distance to the stop x |delta| x lot))``,
    where the equity counts up to the capital (what was lost is not there to be risked, what was
    won is not staked); then as many of them as the outlay of one trade and the capital that is
    free allow. Of several legs the losses are added up: what one gains while the other loses is
    not counted on. A signal that wants a number of units gets exactly those, or nothing where the
    limits allow fewer.
    """
    signal, capital = entry.signal, entry.config.capital
    equity = min(entry.equity, capital)
    if signal.stop is None:
        return Refused(Rule.STOP_MISSING, "a signal to enter needs a stop")
    risk = entry.config.risk
    may_lose = share_of(equity, risk.risk_per_trade_pct) * Decimal(str(signal.tier))
    distance = Decimal(str(abs(signal.price - signal.stop)))
    loss = distance * sum((leg.weight for leg in entry.legs), ZERO)
    by_risk = _lots(may_lose, loss)
    outlay = sum((outlay_of_lot(leg, risk) for leg in entry.legs), ZERO)
    free = min(share_of(capital, risk.max_outlay_pct), equity - entry.tied_up)
    if entry.portfolio is not None:
        free = min(free, entry.portfolio.limits.outlay - entry.portfolio.tied_up)
    lots = min(by_risk, _lots(free, outlay))
    if lots < 1:
        return Refused(
            Rule.QUANTITY, _why_not_one_lot(entry, by_risk, (may_lose, loss, free, outlay))
        )
    first = entry.legs[0]
    if signal.units is not None:
        wanted = _wanted_lots(entry, signal.units, lots)
        if isinstance(wanted, Refused):
            return wanted
        lots = wanted
    return Approved(trade_id, lots * first.ratio * first.instrument.lot_size, lots * outlay)


def _wanted_lots(entry: Entry, units: int, most: int) -> int | Refused:
    first = entry.legs[0]
    lot = first.ratio * first.instrument.lot_size
    lots, rest = divmod(units, lot)
    if rest:
        sentence = f"{units} units of {first.instrument.symbol} are no multiple of its lot of {lot}"
        return Refused(Rule.QUANTITY, sentence)
    if lots > most:
        sentence = f"{units} units are wanted, the limits of the config allow {most * lot}"
        return Refused(Rule.QUANTITY, sentence)
    return lots


def _why_not_one_lot(
    entry: Entry, by_risk: int, figures: tuple[Decimal, Decimal, Decimal, Decimal]
) -> str:
    may_lose, loss, free, outlay = figures
    lot = " and ".join(
        f"{_lots_named(leg.ratio)} ({leg.ratio * leg.instrument.lot_size} units) of "
        f"{leg.instrument.symbol}"
        for leg in entry.legs
    )
    if by_risk < 1:
        return f"{lot} would lose {loss:.2f} at the stop, {may_lose:.2f} may be lost"
    return f"{lot} needs {outlay:.2f}, {free:.2f} is free for one trade"


def _lots_named(count: int) -> str:
    return "one lot" if count == 1 else f"{count} lots"


def outlay_of_lot(leg: Leg, limits: RiskParameters) -> Decimal:
    """Return the capital that a leg of one lot of the trade ties up, rupees."""
    units = leg.instrument.lot_size * leg.ratio
    return outlay_of(to_money(leg.last_price or 0.0) * units, leg.product, limits)


def outlay_of(value: Decimal, product: Product | None, limits: RiskParameters) -> Decimal:
    """Return the capital that units of this value tie up: margin of a future, else their price."""
    if product is Product.FUTURE:
        return share_of(value, limits.future_margin_pct)
    return value


def _lots(available: Decimal, per_lot: Decimal) -> int:
    return max(0, int((available / per_lot).to_integral_value(ROUND_FLOOR))) if per_lot > 0 else 0
