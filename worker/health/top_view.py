"""A worker on a screen: what is wrong first, then feed, speed and every config.

In:  `View`, as `worker/health/top.py` saw it.
Out: something that rich can print.
Next: nobody; it is for an operator's eyes.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from rich import box
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from core.session import IST
from worker.health.figures import Report
from worker.health.health import Verdict, config_name, judged

_MB: Final = 1e6
_AFTER_SECONDS: Final = 15.0
_COLOURS: Final = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}
_STATUS: Final = {"ERROR": "bold red", "ACTIVE": "green", "PAUSED": "yellow", "STOPPED": "dim"}
_ORDER: Final = ("ERROR", "PAUSED", "ACTIVE")
_NUMBERS: Final = ("pid", "CPU %", "MB", "late", "restarts", "open", "last signal", "P&L rupees")
_NONE: Final = "\N{EN DASH}"

Row = dict[str, Any]


class View(NamedTuple):
    """What was seen.

    Attributes
    ----------
    where
        Where it was seen.
    role
        active, standby or starting.
    age_seconds
        How old it is.
    report
        None while there are no figures.
    problem
        Why there is nothing newer, empty where there is.
    """

    where: str
    role: str
    age_seconds: float
    report: Report | None
    problem: str = ""


def drawn(view: View) -> RenderableType:
    """Return the whole screen."""
    if view.report is None:
        return Panel(Text(f"{view.role}: no figures yet"), title=view.where, title_align="left")
    supervisor = view.report.supervisor
    parts = [
        _headline(view, supervisor),
        _problems(view),
        Columns([_feed(supervisor), _speed(supervisor), _upkeep(supervisor)], padding=(0, 3)),
        _configs(view.report.configs),
    ]
    return Group(*(part for part in parts if part is not None))


def _headline(view: View, supervisor: Row) -> Text:
    verdict = Verdict.FAIL if view.report is None else judged(view.report).verdict
    text = Text.assemble(
        (f" {str(verdict).upper()} ", f"reverse {_COLOURS[verdict]}"),
        f"  {view.role}  ",
        (view.where, "dim"),
    )
    market = supervisor.get("market_time")
    text.append(f"\nmarket {_clock(market)}", "bold")
    text.append("  trading" if supervisor["figures"].get("trading") else "  closed")
    text.append(f"   pid {supervisor.get('pid')}   {_load(supervisor)}")
    text.append(f"   since {_clock(supervisor.get('started_at'))}\n", "dim")
    return text


def _problems(view: View) -> Table | None:
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    if view.problem:
        table.add_row(Text("STALE", "bold red"), view.problem)
    if view.age_seconds > _AFTER_SECONDS:
        said = f"its last sign of life is {view.age_seconds:.0f} s old"
        table.add_row(Text("SILENT", "bold red"), said)
    checks = () if view.report is None else judged(view.report).checks
    for check in sorted(checks, key=lambda each: list(Verdict).index(each.verdict), reverse=True):
        if check.verdict is not Verdict.OK:
            mark = Text(str(check.verdict).upper(), _COLOURS[check.verdict])
            seen = f"{check.name} is {check.value}, wanted: {check.limit}"
            table.add_row(mark, f"{seen}. {check.cure}")
    return table if table.row_count else None


def _feed(supervisor: Row) -> Table:
    figures = supervisor["figures"]
    table = _small("feed", f"{figures.get('ticks_per_second', 0):,} ticks/s")
    for each in figures.get("sockets") or []:
        state = Text("up", "green") if each["is_up"] else Text("down", "bold red")
        seen = f"{each['instruments']:,} instruments, {each['age_seconds']:.1f} s ago"
        table.add_row(f"socket {each['number']}", Text.assemble(state, f"  {seen}"))
    table.add_row("ticks", f"{figures.get('ticks', 0):,}")
    table.add_row("gaps", _counts(figures.get("gaps"), ("found", "repaired", "unrepaired")))
    table.add_row("odd", _total(figures.get("odd")))
    return table


def _speed(supervisor: Row) -> Table:
    table = _small("speed, ms", "p50", "p99", "max")
    for name, each in (supervisor["figures"].get("times") or {}).items():
        cells = (f"{each[part]:.1f}" for part in ("p50_ms", "p99_ms", "max_ms"))
        table.add_row(name.replace("_", " "), *(cells if each["count"] else (_NONE,) * 3))
    return table


def _upkeep(supervisor: Row) -> Table:
    figures = supervisor["figures"]
    lease, journal = figures.get("lease") or {}, figures.get("journal") or {}
    token, store = figures.get("token") or {}, figures.get("store") or {}
    table = _small("upkeep", "")
    standby = "with standby" if lease.get("standby") else "no standby"
    table.add_row("lease", f"{lease.get('seconds_left', _NONE)} s, {standby}")
    table.add_row("outbox", f"{figures.get('outbox', 0):,} events")
    table.add_row("written", _counts(store, ("applied", "retries", "failed")))
    table.add_row("journal", f"{journal.get('bytes', 0) / _MB:.1f} MB")
    left = token.get("seconds_left")
    table.add_row("token", _NONE if left is None else f"{left / 3600:.1f} h left")
    return table


def _configs(rows: Iterable[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("strategy", ratio=3, no_wrap=True)
    table.add_column("symbols", ratio=2, no_wrap=True)
    table.add_column("status")
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    for row in sorted(rows, key=_urgency):
        table.add_row(*_config(row))
    return table


def _config(row: Row) -> list[RenderableType]:
    figures, status = row["figures"], row["status"]
    pnl = figures.get("pnl")
    colour = "" if pnl is None else "green" if float(pnl) > 0 else "red" if float(pnl) < 0 else ""
    return [
        config_name(row),
        ", ".join(figures.get("symbols") or []),
        Text(status, _STATUS.get(status, "")),
        _or_none(row.get("pid"), str),
        _or_none(row.get("cpu_percent"), "{:.1f}".format),
        _or_none(row.get("memory_bytes"), lambda size: f"{size / _MB:.0f}"),
        _or_none(figures.get("rounds_waiting"), str),
        str(figures.get("restarts", 0)),
        _or_none(figures.get("open_trades"), str),
        _clock(figures.get("signalled_at")),
        Text(_or_none(pnl, lambda each: f"{float(each):,.2f}"), colour),
    ]


def _urgency(row: Row) -> tuple[int, float, str]:
    place = _ORDER.index(row["status"]) if row["status"] in _ORDER else len(_ORDER)
    return place, -(row.get("cpu_percent") or 0.0), row["process"]


def _small(*columns: str) -> Table:
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[2:] or table.columns[1:]:
        column.justify = "right" if len(columns) > 2 else "left"
    return table


def _load(row: Row) -> str:
    cpu, memory = row.get("cpu_percent"), row.get("memory_bytes")
    if cpu is None or memory is None:
        return ""
    return f"{cpu:.0f} % CPU   {memory / _MB:.0f} MB"


def _counts(values: Row | None, names: Iterable[str]) -> str:
    return ", ".join(f"{(values or {}).get(name, 0):,} {name}" for name in names)


def _total(values: Row | None) -> str:
    return f"{sum((values or {}).values()):,}"


def _clock(text: str | None) -> str:
    """Return the time of day in India of an instant."""
    return _NONE if text is None else f"{datetime.fromisoformat(text).astimezone(IST):%H:%M:%S}"


def _or_none(value: Any, show: Callable[[Any], str]) -> str:
    return _NONE if value is None else show(value)
