"""A row of `strategy_configs` as the worker understands it, checked whole.

In:  the row with its strategy's portfolio, as PostgREST sends it.
Out: `Design`; or one sentence per problem.
Next: `worker/configs/deployment.py`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from core.candle import InstrumentKey, Interval
from core.config_settings import settings_of
from core.errors import ConfigError
from core.risk_parameters import RiskParameters
from core.strategy import ConfigStatus, StrategyConfig, TradeMode

COLUMNS: Final = "*,strategies!inner(portfolio_id,archived_at,strategy_type,python_code)"
"""What to select."""


class Design(NamedTuple):
    """One config: whose, what, on what, with what limits.

    Attributes
    ----------
    symbols
        Rules, resolved by `worker/market/symbols.py`.
    settings
        The whole of `config_json`.
    code
        The user's own, None of a type that has none.
    shares_process
        Whether it lives in one process with its user's other configs that are set so.
    """

    id: str
    strategy_id: str
    user_id: str
    portfolio_id: str
    name: str
    module_path: str
    class_name: str
    parameters: dict[str, Any]
    symbols: tuple[str, ...]
    intervals: tuple[Interval, ...]
    capital: Decimal
    risk: RiskParameters
    trade_mode: TradeMode
    settings: dict[str, Any]
    code: str | None = None
    shares_process: bool = False

    def on(self, instruments: tuple[InstrumentKey, ...], status: ConfigStatus) -> StrategyConfig:
        """Return what the engine is told."""
        return StrategyConfig(
            id=self.id,
            strategy_id=self.strategy_id,
            user_id=self.user_id,
            portfolio_id=self.portfolio_id,
            name=self.name,
            instruments=instruments,
            intervals=self.intervals,
            capital=self.capital,
            risk=self.risk,
            trade_mode=self.trade_mode,
            status=status,
        )


def read_design(row: Mapping[str, Any], settings: Mapping[str, Any] | None = None) -> Design:
    """Return a row as a design.

    Parameters
    ----------
    settings
        Stands in for the row's `config_json`: what it would be after a change.

    Raises
    ------
    ConfigError
        Naming what is missing or cannot be used.
    """
    given = dict(row["config_json"] if settings is None else settings)
    portfolio_id = row["portfolio_id"] or (row.get("strategies") or {}).get("portfolio_id")
    if not portfolio_id:
        raise ConfigError(
            f"config {row['name']!r} has no portfolio; link one to it or its strategy"
        )
    if not given.get("symbols"):
        raise ConfigError(f"config {row['name']!r} names no symbol")
    read = settings_of(given)
    return Design(
        id=row["id"],
        strategy_id=row["strategy_id"],
        user_id=row["user_id"],
        portfolio_id=portfolio_id,
        name=row["name"],
        module_path=row["module_path"],
        class_name=row["class_name"],
        parameters=read.parameters,
        symbols=read.symbols,
        intervals=read.intervals,
        capital=read.capital,
        risk=read.risk,
        trade_mode=TradeMode(row["trade_mode"]),
        settings=given,
        code=(row.get("strategies") or {}).get("python_code"),
        shares_process=row["shares_process"],
    )


def merged(settings: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with a patch laid over: groups key by key, everything else whole.

    Raises
    ------
    ConfigError
        If the patch names something that a config does not have.

    Examples
    --------
    >>> merged({"parameters": {"a": 1, "b": 2}, "capital": "5"}, {"parameters": {"b": 3}})
    {'parameters': {'a': 1, 'b': 3}, 'capital': '5'}
    """
    unknown = sorted(set(patch) - _FIELDS)
    if unknown:
        raise ConfigError(
            f"a config has no {', '.join(unknown)}; it has {', '.join(sorted(_FIELDS))}"
        )
    result = dict(settings)
    for name, value in patch.items():
        old = result.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            result[name] = {**old, **value}
        else:
            result[name] = value
    return result


_FIELDS: Final = frozenset(
    {
        "parameters",
        "risk_parameters",
        "symbols",
        "asset_class",
        "timeframes",
        "max_positions",
        "capital",
    }
)
