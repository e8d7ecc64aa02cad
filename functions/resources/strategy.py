"""One of a user's strategies: read it whole, change what it runs with, archive it.

In:  its id; other parameters, symbols or limits.
Out: the strategy with its code and configs; the commands that were queued.
Next: `functions/resources/designs.py`, what its values may be;
      `supabase/migrations/20261120193300_update_strategy.sql`.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import AwareDatetime, Field

from core.candle import Interval
from core.hooks import intervals_for
from core.parameters import parameters_from
from core.risk_parameters import RiskParameters
from functions.database import Row
from functions.models import Answer, Body, Capital
from functions.problems import ApiError, invalid
from functions.resources.designs import (
    AssetClass,
    MaxPositions,
    Symbols,
    Timeframe,
    Values,
    or_refuse,
)
from functions.resources.strategies import (
    COLUMNS,
    CONFIGS_IN_ORDER,
    ConfigStatus,
    Strategy,
    ToggleQuery,
)
from functions.routing import Call
from strategies import make, strategy_type

_FOR_A_CHANGE: Final = "strategy_type,configs:strategy_configs(id,is_default,config_json)"


class StrategyDetails(Strategy):
    """A design with its code, its state and its results."""

    python_code: str | None


class ArchivedStrategy(Answer):
    """What is hidden now; `command_ids` are the stops of its configs that are on their way."""

    strategy_id: UUID
    archived_at: AwareDatetime
    command_ids: list[UUID]


class StrategyChanges(Body, json_schema_extra={"minProperties": 1}):
    """What changes; the rest stays. Parameters are laid over those there are, key by key."""

    parameters: Values = Field(default_factory=dict)
    risk_parameters: Values = Field(default_factory=dict)
    symbols: Symbols = Field(default_factory=list)
    asset_class: AssetClass = Field(default_factory=str)
    timeframes: list[Timeframe] = Field(min_length=1, max_length=6, default_factory=list)
    max_positions: MaxPositions = Field(default_factory=int)
    capital_allocated: Capital = Field(default_factory=str)

    def patch(self) -> dict[str, Any]:
        """Return what was given, as a config names it.

        Raises
        ------
        ApiError
            422 if nothing was.
        """
        given = self.model_dump(mode="json", include=self.model_fields_set)
        if not given:
            raise invalid("body", "", "nothing is to be changed: the body is empty", "empty")
        if "timeframes" in given:
            given["timeframes"] = list(dict.fromkeys(given["timeframes"]))
        if "capital_allocated" in given:
            given["capital"] = given.pop("capital_allocated")
        return given


class ChangedStrategy(Answer):
    """`command_id` is the queued UPDATE_CONFIG; null: the config does not run and is changed."""

    strategy_id: UUID
    config_id: UUID
    status: ConfigStatus
    command_id: UUID | None


def read_strategy(call: Call, strategy_id: UUID) -> StrategyDetails:
    """Read one strategy with its code and configs, an archived one too."""
    return StrategyDetails.model_validate(
        _one(call, strategy_id, f"python_code,{COLUMNS}", **CONFIGS_IN_ORDER)
    )


def archive_strategy(call: Call, strategy_id: UUID) -> ArchivedStrategy:
    """Archive a strategy.

    It is hidden, its configs are stopped with their positions closed, and its name is free again.
    May be repeated.
    """
    arguments = {"p_strategy_id": str(strategy_id)}
    return ArchivedStrategy.model_validate(call.database.rpc("archive_strategy", arguments))


def update_strategy(
    call: Call, strategy_id: UUID, query: ToggleQuery, body: StrategyChanges
) -> ChangedStrategy:
    """Change what a strategy runs with.

    Without a config the design and its default config change, with one only that config. The next
    decision uses it; open positions keep their levels, and a live approval is revoked.
    """
    patch = body.patch()
    row = _one(call, strategy_id, _FOR_A_CHANGE)
    for config in row["configs"]:
        if config["id"] == str(query.config_id) or (
            query.config_id is None and config["is_default"]
        ):
            _check(row["strategy_type"], config["config_json"], patch)
    arguments = {
        "p_strategy_id": str(strategy_id),
        "p_changes": patch,
        "p_config_id": None if query.config_id is None else str(query.config_id),
    }
    return ChangedStrategy.model_validate(call.database.rpc("update_strategy", arguments))


def _check(type_name: str, settings: Mapping[str, Any], patch: Mapping[str, Any]) -> None:
    """Hold the settings as they would be against what the type declares."""

    def after(group: str) -> dict[str, Any]:
        return {**(settings.get(group) or {}), **(patch.get(group) or {})}

    if "risk_parameters" in patch:
        risk = after("risk_parameters")
        or_refuse("/risk_parameters", lambda: parameters_from(RiskParameters, risk))
    if strategy_type(type_name).brings_code:
        return  # Its parameters are whatever the code asks for.
    strategy = or_refuse("/parameters", lambda: make(type_name, after("parameters")))
    if "timeframes" in patch:
        chosen = tuple(Interval(each) for each in patch["timeframes"])
        or_refuse("/timeframes", lambda: intervals_for(strategy, chosen))


def _one(call: Call, strategy_id: UUID, columns: str, **order: str) -> Row:
    rows = call.database.rows("strategies", select=columns, id=f"eq.{strategy_id}", **order)
    if not rows:
        raise ApiError(404, "not_found", f"strategy {strategy_id} does not exist")
    return rows[0]
