"""Emergency stops in the worker: obeyed from the database, flattened once, whatever fails."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from adapters.flattening import Flattened, Outcome
from tests.stacks import RunningStack, running_stack
from tests.supabase.deployments import Deployment, deploy
from tests.supabase.going_live import connect_broker
from tests.supabase.people import Person, sign_up
from worker.configs.emergency import Emergency
from worker.store.supabase import Supabase

SHARD = "main"


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """Start a database with its gateway."""
    with running_stack() as running:
        yield running


@pytest.fixture
def user(stack: RunningStack) -> Iterator[Person]:
    """Return a user with a connected account."""
    secret = {"apikey": stack.secret_key}
    with (
        httpx.Client(base_url=stack.url, headers={"apikey": stack.publishable_key}) as http,
        httpx.Client(base_url=stack.url, headers=secret) as trusted,
    ):
        person = sign_up(http)
        connect_broker(Person(trusted), person.id)
        yield person


@pytest.fixture
def deployment(user: Person) -> Deployment:
    """Return a config of the user's, on the main shard."""
    return deploy(user)


@dataclass
class Broker:
    """The broker's side, as a test wants it."""

    outcome: Outcome = Outcome.FLAT
    asked: list[str] = field(default_factory=list)

    def flatten(self, user_id: str) -> Flattened:
        self.asked.append(user_id)
        return Flattened(self.outcome, "in words", {"positions": 0})


def looks(
    stack: RunningStack, broker: Broker, halt: Callable[[Collection[str]], None], times: int = 1
) -> None:
    """Let a worker look so many times."""

    async def look() -> None:
        async with Supabase(stack.url, stack.secret_key) as supabase:
            emergency = Emergency(supabase, SHARD, "worker test", halt, broker)
            for _ in range(times):
                await emergency.look()

    asyncio.run(look())


def ignore(_: Collection[str]) -> None:
    """Take note of nothing."""


def test_a_stop_halts_its_configs_and_a_lifted_one_lets_them_go(
    stack: RunningStack, user: Person, deployment: Deployment
) -> None:
    told: list[Any] = []
    stop = user.rpc("trigger_emergency_stop", p_reason="drill")
    broker = Broker()
    looks(stack, broker, told.append, times=2)
    assert [deployment.config_id in each for each in told] == [True]  # Told once.
    assert broker.asked == [user.id]
    assert user.row("flattenings")["claimed_by"] == "worker test"
    user.rpc("lift_emergency_stop", p_stop_id=stop["stop_id"], p_reason="over")
    told.clear()
    looks(stack, broker, told.append)
    assert all(deployment.config_id not in each for each in told)


@pytest.mark.usefixtures("deployment")
@pytest.mark.parametrize("outcome", list(Outcome))
def test_how_a_flattening_ended_is_stored_and_it_is_not_done_again(
    stack: RunningStack, user: Person, outcome: Outcome
) -> None:
    user.rpc("trigger_emergency_stop", p_reason="drill")
    broker = Broker(outcome)
    looks(stack, broker, ignore, times=3)
    ended = user.row("flattenings")
    assert (ended["outcome"], ended["status"]) == (
        str(outcome),
        "flat" if outcome is Outcome.FLAT else "failed",
    )
    assert len(user.rows("incidents")) == (outcome is not Outcome.FLAT)
    assert broker.asked == [user.id]


@pytest.mark.usefixtures("deployment")
def test_two_workers_that_look_at_once_flatten_once(stack: RunningStack, user: Person) -> None:
    user.rpc("trigger_emergency_stop", p_reason="drill")
    broker = Broker()

    async def both() -> None:
        async with (
            Supabase(stack.url, stack.secret_key) as one,
            Supabase(stack.url, stack.secret_key) as two,
        ):
            await asyncio.gather(
                *(
                    Emergency(each, SHARD, "worker test", ignore, broker).look()
                    for each in (one, two)
                )
            )

    asyncio.run(both())
    assert broker.asked == [user.id]


def test_while_the_database_is_away_it_goes_on_looking() -> None:
    async def look() -> bool:
        async with Supabase("http://127.0.0.1:9", "key") as supabase:
            emergency = Emergency(supabase, SHARD, "worker test", ignore, Broker())
            running = asyncio.create_task(emergency.run())
            await asyncio.sleep(0)
            done, _ = await asyncio.wait([running], timeout=0.5)
            running.cancel()
            return not done

    assert asyncio.run(look())
