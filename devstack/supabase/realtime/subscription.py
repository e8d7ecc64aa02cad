"""The postgres_changes side of one channel: from what a client asked for to active bindings.

In:  the bindings of a join.
Out: bindings that receive changes, or the sentence that says why not.
Next: `devstack/supabase/realtime/dispatch.py`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import psycopg

from core.errors import DataError, StoreError
from devstack.supabase.realtime.bindings import Binding, Subscriber, parse_binding
from devstack.supabase.realtime.filter_binding import bind_filter
from devstack.supabase.realtime.hub import Hub
from devstack.supabase.realtime.tables import is_published

RETRY_SECONDS: Final = 5.0  # A table may be published, or Postgres come back, at any time.

SUBSCRIBED: Final = "Subscribed to PostgreSQL"
_REFUSED: Final = "Unable to subscribe to changes with given parameters. "
_NOT_PUBLISHED: Final = "Please check Realtime is enabled for the given connect parameters: "


class NotSubscribedError(DataError):
    """Raised when bindings cannot be made active; `lasting` when trying again is no use."""

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting


class Subscription:
    """All bindings of one channel; they become active together or not at all.

    Parameters
    ----------
    report
        Told `ok` or `error` and a sentence after each attempt.
    """

    def __init__(
        self,
        hub: Hub,
        subscriber: Subscriber,
        entries: Sequence[Mapping[str, Any]],
        report: Callable[[str, str], None],
    ) -> None:
        self._hub = hub
        self._subscriber = subscriber
        self._report = report
        self._numbered = [(next(hub.binding_ids), entry) for entry in entries]
        self.first_attempt: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def echo(self) -> list[dict[str, Any]]:
        """Return the bindings as the client wrote them, each with its id: clients compare."""
        return [{**entry, "id": number} for number, entry in self._numbered]

    async def run(self) -> None:
        """Make the bindings active, trying again for as long as that may help.

        `first_attempt` ends with None on success, else with the reason.
        """
        while True:
            try:
                await self._activate()
            except NotSubscribedError as refusal:
                self._settle("error", str(refusal))
                if refusal.lasting:
                    return
            else:
                self._settle("ok", SUBSCRIBED)
                return
            await asyncio.sleep(RETRY_SECONDS)

    async def _activate(self) -> None:
        await self._hub.streaming.wait()
        try:
            parsed = [parse_binding(entry, number) for number, entry in self._numbered]
            bound = [await self._bound(binding) for binding in parsed]
        except NotSubscribedError:
            raise
        except DataError as error:
            raise NotSubscribedError(f"{_REFUSED}{error}", lasting=True) from error
        except (psycopg.Error, StoreError) as error:
            raise NotSubscribedError(f"{_REFUSED}{error}", lasting=False) from error
        for binding in bound:
            self._hub.bindings.add(self._subscriber, binding)

    async def _bound(self, binding: Binding) -> Binding:
        database, role = self._hub.database, self._subscriber.identity.role
        if not await is_published(database, binding.schema, binding.table):
            raise NotSubscribedError(_REFUSED + _NOT_PUBLISHED + binding.describe(), lasting=False)
        return binding.with_filters(
            [
                await bind_filter(database, each, binding.schema, binding.table, role)
                for each in binding.filters
            ]
        )

    def _settle(self, status: str, message: str) -> None:
        self._report(status, message)
        if not self.first_attempt.done():
            self.first_attempt.set_result(None if status == "ok" else message)
