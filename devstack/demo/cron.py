"""The demo's scheduler: the cron endpoints, once in each minute of the market.

    python -m devstack.demo.cron

In:  WEB_API_URL, CRON_SECRET; SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY to sign in with.
Out: calls, until it is stopped; the code strategy of the demo is started as its user would.
Next: `functions/resources/code_strategies.py`.

A hosted database calls them itself (pg_cron); the embedded one has no such extension. When minutes
pass faster than they can be worked through, some are skipped, as they are where a scheduler fails.
"""

import os
import sys
import time
from collections.abc import Mapping

import httpx

from core.errors import ConfigError, FeedError, TradingError
from core.settings import SettingsReader
from devstack.lifetime import die_with_parent, exit_when_asked

STRATEGY_ID = "00000000-0000-4000-8000-000000000016"
_SIGN_IN = {"email": "demo@tradebase.local", "password": "tradebase-demo"}
_JOBS = ("strategies", "eod-exit", "daily-analysis", "housekeeping")
_LEAST_SECONDS = 1.0
_LOOK_SECONDS = 0.5
_CALL_SECONDS = 60.0


def main() -> int:
    """Call until told to stop; return the exit code."""
    exit_when_asked()
    die_with_parent()
    try:
        _run(os.environ)
    except TradingError as error:
        print(f"cron: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _run(environ: Mapping[str, str]) -> None:
    reader = SettingsReader(environ)
    api_url, supabase_url = reader.text("WEB_API_URL"), reader.text("SUPABASE_URL")
    secret, key = reader.text("CRON_SECRET"), reader.text("SUPABASE_PUBLISHABLE_KEY")
    reader.finish()
    with httpx.Client(timeout=_CALL_SECONDS) as http:
        print("CRON=ready", flush=True)
        try:
            _wait_for_the_day(http, api_url)
            _start_strategy(http, api_url, supabase_url, key)
            _tick(http, api_url, secret)
        except httpx.HTTPError as error:
            raise FeedError(f"the functions cannot be used: {error}") from error


def _health(http: httpx.Client, api_url: str) -> dict[str, str]:
    health: dict[str, str] = http.get(f"{api_url}/api/health").raise_for_status().json()
    return health


def _wait_for_the_day(http: httpx.Client, api_url: str) -> None:
    """Wait until the day that is played has begun: before, market time is the time of day."""
    while _health(http, api_url)["market_source"] != "FEED":
        time.sleep(_LOOK_SECONDS)


def _start_strategy(http: httpx.Client, api_url: str, supabase_url: str, key: str) -> None:
    """Switch the demo's code strategy on, with the demo user's own token."""
    session = http.post(
        f"{supabase_url}/auth/v1/token?grant_type=password", json=_SIGN_IN, headers={"apikey": key}
    ).raise_for_status()
    http.post(
        f"{api_url}/api/strategies/toggle/{STRATEGY_ID}",
        json={"active": True},
        headers={"Authorization": f"Bearer {session.json()['access_token']}"},
    ).raise_for_status()


def _tick(http: httpx.Client, api_url: str, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    last = ""
    while True:
        begun = time.monotonic()
        minute = str(http.get(f"{api_url}/api/health").raise_for_status().json()["market_time"])[
            :16
        ]
        if minute != last:
            last = minute
            for job in _JOBS:
                reply = http.post(f"{api_url}/api/cron/{job}", headers=headers)
                if not reply.is_success:  # The log of the functions says more.
                    print(f"{minute} {job}: HTTP {reply.status_code}", file=sys.stderr, flush=True)
                if reply.status_code == httpx.codes.UNAUTHORIZED:
                    raise ConfigError("the functions do not know this CRON_SECRET")
        spent = time.monotonic() - begun
        time.sleep(max(_LOOK_SECONDS, _LEAST_SECONDS - spent))


if __name__ == "__main__":
    sys.exit(main())
