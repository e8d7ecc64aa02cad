"""How long commands take, as a page sees it: from the insert to its end, heard over Realtime.

In:  a signed-in page, a config that runs.
Out: seconds by command.
Next: `bench/commands.py`, which takes many.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

from tests.e2e.browser import Browser, Heard

ROUND: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("PAUSE", {}),
    ("RESUME", {}),
    ("UPDATE_CONFIG", {"parameters": {"atr": 3}}),
    ("RESTART", {}),
    ("STOP", {}),
    ("START", {}),
)
"""All six, in an order in which each is allowed, back to where it began."""
TABLE: Final = "strategy_commands"
WORST_SECONDS: Final = 20.0

Times = dict[str, list[float]]


def rounds(page: Browser, config_id: str, count: int) -> Iterator[tuple[str, float]]:
    """Yield each command with its seconds, `count` times all six; the page listens to `TABLE`."""
    for _ in range(count):
        for command, parameters in ROUND:
            yield command, timed(page, config_id, command, parameters)


def timed(page: Browser, config_id: str, command: str, parameters: dict[str, Any]) -> float:
    """Send a command and return the seconds until the page hears that it was carried out."""
    row = {"strategy_config_id": config_id, "command": command, "parameters": parameters}
    since, began = len(page.heard), time.time()
    (inserted,) = page.query(TABLE, ("insert", row), ("select", "id"))

    def is_its_end(each: Heard) -> bool:
        new = each.event["new"]
        return bool(
            each.channel == TABLE and new["id"] == inserted["id"] and new["status"] != "PENDING"
        )

    heard = page.wait_heard(f"end of {command}", is_its_end, since, WORST_SECONDS)
    assert heard.event["new"]["status"] == "EXECUTED", heard.event["new"]["error_message"]
    return heard.at - began
