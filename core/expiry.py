"""The last day of a contract: until when it is entered, when it is left, what it is worth then.

In:  a contract, its session, the limits of a config.
Out: instants.
Next: `core/risk.py`.
"""

from datetime import date, timedelta

from core.candle import NEVER_NS
from core.instrument import Instrument, OptionSide
from core.market_sessions import MarketSessions
from core.risk_parameters import RiskParameters
from core.session import NS_PER_MINUTE, Session, ist_date, ist_midnight_ns
from core.signals import ExitReason


def is_too_late(expiry: date | None, now_ns: int, risk: RiskParameters) -> bool:
    """Return whether a contract is not entered any more because it expires, or has expired."""
    day = ist_date(now_ns)
    if expiry is None or day < expiry:
        return False
    last_ns = ist_midnight_ns(day) + risk.expiry_entry_until_minute * NS_PER_MINUTE
    return day > expiry or now_ns >= last_ns


def first_expiry(now_ns: int, risk: RiskParameters) -> date:
    """Return the first expiry that may still be entered: until its hour today's, then later."""
    day = ist_date(now_ns)
    return day + timedelta(days=1) if is_too_late(day, now_ns, risk) else day


def square_off_of(
    instrument: Instrument, session: Session, risk: RiskParameters
) -> tuple[int, ExitReason]:
    """Return when a trade is closed at the latest on the day of a session, and why then."""
    if instrument.expiry == session.day:
        flat_ns = ist_midnight_ns(session.day) + risk.expiry_flat_minute * NS_PER_MINUTE
        if flat_ns < session.square_off_ns:
            return flat_ns, ExitReason.EXPIRY
    return session.square_off_ns, ExitReason.EOD


def settles_at(instrument: Instrument, sessions: MarketSessions) -> int:
    """Return when an option that is still held is settled: at the close of its last session."""
    if not instrument.kind.is_option or instrument.expiry is None:
        return NEVER_NS
    last = sessions.on_day_of(ist_midnight_ns(instrument.expiry))
    return NEVER_NS if last is None else last.close_ns


def intrinsic_value(option: Instrument, underlying: float) -> float:
    """Return what exercising an option brings per unit, rupees; 0 when it expires worthless."""
    if option.strike is None:
        return 0.0
    gain = underlying - float(option.strike)
    if option.option_side is OptionSide.PUT:
        gain = -gain
    return option.round_price(gain) if gain > 0 else 0.0
