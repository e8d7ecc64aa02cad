"""Changes on their way to subscribers: bindings, filters, rights."""

import asyncio
import uuid

from devstack.supabase.realtime.phoenix import Version
from devstack.supabase.realtime.server import Realtime
from tests.devstack.supabase.realtime.clients import Client
from tests.devstack.supabase.realtime.conftest import Connect, Execute, token, until


async def test_an_insert_arrives_with_its_row_and_its_bindings_ids(
    client: Client, execute: Execute
) -> None:
    bindings = await client.watch("realtime:a", {"table": "prices"})
    execute("insert into public.prices (symbol, price) values ('NIFTY', 1.50000000)")
    change = await client.change()
    assert change.ids == [bindings[0]["id"]]
    assert change.data["type"] == "INSERT"
    assert (change.data["schema"], change.data["table"]) == ("public", "prices")
    assert change.data["errors"] is None
    assert change.data["record"]["symbol"] == "NIFTY"
    assert change.data["columns"][:3] == [
        {"name": "id", "type": "int8"},
        {"name": "symbol", "type": "text"},
        {"name": "price", "type": "numeric"},
    ]


async def test_numbers_arrive_digit_for_digit(client: Client, execute: Execute) -> None:
    await client.watch("realtime:a", {"table": "prices"})
    execute("insert into public.prices (symbol, price) values ('X', 123456789012345678.1500)")
    message = await client.first(lambda m: m.event == "postgres_changes")
    assert '"price":123456789012345678.1500' in str(message.frame)


async def test_version_1_clients_receive_the_same_payload(
    connect: Connect, execute: Execute
) -> None:
    new, old = await connect(Version.V2), await connect(Version.V1)
    for client in (new, old):
        await client.watch("realtime:a", {"table": "prices"})
    execute("insert into public.prices (symbol) values ('X')")
    assert (await new.change()).data == (await old.change()).data


async def test_an_update_brings_the_old_key_and_a_delete_nothing_else(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "prices"})
    ((key,),) = execute("insert into public.prices (symbol) values ('X') returning id")
    execute("update public.prices set symbol = 'Y' where id = %s", key)
    execute("delete from public.prices where id = %s", key)
    await client.change()
    updated, deleted = (await client.change()).data, (await client.change()).data
    assert (updated["record"]["symbol"], updated["old_record"]) == ("Y", {"id": key})
    assert deleted["old_record"] == {"id": key}
    assert "record" not in deleted


async def test_only_events_asked_for_arrive(client: Client, execute: Execute) -> None:
    await client.watch("realtime:a", {"table": "prices", "event": "UPDATE"})
    ((key,),) = execute("insert into public.prices (symbol) values ('X') returning id")
    execute("update public.prices set symbol = 'Y' where id = %s", key)
    assert (await client.change()).data["type"] == "UPDATE"


async def test_one_message_names_every_binding_that_matches(
    client: Client, execute: Execute
) -> None:
    bindings = await client.watch(
        "realtime:a",
        {"table": "prices"},
        {"table": "prices", "filter": "symbol=eq.NO"},
        {"table": "prices", "event": "INSERT", "filter": "symbol=in.(X,Y)"},
        {"schema": "*", "table": "*"},
        {"table": "*"},
    )
    execute("insert into public.prices (symbol) values ('X')")
    ids = [binding["id"] for binding in bindings]
    assert sorted((await client.change()).ids) == [ids[0], ids[2], ids[3], ids[4]]


async def test_filters_on_numbers_compare_as_numbers(client: Client, execute: Execute) -> None:
    await client.watch("realtime:a", {"table": "prices", "filter": "price=gt.9"})
    execute("insert into public.prices (symbol, price) values ('a', 8), ('b', 10), ('c', null)")
    execute("insert into public.prices (symbol, price) values ('d', 'NaN')")
    seen = [(await client.change()).data["record"]["symbol"] for _ in range(2)]
    assert seen == ["b", "d"]  # NaN is greater than any number, in Postgres.


async def test_filters_that_only_postgres_can_decide_are_decided_by_it(
    client: Client, execute: Execute
) -> None:
    binding = {"table": "samples", "filter": "mood=gt.calm,word=match.^a+$"}
    await client.watch("realtime:a", binding, token=token())
    execute(
        "insert into public.samples (id, mood, word) values"
        " (101, 'calm', 'a'), (102, 'busy', 'b'), (103, 'wild', 'aa'), (104, null, 'a')"
    )
    assert (await client.change()).data["record"]["id"] == 103
    execute("delete from public.samples")


async def test_each_user_receives_their_own_rows_only(connect: Connect, execute: Execute) -> None:
    users = [str(uuid.uuid4()) for _ in range(3)]
    clients = [await connect() for _ in users]
    for user, client in zip(users, clients, strict=True):
        await client.watch("realtime:a", {"table": "orders"}, token=token(user))
    for user in users:
        execute("insert into public.orders (user_id) values (%s)", user)
    for user, client in zip(users, clients, strict=True):
        assert (await client.change()).data["record"]["user_id"] == user
    execute("insert into public.orders (user_id) values (%s)", users[0])
    assert (await clients[0].change()).data["record"]["user_id"] == users[0]


async def test_the_service_role_receives_every_row(connect: Connect, execute: Execute) -> None:
    client = await connect(key="service-key")
    await client.watch("realtime:a", {"table": "orders"})
    user = str(uuid.uuid4())
    execute("insert into public.orders (user_id) values (%s)", user)
    assert (await client.change()).data["record"]["user_id"] == user


async def test_a_delete_under_row_level_security_reaches_everybody_with_the_key_only(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "guarded_complete"}, token=token())
    execute("insert into public.guarded_complete values (1, 'secret')")
    execute("delete from public.guarded_complete")
    change = (await client.change()).data  # The insert is nobody's to see: there is no policy.
    assert (change["type"], change["old_record"]) == ("DELETE", {"id": 1})


async def test_a_complete_identity_brings_the_whole_old_row(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "complete", "filter": "note=eq.b"}, token=token())
    execute("insert into public.complete values (1, 'a')")
    execute("update public.complete set note = 'b'")
    execute("delete from public.complete")
    updated, deleted = (await client.change()).data, (await client.change()).data
    assert updated["old_record"] == {"id": 1, "note": "a", "wide": None}
    assert deleted["old_record"] == {"id": 1, "note": "b", "wide": None}


async def test_an_unchanged_wide_value_is_taken_from_a_complete_old_row(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "complete", "event": "UPDATE"}, token=token())
    wide = "x" * 20_000
    execute("insert into public.complete values (2, 'a', %s)", wide)
    execute("update public.complete set note = 'b' where id = 2")
    execute("delete from public.complete")
    assert (await client.change()).data["record"] == {"id": 2, "note": "b", "wide": wide}


async def test_keys_of_several_columns_with_quotes_are_found_again(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "odd names"}, token=token())
    execute("insert into public.\"odd names\" values ('it''s \\ \"', true, 'y'), ('', false, null)")
    seen = [(await client.change()).data["record"] for _ in range(2)]
    assert seen[0] == {"the key": "it's \\ \"", "part": True, 'say "x"': "y"}
    assert seen[1] == {"the key": "", "part": False, 'say "x"': None}


async def test_columns_without_a_grant_are_left_out(client: Client, execute: Execute) -> None:
    await client.watch("realtime:a", {"table": "accounts"}, token=token())
    execute("insert into public.accounts values (1, 'Asha', 'pin')")
    change = (await client.change()).data
    assert change["record"] == {"id": 1, "name": "Asha"}
    assert [column["name"] for column in change["columns"]] == ["id", "name"]
    execute("delete from public.accounts")


async def test_a_grant_made_later_counts_from_the_next_change(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "hidden"}, token=token())
    execute("insert into public.hidden values (1)")
    refused = (await client.change()).data
    assert (refused["record"], refused["errors"]) == ({}, ["Error 401: Unauthorized"])
    execute("grant select on public.hidden to authenticated")
    execute("insert into public.hidden values (2)")
    assert (await client.change()).data["record"] == {"id": 2}
    execute("revoke select on public.hidden from authenticated")
    execute("delete from public.hidden")


async def test_a_table_without_a_key_says_so(client: Client, execute: Execute) -> None:
    await client.watch("realtime:a", {"table": "keyless"}, token=token())
    execute("insert into public.keyless values ('word')")
    change = (await client.change()).data
    assert change["errors"] == ["Error 400: Bad Request, no primary key"]
    assert change["record"] == {}


async def test_a_row_too_large_keeps_its_small_values(client: Client, execute: Execute) -> None:
    await client.watch("realtime:a", {"table": "complete"}, token=token())
    execute("insert into public.complete values (3, 'small', repeat('x', 1100000))")
    change = (await client.change()).data
    assert change["errors"] == ["Error 413: Payload Too Large"]
    assert change["record"] == {"id": 3, "note": "small"}
    execute("delete from public.complete")


async def test_a_policy_that_fails_for_one_is_counted_and_harms_nobody_else(
    connect: Connect, execute: Execute, realtime: Realtime
) -> None:
    failing, fine = await connect(), await connect()
    await failing.watch("realtime:a", {"table": "fragile"})
    await fine.watch("realtime:a", {"table": "fragile"}, token=token())
    execute("insert into public.fragile values (1)")
    assert (await fine.change()).data["record"] == {"id": 1}
    assert realtime.counters["policy_failed"] == 1
    execute("delete from public.fragile")
    assert (await failing.change()).data["type"] == "DELETE"


async def test_a_role_the_api_may_not_take_on_sees_nothing(
    connect: Connect, execute: Execute
) -> None:
    client = await connect()
    await client.watch("realtime:a", {"table": "prices"}, token=token(role="supabase_admin"))
    execute("insert into public.prices (symbol) values ('X')")
    assert (await client.change()).data["errors"] == ["Error 401: Unauthorized"]


async def test_selected_columns_come_alone_with_the_key(client: Client, execute: Execute) -> None:
    await client.watch("realtime:a", {"table": "prices", "select": ["symbol"]})
    execute("insert into public.prices (symbol, price) values ('X', 1)")
    assert set((await client.change()).data["record"]) == {"id", "symbol"}


async def test_changes_of_one_table_arrive_in_commit_order(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "prices", "event": "INSERT"})
    execute("insert into public.prices (symbol) select n::text from generate_series(1, 2500) as n")
    seen = [(await client.change()).data["record"]["symbol"] for _ in range(2500)]
    assert seen == [str(number) for number in range(1, 2501)]


async def test_every_row_is_visible_by_the_time_it_is_looked_at(
    client: Client, execute: Execute
) -> None:
    """The log may be read before the commit is visible: no event may be lost to that race."""
    user = str(uuid.uuid4())
    await client.watch("realtime:a", {"table": "orders", "event": "INSERT"}, token=token(user))
    for number in range(200):
        await asyncio.to_thread(
            execute, "insert into public.orders (user_id, quantity) values (%s, %s)", user, number
        )
    seen = [(await client.change()).data["record"]["quantity"] for _ in range(200)]
    assert seen == list(range(200))


async def test_a_truncate_is_counted_and_not_told(
    client: Client, execute: Execute, realtime: Realtime
) -> None:
    await client.watch("realtime:a", {"table": "prices"})
    execute("truncate public.prices")
    execute("insert into public.prices (symbol) values ('X')")
    assert (await client.change()).data["type"] == "INSERT"
    assert realtime.counters["truncates_not_told"] == 1


async def test_a_table_dropped_before_its_change_is_told_is_counted(
    client: Client, execute: Execute, realtime: Realtime
) -> None:
    await client.watch("realtime:a", {"table": "prices"})
    execute(
        "create table public.brief (id integer primary key);"
        "alter publication supabase_realtime add table public.brief"
    )
    execute("insert into public.brief values (1); drop table public.brief")
    execute("insert into public.prices (symbol) values ('X')")
    assert (await client.change()).data["table"] == "prices"
    await until(lambda: realtime.counters["changes_of_dropped_tables"] == 1)
