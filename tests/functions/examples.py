"""How each route is called so that it succeeds: what the tests of every route begin with.

In:  the name of a route; ids of the caller's rows for ``{strategy_id}``, ``{config_id}`` and the
     others of `tests/supabase/cast.py`, ``{new}`` for a fresh one.
Out: `EXAMPLES`; a route that is missing here fails a test.
Next: `tests/functions/test_every_route.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.supabase.people import Person


@dataclass(frozen=True, slots=True)
class Example:
    """One call.

    Parameters
    ----------
    path, query, body
        Values; texts that are a name in braces stand for the id of a row of the caller's.
    prepare
        Makes what the call needs beside a strategy that has traded; returns further ids by name.
    make
        The same in SQL, where no user could: statements that name ids as ``%(config_id)s``.
    undo
        SQL that takes back what would be in the way of other tests of the same database, such as
        an emergency stop.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    prepare: Callable[[Person], Mapping[str, str]] | None = None
    make: str = ""
    undo: str = "select"


STRATEGY = {"strategy_id": "{strategy_id}"}
CONFIG = {"config_id": "{config_id}"}

LIFT_STOPS = """
  update public.emergency_stops set lifted_at = clock_timestamp(), lift_reason = 'example'
  where lifted_at is null
"""
# What the gate asks for is in tests/supabase/test_live_gate.py; here it has been passed.
PASS_THE_GATE = """
  update public.emergency_stops set lifted_at = clock_timestamp(), lift_reason = 'example'
  where lifted_at is null;
  update public.strategy_configs set code_digest = repeat('d', 64) where id = %(config_id)s;
  insert into public.live_mode_validations (
    user_id, strategy_id, strategy_config_id, validation_status, validation_criteria,
    validation_results, approval_hash, expires_at
  ) values (
    %(user_id)s, %(strategy_id)s, %(config_id)s, 'PASSED', '{}', '[]',
    private.approval_hash(%(config_id)s), now() + interval '1 hour'
  )
"""

LIST_THE_INDEX = """
  insert into public.instruments (
    instrument_key, segment, security_id, symbol, kind, lot_size, tick_size
  ) values ('IDX_I:13', 'IDX_I', 13, 'NIFTY', 'INDEX', 1, 0.05)
  on conflict do nothing
"""

EXAMPLES: dict[str, Example] = {
    "read_health": Example(),
    "read_openapi": Example(),
    "list_strategies": Example(query={"status": "draft", "limit": "5"}),
    "create_strategy": Example(
        body={
            "name": "{new}",
            "strategy_type": "momentum",
            "symbols": ["NIFTY-FUT"],
            "portfolio_id": "{portfolio_id}",
        }
    ),
    "validate_code": Example(
        path=STRATEGY,
        body={"python_code": "def strategy(context):\n    return {'signal': 'hold'}\n"},
    ),
    "convert_paste": Example(body={"source": "Buy when the price rises, sell when it falls."}),
    "download_candles": Example(
        make=LIST_THE_INDEX,
        body={"symbol": "NIFTY", "first_day": "2026-09-01", "last_day": "2026-09-02"},
    ),
    "run_strategies": Example(),
    "run_strategies_by_get": Example(),
    "toggle_strategy": Example(path=STRATEGY, query=CONFIG, body={"active": True}),
    "read_strategy": Example(path=STRATEGY),
    "archive_strategy": Example(path=STRATEGY),
    "update_strategy": Example(
        path=STRATEGY, query=CONFIG, body={"parameters": {"fast": 5}, "max_positions": 2}
    ),
    "read_summary": Example(),
    "read_performance": Example(path=STRATEGY, query={"from": "2026-11-01", "limit": "5"}),
    "read_indicators": Example(
        path=STRATEGY,
        query={"instrument_key": "NSE_FNO:49543", "timeframe": "5m", "limit": "10", **CONFIG},
    ),
    "analyse_strategy": Example(path=STRATEGY),
    "run_daily_analysis": Example(),
    "run_daily_analysis_by_get": Example(),
    "read_pnl": Example(query={"from": "2026-11-01", "to": "2026-11-30", "day": "2026-11-20"}),
    "read_strategy_pnl": Example(path=STRATEGY, query={"limit": "5"}),
    "list_virtual_trades": Example(path=STRATEGY, query={"status": "CLOSED"}),
    "list_live_trades": Example(path=STRATEGY),
    "list_trades": Example(query={"strategy_id": "{strategy_id}", "mode": "VIRTUAL"}),
    "run_eod_exit": Example(),
    "run_eod_exit_by_get": Example(),
    "run_housekeeping": Example(),
    "run_housekeeping_by_get": Example(),
    "switch_live_mode": Example(path=STRATEGY, query=CONFIG, body={"live": False}),
    "connect_broker_account": Example(
        body={"broker": "dhan", "client_id": "{dhan_client}", "access_token": "{dhan_token}"}
    ),
    "validate_live_mode": Example(path=STRATEGY, query=CONFIG),
    "enable_live_mode": Example(
        path=STRATEGY, query=CONFIG, body={"confirm": True}, make=PASS_THE_GATE
    ),
    "disable_live_mode": Example(path=STRATEGY, query=CONFIG, body={"keep_positions": True}),
    "stop_own": Example(query={"reason": "drill"}),
    "read_live_trading_status": Example(),
    "stop_everybody": Example(query={"reason": "drill"}, undo=LIFT_STOPS),
    "stop_everybody_by_get": Example(undo=LIFT_STOPS),
}
