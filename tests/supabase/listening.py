"""People at Realtime: who joins which topic, what each of them hears, who may speak.

In:  a running stack, people with their tokens.
Out: `Listeners` with an `Ear` per topic.
Next: `tests/supabase/test_realtime.py`.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import psycopg
from realtime import AsyncRealtimeChannel, AsyncRealtimeClient, RealtimeSubscribeStates
from realtime.types import RealtimeChannelOptions

from tests.stacks import RunningStack
from tests.supabase.people import Person

DEADLINE = 10.0
PRIVATE: RealtimeChannelOptions = {
    "config": {"broadcast": None, "presence": None, "private": True},
}


class Ear:
    """What one subscriber heard, in order."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self._news = asyncio.Condition()

    def hear(self, message: Any) -> None:
        """Take a message; what a client's callback is set to."""
        self.heard.append(message)
        self._changed = asyncio.get_running_loop().create_task(self._tell())

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; fail at the deadline."""
        async with asyncio.timeout(DEADLINE), self._news:
            await self._news.wait_for(condition)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


class Listeners:
    """Realtime connections of users, closed together."""

    def __init__(self, stack: RunningStack) -> None:
        self._url = stack.url.replace("http", "ws", 1) + "/realtime/v1"
        self._clients: list[AsyncRealtimeClient] = []

    async def connect(self, user: Person) -> AsyncRealtimeClient:
        """Return a connection that carries the user's token."""
        key = user.http.headers["apikey"]
        client = AsyncRealtimeClient(self._url, key, auto_reconnect=False)
        self._clients.append(client)
        await client.connect()
        await client.set_auth(user.token or key)
        return client

    async def topic(
        self, user: Person, topic: str
    ) -> tuple[RealtimeSubscribeStates, AsyncRealtimeChannel, Ear]:
        """Join a private topic; return the server's answer and what is heard there."""
        client = await self.connect(user)
        channel = client.channel(topic, PRIVATE)
        ear = Ear()
        channel.on_broadcast("*", ear.hear)
        return await join(channel), channel, ear

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.close()


async def join(channel: AsyncRealtimeChannel) -> RealtimeSubscribeStates:
    answers = Ear()
    await channel.subscribe(lambda state, _: answers.hear(state))
    await answers.until(lambda: bool(answers.heard))
    state: RealtimeSubscribeStates = answers.heard[0]
    return state


def speak(database: psycopg.Connection[Any], person: Person, topic: str) -> None:
    """Broadcast on a private topic as Realtime does for a client."""
    role = "authenticated" if person.id else "anon"
    claims = json.dumps({"sub": person.id, "role": role})
    with database.transaction():
        database.execute(
            "select set_config('role', %s, true), "
            "set_config('request.jwt.claims', %s, true), "
            "set_config('realtime.topic', %s, true)",
            (role, claims, topic),
        )
        database.execute(
            "insert into realtime.messages (topic, extension, event, payload, private) "
            "values (%s, 'broadcast', 'trade_closed', '{}', true)",
            (topic,),
        )
