"""Quotes: changed prices are told to every signed-in user, once per batch, and by nobody else."""

import asyncio
from typing import Any

import psycopg
import pytest
from realtime import RealtimeSubscribeStates

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Event, Worker
from tests.supabase.listening import Ear, Listeners, speak
from tests.supabase.people import Person

TOPIC = "market:quotes"
LATER = "2026-11-20T05:30:00+00:00"


def price(number: int, value: str, **changes: Any) -> Event:
    key = f"NSE_FNO:{number}"
    return events.last_price(instrument_key=key, symbol=f"S{number}", price=value, **changes)


def told(ear: Ear) -> list[list[dict[str, Any]]]:
    """Return the quotes of each message."""
    return [message["payload"]["quotes"] for message in ear.heard]


async def listening(listeners: Listeners, person: Person) -> Ear:
    state, _, ear = await listeners.topic(person, TOPIC)
    assert state is RealtimeSubscribeStates.SUBSCRIBED
    return ear


async def know(ear: Ear, worker: Worker, *batch: Event) -> None:
    """Write prices that were not known and wait until they were told."""
    await write(worker, *batch)
    keys = {each["row"]["instrument_key"] for each in batch}
    await ear.until(
        lambda: keys <= {each["instrument_key"] for quotes in told(ear) for each in quotes}
    )
    ear.heard.clear()


async def write(worker: Worker, *batch: Event) -> None:
    # In a thread: the connections that listen live in this one.
    await asyncio.to_thread(worker.must_write, *batch)


async def test_the_topic_is_joined_by_whoever_is_signed_in(
    listeners: Listeners, everybody: dict[str, Person]
) -> None:
    joined = {
        who
        for who, person in everybody.items()
        if (await listeners.topic(person, TOPIC))[0] is RealtimeSubscribeStates.SUBSCRIBED
    }
    assert joined == {"owner", "other", "admin", "secret"}


@pytest.mark.parametrize("who", ["owner", "admin", "anonymous"])
def test_nobody_speaks_on_the_topic_but_the_database(
    everybody: dict[str, Person], database: Database, who: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        speak(database, everybody[who], TOPIC)


async def test_a_batch_is_one_message_with_exact_prices_of_what_changed(
    listeners: Listeners, user: Person, worker: Worker
) -> None:
    ear = await listening(listeners, user)
    await know(ear, worker, price(9101, "24999.05"), price(9102, "12.10"))
    await write(
        worker,
        price(9101, "24999.05", traded_at=LATER),  # Traded again, at the same price.
        price(9102, "12.15", traded_at=LATER),
        price(9102, "12.20", traded_at=LATER),
        price(9103, "83.1275", previous_close="83.1"),
    )
    await ear.until(lambda: bool(ear.heard))
    (quotes,) = told(ear)
    assert [(each["symbol"], each["price"], each["previous_close"]) for each in quotes] == [
        ("S9102", "12.2000", None),
        ("S9103", "83.1275", "83.1000"),
    ]
    columns = "instrument_key,symbol,price::text,previous_close::text,updated_at"
    stored = user.rows(f"last_prices?select={columns}")
    assert all(each in stored for each in quotes)


async def test_a_batch_that_changes_no_price_is_not_told(
    listeners: Listeners, user: Person, worker: Worker
) -> None:
    ear = await listening(listeners, user)
    await know(ear, worker, price(9111, "10.00", traded_at=LATER))
    await asyncio.to_thread(worker.write, price(9111, "11.00"))  # Older than what is stored.
    await asyncio.to_thread(worker.write, price(9111, "-1", traded_at=LATER))  # Poison.
    await write(worker, events.candle(instrument_key="NSE_FNO:9111"))
    await write(worker, price(9111, "12.00", traded_at=LATER))
    await ear.until(lambda: bool(ear.heard))
    assert [[each["price"] for each in quotes] for quotes in told(ear)] == [["12.0000"]]


async def test_many_prices_are_told_in_messages_of_two_hundred(
    listeners: Listeners, user: Person, worker: Worker
) -> None:
    ear = await listening(listeners, user)
    await write(worker, *(price(20_000 + number, "1.05") for number in range(450)))
    await ear.until(lambda: sum(map(len, told(ear))) >= 450)
    assert sorted(len(quotes) for quotes in told(ear)) == [50, 200, 200]
    assert len({each["instrument_key"] for quotes in told(ear) for each in quotes}) == 450
