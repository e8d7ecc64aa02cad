"""What can be said against an entry, rule by rule; each objection is a sentence with its figures.

In:  `Entry`.
Out: `RULES`, in the order in which they are asked.
Next: `core/sizing.py`, the last question: how much.
"""

from collections.abc import Callable
from typing import Final

from core.charges import Product
from core.entry import Entry
from core.expiry import is_too_late
from core.legs import Leg
from core.money import share_of
from core.session import NS_PER_MINUTE, NS_PER_SECOND
from core.signals import Side
from core.strategy import ConfigStatus, TradeMode
from core.verdict import Rule

_ROUNDING: Final = 1e-9
"""Distances of floats: 2 x 1.5 ATR must count as twice 1.5 ATR."""


def _halted(entry: Entry) -> str | None:
    if entry.halted and entry.config.trade_mode is TradeMode.LIVE:
        return "an emergency stop is in force; nothing is entered live until it is lifted"
    return None


def _without_lease(entry: Entry) -> str | None:
    return entry.live_doubt if entry.config.trade_mode is TradeMode.LIVE else None


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
    if entry.signal.candle_close_ns < entry.blind_until_ns:
        return "its candle closed while the feed was away"
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
    limit = share_of(entry.config.capital, entry.config.risk.daily_loss_limit_pct)
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


RULES: Final[tuple[tuple[Rule, Callable[[Entry], str | None]], ...]] = (
    (Rule.EMERGENCY_STOP, _halted),
    (Rule.LEASE, _without_lease),
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
