"""Whether a signal may become an order, and of how many units.

In:  `Entry`: the signal and everything that speaks for or against it, gathered by the engine.
Out: `Approved` with a quantity, or `Refused` with the rule and a sentence with its figures.
Next: `core/order.py`.

The rules are asked in the order of `_RULES`; the first one that objects decides. A refusal is a
value: it is stored with its signal and shown to the user.
"""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from core.charges import Product
from core.expiry import is_too_late
from core.instrument import Instrument
from core.legs import Leg
from core.loss_watch import PortfolioLimits
from core.money import ZERO, to_money
from core.risk_parameters import RiskParameters
from core.session import NS_PER_MINUTE, NS_PER_SECOND
from core.signals import Direction, Side, Signal
from core.strategy import ConfigStatus, StrategyConfig

_PERCENT: Final = Decimal(100)
_ROUNDING: Final = 1e-9
"""Distances of floats: 2 x 1.5 ATR must count as twice 1.5 ATR."""


class Rule(StrEnum):
    """What can refuse a signal."""

    INVALID_SIGNAL = "INVALID_SIGNAL"
    NOTHING_OPEN = "NOTHING_OPEN"
    CONFIG_NOT_ACTIVE = "CONFIG_NOT_ACTIVE"
    NOT_TRADABLE = "NOT_TRADABLE"
    STALE_SIGNAL = "STALE_SIGNAL"
    MARKET_CLOSED = "MARKET_CLOSED"
    ENTRY_WINDOW = "ENTRY_WINDOW"
    EXPIRY = "EXPIRY"
    NO_PRICE = "NO_PRICE"
    STOP_MISSING = "STOP_MISSING"
    REWARD_RISK = "REWARD_RISK"
    OPEN_TRADE = "OPEN_TRADE"
    MAX_OPEN_TRADES = "MAX_OPEN_TRADES"
    COOLDOWN = "COOLDOWN"
    DAILY_LOSS = "DAILY_LOSS"
    PORTFOLIO_OPEN_TRADES = "PORTFOLIO_OPEN_TRADES"
    PORTFOLIO_DAILY_LOSS = "PORTFOLIO_DAILY_LOSS"
    QUANTITY = "QUANTITY"


class Approved(NamedTuple):
    """The signal is acted on.

    Attributes
    ----------
    trade_id
        The trade it begins; of an EXIT the first of those it ends.
    quantity
        Units.
    outlay
        Capital it ties up, rupees.
    """

    trade_id: str
    quantity: int
    outlay: Decimal


class Refused(NamedTuple):
    """The signal is not acted on; `reason` is a sentence for a person."""

    rule: Rule
    reason: str


class PortfolioState(NamedTuple):
    """What all configs of a portfolio do together, and what they may.

    Attributes
    ----------
    open_trades
        How many there are, those on their way out left aside.
    tied_up
        Capital in them, rupees.
    day_pnl
        Today's profit, realised and open, rupees.
    """

    limits: PortfolioLimits
    open_trades: int
    tied_up: Decimal
    day_pnl: Decimal


class Entry(NamedTuple):
    """A signal to enter, and what speaks for or against it.

    Attributes
    ----------
    instrument
        The signal's.
    legs
        What would be traded.
    open_same_way
        Whether a trade of this config, instrument and direction is open or on its way.
    open_trades
        How many of the config are, those on their way out left aside.
    tied_up
        Capital in them, rupees.
    last_exit_ns
        When a trade of this config, underlying and direction ended last, None if never.
    day_pnl
        Today's profit of the config, realised and open, rupees.
    problem
        Why it is not known what would be traded, None where it is.
    blocked
        Whether trading was stopped for today.
    portfolio
        What all configs of its portfolio do together, None where that is not limited.
    """

    config: StrategyConfig
    signal: Signal
    direction: Direction
    instrument: Instrument
    legs: tuple[Leg, ...]
    now_ns: int
    open_same_way: bool
    open_trades: int
    tied_up: Decimal
    last_exit_ns: int | None
    day_pnl: Decimal
    problem: str | None = None
    blocked: bool = False
    portfolio: PortfolioState | None = None


def judge(entry: Entry, trade_id: str) -> Approved | Refused:
    """Return the verdict on a signal to enter.

    Parameters
    ----------
    trade_id
        Of the trade it would begin.
    """
    for rule, objection in _RULES:
        reason = objection(entry)
        if reason is not None:
            return Refused(rule, reason)
    return _sized(entry, trade_id)


def _not_active(entry: Entry) -> str | None:
    status = entry.config.status
    return None if status is ConfigStatus.ACTIVE else f"the config is {status}"


def _not_tradable(entry: Entry) -> str | None:
    if entry.problem is not None:
        return entry.problem
    if entry.instrument.key not in entry.config.instruments:
        return f"{entry.instrument.symbol} is not an instrument of this config"
    return _first(entry, _leg_not_tradable)


def _leg_not_tradable(entry: Entry, leg: Leg) -> str | None:
    symbol, is_option = leg.instrument.symbol, leg.product is Product.OPTION
    if leg.product is None:
        return f"{symbol} ({leg.instrument.kind}) cannot be traded"
    if not is_option and leg.instrument.key not in entry.config.instruments:
        return f"{symbol} is not an instrument of this config"
    if is_option and leg.side is Side.SELL:
        return f"{symbol}: options are bought, never written"
    return None


def _expiring(entry: Entry) -> str | None:
    for leg in entry.legs:
        expiry = leg.instrument.expiry
        if is_too_late(expiry, entry.now_ns, entry.config.risk):
            minutes = entry.config.risk.expiry_entry_until_minute
            until = f"{minutes // 60:02}:{minutes % 60:02}"
            return f"{leg.instrument.symbol} expires on {expiry}, it is entered until {until}"
    return None


def _stale(entry: Entry) -> str | None:
    age = (entry.now_ns - entry.signal.candle_close_ns) / NS_PER_SECOND
    limit = entry.config.risk.max_signal_age_seconds
    return None if age <= limit else f"the signal is {age:.0f} s old, at most {limit} s are allowed"


def _market_closed(entry: Entry) -> str | None:
    return _first(entry, _leg_closed)


def _leg_closed(entry: Entry, leg: Leg) -> str | None:
    if leg.session is None or not leg.session.contains(entry.now_ns):
        return f"{leg.instrument.symbol} is not traded at this time"
    return None


def _outside_window(entry: Entry) -> str | None:
    return _first(entry, _leg_outside_window)


def _leg_outside_window(entry: Entry, leg: Leg) -> str | None:
    risk, session = entry.config.risk, leg.session
    if session is None:
        return None
    first = session.open_ns + risk.entry_delay_minutes * NS_PER_MINUTE
    last = session.square_off_ns - risk.entry_cutoff_minutes * NS_PER_MINUTE
    if entry.now_ns < first:
        return f"the first {risk.entry_delay_minutes} minutes of the session are left out"
    if entry.now_ns >= last:
        return (
            f"nothing is entered in the last {risk.entry_cutoff_minutes} minutes before square-off"
        )
    return None


def _no_price(entry: Entry) -> str | None:
    return _first(entry, _leg_without_price)


def _leg_without_price(_: Entry, leg: Leg) -> str | None:
    return None if leg.last_price else f"{leg.instrument.symbol} has not been traded yet"


def _first(entry: Entry, objection: Callable[[Entry, Leg], str | None]) -> str | None:
    """Return what is said against the first leg against which anything is."""
    for leg in entry.legs:
        reason = objection(entry, leg)
        if reason is not None:
            return reason
    return None


def _stop_missing(entry: Entry) -> str | None:
    return "a signal to enter needs a stop" if entry.signal.stop is None else None


def _reward_too_small(entry: Entry) -> str | None:
    signal, least = entry.signal, entry.config.risk.min_reward_risk
    if signal.stop is None or signal.target is None:
        return None  # Without a target the reward is open: the trade ends by stop, signal or EOD.
    risk, reward = abs(signal.price - signal.stop), abs(signal.target - signal.price)
    if reward + _ROUNDING >= least * risk:
        return None
    return f"reward {reward:.2f} to risk {risk:.2f} is below {least:g} to 1"


def _already_open(entry: Entry) -> str | None:
    if not entry.open_same_way:
        return None
    return f"a {entry.direction} trade in {entry.instrument.symbol} is open"


def _too_many_open(entry: Entry) -> str | None:
    limit = entry.config.risk.max_open_trades
    if entry.open_trades < limit:
        return None
    return f"{entry.open_trades} trades are open, at most {limit} are allowed"


def _cooling_down(entry: Entry) -> str | None:
    minutes = entry.config.risk.cooldown_minutes
    if entry.last_exit_ns is None:
        return None
    since = entry.now_ns - entry.last_exit_ns
    if since >= minutes * NS_PER_MINUTE:
        return None
    return (
        f"the last {entry.direction} trade ended {since // NS_PER_MINUTE} minutes ago, "
        f"{minutes} must pass"
    )


def _lost_enough(entry: Entry) -> str | None:
    if entry.blocked:
        return "the daily loss limit was reached today; trading goes on with the next session"
    limit = _share(entry.config.capital, entry.config.risk.daily_loss_limit_pct)
    if entry.day_pnl > -limit:
        return None
    return f"today's loss of {-entry.day_pnl} has reached the limit of {limit:.2f}"


def _portfolio_full(entry: Entry) -> str | None:
    state = entry.portfolio
    if state is None or state.open_trades < state.limits.max_open_trades:
        return None
    return (
        f"{state.open_trades} trades are open in the portfolio, at most "
        f"{state.limits.max_open_trades} are allowed"
    )


def _portfolio_lost(entry: Entry) -> str | None:
    state = entry.portfolio
    if state is None or state.day_pnl > -state.limits.daily_loss:
        return None
    return (
        f"the portfolio's loss of {-state.day_pnl} today has reached its limit of "
        f"{state.limits.daily_loss:.2f}"
    )


_RULES: Final[tuple[tuple[Rule, Callable[[Entry], str | None]], ...]] = (
    (Rule.CONFIG_NOT_ACTIVE, _not_active),
    (Rule.NOT_TRADABLE, _not_tradable),
    (Rule.STALE_SIGNAL, _stale),
    (Rule.MARKET_CLOSED, _market_closed),
    (Rule.ENTRY_WINDOW, _outside_window),
    (Rule.EXPIRY, _expiring),
    (Rule.NO_PRICE, _no_price),
    (Rule.STOP_MISSING, _stop_missing),
    (Rule.REWARD_RISK, _reward_too_small),
    (Rule.OPEN_TRADE, _already_open),
    (Rule.MAX_OPEN_TRADES, _too_many_open),
    (Rule.COOLDOWN, _cooling_down),
    (Rule.DAILY_LOSS, _lost_enough),
    (Rule.PORTFOLIO_OPEN_TRADES, _portfolio_full),
    (Rule.PORTFOLIO_DAILY_LOSS, _portfolio_lost),
)


def _sized(entry: Entry, trade_id: str) -> Approved | Refused:
    """Return the lots whose loss at the stop and whose outlay stay within the limits.

    ``lots = floor(tier x risk_per_trade x capital / (distance to the stop x |delta| x lot))``,
    then as many of them as the outlay of one trade and the capital that is free allow. Of several
    legs the losses are added up: what one gains while the other loses is not counted on.
    """
    signal, capital = entry.signal, entry.config.capital
    if signal.stop is None:
        return Refused(Rule.STOP_MISSING, "a signal to enter needs a stop")
    risk = entry.config.risk
    may_lose = _share(capital, risk.risk_per_trade_pct) * Decimal(str(signal.tier))
    distance = Decimal(str(abs(signal.price - signal.stop)))
    loss = distance * sum((leg.weight for leg in entry.legs), ZERO)
    by_risk = _lots(may_lose, loss)
    outlay = sum((outlay_of_lot(leg, risk) for leg in entry.legs), ZERO)
    free = min(_share(capital, risk.max_outlay_pct), capital - entry.tied_up)
    if entry.portfolio is not None:
        free = min(free, entry.portfolio.limits.outlay - entry.portfolio.tied_up)
    lots = min(by_risk, _lots(free, outlay))
    if lots < 1:
        return Refused(
            Rule.QUANTITY, _why_not_one_lot(entry, by_risk, (may_lose, loss, free, outlay))
        )
    first = entry.legs[0]
    return Approved(trade_id, lots * first.ratio * first.instrument.lot_size, lots * outlay)


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
        return _share(value, limits.future_margin_pct)
    return value


def _share(amount: Decimal, percent: float) -> Decimal:
    return amount * Decimal(str(percent)) / _PERCENT


def _lots(available: Decimal, per_lot: Decimal) -> int:
    return max(0, int((available / per_lot).to_integral_value(ROUND_FLOOR))) if per_lot > 0 else 0
