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
from core.instrument import Instrument
from core.money import to_money
from core.risk_parameters import RiskParameters
from core.session import NS_PER_MINUTE, NS_PER_SECOND, Session
from core.signals import Direction, Signal
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
    NO_PRICE = "NO_PRICE"
    STOP_MISSING = "STOP_MISSING"
    REWARD_RISK = "REWARD_RISK"
    OPEN_TRADE = "OPEN_TRADE"
    MAX_OPEN_TRADES = "MAX_OPEN_TRADES"
    COOLDOWN = "COOLDOWN"
    DAILY_LOSS = "DAILY_LOSS"
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


class Entry(NamedTuple):
    """A signal to enter, and what speaks for or against it.

    Attributes
    ----------
    product
        What is traded, None for what cannot be.
    session
        Of the signal's day, None on a day without one.
    last_price
        Rupees, None before the first trade.
    open_same_way
        Whether a trade of this config, instrument and direction is open or on its way.
    open_trades
        How many of the config are, those on their way out left aside.
    tied_up
        Capital in them, rupees.
    last_exit_ns
        When a trade of this config, underlying and direction ended last, None if never.
    realised_today
        Net profit of the config's trades that ended today, rupees.
    """

    config: StrategyConfig
    signal: Signal
    direction: Direction
    instrument: Instrument
    product: Product | None
    session: Session | None
    now_ns: int
    last_price: float | None
    open_same_way: bool
    open_trades: int
    tied_up: Decimal
    last_exit_ns: int | None
    realised_today: Decimal


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
    symbol = entry.instrument.symbol
    if entry.product is None:
        return f"{symbol} ({entry.instrument.kind}) cannot be traded"
    if entry.instrument.key not in entry.config.instruments:
        return f"{symbol} is not an instrument of this config"
    if entry.product is Product.OPTION and entry.direction is Direction.SHORT:
        return f"{symbol}: options are bought, never written"
    return None


def _stale(entry: Entry) -> str | None:
    age = (entry.now_ns - entry.signal.candle_close_ns) / NS_PER_SECOND
    limit = entry.config.risk.max_signal_age_seconds
    return None if age <= limit else f"the signal is {age:.0f} s old, at most {limit} s are allowed"


def _market_closed(entry: Entry) -> str | None:
    session = entry.session
    if session is None or not session.contains(entry.now_ns):
        return f"{entry.instrument.symbol} is not traded at this time"
    return None


def _outside_window(entry: Entry) -> str | None:
    risk, session = entry.config.risk, entry.session
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
    return None if entry.last_price else f"{entry.instrument.symbol} has not been traded yet"


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
    percent = Decimal(str(entry.config.risk.daily_loss_limit_pct))
    limit = entry.config.capital * percent / _PERCENT
    if entry.realised_today > -limit:
        return None
    return f"today's loss of {-entry.realised_today} has reached the limit of {limit:.2f}"


_RULES: Final[tuple[tuple[Rule, Callable[[Entry], str | None]], ...]] = (
    (Rule.CONFIG_NOT_ACTIVE, _not_active),
    (Rule.NOT_TRADABLE, _not_tradable),
    (Rule.STALE_SIGNAL, _stale),
    (Rule.MARKET_CLOSED, _market_closed),
    (Rule.ENTRY_WINDOW, _outside_window),
    (Rule.NO_PRICE, _no_price),
    (Rule.STOP_MISSING, _stop_missing),
    (Rule.REWARD_RISK, _reward_too_small),
    (Rule.OPEN_TRADE, _already_open),
    (Rule.MAX_OPEN_TRADES, _too_many_open),
    (Rule.COOLDOWN, _cooling_down),
    (Rule.DAILY_LOSS, _lost_enough),
)


def _sized(entry: Entry, trade_id: str) -> Approved | Refused:
    """Return the lots whose loss at the stop and whose outlay stay within the limits.

    ``lots = floor(risk_per_trade x capital / (distance to the stop x lot))``, then as many of
    them as the outlay of one trade and the capital that is free allow.
    """
    signal, lot = entry.signal, entry.instrument.lot_size
    if signal.stop is None or entry.last_price is None:
        return Refused(Rule.STOP_MISSING, "a signal to enter needs a stop")
    risk, capital = entry.config.risk, entry.config.capital
    may_lose = _share(capital, risk.risk_per_trade_pct)
    loss = Decimal(str(abs(signal.price - signal.stop))) * lot
    by_risk = _lots(may_lose, loss)
    outlay = outlay_of(to_money(entry.last_price) * lot, entry.product, risk)
    free = min(_share(capital, risk.max_outlay_pct), capital - entry.tied_up)
    by_outlay = _lots(free, outlay)
    lots = min(by_risk, by_outlay)
    if lots < 1:
        return Refused(
            Rule.QUANTITY, _why_not_one_lot(entry, by_risk, (may_lose, loss, free, outlay))
        )
    return Approved(trade_id, lots * lot, lots * outlay)


def _why_not_one_lot(
    entry: Entry, by_risk: int, figures: tuple[Decimal, Decimal, Decimal, Decimal]
) -> str:
    may_lose, loss, free, outlay = figures
    lot = f"one lot ({entry.instrument.lot_size} units) of {entry.instrument.symbol}"
    if by_risk < 1:
        return f"{lot} would lose {loss:.2f} at the stop, {may_lose:.2f} may be lost"
    return f"{lot} needs {outlay:.2f}, {free:.2f} is free for one trade"


def outlay_of(value: Decimal, product: Product | None, limits: RiskParameters) -> Decimal:
    """Return the capital that units of this value tie up: margin of a future, else their price."""
    if product is Product.FUTURE:
        return _share(value, limits.future_margin_pct)
    return value


def _share(amount: Decimal, percent: float) -> Decimal:
    return amount * Decimal(str(percent)) / _PERCENT


def _lots(available: Decimal, per_lot: Decimal) -> int:
    return max(0, int((available / per_lot).to_integral_value(ROUND_FLOOR))) if per_lot > 0 else 0
