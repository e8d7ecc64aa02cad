"""The settings of a config, read from its JSON and checked: what it trades, and within what limits.

In:  the column `config_json`.
Out: `ConfigSettings`; or one sentence per problem.
Next: `core/strategy.py`, `StrategyConfig`; worker and minute cron both begin here.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from core.candle import Interval
from core.errors import ConfigError
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters

_SHOWN: Final = 60


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
    symbols = tuple(str(each) for each in _list(given, "symbols"))
    if not symbols:
        raise ConfigError("it names no symbol")
    return ConfigSettings(
        parameters=_group(given, "parameters"),
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
    own = _group(given, "risk_parameters")
    values = {**(defaults or {}), **own}
    most = given.get("max_positions")
    if most is not None and "max_open_trades" not in own:
        values["max_open_trades"] = most
    return parameters_from(RiskParameters, values)


def _intervals(given: Mapping[str, Any]) -> tuple[Interval, ...]:
    found = []
    for text in _list(given, "timeframes"):
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


def _group(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{name} is {_shown(value)}, must be values by name")
    return dict(value)


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{name} is {_shown(value)}, must be a list")
    return list(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
