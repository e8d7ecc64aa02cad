"""Run the Dhan simulator from the command line: ``python -m devstack.dhan --help``.

In:  arguments, signals.
Out: shell lines with addresses and credentials on stdout when ready, a log on stderr; one
     sentence on stderr and an exit code when it cannot start.
Next: `devstack/dhan/options.py`.
"""

import asyncio
import logging
import shlex
import signal
import sys

from core.errors import EXIT_ASKED_TO_STOP, EXIT_OUTSIDE_WORLD, TradingError
from devstack.dhan.options import Command, read_command
from devstack.dhan.program import prepare
from devstack.dhan.simulator import Simulator
from devstack.lifetime import die_with_parent, exit_when_asked, require_free_port


def main() -> int:
    """Run the simulator; return the exit code."""
    exit_when_asked()
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="dhan: %(message)s", stream=sys.stderr)
    try:
        command = read_command(sys.argv[1:])
        for port, setting in (
            (command.port_feed, "--port-feed"),
            (command.port_rest, "--port-rest"),
        ):
            require_free_port(port, setting)
        asyncio.run(_serve(command))
    except TradingError as error:
        sys.stderr.write(f"dhan: {error}\n")
        return error.exit_code
    except OSError as error:  # Somebody took the port meanwhile, a full disk: not foreseen.
        sys.stderr.write(f"dhan: {error}\n")
        return EXIT_OUTSIDE_WORLD
    except asyncio.CancelledError:  # Asked to stop while it served.
        pass
    return EXIT_ASKED_TO_STOP


async def _serve(command: Command) -> None:
    serving = asyncio.current_task()
    if serving is not None:  # From here on a stop is not raised in the middle of whatever runs.
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    async with Simulator(*prepare(command)) as simulator:
        for name, value in simulator.addresses.items():
            sys.stdout.write(f"{name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        await simulator.run()


if __name__ == "__main__":
    sys.exit(main())
