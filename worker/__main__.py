"""`python -m worker`: run the worker, or check whether it could run.

In:  the command line and the environment.
Out: a running worker, or a list of checks; an exit code that says whether a restart can help.
Next: `worker/run.py`.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from datetime import date
from typing import Final

from core.errors import EXIT_ASKED_TO_STOP, TradingError
from worker.logs import log_to_stderr
from worker.settings import read_settings

_log: Final = logging.getLogger(__name__)

_EPILOG: Final = """\
settings, from the environment (required ones have no default):
  SUPABASE_URL          address of the project (also NEXT_PUBLIC_SUPABASE_URL)
  SUPABASE_SECRET_KEY   its secret key (also SUPABASE_SERVICE_ROLE_KEY)
  DHAN_CLIENT_ID        the account whose data plan feeds the worker
  DHAN_ACCESS_TOKEN     its token, renewed while it lives; not needed with the next two
  DHAN_PIN, DHAN_TOTP_SECRET   with which the worker gets tokens by itself
  DHAN_TOKEN_FILE       in the state folder; the newest token, sealed; workers may share it
  BROKER_KEYS           what seals it; without, a key that follows from SUPABASE_SECRET_KEY
  DHAN_API_URL          https://api.dhan.co/v2
  DHAN_AUTH_URL         https://auth.dhan.co
  DHAN_FEED_URL         wss://api-feed.dhan.co
  DHAN_MASTER_URL       https://images.dhan.co/api-data
  DHAN_CANDLE_CALLS     5; requests for candles a second that the account may make
  WORKER_SHARD          main; which share of all configs this worker runs
  WORKER_STATE_DIR      /var/tmp/tradebase-worker; journal, lock, instrument master
  WORKER_JOURNAL_MB     4096; how large the journal may become, trading stops when it is full
  WORKER_STANDBY        off; on: wait for a shard that is taken, let another take ours over
  WORKER_HEALTH_ADDRESS 127.0.0.1:9464; where /healthz and /metrics are served, off: nowhere
  WORKER_RECORD_DIR     nothing; where raw feed messages are recorded
  WORKER_RECORD_DAYS    5; market days of recordings that are kept
  WORKER_RECORD_MAX_GB  20; and no more than that, the oldest days go first
  STRATEGY_MEMORY_MB    512; private memory of a strategy process
  STRATEGY_CPU_SECONDS  30; CPU of a strategy process in a market minute
  CALENDAR_FILE         nothing; your own calendar, laid over the shipped one
  FEED_INSTRUMENTS_PER_SOCKET   5000; fewer spread the feed over up to five sockets
  MARKET_SPEED          1; market seconds per second that the feed plays
  MARKET_CLOCK          wall, or feed when MARKET_SPEED is not 1

exit codes:
  0   asked to stop
  1   a bug; the traceback says where
  2   something must be configured differently: a restart does not help
  3   replay: something was decided differently; stderr says what first
  75  the outside world is away (database, broker, another worker): restart me

examples:
  python -m worker doctor       check settings, database, broker, feed, calendar; say the cures
  python -m worker run          run until SIGTERM; logs are JSON lines on stderr
  python -m worker replay 2026-11-20 --against DATABASE
                                play a recorded day again; needs no broker, and stores nothing
  python -m worker journal      what the database refused, and how to settle that
  python -m worker top          how the worker of this machine is, live; --once: and end
  python -m worker top --database
                                how one on another machine is, by its signs of life
  python -m worker free         let the shard of a dead worker go (not that of a living one)
"""


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one per command.
    """Run a command; return the exit code."""
    options = _parser().parse_args(arguments)
    log_to_stderr(level=logging.DEBUG if options.verbose else logging.INFO)
    try:
        if options.command == "replay":
            from worker.replay.replay import replay  # noqa: PLC0415 - each command loads its own parts.

            return replay(options, os.environ)
        if options.command == "top":
            from worker.health.top import read_place, top  # noqa: PLC0415 - the same.

            return top(read_place(os.environ, database=options.database), once=options.once)
        settings = read_settings(os.environ)
        secrets = [settings.supabase_secret_key, settings.dhan_access_token, settings.broker_keys]
        secrets += settings.dhan_login or ()
        log_to_stderr(secrets, logging.DEBUG if options.verbose else logging.INFO)
        if options.command == "doctor":
            from worker.health.doctor import examine  # noqa: PLC0415 - the same.

            return examine(settings)
        if options.command == "token":
            from worker.broker.token_setup import hand_in  # noqa: PLC0415 - the same.

            return hand_in(settings)
        if options.command == "journal":
            from worker.store.journal_desk import settle  # noqa: PLC0415 - the same.

            return settle(settings, options.action, options.config)
        if options.command == "free":
            from worker.lease.free import free  # noqa: PLC0415 - the same.

            return free(settings)
        from worker.run import run  # noqa: PLC0415 - the same.

        run(settings)
    except TradingError as error:
        _log.critical("%s", error)
        return error.exit_code
    return EXIT_ASKED_TO_STOP


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m worker",
        description="The persistent process: market feed in, strategies in processes of their "
        "own, simulated execution, rows into Supabase.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("run", help="run the worker until it is asked to stop")
    commands.add_parser("doctor", help="check everything a run needs; name the cure of what fails")
    commands.add_parser("token", help="use the access token on stdin from now on")
    commands.add_parser("free", help="let the shard of a dead worker go, for another to take")
    shown = commands.add_parser("top", help="show how a worker is, live in a terminal")
    shown.add_argument("--once", action="store_true", help="show it once and end")
    shown.add_argument("--database", action="store_true", help="one elsewhere, by its heartbeats")
    journal = commands.add_parser("journal", help="say and settle what the database refused")
    journal.add_argument("action", nargs="?", choices=("retry", "skip", "accept"))
    journal.add_argument("config", nargs="?", metavar="CONFIG", help="its id, or 'market'")
    again = commands.add_parser("replay", help="play a recorded day again and compare decisions")
    again.add_argument("day", type=date.fromisoformat, metavar="DAY", help="YYYY-MM-DD")
    again.add_argument("--config", metavar="ID", help="look at one config's decisions alone")
    again.add_argument(
        "--against",
        metavar="DATABASE|HASH|FOLDER",
        help="compare with the stored signals, a hash, or a folder of other recordings; "
        "else with what the recording itself says was decided",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
