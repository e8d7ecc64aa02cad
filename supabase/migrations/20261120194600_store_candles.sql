/*
  Candles from the broker's history, by whoever asks for them: what is new is added, what differs
  from what was seen live is replaced and marked.

  find_instrument is for users, store_candles for functions with the secret key: prices that others
  trade on are nobody's to write.

  Depends on   read_code_configs
*/

create function public.find_instrument(p_symbol text) returns jsonb
  language plpgsql stable
  security definer set search_path = ''
as $$
declare
  v_instrument public.instruments;
begin
  v_instrument := private.instrument_of_rule(
    p_symbol, (public.market_now() at time zone 'Asia/Kolkata')::date
  );
  if v_instrument.instrument_key is null then
    raise exception using errcode = 'TB404',
      message = format(
        'symbol %L is not known here; a worker lists what it watches', left(p_symbol, 64)
      );
  end if;
  return private.instrument_json(v_instrument);
end
$$;

comment on function public.find_instrument is
  'The instrument that a symbol rule such as NIFTY-FUT means today.';


create function public.store_candles(
  p_instrument_key text, p_symbol text, p_timeframe text, p_candles jsonb
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_given   integer := jsonb_array_length(p_candles);
  v_added   integer;
  v_revised integer;
begin
  if v_given > 5000 then
    raise exception using errcode = 'TB422',
      message = format('p_candles has at most 5000 candles, not %s', v_given);
  end if;

  with given as (
    select
      (candle ->> 0)::timestamptz as timestamp,
      (candle ->> 1)::numeric     as open_price,
      (candle ->> 2)::numeric     as high_price,
      (candle ->> 3)::numeric     as low_price,
      (candle ->> 4)::numeric     as close_price,
      (candle ->> 5)::bigint      as volume,
      (candle ->> 6)::bigint      as open_interest
    from jsonb_array_elements(p_candles) as candle
  ),

  -- Both see the table as it was before: what is added is not revised.
  revised as (
    update public.ohlcv_data as stored
    set open_price    = given.open_price,
        high_price    = given.high_price,
        low_price     = given.low_price,
        close_price   = given.close_price,
        volume        = given.volume,
        open_interest = given.open_interest,
        origin        = 'revised',
        updated_at    = now()
    from given
    where stored.instrument_key = p_instrument_key
      and stored.timeframe = p_timeframe
      and stored.timestamp = given.timestamp
      and (
        stored.open_price, stored.high_price, stored.low_price, stored.close_price, stored.volume
      ) is distinct from (
        given.open_price, given.high_price, given.low_price, given.close_price, given.volume
      )
    returning 1
  ),

  added as (
    insert into public.ohlcv_data (
      instrument_key, timeframe, timestamp, symbol, open_price, high_price, low_price,
      close_price, volume, open_interest, origin
    )
    select
      p_instrument_key, p_timeframe, given.timestamp, p_symbol, given.open_price,
      given.high_price, given.low_price, given.close_price, given.volume, given.open_interest,
      'backfilled'
    from given
    on conflict do nothing
    returning 1
  )

  select (select count(*) from added), (select count(*) from revised)
  into v_added, v_revised;

  return jsonb_build_object(
    'added', v_added, 'revised', v_revised, 'unchanged', v_given - v_added - v_revised
  );
end
$$;

comment on function public.store_candles is
  'Stores candles of one instrument and interval; says how many were new, differed, or were there.';

revoke execute on function
  public.find_instrument(text),
  public.store_candles(text, text, text, jsonb)
from public, anon, authenticated;
grant execute on function public.find_instrument(text) to authenticated, service_role;
grant execute on function public.store_candles(text, text, text, jsonb) to service_role;
