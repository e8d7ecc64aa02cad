"""Who may do what: the expectations that the tests hold the database to.

In:  nothing.
Out: one entry per table and view, and one per function; what is missing here fails a test.
Next: `tests/supabase/test_row_level_security.py`.
"""

from dataclasses import dataclass, field
from enum import Enum, auto


class Readers(Enum):
    """Who reads a relation, besides the secret key, which reads everything."""

    OWNER = auto()  # Each user the own rows.
    USERS = auto()  # Every signed-in user every row.
    NOBODY = auto()


@dataclass(frozen=True, slots=True)
class Rights:
    """What the roles may do with one relation.

    Parameters
    ----------
    readers
        Who reads it.
    insert, update
        Columns that a user may set, in own rows; none for the secret key, deletion for nobody.
    """

    readers: Readers
    insert: frozenset[str] = field(default_factory=frozenset)
    update: frozenset[str] = field(default_factory=frozenset)


OWN = Rights(Readers.OWNER)
SHARED = Rights(Readers.USERS)
HIDDEN = Rights(Readers.NOBODY)

RELATIONS = {
    "profiles": Rights(Readers.OWNER, update=frozenset({"display_name"})),
    "portfolios": Rights(
        Readers.OWNER,
        insert=frozenset({"name", "initial_capital"}),
        update=frozenset({"name"}),
    ),
    "strategies": Rights(
        Readers.OWNER,
        update=frozenset(
            {
                "name",
                "description",
                "config",
                "risk_parameters",
                "python_code",
                "symbols",
                "asset_class",
                "timeframes",
                "max_positions",
                "capital_allocated",
                "portfolio_id",
            }
        ),
    ),
    "strategy_configs": Rights(
        Readers.OWNER, update=frozenset({"name", "auto_start", "portfolio_id"})
    ),
    "strategy_commands": Rights(
        Readers.OWNER, insert=frozenset({"id", "strategy_config_id", "command", "parameters"})
    ),
    "strategy_metrics": OWN,
    "strategy_logs": OWN,
    "trading_signals": OWN,
    "orders": OWN,
    "fills": OWN,
    "trades": OWN,
    "positions": OWN,
    "ledger_entries": OWN,
    "user_events": OWN,
    "user_event_counters": OWN,
    "worker_heartbeats": OWN,
    "instruments": SHARED,
    "last_prices": SHARED,
    "market_clock": SHARED,
    "ohlcv_data": SHARED,
    "market_data": SHARED,
    "worker_leases": HIDDEN,
    "worker_events": HIDDEN,
    "job_runs": HIDDEN,
}

EVERYBODY = frozenset({"anon", "authenticated", "service_role"})
USERS = frozenset({"authenticated"})
USERS_AND_SECRET = frozenset({"authenticated", "service_role"})
SECRET = frozenset({"service_role"})

# Functions of the schema public; those of private are for nobody.
FUNCTIONS = {
    "health": EVERYBODY,
    "schema_version": EVERYBODY,
    "market_now": USERS_AND_SECRET,
    "allowed_commands": USERS_AND_SECRET,
    "create_strategy": USERS,
    "toggle_strategy": USERS,
    "worker_acquire_lease": SECRET,
    "worker_renew_lease": SECRET,
    "worker_release_lease": SECRET,
    "worker_write": SECRET,
    "claim_job": SECRET,
    "finish_job": SECRET,
    "open_paper_trades": SECRET,
    "eod_exit_without_worker": SECRET,
}
