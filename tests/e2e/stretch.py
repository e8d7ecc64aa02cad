"""A stretch of trading, watched by the browser of its owner and by that of a stranger.

In:  a folder for the worker's state.
Out: a `Stretch` after its last trade has ended and both browsers have heard all they will hear.
Next: `tests/e2e/test_browser.py`, which looks at what they heard.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.browser import Browser, open_browser
from tests.e2e.system import (
    System,
    create_eager,
    do,
    running_system,
    sign_in_demo,
    sign_up_somebody,
)
from tests.worker.running import wait_for

TABLES = ("trades", "orders", "fills", "trading_signals", "strategy_configs", "strategy_commands")
LAST_WORDS = "nothing comes after this"

Row = dict[str, Any]


class Stretch(NamedTuple):
    """A stretch of trading that two browsers watched: its owner's and a stranger's."""

    system: System
    owner: Browser
    owner_id: str
    configs: tuple[str, ...]
    stranger: Browser
    stranger_id: str
    heard_before: int
    """Last sequence number before the owner listened."""
    answer_to_stranger: Row
    """What the server said when the stranger asked for the owner's topic."""


@contextmanager
def watched_stretch(folder: Path) -> Iterator[Stretch]:
    """Let two configs trade while two browsers listen; in the end nothing is open.

    Parameters
    ----------
    folder
        For the worker's state.
    """
    with (
        running_system(folder) as system,
        open_browser(system.stack) as owner,
        open_browser(system.stack) as stranger,
    ):
        owner_id, stranger_id = sign_in_demo(owner), sign_up_somebody(stranger)
        configs = tuple(create_eager(owner, name, f"{name}-FUT") for name in ("NIFTY", "BANKNIFTY"))
        before = _last_sequence(owner)
        assert owner.listen_to_topic(f"user:{owner_id}")["status"] == "SUBSCRIBED"
        assert stranger.listen_to_topic(f"user:{stranger_id}")["status"] == "SUBSCRIBED"
        refused = stranger.listen_to_topic(f"user:{owner_id}")
        for page in (owner, stranger):
            assert page.listen_to_tables(*TABLES, "portfolios")["status"] == "ok"
        _trade(system, owner, configs)
        _hear_all(owner, stranger, owner_id)
        yield Stretch(system, owner, owner_id, configs, stranger, stranger_id, before, refused)


def _trade(system: System, owner: Browser, configs: tuple[str, ...]) -> None:
    with system.market_open():
        for config in configs:
            assert do(owner, config, "START")["status"] == "EXECUTED"
        for config in configs:
            system.wait_trades(config, 2, status="eq.CLOSED")
        for config in configs:
            assert do(owner, config, "STOP")["status"] == "EXECUTED"
        for config in configs:
            wait_for("all to be closed", lambda: not system.trades(config, status="eq.OPEN"))  # noqa: B023 - called at once


def _hear_all(owner: Browser, stranger: Browser, owner_id: str) -> None:
    """Wait until both have heard everything, which for the stranger is an act of its own."""
    last = _last_sequence(owner)
    wait_for(f"event {last}", lambda: last in _sequences(owner, owner_id))
    # Changes of tables come in the order of their commits: after these nothing is on its way.
    for page in (owner, stranger):
        page.query("portfolios", ("insert", {"name": LAST_WORDS, "initial_capital": 1}))
    for page in (owner, stranger):
        wait_for("its own last words", lambda: _names(page) & {LAST_WORDS})  # noqa: B023 - called at once


def _last_sequence(page: Browser) -> int:
    rows = page.query(
        "user_events",
        ("select", "sequence"),
        ("order", "sequence", {"ascending": False}),
        ("limit", 1),
    )
    return int(rows[0]["sequence"])


def _sequences(page: Browser, user_id: str) -> set[int]:
    return {event["payload"]["sequence"] for event in page.heard_on(f"user:{user_id}")}


def _names(page: Browser) -> set[str]:
    return {event["new"]["name"] for event in page.heard_on("portfolios")}
