"""What the stack is told: command line first, then the environment, then defaults.

In:  arguments and environment, both as text.
Out: `Options`, or every problem in one message.
Next: `devstack/supabase/stack.py`.
"""

import argparse
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.settings import SettingsReader
from devstack.supabase.state import PROJECT

BACKENDS: Final = ("embedded", "cli")
_ABOUT: Final = """\
Run a Supabase-compatible stack on this machine: Postgres 17, PostgREST, auth, Realtime.

When it is ready, four shell lines are printed; `eval` and `source` read them:
  SUPABASE_URL  SUPABASE_PUBLISHABLE_KEY  SUPABASE_SECRET_KEY  DATABASE_URL
Everything else goes to stderr. It runs until Ctrl-C, or until whoever started it ends.
"""
_EXAMPLES: Final = """\
examples:
  python -m devstack.supabase                        on 54321 and 54322, data kept
  python -m devstack.supabase --port 0 --ephemeral   on free ports, data thrown away at the end
  python -m devstack.supabase --reset                throw the kept data away and begin anew
  python -m devstack.supabase --backend cli          `supabase start` instead, same four lines

Every option with a value may also be set in the environment: STACK_PORT=0 is --port 0.
exit codes: 0 asked to stop, 2 something must be configured differently, 75 try again later
"""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run the stack.

    Parameters
    ----------
    host
        Loopback address to listen on.
    port, db_port
        0 for any free port.
    home
        State directory; None for the project's own below ``/var/tmp``.
    migrations, seed
        Where the schema is; no migrations for an empty ``public`` schema.
    ephemeral, reset, remove_state
        Throw data away at the end; at the beginning; do that and nothing else.
    backend
        ``embedded`` or ``cli``.
    token_seconds
        How long a user's access token is valid.
    """

    host: str
    port: int
    db_port: int
    home: Path | None
    migrations: Path | None
    seed: Path | None
    ephemeral: bool
    reset: bool
    remove_state: bool
    backend: str
    token_seconds: int


def read_options(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Return the options.

    Raises
    ------
    ConfigError
        Lists everything that cannot be used.
    """
    given = _parser().parse_args(arguments)
    named = {name: value for name, value in vars(given).items() if isinstance(value, str)}
    reader = _Reader(named, environment)
    port = reader.integer(reader.of("port"), 54321, low=0, high=65535)
    options = Options(
        host=_loopback(reader),
        port=port,
        db_port=reader.integer(reader.of("db_port"), 54322 if port else 0, low=0, high=65535),
        home=reader.path("state"),
        migrations=reader.path("migrations") or _existing(PROJECT / "supabase/migrations"),
        seed=reader.path("seed"),
        ephemeral=given.ephemeral,
        reset=given.reset,
        remove_state=given.remove_state,
        backend=reader.choice(reader.of("backend"), "embedded", BACKENDS),
        token_seconds=reader.integer(reader.of("token_seconds"), 3600, low=1, high=604800),
    )
    if options.ephemeral and options.reset:
        reader.problem("--ephemeral and --reset: an ephemeral stack has nothing to reset")
    reader.finish()
    return options


class _Reader(SettingsReader):
    """Settings under the name by which they were given: ``--port`` or ``STACK_PORT``."""

    def __init__(self, named: Mapping[str, str], environment: Mapping[str, str]) -> None:
        flags = {_flag(name): value for name, value in named.items()}
        super().__init__({**environment, **flags})
        self._flags = flags

    def of(self, name: str) -> str:
        flag = _flag(name)
        return flag if flag in self._flags else f"STACK_{name.upper()}"

    def path(self, name: str) -> Path | None:
        found = self.text(self.of(name), "")
        return Path(found).absolute() if found else None


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _existing(directory: Path) -> Path | None:
    return directory if directory.is_dir() else None


def _loopback(reader: _Reader) -> str:
    """Return the address to listen on; the keys are public, so it must not leave the machine."""
    name = reader.of("host")
    host = reader.text(name, "127.0.0.1")
    try:
        loopback = ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        reader.problem(
            f"{name} is {host!r}, must be an IPv4 loopback address such as 127.0.0.1: the keys of "
            "this stack are public"
        )
    return host


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack.supabase",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--port", metavar="N", help="port of the API; 0 takes free ports (default 54321)")
    add("--db-port", metavar="N", help="port of Postgres; 0 takes a free one (default 54322)")
    add("--host", metavar="ADDRESS", help="loopback address to listen on (default 127.0.0.1)")
    add("--state", metavar="DIR", help="where data are kept (default /var/tmp/tradebase-...)")
    add("--migrations", metavar="DIR", help="migrations to apply (default supabase/migrations)")
    add("--seed", metavar="FILE", help="seed file for a new database (default: config.toml's)")
    add("--token-seconds", metavar="N", help="life of a user's access token (default 3600)")
    add("--backend", metavar="NAME", help="embedded, or cli for `supabase start`")
    add("--ephemeral", action="store_true", help="own data, thrown away at the end")
    add("--reset", action="store_true", help="throw kept data away first")
    add("--remove-state", action="store_true", help="throw everything kept away, start nothing")
    return parser
