/*
  What the minute cron reads: the configs that are due with everything they hold, and candles.

  Two calls a minute, however many configs there are; values that JSON cannot hold exactly (money,
  prices of trades) come as text.

  Called by    functions (service role), once a minute
  Depends on   create_code_runs, create_instruments, create_ohlcv_data, apply_trading_events
*/

create function private.instrument_of_rule(p_rule text, p_day date) returns public.instruments
  language sql stable
  set search_path = ''
as $$
  -- The same order as worker/market/symbols.py: near-month future, index, share, exact symbol.
  with named as (
    select upper(btrim(p_rule)) as name
  ),

  found as (
    select instrument as found_row, 1 as rank
    from public.instruments as instrument
    inner join named on named.name = instrument.underlying || '-FUT'
    where instrument.kind in ('FUTIDX', 'FUTSTK')
      and instrument.is_active
      and instrument.expiry >= p_day
    union all
    select instrument, case
      when instrument.kind = 'INDEX' and instrument.segment = 'IDX_I'   then 2
      when instrument.kind = 'EQUITY' and instrument.segment = 'NSE_EQ' then 3
      else 4
    end
    from public.instruments as instrument
    inner join named on named.name = upper(instrument.symbol)
    where instrument.is_active
  )

  select (found.found_row).*
  from found
  order by found.rank, (found.found_row).expiry, (found.found_row).instrument_key
  limit 1;
$$;

comment on function private.instrument_of_rule is
  'The instrument that a symbol rule means on a day; null when the database knows none.';


create function private.instrument_json(p_instrument public.instruments) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select jsonb_build_object(
    'instrument_key', p_instrument.instrument_key,
    'segment', p_instrument.segment,
    'security_id', p_instrument.security_id,
    'symbol', p_instrument.symbol,
    'kind', p_instrument.kind,
    'lot_size', p_instrument.lot_size,
    'tick_size', p_instrument.tick_size::text,
    'underlying', p_instrument.underlying,
    'expiry', p_instrument.expiry,
    'strike', p_instrument.strike::text,
    'option_side', p_instrument.option_side,
    'freeze_quantity', p_instrument.freeze_quantity,
    'has_derivatives', p_instrument.has_derivatives,
    'last_price', last.price,
    'last_price_at', last.traded_at
  )
  from (select) as one
  left join public.last_prices as last on last.instrument_key = p_instrument.instrument_key;
$$;

comment on function private.instrument_json is
  'An instrument with its last price, as functions read it.';


create function private.instruments_of(p_config public.strategy_configs, p_day date)
  returns jsonb
  language sql stable
  set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'rule', rule.name,
    'instrument', case
      when found.instrument_key is not null then private.instrument_json(found)
    end
  ) order by rule.place), '[]')
  from jsonb_array_elements_text(
    case jsonb_typeof(p_config.config_json -> 'symbols')
      when 'array' then p_config.config_json -> 'symbols' else '[]'
    end
  ) with ordinality as rule (name, place)
  left join lateral private.instrument_of_rule(rule.name, p_day) as found on true
  -- As many as a design may name: whoever patches more into a config does not keep others waiting.
  where rule.place <= 50;
$$;

comment on function private.instruments_of is 'What a config''s symbol rules mean on a day.';


create function private.held_by(p_config_id uuid, p_day timestamptz) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select coalesce(jsonb_agg(
    to_jsonb(trade) || jsonb_build_object(
      'entry_price', trade.entry_price::text,
      'stop_loss', trade.stop_loss::text,
      'target_price', trade.target_price::text,
      'exit_price', trade.exit_price::text,
      'gross_pnl', trade.gross_pnl::text,
      'charges', trade.charges::text,
      'pnl', trade.pnl::text,
      'instrument', private.instrument_json(instrument),
      'fills', (
        select jsonb_agg(to_jsonb(fill) || jsonb_build_object(
          'price', fill.price::text, 'charges', fill.charges::text
        ) order by fill.filled_at, fill.created_at, fill.id)
        from public.fills as fill
        where fill.trade_id = trade.id
      )
    ) order by trade.entry_time, trade.id
  ), '[]')
  from public.trades as trade
  left join public.instruments as instrument on instrument.instrument_key = trade.instrument_key
  where trade.strategy_config_id = p_config_id
    and trade.trade_mode = 'VIRTUAL'
    and (trade.status = 'OPEN' or trade.exit_time >= p_day);
$$;

comment on function private.held_by is
  'A config''s open trades and those that ended since, each with its fills and instrument.';


create function public.due_code_configs() returns jsonb
  language sql stable
  security definer set search_path = ''
as $$
  with today as (
    select
      public.market_now() as market_time,
      date_trunc('day', public.market_now(), 'Asia/Kolkata') as midnight
  )

  select coalesce(jsonb_agg(jsonb_build_object(
    'id', deployed.id,
    'user_id', deployed.user_id,
    'strategy_id', deployed.strategy_id,
    'portfolio_id', coalesce(deployed.portfolio_id, strategy.portfolio_id),
    'name', deployed.name,
    'status', deployed.status,
    'status_version', deployed.status_version,
    'config_json', deployed.config_json,
    'python_code', coalesce(strategy.python_code, ''),
    'last_minute', run.last_minute,
    'failures', coalesce(run.failures, 0),
    'close_positions', coalesce(run.close_positions, false) or strategy.archived_at is not null,
    'symbols', private.instruments_of(deployed, (today.market_time at time zone 'Asia/Kolkata')::date),
    'trades', private.held_by(deployed.id, today.midnight)
  ) order by deployed.user_id, deployed.id), '[]')
  from public.strategy_configs as deployed
  inner join public.strategies as strategy on strategy.id = deployed.strategy_id
  left join public.code_runs as run on run.strategy_config_id = deployed.id
  cross join today
  where deployed.runner = 'cron'
    and (
      (deployed.status = 'ACTIVE' and strategy.archived_at is null)
      -- Two failures in a row may pass; the third switches off until somebody starts it again.
      or (
        deployed.status = 'ERROR' and run.failures between 1 and 2 and strategy.archived_at is null
      )
      or exists (
        select from public.trades as trade
        where trade.strategy_config_id = deployed.id and trade.status = 'OPEN'
      )
    );
$$;

comment on function public.due_code_configs is
  'The configs that the minute cron has to evaluate or to look after, with what they hold.';


create function public.candles_of(p_wanted jsonb, p_until timestamptz) returns jsonb
  language sql stable
  security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'instrument_key', wanted.instrument_key,
    'timeframe', wanted.timeframe,
    'candles', (
      select coalesce(jsonb_agg(
        jsonb_build_array(
          candle.timestamp, candle.open_price, candle.high_price, candle.low_price,
          candle.close_price, candle.volume
        ) order by candle.timestamp
      ), '[]')
      from (
        select *
        from public.ohlcv_data as stored
        where stored.instrument_key = wanted.instrument_key
          and stored.timeframe = wanted.timeframe
          and stored.timestamp < p_until
        order by stored.timestamp desc
        limit least(greatest(wanted.count, 1), 1000)
      ) as candle
    )
  )), '[]')
  from jsonb_to_recordset(p_wanted)
    as wanted (instrument_key text, timeframe text, count integer);
$$;

comment on function public.candles_of is
  'The last candles before an instant, oldest first, of each instrument and interval asked for.';

revoke execute on function
  private.instrument_of_rule(text, date),
  private.instrument_json(public.instruments),
  private.instruments_of(public.strategy_configs, date),
  private.held_by(uuid, timestamptz),
  public.due_code_configs(),
  public.candles_of(jsonb, timestamptz)
from public, anon, authenticated;
grant execute on function
  public.due_code_configs(),
  public.candles_of(jsonb, timestamptz)
to service_role;
