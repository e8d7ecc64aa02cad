"""A market for code strategies: candles of one future, and users whose code trades it.

In:  a connection of the owner of the tables; a signed-in user.
Out: `CodeMarket`, which sets prices and time; `deploy_code`.
Next: `tests/functions/resources/test_code_strategies.py`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

from tests.supabase.deployments import Deployment
from tests.supabase.people import Person

KEY = "NSE_FNO:91001"
SYMBOL = "GOLDENEYE-Dec2026-FUT"
RULE = "GOLDENEYE-FUT"
LOT = 65
# A Friday, in session.
MORNING = datetime.fromisoformat("2026-11-20T10:00:00+05:30")

SMA = """def trading_strategy(context):
    closes = [candle["close"] for candle in context["candles"][-context["parameters"].get("period", 20):]]
    sma = sum(closes) / len(closes)
    if context["current_price"] > sma and context["position"] is None:
        return {"signal": "buy", "reason": "price above SMA", "indicators": {"sma": sma}}
    if context["current_price"] < sma and context["position"] is not None:
        return {"signal": "sell", "reason": "price below SMA", "indicators": {"sma": sma}}
    return {"signal": "hold", "indicators": {"sma": sma}}
"""  # noqa: E501 - as the product's page has it, to the letter.
BUY = 'def strategy(context):\n    return {"signal": "buy"}\n'
SELL = 'def strategy(context):\n    return {"signal": "sell"}\n'
HOLD = 'def strategy(context):\n    return {"signal": "hold"}\n'
ENDLESS = "def strategy(context):\n    while True:\n        pass\n"
BROKEN = "def strategy(context):\n    return 1 / 0\n"

Database = psycopg.Connection[dict[str, object]]


class CodeMarket:
    """Prices and time of the tests' own future.

    Parameters
    ----------
    database
        As the owner of the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.execute(
            """
            insert into public.instruments (
              instrument_key, segment, security_id, symbol, kind, underlying, expiry, lot_size,
              tick_size
            )
            values (%s, 'NSE_FNO', 91001, %s, 'FUTIDX', 'GOLDENEYE', '2026-12-29', %s, 0.05)
            on conflict do nothing
            """,
            (KEY, SYMBOL, LOT),
        )

    def at(self, minute: int, second: int = 5) -> None:
        """Let it be so many minutes after ten."""
        now = MORNING + timedelta(minutes=minute, seconds=second)
        self._database.execute(
            "update public.market_clock set source = 'FEED', market_time = %s", (now,)
        )

    def closes(self, prices: Iterable[float], *, first: int = -20) -> None:
        """Store one-minute candles with these closes, the first so many minutes after ten."""
        previous: float | None = None
        for number, price in enumerate(prices):
            opened = price if previous is None else previous
            self.candle(first + number, opened, max(opened, price), min(opened, price), price)
            previous = price

    def price(self, price: float, minute: int) -> None:
        """Store the last price, of so many minutes after ten."""
        self._database.execute(
            """
            insert into public.last_prices (instrument_key, symbol, price, traded_at, volume)
            values (%s, %s, %s, %s, 1000)
            """,
            (KEY, SYMBOL, price, MORNING + timedelta(minutes=minute, seconds=55)),
        )

    def candle(
        self,
        minute: int,
        first: float,
        high: float,
        low: float,
        last: float,
        *,
        timeframe: str = "1m",
    ) -> None:
        """Store the candle that begins so many minutes after ten."""
        start = MORNING + timedelta(minutes=minute)
        self._database.execute(
            """
            insert into public.ohlcv_data (
              instrument_key, symbol, timeframe, timestamp, open_price, high_price, low_price,
              close_price, volume
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s, 1000)
            """,
            (KEY, SYMBOL, timeframe, start, first, high, low, last),
        )

    def clean(self) -> None:
        """Leave nothing of it behind, and nothing running."""
        self._database.execute("delete from public.ohlcv_data where instrument_key = %s", (KEY,))
        self._database.execute("delete from public.last_prices where instrument_key = %s", (KEY,))
        self._database.execute("delete from public.job_runs")
        self._database.execute("delete from public.trades where status = 'OPEN'")
        self._database.execute(
            "update public.strategy_configs set status = 'STOPPED' where runner = 'cron'"
        )
        self._database.execute("update public.market_clock set source = 'WALL'")


def deploy_code(user: Person, code: str, *, start: bool = True, **changes: Any) -> Deployment:
    """Make a code strategy of the user's on the minute cron, and start it."""
    name = uuid4().hex
    portfolio = user.insert("portfolios", {"name": name, "initial_capital": 10_000_000})
    made = user.rpc(
        "create_strategy",
        **{
            "p_name": name,
            "p_strategy_type": "code",
            "p_symbols": [RULE],
            "p_python_code": code,
            "p_portfolio_id": portfolio["id"],
            "p_capital_allocated": 10_000_000,
            "p_runner": "cron",
            **changes,
        },
    )
    deployment = Deployment(user.id, portfolio["id"], made["strategy_id"], made["config_id"])
    if start:
        command(user, deployment, "START")
    return deployment


def command(user: Person, deployment: Deployment, word: str, **parameters: Any) -> dict[str, Any]:
    """Give a command and return its row as it was left."""
    row = {
        "strategy_config_id": deployment.config_id,
        "command": word,
        "parameters": parameters,
    }
    given = user.insert("strategy_commands", row)
    return user.row(f"strategy_commands?id=eq.{given['id']}")
