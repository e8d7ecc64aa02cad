"""What the worker says about a config: its status and the lines of its log, as rows.

In:  what has become of a config.
Out: rows of the kinds `config_status` and `log`.
Next: `supabase/migrations/*_apply_control_events.sql`.
"""

import time
from typing import Any, Final

from core.rows import iso_time
from core.strategy import ConfigStatus

RUNNING: Final = (ConfigStatus.ACTIVE, ConfigStatus.PAUSED)
"""What a config is in while it has a process."""

Row = dict[str, Any]


def status_row(
    status: ConfigStatus,
    before: ConfigStatus,
    *,
    pid: int | None = None,
    digest: str | None = None,
    error: str | None = None,
) -> Row:
    """Return a change of status; its version is wall time, so it grows over restarts too.

    Parameters
    ----------
    before
        Status until now.
    digest
        Of the code and parameters that run.
    error
        Why it is in ERROR.
    """
    wall_ns = time.time_ns()
    now, running = iso_time(wall_ns), status in RUNNING
    row: Row = {
        "version": wall_ns,
        "status": str(status),
        "pid": pid if running else None,
        "error_message": error,
    }
    if running:
        row["code_digest"] = digest
        if before not in RUNNING:
            row |= {"started_at": now, "stopped_at": None}
    elif before in RUNNING:
        row["stopped_at"] = now
    return row


def log_row(level: str, message: str, at_ns: int, data: Row | None = None) -> Row:
    """Return a line of a strategy's log.

    Parameters
    ----------
    level
        ``info``, ``warning`` or ``error``.
    at_ns
        Market time.
    """
    return {"level": level, "message": message, "logged_at": iso_time(at_ns), "data": data or {}}
