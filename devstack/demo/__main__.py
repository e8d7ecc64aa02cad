"""Run the demo: ``make demo``, or ``python -m devstack.demo``.

In:  the environment (`devstack/demo/settings.py`), Ctrl-C.
Out: a live view in a terminal; with DEMO_SECONDS one JSON line on stdout at the end.
Next: `devstack/demo/system.py`.
"""

import argparse
import json
import os
import sys
import time

from rich.console import Console
from rich.live import Live

from core.errors import TradingError
from devstack.demo.figures import Figures
from devstack.demo.settings import DemoSettings
from devstack.demo.system import System
from devstack.demo.view import render
from devstack.lifetime import die_with_parent, exit_when_asked

_HELP = """\
Run the whole system on a simulated market day.

settings, all from the environment:
  DEMO_SECONDS=45           end by itself, with a JSON summary line on stdout (else: Ctrl-C)
  DEMO_SPEED=60             market seconds per second
  DEMO_SOURCE=file.csv.gz   replay one-minute candles (ts,open,high,low,close,volume)
  DEMO_SYMBOL=RELIANCE      what that file holds the candles of
  DEMO_SEED=1               another generated day
  DEMO_RECORD=folder        keep the recorded feed and the trades there
  DEMO_PORTS=any            any free ports, for a second demo beside this one (default: usual)

exit codes: 0 ended as asked, 2 something must be configured differently, 75 try again later
"""
_LOOKS_PER_SECOND = 4


def main() -> int:
    """Run the demo; return the exit code."""
    argparse.ArgumentParser(
        prog="python -m devstack.demo",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    exit_when_asked()
    die_with_parent()
    try:
        return _run(DemoSettings.from_env(os.environ))
    except TradingError as error:
        print(f"demo: {error}", file=sys.stderr)
        return error.exit_code


def _run(settings: DemoSettings) -> int:
    console = Console(stderr=True)
    system = System(settings)
    try:
        system.start()
        for name, value in system.addresses.items():
            console.print(f"  {name:<10} {value}", highlight=False)
        begun = time.monotonic()
        _watch(system, settings, console)
        seconds = time.monotonic() - begun
        figures, status = system.finish()
        if settings.seconds:
            print(summary(figures, settings, seconds), flush=True)
        return status
    finally:
        system.stop()


def _watch(system: System, settings: DemoSettings, console: Console) -> None:
    """Show the system until the time is up or Ctrl-C."""
    end = time.monotonic() + settings.seconds if settings.seconds else float("inf")
    view = Live(console=console, refresh_per_second=_LOOKS_PER_SECOND, transient=False)
    try:
        with view:
            while time.monotonic() < end:
                view.update(render(system.look(), settings.speed, console.width))
                time.sleep(1 / _LOOKS_PER_SECOND)
    except SystemExit:  # Asked to stop: `_run` goes on with the summary and a clean end.
        console.print("  stopping")


def summary(figures: Figures, settings: DemoSettings, seconds: float) -> str:
    """Return the figures of a whole demo as one line of JSON."""
    return json.dumps(
        {
            "ticks": figures.ticks,
            "candles": figures.candles,
            "signals": figures.signals,
            "trades": figures.trades,
            "cron_trades": figures.cron_trades,
            "cron_runs": figures.cron_runs,
            "dropped": int(figures.worker.get("dropped", 0)),
            "restarts": int(figures.worker.get("restarts", 0)),
            "speed": settings.speed,
            "seconds": round(seconds, 1),
            "realised": str(figures.realised),
        }
    )


if __name__ == "__main__":
    sys.exit(main())
