"""The settings of a config, read from its JSON and checked: what it trades, and within what limits.

In:  the column `config_json`.
Out: `ConfigSettings`; or one sentence per problem.
Next: `core/strategy.py`, `StrategyConfig`; worker and minute cron both begin here.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from core.candle import Interval
from core.errors import ConfigError
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters


class ConfigSettings(NamedTuple):
    """What one config is set to.

    Attributes
    ----------
    parameters
        Of its strategy, JSON values that nobody has checked yet.
    symbols
        Rules such as ``NIFTY-FUT``.
    intervals
        Candles chosen by the user; none leaves them to the strategy.
    capital
        Rupees its risk limits refer to.
    """

    parameters: dict[str, Any]
    symbols: tuple[str, ...]
    intervals: tuple[Interval, ...]
    capital: Decimal
    risk: RiskParameters


def settings_of(given: Mapping[str, Any]) -> ConfigSettings:
    """Return `config_json` as values.

    Raises
    ------
    ConfigError
        Naming what is missing or cannot be used.
    """
    symbols = tuple(str(each) for each in given.get("symbols") or ())
    if not symbols:
        raise ConfigError("it names no symbol")
    return ConfigSettings(
        parameters=dict(given.get("parameters") or {}),
        symbols=symbols,
        intervals=_intervals(given),
        capital=_capital(given),
        risk=risk_of(given),
    )


def risk_of(given: Mapping[str, Any], defaults: Mapping[str, Any] | None = None) -> RiskParameters:
    """Return the limits in `config_json`.

    Parameters
    ----------
    defaults
        What the strategy's type asks for where the user has set nothing.

    Raises
    ------
    ConfigError
        Naming every value that cannot be used.
    """
    values = {**(defaults or {}), **(given.get("risk_parameters") or {})}
    most = given.get("max_positions")
    if most is not None and "max_open_trades" not in (given.get("risk_parameters") or {}):
        values["max_open_trades"] = most
    return parameters_from(RiskParameters, values)


def _intervals(given: Mapping[str, Any]) -> tuple[Interval, ...]:
    found = []
    for text in given.get("timeframes") or ():
        try:
            found.append(Interval(text))
        except ValueError:
            known = ", ".join(Interval)
            raise ConfigError(f"timeframe {text!r} is unknown; there are {known}") from None
    return tuple(found)


def _capital(given: Mapping[str, Any]) -> Decimal:
    text = given.get("capital")
    try:
        capital = Decimal(str(text))
    except InvalidOperation:
        capital = Decimal(0)
    if not (capital.is_finite() and capital > 0):
        raise ConfigError(f"capital is {text!r}, must be an amount above 0 in rupees")
    return capital
