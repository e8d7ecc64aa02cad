"""What a test trades with: a user's portfolio, strategy and config, and the worker that runs it.

In:  a signed-in user, the secret key.
Out: `Deployment`, and `Worker`, which writes as the real one does.
Next: `tests/supabase/events.py`.
"""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.supabase.people import Person

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deployment:
    """One config of one strategy, with the portfolio it trades with."""

    user_id: str
    portfolio_id: str
    strategy_id: str
    config_id: str


def deploy(user: Person, *, capital: int = 1_000_000) -> Deployment:
    """Make a portfolio and a momentum strategy of the user's, as the browser would."""
    name = uuid4().hex
    portfolio = user.insert("portfolios", {"name": name, "initial_capital": capital})
    made = user.rpc(
        "create_strategy",
        p_name=name,
        p_strategy_type="momentum",
        p_symbols=["NIFTY-FUT"],
        p_portfolio_id=portfolio["id"],
    )
    return Deployment(user.id, portfolio["id"], made["strategy_id"], made["config_id"])


class Worker:
    """Whoever holds a shard's lease.

    Parameters
    ----------
    secret
        Somebody with the secret key.
    """

    def __init__(self, secret: Person) -> None:
        self._secret = secret
        self.shard = f"test-{uuid4().hex[:12]}"
        self.holder = f"worker-{uuid4().hex[:12]}"
        self.token = 0

    def acquire(self, seconds: int = 60) -> None:
        """Take the shard; nobody may have it."""
        lease = self._secret.rpc(
            "worker_acquire_lease",
            p_shard=self.shard,
            p_holder=self.holder,
            p_ttl_seconds=seconds,
        )
        self.token = lease["token"]

    def release(self) -> bool:
        """Let the shard go."""
        released: bool = self._secret.rpc(
            "worker_release_lease", p_shard=self.shard, p_holder=self.holder, p_token=self.token
        )
        return released

    def write(self, *events: Event) -> list[Event]:
        """Write a batch and return how each event went."""
        outcomes: list[Event] = self._secret.rpc(
            "worker_write",
            p_shard=self.shard,
            p_holder=self.holder,
            p_token=self.token,
            p_events=list(events),
        )
        return outcomes

    def must_write(self, *events: Event) -> None:
        """Write a batch of which every event must be applied."""
        outcomes = self.write(*events)
        assert [outcome["outcome"] for outcome in outcomes] == ["applied"] * len(events), outcomes
