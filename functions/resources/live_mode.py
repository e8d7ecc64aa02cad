"""The live gate over HTTP: validate a config, let it trade live, send it back to simulation.

In:  a strategy, which of its configs, the user's confirmation.
Out: every criterion with its figures; the mode it is in; or 409 with everything that speaks
     against it.
Next: `supabase/migrations/20261120192600_switch_live_mode.sql`, which decides.
"""

from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from functions.broker_desk import refresh_check
from functions.database import Row
from functions.models import Answer, Body, Query
from functions.problems import ApiError, InvalidValue
from functions.routing import Call

_CONFIRM: Final = "not_confirmed"
_FAILED: Final = "validation_failed"


class Verdict(StrEnum):
    """Whether all criteria hold."""

    PASSED = "PASSED"
    FAILED = "FAILED"


class LiveModeQuery(Query):
    """Which config of the strategy; absent: its default one."""

    config_id: UUID | None = Field(default=None, description="Absent: the default config.")


class Criterion(Answer):
    """One criterion of the live gate, measured."""

    criterion: str
    value: str | None
    threshold: str
    passed: bool
    sentence: str


class Validation(Answer):
    """A config held against the gate; PASSED can be used to go live until `expires_at`."""

    validation_id: UUID
    strategy_id: UUID
    config_id: UUID
    validation_status: Verdict
    criteria: list[Criterion]
    validated_at: AwareDatetime
    expires_at: AwareDatetime


class EnableLive(Body):
    """The user's explicit confirmation: real money is at stake."""

    confirm: bool


class DisableLive(Body):
    """What becomes of open live positions: closed at the market, or kept under their stops."""

    keep_positions: bool = False


class LiveMode(Body):
    """What should be: trading live (which takes `confirm`), or simulated."""

    live: bool
    confirm: bool = False
    keep_positions: bool = False


class LiveModeState(Answer):
    """How it is now; `positions` says what becomes of open live trades."""

    strategy_id: UUID
    config_id: UUID
    outcome: Literal["enabled", "already_live", "disabled", "already_virtual"]
    trade_mode: Literal["VIRTUAL", "LIVE"]
    approved_until: AwareDatetime | None
    open_live_trades: int = 0
    positions: Literal["none", "closing", "kept"] = "none"


def validate_live_mode(call: Call, strategy_id: UUID, query: LiveModeQuery) -> Validation:
    """Hold a config against the live gate.

    The broker is asked first. Every criterion is reported with value, threshold and verdict, and
    stored.
    """
    return Validation.model_validate(_validated(call, strategy_id, query))


def enable_live_mode(
    call: Call, strategy_id: UUID, query: LiveModeQuery, body: EnableLive
) -> LiveModeState:
    """Let a config trade live.

    Takes a validation that passed within the last minutes, of exactly this code and
    configuration, and `confirm`. Any later edit sends it back to simulation.
    """
    return _enabled(call, strategy_id, query, confirm=body.confirm)


def disable_live_mode(
    call: Call, strategy_id: UUID, query: LiveModeQuery, body: DisableLive
) -> LiveModeState:
    """Send a config back to simulation.

    Always works. Open live positions are closed at the market unless they are to be kept; then
    stop, target and end of day look after them.
    """
    return _disabled(call, strategy_id, query, keep_positions=body.keep_positions)


def switch_live_mode(
    call: Call, strategy_id: UUID, query: LiveModeQuery, body: LiveMode
) -> LiveModeState:
    """Switch live mode on or off.

    On validates and enables in one go: the gate is the same.
    """
    if not body.live:
        return _disabled(call, strategy_id, query, keep_positions=body.keep_positions)
    validation = _validated(call, strategy_id, query)
    return _enabled(call, strategy_id, query, confirm=body.confirm, criteria=validation["criteria"])


def _validated(call: Call, strategy_id: UUID, query: LiveModeQuery) -> Row:
    _require_own(call, strategy_id, query)
    refresh_check(call)
    validation: Row = call.database.rpc("validate_live_mode", _named(strategy_id, query))
    return validation


def _enabled(
    call: Call,
    strategy_id: UUID,
    query: LiveModeQuery,
    *,
    confirm: bool,
    criteria: list[Row] | None = None,
) -> LiveModeState:
    arguments = {**_named(strategy_id, query), "p_confirm": confirm}
    answer = call.database.rpc("enable_live_mode", arguments)
    if answer["outcome"] == "refused":
        raise _refused(answer["objections"], criteria or [])
    return LiveModeState.model_validate(answer)


def _disabled(
    call: Call, strategy_id: UUID, query: LiveModeQuery, *, keep_positions: bool
) -> LiveModeState:
    arguments = {**_named(strategy_id, query), "p_keep_positions": keep_positions}
    return LiveModeState.model_validate(call.database.rpc("disable_live_mode", arguments))


def _require_own(call: Call, strategy_id: UUID, query: LiveModeQuery) -> None:
    """Refuse what is not the caller's before the secret key is used for it."""
    which = (
        {"is_default": "is.true"} if query.config_id is None else {"id": f"eq.{query.config_id}"}
    )
    rows = call.database.rows(
        "strategy_configs", select="id", strategy_id=f"eq.{strategy_id}", **which
    )
    if not rows:
        raise ApiError(
            404, "not_found", f"strategy {strategy_id} does not exist, or has no such config"
        )


def _named(strategy_id: UUID, query: LiveModeQuery) -> dict[str, Any]:
    config_id = None if query.config_id is None else str(query.config_id)
    return {"p_strategy_id": str(strategy_id), "p_config_id": config_id}


def _refused(objections: list[Row], criteria: list[Row]) -> ApiError:
    failing = [
        {"code": each["criterion"], "sentence": each["sentence"]}
        for each in criteria
        if not each["passed"]
    ]
    told = [each for each in objections if not (failing and each["code"] == _FAILED)] + failing
    errors = [
        InvalidValue(
            place="body",
            pointer="/confirm" if each["code"] == _CONFIRM else "",
            detail=each["sentence"],
            code=each["code"],
        )
        for each in told
    ]
    detail = "; ".join(each.detail for each in errors)
    return ApiError(409, "live_mode_refused", detail, errors=errors)
