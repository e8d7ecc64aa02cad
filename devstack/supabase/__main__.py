"""Run the stack from the command line: ``python -m devstack.supabase --help``.

In:  arguments, environment, signals.
Out: four shell lines on stdout when ready; one sentence on stderr and an exit code otherwise.
Next: `devstack/supabase/options.py`.
"""

import gc
import logging
import os
import sys

from core.errors import EXIT_ASKED_TO_STOP, EXIT_OUTSIDE_WORLD, TradingError
from devstack.lifetime import die_with_parent, exit_when_asked
from devstack.supabase.options import Options, read_options

gc.disable()  # Most of a start is imports, and no import makes garbage; on again when ready.


def main() -> int:
    """Run the stack; return the exit code."""
    exit_when_asked()
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="stack: %(message)s", stream=sys.stderr)
    try:
        _run(read_options(sys.argv[1:], os.environ))
    except TradingError as error:
        sys.stderr.write(f"stack: {error}\n")
        return error.exit_code
    except OSError as error:  # A full disk, a limit of the machine: what no check foresaw.
        sys.stderr.write(f"stack: {error}\n")
        return EXIT_OUTSIDE_WORLD
    return EXIT_ASKED_TO_STOP


def _run(options: Options) -> None:
    """Do what was asked; only that part is imported, a start has no time to lose."""
    if options.remove_state:
        from devstack.supabase.stack import remove_state  # noqa: PLC0415 - see above

        remove_state(options)
    elif options.backend == "cli":
        from devstack.supabase.cli_backend import run_cli_stack  # noqa: PLC0415 - see above

        run_cli_stack(_announce)
    else:
        from devstack.supabase.stack import run_stack  # noqa: PLC0415 - see above

        run_stack(options, _announce)


def _announce(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
