"""A config that has earned live mode: every criterion of the gate holds.

In:  a deployment, the worker that runs it, the secret key.
Out: rows as the worker and the functions would write them.
Next: `tests/supabase/test_live_gate.py`.
"""

from typing import Any

from tests.supabase import events
from tests.supabase.deployments import Deployment, Event, Worker
from tests.supabase.people import Person

RISK = {"risk_per_trade_pct": 1.5, "daily_loss_limit_pct": 5}
TRADES = 10
CLIENT_ID = "1000000001"
SEALED = {"access_token": "v1.k1.c2VhbGVk"}


def settings(**changes: Any) -> dict[str, Any]:
    """Return a config_json that the gate accepts."""
    return {
        "parameters": {},
        "risk_parameters": RISK,
        "symbols": ["NIFTY-FUT"],
        "asset_class": "index_future",
        "timeframes": ["1m"],
        "max_positions": 3,
        "capital": "100000",
    } | changes


def profits(deployment: Deployment, count: int = TRADES, **changes: Any) -> list[Event]:
    """Return trades that were closed with a profit."""
    return [
        events.closed(events.trade(deployment, instrument_key=f"NSE_FNO:{number}"), **changes)
        for number in range(1, count + 1)
    ]


def connect_broker(secret: Person, user_id: str, **said: Any) -> str:
    """Connect a broker account which the broker likes, unless said otherwise; return its id."""
    account_id: str = secret.rpc(
        "connect_broker_account",
        p_user_id=user_id,
        p_broker="dhan",
        p_client_id=CLIENT_ID,
        p_sealed=SEALED,
        p_token_last_four="bGci",
        p_token_expires_at="2099-01-01T00:00:00Z",
    )
    secret.rpc(
        "record_broker_check",
        p_user_id=user_id,
        p_broker_account_id=account_id,
        **{"p_token_valid": True, "p_static_ip_allowed": True, "p_detail": "all is well", **said},
    )
    return account_id


def earn(deployment: Deployment, worker: Worker, secret: Person) -> None:
    """Make every criterion hold."""
    worker.must_write(
        events.config_status(
            deployment,
            "ACTIVE",
            1,
            started_at=events.MORNING,
            code_digest=events.DIGEST,
            config_json=settings(),
        ),
        *profits(deployment),
    )
    connect_broker(secret, deployment.user_id)


def validate(user: Person, deployment: Deployment) -> dict[str, Any]:
    """Hold the config against the gate."""
    found: dict[str, Any] = user.rpc("validate_live_mode", p_strategy_id=deployment.strategy_id)
    return found


def enable(user: Person, deployment: Deployment, *, confirm: bool = True) -> dict[str, Any]:
    """Ask for live mode."""
    answer: dict[str, Any] = user.rpc(
        "enable_live_mode", p_strategy_id=deployment.strategy_id, p_confirm=confirm
    )
    return answer


def go_live(user: Person, deployment: Deployment, worker: Worker, secret: Person) -> None:
    """Earn live mode and switch it on."""
    earn(deployment, worker, secret)
    assert validate(user, deployment)["validation_status"] == "PASSED"
    assert enable(user, deployment)["outcome"] == "enabled"


def mode(user: Person, deployment: Deployment) -> str:
    """Return the config's trade mode."""
    found: str = user.row(f"strategy_configs?id=eq.{deployment.config_id}")["trade_mode"]
    return found


def live_entry(deployment: Deployment, **changes: Any) -> list[Event]:
    """Return what a live entry writes: order, fill, trade."""
    live = {"trade_mode": "LIVE"}
    order, fill, trade, *_ = events.opening(deployment, **live)
    return [order | {"row": order["row"] | live | changes}, fill, trade]
