"""Every kind of value, as Postgres itself writes it in JSON: the oracle is `row_to_json`."""

import json
from typing import Any

import pytest

from tests.devstack.supabase.realtime.clients import Client
from tests.devstack.supabase.realtime.conftest import Execute, token

VALUES = {
    "flag": ["true", "false", "null"],
    "small": ["-32768"],
    "big": ["9223372036854775807"],
    "amount": ["'NaN'", "'Infinity'", "1.50000000", "-0.000000000000000000001", "1e30"],
    "share": ["12.5"],
    "ratio": ["'NaN'", "'-Infinity'", "1e300", "0.1", "-0.0"],
    "single": ["0.1", "1e-30"],
    "word": ["''", "'NULL'", "E'tab\\t \"quote\" back\\\\slash \\u0001 é 🙂'"],
    "fixed": ["'ab'"],
    "code": ["'x y'"],
    "ident": ["'00000000-0000-0000-0000-00000000000a'"],
    "document": ['\'{"b": [1.50, null, "x"], "a": {"é": true}}\'', "'null'", "'\"text\"'"],
    "raw": ['\'{ "b" : 1.0 ,\n "a":[] }\''],
    "day": ["'2026-11-20'", "'infinity'", "'0044-03-15 BC'", "'12026-01-01'"],
    "clock": ["'09:15:00.25'"],
    "moment": ["'2026-11-20 09:15:00'", "'2026-11-20 09:15:00.123456'", "'-infinity'"],
    "instant": ["'2026-11-20 09:15:00+05:30'", "'infinity'", "'0044-03-15 09:00:00+00 BC'"],
    "span": ["'1 year 2 mons -3 days 04:05:06.7'"],
    "bytes": ["'\\x00ff'"],
    "mood": ["'busy'"],
    "pair": ["(1, 'a \"b\" (c), \\ d')", "(null, null)", "(null, '')"],
    "within": ["'[1,5)'", "'empty'"],
    "address": ["'10.0.0.0/8'"],
    "words": ["'{}'", "array['a', null, 'NULL', '', 'b \"c\"', E'd\\\\', '{e,f}', ' ', 'é']"],
    "grid": ["array[[1, 2], [3, null]]", "'[0:1]={7,8}'"],
    "amounts": ["array['NaN', 1.50, null]::numeric[]"],
    "instants": ["array['2026-11-20 09:15:00+05:30', 'infinity']::timestamptz[]"],
    "documents": ["array['{\"a\": [1, \"}\"]}', 'null', null]::jsonb[]"],
    "pairs": ["array[(1, 'x,y'), null, (2, '\"')]::public.pair[]"],
    "boxes": ["array['(1,1),(0,0)', '(3,3),(2,2)']::box[]"],
    "vector": ["'1 2 3'"],
}


def parsed(text: str | bytes) -> Any:
    """Read JSON with every number kept digit for digit."""
    return json.loads(text, parse_float=str, parse_int=str)


def stored(execute: Execute, column: str, value: str) -> Any:
    """Insert a value, return the row as PostgREST would: in Postgres's own JSON; delete it."""
    ((text,),) = execute(
        f"with row as (insert into public.samples (id, {column}) values (1, {value}) returning *)"  # noqa: S608 - both are ours
        " select row_to_json(row)::text from row"
    )
    execute("delete from public.samples")
    return parsed(text)


async def test_payloads_equal_the_rows_as_rest_writes_them(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "samples", "event": "INSERT"}, token=token())
    for column, values in VALUES.items():
        for value in values:
            row = stored(execute, column, value)
            message = await client.first(lambda m: m.event == "postgres_changes")
            record = parsed(message.frame)[4]["data"]["record"]
            assert record == row, f"{column} = {value}"


async def test_columns_are_named_by_their_types_as_hosted_names_them(
    client: Client, execute: Execute
) -> None:
    await client.watch("realtime:a", {"table": "samples", "event": "INSERT"}, token=token())
    stored(execute, "flag", "true")
    columns = {each["name"]: each["type"] for each in (await client.change()).data["columns"]}
    wanted = {"flag": "bool", "share": "percent", "mood": "mood", "words": "_text", "pair": "pair"}
    assert {name: columns[name] for name in wanted} == wanted


async def test_columns_and_key_added_while_subscribed_are_understood(
    client: Client, execute: Execute
) -> None:
    execute("create table public.grown (word text)")
    execute("grant select on public.grown to authenticated")
    execute("alter publication supabase_realtime add table public.grown")
    await client.watch("realtime:a", {"table": "grown"}, token=token())
    execute("insert into public.grown values ('before')")
    assert (await client.change()).data["errors"] == ["Error 400: Bad Request, no primary key"]
    execute("alter table public.grown add column id serial primary key")
    execute("alter table public.grown add column moods public.mood[]")
    execute("insert into public.grown values ('after', 7, '{calm}')")
    record = (await client.change()).data["record"]
    assert record == {"word": "after", "id": 7, "moods": ["calm"]}
    execute("drop table public.grown")


@pytest.mark.parametrize("value", ["12.5", "null"])
async def test_domains_are_written_as_their_base_type(
    client: Client, execute: Execute, value: str
) -> None:
    await client.watch("realtime:a", {"table": "samples", "event": "INSERT"}, token=token())
    stored(execute, "share", value)
    assert (await client.change()).data["record"]["share"] == json.loads(value)
