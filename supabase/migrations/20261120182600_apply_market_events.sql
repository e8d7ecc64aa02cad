/*
  What worker_write does with market data: candle, last_price, market_clock, instrument.

  Each function takes the event, and returns 'applied', or 'stale' when the database holds
  something newer.

  Depends on   check_event_rows, partition_ohlcv_data
*/

create function private.apply_candle(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.ohlcv_data;
begin
  perform private.refuse_unknown_keys(p_event -> 'row', 'public.ohlcv_data');
  v_row := jsonb_populate_record(null::public.ohlcv_data, p_event -> 'row');

  -- A backfilled candle is better than a live one, a revised one is better still.
  insert into public.ohlcv_data as stored (
    instrument_key, timeframe, timestamp, symbol,
    open_price, high_price, low_price, close_price, volume, open_interest, origin
  )
  values (
    v_row.instrument_key, v_row.timeframe, v_row.timestamp, v_row.symbol,
    v_row.open_price, v_row.high_price, v_row.low_price, v_row.close_price,
    v_row.volume, v_row.open_interest, coalesce(v_row.origin, 'live')
  )
  on conflict (instrument_key, timeframe, timestamp) do update
    set symbol        = excluded.symbol,
        open_price    = excluded.open_price,
        high_price    = excluded.high_price,
        low_price     = excluded.low_price,
        close_price   = excluded.close_price,
        volume        = excluded.volume,
        open_interest = excluded.open_interest,
        origin        = excluded.origin,
        updated_at    = now()
    where stored.origin <= excluded.origin;
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_candle is 'Stores a candle.';


create function private.apply_last_price(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.last_prices;
begin
  perform private.refuse_unknown_keys(p_event -> 'row', 'public.last_prices');
  v_row := jsonb_populate_record(null::public.last_prices, p_event -> 'row');

  insert into public.last_prices as stored (
    instrument_key, symbol, price, traded_at, volume, open_interest, previous_close
  )
  values (
    v_row.instrument_key, v_row.symbol, v_row.price, v_row.traded_at,
    v_row.volume, v_row.open_interest, v_row.previous_close
  )
  on conflict (instrument_key) do update
    set symbol         = excluded.symbol,
        price          = excluded.price,
        traded_at      = excluded.traded_at,
        volume         = excluded.volume,
        open_interest  = excluded.open_interest,
        previous_close = coalesce(excluded.previous_close, stored.previous_close),
        updated_at     = now()
    where stored.traded_at <= excluded.traded_at;
  return case when found then 'applied' else 'stale' end;
end
$$;

comment on function private.apply_last_price is 'Stores the newest price of an instrument.';


create function private.apply_market_clock(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.market_clock;
begin
  perform private.refuse_unknown_keys(p_event -> 'row', 'public.market_clock');
  v_row := jsonb_populate_record(null::public.market_clock, p_event -> 'row');

  -- May go back: a simulator can be rewound, and the lease says who speaks for the market.
  update public.market_clock
  set source      = coalesce(v_row.source, 'FEED'),
      market_time = v_row.market_time,
      speed       = coalesce(v_row.speed, speed),
      simulated   = coalesce(v_row.simulated, simulated);
  return 'applied';
end
$$;

comment on function private.apply_market_clock is 'Sets the market''s time.';


create function private.apply_instrument(p_event jsonb) returns text
  language plpgsql
  set search_path = ''
as $$
declare
  v_row public.instruments;
begin
  perform private.refuse_unknown_keys(p_event -> 'row', 'public.instruments');
  v_row := jsonb_populate_record(null::public.instruments, p_event -> 'row');

  insert into public.instruments as known (
    instrument_key, segment, security_id, symbol, display_name, kind, underlying, expiry, strike,
    option_side, lot_size, tick_size, freeze_quantity, has_derivatives, is_active
  )
  values (
    v_row.instrument_key, v_row.segment, v_row.security_id, v_row.symbol,
    coalesce(v_row.display_name, ''), v_row.kind, v_row.underlying, v_row.expiry, v_row.strike,
    v_row.option_side, v_row.lot_size, v_row.tick_size, v_row.freeze_quantity,
    coalesce(v_row.has_derivatives, false), coalesce(v_row.is_active, true)
  )
  on conflict (instrument_key) do update
    set symbol          = excluded.symbol,
        display_name    = excluded.display_name,
        kind            = excluded.kind,
        underlying      = excluded.underlying,
        expiry          = excluded.expiry,
        strike          = excluded.strike,
        option_side     = excluded.option_side,
        lot_size        = excluded.lot_size,
        tick_size       = excluded.tick_size,
        freeze_quantity = excluded.freeze_quantity,
        has_derivatives = excluded.has_derivatives,
        is_active       = excluded.is_active
    where (
      known.symbol, known.display_name, known.kind, known.underlying, known.expiry, known.strike,
      known.option_side, known.lot_size, known.tick_size, known.freeze_quantity,
      known.has_derivatives, known.is_active
    ) is distinct from (
      excluded.symbol, excluded.display_name, excluded.kind, excluded.underlying, excluded.expiry,
      excluded.strike, excluded.option_side, excluded.lot_size, excluded.tick_size,
      excluded.freeze_quantity, excluded.has_derivatives, excluded.is_active
    );
  return 'applied';
end
$$;

comment on function private.apply_instrument is
  'Stores an instrument of the master, if it is not stored like that.';

revoke execute on function
  private.apply_candle(jsonb),
  private.apply_last_price(jsonb),
  private.apply_market_clock(jsonb),
  private.apply_instrument(jsonb)
from public;
