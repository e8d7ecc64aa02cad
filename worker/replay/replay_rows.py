"""What the database says was decided on a day, in the form a replay is compared in.

In:  rows of `trading_signals`.
Out: decisions in the order of their candles, without quantities, which no signal's row
     holds, and with prices rounded as they are stored.
Next: `core/replay/decided.py`.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from core.money import to_money
from core.replay.decided import Decided
from core.rows import iso_time
from core.session import ist_midnight_ns
from core.settings import SettingsReader
from core.stored_rows import instant_of
from worker.store.supabase import Supabase

_COLUMNS: Final = (
    "strategy_config_id,instrument_key,candle_time,signal_type,price::text,stop_loss::text,"
    "target_price::text,signal_strength,refused_by,executed,id"
)
_PAGE: Final = 1000


def signals_of(values: Mapping[str, str], day: date) -> list[Decided]:
    """Return the decisions of a day that are stored.

    Raises
    ------
    ConfigError
        If the database's address or key is missing.
    StoreError
        If it is away.
    """
    reader = SettingsReader(values)
    url = reader.address("SUPABASE_URL", None, aliases=("NEXT_PUBLIC_SUPABASE_URL",))
    key = reader.text("SUPABASE_SECRET_KEY", aliases=("SUPABASE_SERVICE_ROLE_KEY",), secret=True)
    reader.finish()
    return _in_order(_decided(row) for row in asyncio.run(_rows(url, key, day)))


def as_stored(made: Iterable[Decided]) -> list[Decided]:
    """Return decisions as the database knows them."""
    return _in_order(each._replace(signal=_rounded(each.signal), quantity=0) for each in made)


def _in_order(made: Iterable[Decided]) -> list[Decided]:
    return sorted(made, key=lambda each: (each.candle_close_ns, *map(str, each)))


async def _rows(url: str, key: str, day: date) -> list[dict[str, Any]]:
    begin, end = (iso_time(ist_midnight_ns(each)) for each in (day, day + timedelta(days=1)))
    rows: list[dict[str, Any]] = []
    async with Supabase(url, key) as supabase:
        while len(rows) % _PAGE == 0:
            page = await supabase.rows(
                "trading_signals",
                select=_COLUMNS,
                order="id",
                limit=str(_PAGE),
                offset=str(len(rows)),
                **{"and": f"(generated_at.gte.{begin},generated_at.lt.{end})"},
            )
            rows += page
            if not page:
                break
    return rows


def _rounded(signal: str) -> str:
    kind, *levels, strength = signal.split()
    stored = (each if each == "None" else repr(float(to_money(float(each)))) for each in levels)
    return " ".join((kind, *stored, strength))


def _decided(row: Mapping[str, Any]) -> Decided:
    levels = " ".join(
        repr(None if row[name] is None else float(row[name]))
        for name in ("price", "stop_loss", "target_price")
    )
    return Decided(
        str(row["strategy_config_id"]),
        row["instrument_key"],
        instant_of(row["candle_time"]),
        f"{row['signal_type']} {levels} {row['signal_strength']}",
        "APPROVED" if row["executed"] else str(row["refused_by"]),
        0,
    )
