/*
  Prices that changed are told to every signed-in user: one broadcast per batch, not per price.

  The worker reports what has traded once a second, in few batches, so this is about one message a
  second however fast the market moves. It is part of the transaction that stores the prices: who
  hears it can read them, and who reads after subscribing misses none.

  Called by    worker_write, before and after it applies a batch
  Heard by     web (authenticated), on the private topic market:quotes
  Depends on   create_last_prices
*/

create function private.prices_before(p_events jsonb) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select coalesce(
    jsonb_object_agg(named.instrument_key, jsonb_build_array(known.price, known.previous_close)),
    '{}'
  )
  from (
    select distinct event -> 'row' ->> 'instrument_key' as instrument_key
    from jsonb_array_elements(p_events) as event
    where event ->> 'kind' = 'last_price'
  ) as named
  left join public.last_prices as known on known.instrument_key = named.instrument_key
  where named.instrument_key is not null;
$$;

comment on function private.prices_before is
  'By instrument: price and previous close before a batch, of those it has prices of.';


create function private.broadcast_quotes(p_before jsonb) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  -- About 30 kB, far below what Realtime carries.
  c_most   constant integer := 200;
  v_quotes jsonb;
begin
  if p_before = '{}' then
    return;
  end if;
  for v_quotes in
    select jsonb_agg(changed.quote)
    from (
      select
        jsonb_build_object(
          'instrument_key', last.instrument_key,
          'symbol', last.symbol,
          'price', last.price::text,
          'previous_close', last.previous_close::text,
          'updated_at', last.updated_at
        ) as quote,
        row_number() over (order by last.instrument_key) as number
      from public.last_prices as last
      where last.instrument_key in (select jsonb_object_keys(p_before))
        and jsonb_build_array(last.price, last.previous_close)
        is distinct from p_before -> last.instrument_key
    ) as changed
    group by (changed.number - 1) / c_most
  loop
    perform realtime.send(
      jsonb_build_object('at', now(), 'quotes', v_quotes), 'quotes', 'market:quotes', true
    );
  end loop;
end
$$;

comment on function private.broadcast_quotes is
  'Broadcasts the prices that are others than before a batch, 200 to a message; prices as text.';

revoke execute on function
  private.prices_before(jsonb),
  private.broadcast_quotes(jsonb)
from public;


-- Whoever may read last_prices hears them change; nobody but the database speaks there.
create policy "A signed-in user listens to quotes"
  on realtime.messages for select to authenticated
  using (
    extension = 'broadcast'
    and (select realtime.topic()) = 'market:quotes'
  );
