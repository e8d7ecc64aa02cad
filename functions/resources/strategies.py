"""A user's strategies: list them, create one, switch its simulation on and off.

In:  a page wanted; a design; a strategy and what it should be.
Out: strategies with their configs; ids and the command that was queued.
Next: `functions/resources/designs.py`, what a new strategy is made of.
"""

from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from functions.cursors import Cursor, CursorText, newest_first, page_of
from functions.database_errors import DUPLICATE, DatabaseRefusalError
from functions.models import LIMIT_DEFAULT, Answer, Body, Limit, Money, Query
from functions.problems import ApiError, InvalidValue
from functions.resources.designs import NewStrategy, checked
from functions.routing import Call

_ORDER: Final = "created_at"
COLUMNS: Final = (
    "id,name,description,strategy_type,parameters:config,risk_parameters,symbols,asset_class,"
    "timeframes,max_positions,capital_allocated::text,portfolio_id,status,is_simulation_active,"
    "is_live_mode,live_mode_enabled_at,total_pnl::text,total_trades,winning_trades,losing_trades,"
    "win_rate::text,error_message,last_run_at,last_signal_at,archived_at,created_at,updated_at,"
    "configs:strategy_configs(id,name,is_default,status,trade_mode,runner,error_message)"
)
CONFIGS_IN_ORDER: Final = {"configs.order": "is_default.desc,name"}


class StrategyStatus(StrEnum):
    """State of a strategy: what its configs' states add up to."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    ERROR = "error"
    STOPPED = "stopped"
    ARCHIVED = "archived"


class ConfigStatus(StrEnum):
    """State of a config."""

    ACTIVE = "ACTIVE"
    STOPPED = "STOPPED"
    ERROR = "ERROR"
    PAUSED = "PAUSED"


class Config(Answer):
    """One deployment of a strategy."""

    id: UUID
    name: str
    is_default: bool
    status: ConfigStatus
    trade_mode: Literal["VIRTUAL", "LIVE"]
    runner: Literal["worker", "cron"]
    error_message: str | None


class Strategy(Answer):
    """A design, its state and its results; `total_pnl` is after charges, `win_rate` in percent."""

    id: UUID
    name: str
    description: str
    strategy_type: str
    parameters: dict[str, Any]
    risk_parameters: dict[str, Any]
    symbols: list[str]
    asset_class: str
    timeframes: list[str]
    max_positions: int
    capital_allocated: Money
    portfolio_id: UUID | None
    status: StrategyStatus
    is_simulation_active: bool
    is_live_mode: bool
    live_mode_enabled_at: AwareDatetime | None
    total_pnl: Money
    total_trades: int
    winning_trades: int
    losing_trades: int
    win_rate: Money | None
    error_message: str | None
    last_run_at: AwareDatetime | None
    last_signal_at: AwareDatetime | None
    archived_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    configs: list[Config]


class StrategyQuery(Query):
    """Which strategies; without a status all that are not archived."""

    status: StrategyStatus | None = None
    limit: Limit = LIMIT_DEFAULT
    cursor: CursorText | None = None


class StrategyPage(Answer):
    """Strategies, newest first."""

    items: list[Strategy]
    next_cursor: str | None


class CreatedStrategy(Answer):
    """What was made; `command_id` is the queued START, null without auto-start."""

    strategy_id: UUID
    config_id: UUID
    command_id: UUID | None


class Toggle(Body):
    """What should be: simulation running, or stopped with its positions closed."""

    active: bool


class ToggleQuery(Query):
    """Which config of the strategy; absent: its default one."""

    config_id: UUID | None = Field(default=None, description="Absent: the default config.")


class ToggledStrategy(Answer):
    """What is and what was asked for; nothing is queued when it is so or already on its way."""

    strategy_id: UUID
    config_id: UUID
    active: bool
    status: ConfigStatus
    command: Literal["START", "STOP", "RESUME"] | None
    command_id: UUID | None


def list_strategies(call: Call, query: StrategyQuery) -> StrategyPage:
    """List strategies, newest first.

    Archived ones are listed only when asked for by status.
    """
    filters = {"archived_at": "is.null"}
    if query.status is StrategyStatus.ARCHIVED:
        filters = {"archived_at": "not.is.null"}
    elif query.status is not None:
        filters["status"] = f"eq.{query.status}"
    if query.cursor is not None:
        filters |= Cursor.read(query.cursor).filters(_ORDER)
    rows = call.database.rows(
        "strategies",
        select=COLUMNS,
        **filters,
        **newest_first(_ORDER, query.limit),
        **CONFIGS_IN_ORDER,
    )
    page = page_of(rows, query.limit, _ORDER)
    items = [Strategy.model_validate(row) for row in page.rows]
    return StrategyPage(items=items, next_cursor=page.next_cursor)


def create_strategy(call: Call, body: NewStrategy) -> CreatedStrategy:
    """Create a strategy with its default config.

    Parameters are held against what the type declares. `auto_start` also queues START, which
    needs a portfolio.
    """
    try:
        made = call.database.rpc("create_strategy", checked(body))
    except DatabaseRefusalError as error:
        if error.sqlstate == DUPLICATE:
            raise _name_taken(body.name) from error
        raise
    return CreatedStrategy.model_validate(made)


def toggle_strategy(
    call: Call, strategy_id: UUID, query: ToggleQuery, body: Toggle
) -> ToggledStrategy:
    """Switch simulation on or off.

    Says what should be, so it may be repeated. On starts a config or resumes a paused one; off
    stops it and closes its positions.
    """
    arguments = {
        "p_strategy_id": str(strategy_id),
        "p_active": body.active,
        "p_config_id": None if query.config_id is None else str(query.config_id),
    }
    return ToggledStrategy.model_validate(call.database.rpc("toggle_strategy", arguments))


def _name_taken(name: str) -> ApiError:
    detail = f"there is a strategy named {name!r} already"
    wrong = InvalidValue(place="body", pointer="/name", detail=detail, code="name_taken")
    return ApiError(409, "name_taken", detail, errors=(wrong,))
