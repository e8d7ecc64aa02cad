"""What one supabase-py case stands on: its own users and clients, all gone when it ends.

In:  the stack, and the address under test: the stack itself or a proxy that has switched one
     behaviour off.
Out: real clients, sync or async: the same calls, which `settled` awaits where that is needed.
Next: `tests/contract/py/auth.py` and its neighbours.

What a case only needs is arranged at the stack itself; what it is about goes through the address
under test. So switching off sign-up fails the cases of sign-up only.
"""

import inspect
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

import httpx
import jwt
from supabase import (
    AsyncClient,
    AsyncClientOptions,
    Client,
    ClientOptions,
    create_async_client,
    create_client,
)

from tests.contract.py.inbox import Inbox
from tests.contract.target import Target

# httpx makes one per client otherwise, each time reading the certificates of the whole world.
_TLS = ssl.create_default_context()

# AsyncClient or Client: each call is there in both, and `settled` joins the two.
type AnyClient = Any


class SkippedError(Exception):
    """Raised by a case that this stack or client cannot be asked for; says why."""


async def settled[T](value: Awaitable[T] | T) -> T:
    """Return a value of the sync client, or what a value of the async client resolves to."""
    return await value if inspect.isawaitable(value) else value


async def refused[E: Exception](kind: type[E], act: Callable[[], Any]) -> E:
    """Return the error with which the client refuses `act`."""
    try:
        came = await settled(act())
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised, but came {came!r:.300}")


@dataclass(slots=True)
class User:
    """One account; `id` and `session` are set once it exists."""

    email: str
    password: str
    id: str = ""
    session: Any = None

    @property
    def credentials(self) -> dict[str, str]:
        """What signing up and signing in take."""
        return {"email": self.email, "password": self.password}


class Stage:
    """Makes users and clients for one case and removes them.

    Parameters
    ----------
    target
        The stack.
    proxy
        Address of the proxy, for what only it can do; `cuttable` goes through it.
    rule
        What the proxy switches off; None for nothing, then clients go to the stack directly.
    sync
        Use the sync client.
    deadline
        How long a case waits for something, in seconds.

    Attributes
    ----------
    url
        The address under test.
    """

    def __init__(
        self, target: Target, *, proxy: str, rule: str | None, sync: bool, deadline: float
    ) -> None:
        self.target = target
        self.url = f"{proxy}/{rule}" if rule else target.url
        self.deadline = deadline
        self._proxy = proxy
        self._rule = rule or "plain"
        self._sync = sync
        self._users: list[User] = []
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._exit.push_async_callback(self._remove_users)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exit.aclose()

    async def client(self, key: str = "", url: str = "") -> AnyClient:
        """Return a client, by default with the publishable key at the address under test."""
        make = self._sync_client if self._sync else self._async_client
        return await make(key or self.target.publishable_key, url or self.url)

    async def admin(self) -> AnyClient:
        """Return a client with the secret key at the address under test."""
        return await self.client(self.target.secret_key)

    async def arranger(self) -> AnyClient:
        """Return a client with the secret key at the stack itself."""
        return await self.client(self.target.secret_key, self.target.url)

    def credentials(self) -> User:
        """Return an account that does not exist yet."""
        user = User(f"{uuid4()}@example.com", f"pass-{uuid4()}")
        self._users.append(user)
        return user

    async def user(self) -> User:
        """Return a fresh account, made at the stack itself."""
        user = self.credentials()
        client = await self.client(url=self.target.url)
        answer = await settled(client.auth.sign_up(user.credentials))
        user.id, user.session = answer.user.id, answer.session
        return user

    async def signed_in(self, user: User | None = None, url: str = "") -> tuple[AnyClient, User]:
        """Return a client of an account, by default a fresh one."""
        account = user or await self.user()
        client = await self.client(url=url)
        session = account.session
        await settled(client.auth.set_session(session.access_token, session.refresh_token))
        return client, account

    def short_token(self, user: User, seconds: int) -> str:
        """Return a token of `user` for that long, signed with the stack's shared secret."""
        if not self.target.jwt_secret:
            raise SkippedError("needs SUPABASE_JWT_SECRET of the stack")
        role, now = "authenticated", int(time.time())
        claims = {"sub": user.id, "role": role, "aud": role, "iat": now, "exp": now + seconds}
        return jwt.encode(claims, self.target.jwt_secret, "HS256")

    def inbox(self) -> Inbox:
        """Return an inbox with this case's deadline."""
        return Inbox(self.deadline)

    def cuttable(self, tag: str) -> str:
        """Return an address whose connections `control` can cut by that tag."""
        return f"{self._proxy}/{self._rule}~{tag}"

    async def control(self, action: str) -> None:
        """Ask the proxy's control side for something: cut/<tag>, terminate-replication."""
        async with httpx.AsyncClient(verify=_TLS) as client:
            reply = await client.post(f"{self._proxy}/control/{action}")
        if reply.status_code == httpx.codes.NOT_IMPLEMENTED:
            raise SkippedError(reply.text)
        assert reply.status_code == httpx.codes.NO_CONTENT, reply.text

    async def _async_client(self, key: str, url: str) -> AsyncClient:
        http = await self._exit.enter_async_context(httpx.AsyncClient(timeout=30, verify=_TLS))
        options = AsyncClientOptions(
            auto_refresh_token=False, persist_session=False, httpx_client=http
        )
        client = await create_async_client(url, key, options)
        self._exit.push_async_callback(client.realtime.close)
        return client

    async def _sync_client(self, key: str, url: str) -> Client:
        http = self._exit.enter_context(httpx.Client(timeout=30, verify=_TLS))
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=http)
        return create_client(url, key, options)

    async def _remove_users(self) -> None:
        headers = {"apikey": self.target.secret_key}
        url = self.target.url
        async with httpx.AsyncClient(base_url=url, headers=headers, verify=_TLS) as http:
            # A case may have deleted its user itself, so a refusal is no news.
            for user in self._users:
                if user.id:
                    await http.delete(f"/auth/v1/admin/users/{user.id}")
