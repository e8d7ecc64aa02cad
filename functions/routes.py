"""The table of routes: everything the functions offer, one line each.

In:  the handlers in `functions/resources/`.
Out: `ROUTES`.
Next: `functions/resources/health.py`.
"""

from typing import Final

from functions.openapi import with_document
from functions.resources.broker_accounts import connect_broker_account
from functions.resources.candles import download_candles
from functions.resources.code_strategies import run_strategies
from functions.resources.convert import convert_paste
from functions.resources.daily_analysis import analyse_strategy, run_daily_analysis
from functions.resources.dashboard import read_pnl, read_strategy_pnl
from functions.resources.emergency_stop import stop_everybody, stop_own
from functions.resources.eod_exit import run_eod_exit
from functions.resources.health import read_health
from functions.resources.housekeeping import run_housekeeping
from functions.resources.indicators import read_indicators
from functions.resources.live_mode import (
    disable_live_mode,
    enable_live_mode,
    switch_live_mode,
    validate_live_mode,
)
from functions.resources.live_trading import read_live_trading_status
from functions.resources.performance import read_performance, read_summary
from functions.resources.strategies import create_strategy, list_strategies, toggle_strategy
from functions.resources.strategy import archive_strategy, read_strategy, update_strategy
from functions.resources.trades import list_live_trades, list_trades, list_virtual_trades
from functions.resources.validate_code import validate_code
from functions.routing import Access, Route

ROUTES: Final = with_document(
    (
        Route("GET", "/api/health", read_health, access=Access.OPEN),
        Route("GET", "/api/strategies/list", list_strategies),
        Route("POST", "/api/strategies/create", create_strategy, status=201),
        Route("GET", "/api/strategies/summary", read_summary),
        Route("PUT", "/api/strategies/config/{strategy_id}", update_strategy),
        Route("POST", "/api/strategies/toggle/{strategy_id}", toggle_strategy),
        Route("POST", "/api/strategies/live-mode/{strategy_id}", switch_live_mode),
        Route("POST", "/api/strategies/{strategy_id}/validate-code", validate_code),
        Route("POST", "/api/convert", convert_paste),
        Route("POST", "/api/data/candles", download_candles),
        Route("GET", "/api/strategies/{strategy_id}/performance", read_performance),
        Route("GET", "/api/strategies/{strategy_id}/indicators", read_indicators),
        # After the names above, which stand where the id does.
        Route("GET", "/api/strategies/{strategy_id}", read_strategy),
        Route("DELETE", "/api/strategies/{strategy_id}", archive_strategy),
        Route("GET", "/api/trades/all", list_trades),
        Route("GET", "/api/trades/virtual/{strategy_id}", list_virtual_trades),
        Route("GET", "/api/trades/live/{strategy_id}", list_live_trades),
        Route("POST", "/api/analysis/run-daily/{strategy_id}", analyse_strategy),
        Route("GET", "/api/dashboard/pnl", read_pnl),
        Route("GET", "/api/dashboard/pnl/{strategy_id}", read_strategy_pnl),
        Route("POST", "/api/broker-accounts", connect_broker_account, status=201),
        Route("POST", "/api/live-trading/validate/{strategy_id}", validate_live_mode),
        Route("POST", "/api/live-trading/enable/{strategy_id}", enable_live_mode),
        Route(
            "POST",
            "/api/live-trading/disable/{strategy_id}",
            disable_live_mode,
            is_limited=False,
        ),
        Route("POST", "/api/live-trading/emergency-stop", stop_own, is_limited=False),
        Route("GET", "/api/live-trading/status", read_live_trading_status),
        # POST is what schedulers in the database and people send, GET is what Vercel sends.
        Route("POST", "/api/cron/strategies", run_strategies, access=Access.CRON),
        Route(
            "GET",
            "/api/cron/strategies",
            run_strategies,
            access=Access.CRON,
            name="run_strategies_by_get",
        ),
        Route("POST", "/api/cron/eod-exit", run_eod_exit, access=Access.CRON),
        Route(
            "GET",
            "/api/cron/eod-exit",
            run_eod_exit,
            access=Access.CRON,
            name="run_eod_exit_by_get",
        ),
        Route("POST", "/api/cron/housekeeping", run_housekeeping, access=Access.CRON),
        Route(
            "GET",
            "/api/cron/housekeeping",
            run_housekeeping,
            access=Access.CRON,
            name="run_housekeeping_by_get",
        ),
        Route("POST", "/api/cron/daily-analysis", run_daily_analysis, access=Access.CRON),
        Route(
            "GET",
            "/api/cron/daily-analysis",
            run_daily_analysis,
            access=Access.CRON,
            name="run_daily_analysis_by_get",
        ),
        Route("POST", "/api/cron/emergency-stop", stop_everybody, access=Access.CRON),
        Route(
            "GET",
            "/api/cron/emergency-stop",
            stop_everybody,
            access=Access.CRON,
            name="stop_everybody_by_get",
        ),
    )
)
