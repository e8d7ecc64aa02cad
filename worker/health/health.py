"""Is a worker well? Each figure that matters, with its limit, a verdict and what to do.

In:  a report, of this process or out of `worker_heartbeats`.
Out: `Health`: the worst verdict, and one `Check` per question.
Next: `worker/health/health_server.py`, which serves it; `worker/health/top.py`, which shows it.

FAIL means that it does not trade as it should; WARN that somebody should look soon. While Supabase
is away a worker goes on, so that alone is a warning: to restart it would help nobody.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

from worker.health.figures import Report

FEED_SECONDS: Final = 5.0
STORE_SECONDS: Final = 30.0
UNSAVED_GROUPS: Final = 10_000
BACKLOG_EVENTS: Final = 5_000
TOKEN_SECONDS: Final = 3600
DRIFT_WARN_SECONDS: Final = 1.0
DRIFT_FAIL_SECONDS: Final = 10.0
LAG_MS: Final = 500.0

_MOST_NAMES: Final = 5

Row = dict[str, Any]


class Verdict(StrEnum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


_GRAVITY: Final = list(Verdict)


class Check(NamedTuple):
    """One question.

    Attributes
    ----------
    value
        What was seen.
    limit
        What it is held against, in words.
    cure
        What to do, empty where nothing is to be done.
    """

    name: str
    verdict: Verdict
    value: Any
    limit: str
    cure: str = ""


class Health(NamedTuple):
    """How a worker is as a whole."""

    verdict: Verdict
    checks: tuple[Check, ...]

    def as_json(self) -> Row:
        """Return it in plain values."""
        return {
            "status": str(self.verdict),
            "checks": {
                each.name: {
                    "status": str(each.verdict),
                    "value": each.value,
                    "limit": each.limit,
                    **({"cure": each.cure} if each.cure else {}),
                }
                for each in self.checks
            },
        }


def judged(report: Report) -> Health:
    """Return how a worker is.

    Examples
    --------
    >>> lease = {"seconds_left": -2.0, "standby": False, "doubt": "the lease ended 2 s ago"}
    >>> row = {"process": "supervisor", "feed_age_seconds": 0.2, "figures": {"lease": lease}}
    >>> health = judged(Report(row, []))
    >>> health.verdict, [each.name for each in health.checks if each.verdict is Verdict.FAIL]
    (<Verdict.FAIL: 'fail'>, ['lease'])
    """
    figures = report.supervisor["figures"]
    checks = tuple(each for look in _LOOKS for each in look(report, figures))
    return Health(max((each.verdict for each in checks), key=_GRAVITY.index), checks)


def _feed(report: Report, figures: Row) -> Iterator[Check]:
    trading = figures.get("trading", False)
    limit = f"at most {FEED_SECONDS:g} s while the market trades"
    age = report.supervisor.get("feed_age_seconds") or 0.0
    sockets = figures.get("sockets") or [{"number": 1, "age_seconds": age, "is_up": True}]
    for socket in sockets:
        is_late = trading and (socket["age_seconds"] > FEED_SECONDS or not socket["is_up"])
        yield Check(
            "feed" if len(sockets) == 1 else f"feed {socket['number']}",
            Verdict.FAIL if is_late else Verdict.OK,
            socket["age_seconds"],
            limit,
            "it reconnects by itself; if it does not, python -m worker doctor" if is_late else "",
        )


def _lease(_: Report, figures: Row) -> Iterator[Check]:
    lease = figures.get("lease") or {}
    doubt = lease.get("doubt")
    cure = f"{doubt}; see whether the database can be reached" if doubt else ""
    verdict = Verdict.FAIL if doubt else Verdict.OK
    yield Check("lease", verdict, lease.get("seconds_left"), "above 0 s", cure)


def _journal(_: Report, figures: Row) -> Iterator[Check]:
    journal = figures.get("journal") or {}
    unsaved, slow = journal.get("unsaved", 0), "the disk of WORKER_STATE_DIR is too slow"
    yield _most("journal", unsaved, UNSAVED_GROUPS, "groups of events not on disk yet", slow)
    for name, what in (("refused", "set aside"), ("held", "held back"), ("missing", "lost")):
        count = journal.get(name, 0)
        yield Check(
            name,
            Verdict.WARN if count else Verdict.OK,
            count,
            f"no event {what}" if name != "missing" else "no config of which something is lost",
            "python -m worker doctor names them and says how to go on" if count else "",
        )


def _store(_: Report, figures: Row) -> Iterator[Check]:
    waiting, age = figures.get("outbox", 0), figures.get("store_age_seconds", 0.0)
    away = "Supabase takes nothing; everything waits in the journal"
    yield _most("outbox", waiting, BACKLOG_EVENTS, "events not in the database yet", away)
    yield _most("store_age", age, STORE_SECONDS, "s since the database took something", away)


def _token(_: Report, figures: Row) -> Iterator[Check]:
    token = figures.get("token") or {}
    left, is_refused = token.get("seconds_left"), token.get("is_refused", False)
    if left is None and not is_refused:
        return
    verdict = Verdict.OK
    if is_refused or left is None or left <= 0:
        verdict = Verdict.FAIL
    elif left <= TOKEN_SECONDS:
        verdict = Verdict.WARN
    cure = "make a new token on web.dhan.co and hand it in: python -m worker token"
    limit = f"{TOKEN_SECONDS} s or more until it expires"
    yield Check("token", verdict, left, limit, "" if verdict is Verdict.OK else cure)


def _configs(report: Report, figures: Row) -> Iterator[Check]:
    count = (figures.get("configs") or {}).get("ERROR", 0)
    names = [config_name(row) for row in report.configs if row["status"] == "ERROR"]
    cure = f"see strategy_logs of {', '.join(names[:_MOST_NAMES])}; then START" if names else ""
    verdict = Verdict.WARN if count else Verdict.OK
    yield Check("configs_in_error", verdict, count, "none", cure)


def _clock(_: Report, figures: Row) -> Iterator[Check]:
    drift = figures.get("clock_drift_seconds")
    if drift is None:
        return
    far, limit = abs(drift), f"at most {DRIFT_WARN_SECONDS:g} s from the database's"
    verdict = Verdict.WARN if far > DRIFT_WARN_SECONDS else Verdict.OK
    if far > DRIFT_FAIL_SECONDS:
        verdict = Verdict.FAIL
    cure = "have the machine's clock set by NTP (timedatectl set-ntp true)"
    yield Check("clock_drift", verdict, drift, limit, cure if verdict is not Verdict.OK else "")


def _lag(_: Report, figures: Row) -> Iterator[Check]:
    cure = "the machine is too slow or too busy: fewer configs on it, or a larger one"
    yield _most("loop_lag", figures.get("lag_ms", 0.0), LAG_MS, "ms in the last minute", cure)


def _most(name: str, value: float, limit: float, what: str, cure: str) -> Check:
    is_much = value > limit
    verdict = Verdict.WARN if is_much else Verdict.OK
    return Check(name, verdict, value, f"at most {limit:g} {what}", cure if is_much else "")


def config_name(row: Row) -> str:
    """Return what a person calls a config."""
    figures = row["figures"]
    name = figures.get("name", "")
    parts = (figures.get("strategy"), "" if name == "default" else name, row["process"][-4:])
    return " ".join(part for part in parts if part)


_LOOKS: Final[tuple[Callable[[Report, Row], Iterator[Check]], ...]] = (
    _feed,
    _lease,
    _journal,
    _store,
    _token,
    _configs,
    _clock,
    _lag,
)
