"""Build and serve the dashboard: ``python -m devstack.web --help``.

In:  SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, WEB_API_URL from the environment; a port.
Out: a shell line with its address on stdout when ready; a log on stderr.
Next: `devstack/web/server.py`.
"""

import argparse
import asyncio
import os
import shlex
import sys
from collections.abc import Mapping, Sequence

from aiohttp import web

from core.errors import EXIT_ASKED_TO_STOP, EXIT_OUTSIDE_WORLD, TradingError
from core.settings import SettingsReader
from devstack.lifetime import die_with_parent, exit_when_asked, require_free_port
from devstack.web.build import OUT, build_if_changed
from devstack.web.server import Dashboard

_PORT = 3000
_HELP = """\
Build the dashboard when its sources have changed, and serve it on loopback.

settings, all from the environment:
  SUPABASE_URL=...               the project's address
  SUPABASE_PUBLISHABLE_KEY=...   the key browsers may have
  WEB_API_URL=http://127.0.0.1:8080   origin of the functions

exit codes: 0 ended as asked, 2 something must be configured differently, 75 try again later
"""


def main(arguments: Sequence[str]) -> int:
    """Serve until asked to stop; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m devstack.web",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=_PORT, help="0 takes any free one")
    parser.add_argument("--build-only", action="store_true", help="build, serve nothing")
    chosen = parser.parse_args(arguments)
    exit_when_asked()
    die_with_parent()
    try:
        dashboard = None if chosen.build_only else dashboard_of(os.environ)
        if build_if_changed():
            print("web: built", file=sys.stderr)
        if dashboard is not None:
            require_free_port(chosen.port, "--port")
            asyncio.run(_serve(dashboard, chosen.port))
    except TradingError as error:
        print(f"web: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:  # Somebody took the port meanwhile.
        print(f"web: {error}", file=sys.stderr)
        return EXIT_OUTSIDE_WORLD
    return EXIT_ASKED_TO_STOP


def dashboard_of(environ: Mapping[str, str]) -> Dashboard:
    """Return what is to be served, with the settings in a mapping of names to text.

    Raises
    ------
    ConfigError
        Lists everything missing.
    """
    reader = SettingsReader(environ)
    url = reader.text("SUPABASE_URL")
    key = reader.text("SUPABASE_PUBLISHABLE_KEY")
    api = reader.text("WEB_API_URL", "http://127.0.0.1:8080")
    reader.finish()
    return Dashboard(OUT, url, key, api)


async def _serve(dashboard: Dashboard, port: int) -> None:
    runner = web.AppRunner(dashboard.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        (address, *_) = runner.addresses
        print(f"WEB_URL={shlex.quote(f'http://{address[0]}:{address[1]}')}", flush=True)
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
