"""Live trading at a glance: is it stopped, what trades live, what does the broker say.

In:  a user's call.
Out: the stop in force, configs with their approvals, accounts, flattenings, open incidents.
Next: `supabase/migrations/20261120192800_tell_live_trading_status.sql`.
"""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from functions.models import Answer
from functions.resources.emergency_stop import FlatteningStatus
from functions.resources.live_mode import Verdict
from functions.routing import Call


class StopInForce(Answer):
    """What halts the caller; `everybody`: the operator stopped all users."""

    stop_id: UUID
    everybody: bool
    triggered_by: Literal["user", "operator", "cron"]
    reason: str
    stopped_at: AwareDatetime


class LiveConfig(Answer):
    """A config that trades live, or was held against the gate."""

    strategy_id: UUID
    config_id: UUID
    name: str
    config_name: str
    status: Literal["ACTIVE", "STOPPED", "ERROR", "PAUSED"]
    trade_mode: Literal["VIRTUAL", "LIVE"]
    approved_until: AwareDatetime | None
    open_live_trades: int
    validation_status: Verdict | None
    validated_at: AwareDatetime | None


class ConnectedAccount(Answer):
    """A connected account and what the broker last said of it."""

    id: UUID
    broker: Literal["dhan"]
    client_id: str
    token_last_four: str
    token_expires_at: AwareDatetime
    token_valid: bool | None
    static_ip_allowed: bool | None
    detail: str | None
    checked_at: AwareDatetime | None


class RecentFlattening(Answer):
    """One of the last flattenings."""

    id: UUID
    stop_id: UUID
    status: FlatteningStatus
    outcome: str | None
    claimed_by: str | None
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None


class Incident(Answer):
    """Something a human must look at."""

    id: UUID
    kind: str
    message: str
    config_id: UUID | None
    occurred_at: AwareDatetime


class LiveTradingStatus(Answer):
    """Everything about the caller's live trading."""

    emergency_stop: StopInForce | None
    configs: list[LiveConfig]
    broker_accounts: list[ConnectedAccount]
    flattenings: list[RecentFlattening]
    incidents: list[Incident]


def read_live_trading_status(call: Call) -> LiveTradingStatus:
    """Say how the caller's live trading stands."""
    return LiveTradingStatus.model_validate(call.database.rpc("live_trading_status"))
