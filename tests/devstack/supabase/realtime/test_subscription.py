"""From what a client asks for to active bindings."""

import pytest

from tests.devstack.supabase.realtime.clients import Client
from tests.devstack.supabase.realtime.conftest import Execute, token


async def refusal(client: Client, **binding: object) -> str:
    """Return what the client is told about a binding that cannot be made active."""
    reply = await client.join("realtime:a", token(), postgres_changes=[binding])
    assert reply["status"] == "ok"  # The join is; its bindings come later.
    system = await client.next("system")
    assert (system["channel"], system["extension"]) == ("a", "postgres_changes")
    assert system["status"] == "error"
    return str(system["message"])


async def test_a_table_that_is_not_published_is_refused_as_hosted_words_it(
    client: Client,
) -> None:
    message = await refusal(client, event="*", schema="public", table="nope")
    assert message == (
        "Unable to subscribe to changes with given parameters. Please check Realtime is enabled "
        "for the given connect parameters: [event: *, schema: public, table: nope, filters: []]"
    )


@pytest.mark.parametrize(
    ("binding", "complaint"),
    [
        ({"table": "orders", "filter": "nope=eq.1"}, "invalid column for filter nope"),
        ({"table": "accounts", "filter": "secret=eq.1"}, "invalid column for filter secret"),
        ({"table": "orders", "filter": "quantity=eq.x"}, "invalid input syntax for type integer"),
        ({"table": "samples", "filter": "mood=eq.sad"}, 'invalid input value for enum mood: "sad"'),
        ({"table": "orders", "filter": "symbol=match.("}, "invalid regular expression"),
        ({"table": "orders", "filter": "symbol"}, "must be column=operator.value"),
        ({"table": "*", "filter": "symbol=eq.x"}, "needs one table to look at"),
        ({"table": "orders", "event": "TRUNCATE"}, "event 'TRUNCATE' must be one of"),
        ({"table": "orders", "event": {}}, "event {} must be one of"),
        ({"table": "orders", "select": 7}, "select 7 must be a list of column names"),
        ({"table": "orders", "filter": 7}, "filter 7 must be text"),
        ({"table": 7}, "table 7 must be text"),
    ],
)
async def test_a_binding_that_cannot_be_understood_is_refused_in_words(
    client: Client, binding: dict[str, object], complaint: str
) -> None:
    assert complaint in await refusal(client, **{"event": "*", "schema": "public", **binding})


async def test_a_table_published_later_is_subscribed_then(
    client: Client, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devstack.supabase.realtime.subscription.RETRY_SECONDS", 0.02)
    await refusal(client, event="*", schema="public", table="unpublished")
    execute("alter publication supabase_realtime add table public.unpublished")
    system = await client.first(lambda m: m.event == "system" and m.payload["status"] == "ok")
    assert system.payload["message"] == "Subscribed to PostgreSQL"
    execute("alter publication supabase_realtime drop table public.unpublished")


async def test_one_bad_binding_leaves_the_others_of_its_channel_inactive(
    client: Client, execute: Execute
) -> None:
    good = {"event": "*", "schema": "public", "table": "prices"}
    bad = {"event": "*", "schema": "public", "table": "nope"}
    await client.join("realtime:a", postgres_changes=[good, bad])
    assert (await client.next("system"))["status"] == "error"
    await client.watch("realtime:b", {"table": "prices"})
    execute("insert into public.prices (symbol) values ('X')")
    message = await client.first(lambda m: m.event == "postgres_changes")
    assert message.topic == "realtime:b"
