"""The live view of a demo in a terminal.

In:  `Figures`, and the addresses to print.
Out: a rich renderable, drawn again several times a second.
Next: `devstack/demo/system.py`.
"""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from devstack.demo.figures import Figures, Row

_IST = timezone(timedelta(hours=5, minutes=30), "IST")
_STATUS_STYLE = {"ACTIVE": "green", "ERROR": "bold red", "PAUSED": "yellow", "STOPPED": "dim"}
_STALE_SECONDS = 5.0
_WIDE = 100  # characters


def render(figures: Figures, speed: float, width: int) -> Group:
    """Draw one look at the running system, for a terminal of `width` characters."""
    head = Table.grid(expand=True)
    head.add_column(ratio=1)
    head.add_column(ratio=1)
    head.add_row(_feed(figures, speed), _money(figures))
    trades = _trades(figures.last_trades, wide=width >= _WIDE)
    return Group(head, _strategies(figures.strategies), trades)


def rupees(amount: Decimal) -> str:
    """Write an amount the Indian way: lakh grouping, two decimals.

    Examples
    --------
    >>> rupees(Decimal("1234567.5")), rupees(Decimal("-999.994"))
    ('₹12,34,567.50', '-₹999.99')
    """
    sign = "-" if amount < 0 else ""
    whole, _, paise = f"{abs(amount):.2f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    while head:
        head, tail = head[:-2], f"{head[-2:]},{tail}"
    return f"{sign}₹{tail}.{paise}"


def _feed(figures: Figures, speed: float) -> Panel:
    age = figures.feed_age_seconds
    stale = age is None or age > _STALE_SECONDS
    table = Table.grid(padding=(0, 2))
    table.add_row("market time", _clock(figures.market_time, "%d %b %H:%M:%S IST"))
    table.add_row("speed", f"{speed:g}x (simulated data)")
    rate = figures.worker.get("ticks_per_second", 0)
    table.add_row("ticks", f"{figures.ticks:,} ({rate:,.0f}/s)")
    table.add_row("feed age", Text("no data yet" if age is None else f"{age:.1f} s", _red(stale)))
    dropped = int(figures.worker.get("dropped", 0))
    table.add_row("dropped", Text(str(dropped), _red(dropped > 0)))
    return Panel(table, title=f"feed: {figures.worker_status}", title_align="left")


def _money(figures: Figures) -> Panel:
    table = Table.grid(padding=(0, 2))
    table.add_row("realised, net", _amount(figures.realised))
    table.add_row("open", _amount(figures.unrealised))
    table.add_row("cash balance", rupees(figures.balance))
    table.add_row("trades", f"{figures.trades:,} from {figures.signals:,} signals")
    table.add_row("candles stored", f"{figures.candles:,}")
    return Panel(table, title="portfolio", title_align="left")


def _strategies(rows: list[Row]) -> Table:
    table = Table(
        title="strategies", title_justify="left", expand=True, box=SIMPLE_HEAD, pad_edge=False
    )
    for heading in ("strategy", "status", "open", "closed", "net P&L"):
        table.add_column(heading, justify="left" if heading in {"strategy", "status"} else "right")
    for row in rows:
        status = Text(row["status"], _STATUS_STYLE.get(row["status"], ""))
        if row["error_message"]:
            status.append(f" {row['error_message']}", "red")
        elif row["runner"] == "cron":
            status.append(f" by cron: {row['said'] or 'not asked yet'}", "dim")
        counts = (str(row["open"]), str(row["closed"]))
        table.add_row(row["name"], status, *counts, _amount(row["pnl"]))
    return table


def _trades(rows: list[Row], *, wide: bool) -> Table:
    """Draw the last trades; a narrow terminal shows no seconds, units or reasons."""
    table = Table(
        title="last trades", title_justify="left", expand=True, box=SIMPLE_HEAD, pad_edge=False
    )
    for heading in ("entered", "symbol", "view"):
        table.add_column(heading, no_wrap=True)
    for heading in (*(("units",) if wide else ()), "entry", "exit"):
        table.add_column(heading, no_wrap=True, justify="right")
    if wide:
        table.add_column("why", no_wrap=True)
    table.add_column("net P&L", no_wrap=True, justify="right")
    for row in rows:
        is_open = row["status"] == "OPEN"
        table.add_row(
            _clock(row["entry_time"], "%H:%M:%S" if wide else "%H:%M"),
            row["symbol"],
            row["trade_type"],
            *((str(row["quantity"]),) if wide else ()),
            f"{row['entry_price']:.2f}",
            "open" if is_open else f"{row['exit_price']:.2f}",
            *((row["exit_reason"] or "",) if wide else ()),
            "" if is_open else _amount(row["pnl"]),
        )
    return table


def _amount(amount: Decimal) -> Text:
    return Text(rupees(amount), "red" if amount < 0 else "green")


def _clock(instant: datetime | None, form: str) -> str:
    return "not yet" if instant is None else instant.astimezone(_IST).strftime(form)


def _red(condition: bool) -> str:  # noqa: FBT001 - reads as "red if"
    return "bold red" if condition else ""
