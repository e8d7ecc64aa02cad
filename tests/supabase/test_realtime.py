"""Realtime: a user hears the own private topic and changed rows, and nobody else's."""

from typing import Any

import psycopg
import pytest
from realtime import RealtimeSubscribeStates
from realtime.types import RealtimePostgresChangesListenEvent

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.listening import Ear, Listeners, join, speak
from tests.supabase.people import Person

EVERY_CHANGE = RealtimePostgresChangesListenEvent.All


def later(ear: Ear) -> list[dict[str, Any]]:
    """Return the payloads heard, without that of the deployment, which may be under way still."""
    payloads = [message["payload"] for message in ear.heard]
    return [payload for payload in payloads if payload["sequence"] > 1]


async def test_the_owner_hears_on_the_topic_what_the_table_holds(
    listeners: Listeners, user: Person, deployment: Deployment, worker: Worker
) -> None:
    state, _, ear = await listeners.topic(user, f"user:{user.id}")
    assert state is RealtimeSubscribeStates.SUBSCRIBED
    opened = events.trade(deployment)
    worker.must_write(opened, events.closed(opened), events.order(deployment))
    await ear.until(lambda: len(later(ear)) >= 3)

    stored = user.rows("user_events?sequence=gt.1&order=sequence")
    told = later(ear)
    assert [payload["sequence"] for payload in told] == [2, 3, 4]
    for payload, row in zip(told, stored, strict=True):
        assert payload["id"] == row["entity_id"]
        assert (payload["kind"], payload["entity"]) == (row["kind"], row["entity"])
        assert payload["row"] == row["row"]
    assert {message["event"] for message in ear.heard} >= {row["kind"] for row in stored}


async def test_a_private_topic_is_joined_by_its_owner_and_the_secret_key_alone(
    listeners: Listeners, user: Person, everybody: dict[str, Person]
) -> None:
    topics = {f"user:{user.id}": {"owner", "secret"}}
    others = ("user:", "user:%", f"user:{user.id}:x", f"USER:{user.id}", user.id, "all", "job_runs")
    topics |= {topic: {"secret"} for topic in others}
    for topic, expected in topics.items():
        joined = {
            who
            for who, person in everybody.items()
            if (await listeners.topic(person, topic))[0] is RealtimeSubscribeStates.SUBSCRIBED
        }
        assert joined == expected, topic


async def test_nobody_else_hears_what_is_said_on_the_topic(
    listeners: Listeners, user: Person, everybody: dict[str, Person], deployment: Deployment
) -> None:
    topic = f"user:{user.id}"
    ears = {who: (await listeners.topic(each, topic))[2] for who, each in everybody.items()}
    user.rpc("toggle_strategy", p_strategy_id=deployment.strategy_id, p_active=True)
    for who in ("owner", "secret"):
        await ears[who].until(lambda ear=ears[who]: bool(later(ear)))  # type: ignore[misc]
    assert {who for who, ear in ears.items() if ear.heard} == {"owner", "secret"}


@pytest.mark.parametrize("who", ["owner", "other", "admin", "anonymous"])
def test_nobody_speaks_on_the_topic_not_even_its_owner(
    user: Person, everybody: dict[str, Person], database: Database, who: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        speak(database, everybody[who], f"user:{user.id}")


async def test_a_user_receives_changed_rows_of_the_own_only(
    listeners: Listeners, user: Person, stranger: Person, deployment: Deployment, worker: Worker
) -> None:
    ears = []
    for person in (user, stranger):
        channel = (await listeners.connect(person)).channel("trades")
        ear, ready = Ear(), Ear()
        channel.on_postgres_changes(EVERY_CHANGE, ear.hear, schema="public", table="trades")
        channel.on_system(ready.hear)
        assert await join(channel) is RealtimeSubscribeStates.SUBSCRIBED
        await ready.until(lambda ready=ready: bool(ready.heard))  # type: ignore[misc]
        ears.append(ear)
    _, _, told = await listeners.topic(user, f"user:{user.id}")

    opened = events.trade(deployment)
    worker.must_write(opened, events.closed(opened))
    mine, theirs = ears
    await mine.until(lambda: len(mine.heard) >= 2)
    await told.until(lambda: len(later(told)) >= 2)
    assert [change["data"]["type"] for change in mine.heard] == ["INSERT", "UPDATE"]
    assert mine.heard[-1]["data"]["record"]["status"] == "CLOSED"
    assert theirs.heard == []


async def test_a_deletion_is_told_to_nobody(
    listeners: Listeners,
    user: Person,
    deployment: Deployment,
    worker: Worker,
    database: Database,
) -> None:
    channel = (await listeners.connect(user)).channel("logs")
    ear, ready = Ear(), Ear()
    channel.on_postgres_changes(EVERY_CHANGE, ear.hear, schema="public", table="strategy_logs")
    channel.on_system(ready.hear)
    assert await join(channel) is RealtimeSubscribeStates.SUBSCRIBED
    await ready.until(lambda: bool(ready.heard))

    worker.must_write(events.log(deployment, message="first"))
    await ear.until(lambda: bool(ear.heard))
    database.execute("delete from public.strategy_logs where user_id = %s", (user.id,))
    worker.must_write(events.log(deployment, message="second"))
    await ear.until(lambda: len(ear.heard) > 1)
    told = [message["data"] for message in ear.heard]
    assert [each["type"] for each in told] == ["INSERT", "INSERT"]
    assert [each["record"]["message"] for each in told] == ["first", "second"]
