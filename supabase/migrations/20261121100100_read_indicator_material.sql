/*
  What a strategy's indicators are computed from again, for the charts of its monitor: what a config
  runs on and with, and stored candles.

  Called by    functions (GET /api/strategies/{id}/indicators), as the user
  Depends on   read_code_configs
*/

create function public.indicator_config(p_strategy_id uuid, p_config_id uuid default null)
  returns jsonb
  language plpgsql stable
  security definer set search_path = ''
as $$
declare
  v_config public.strategy_configs;
  v_type   text;
begin
  select config.* into v_config
  from public.strategy_configs as config
  where config.strategy_id = p_strategy_id
    and config.user_id = (select auth.uid())
    and case
      when p_config_id is null then config.is_default else config.id = p_config_id
    end;
  if not found then
    raise exception using errcode = 'TB404',
      message = case
        when p_config_id is null then format('strategy %s does not exist', p_strategy_id)
        else format('strategy %s has no config %s', p_strategy_id, p_config_id)
      end;
  end if;
  select strategy.strategy_type into v_type
  from public.strategies as strategy
  where strategy.id = p_strategy_id;

  return jsonb_build_object(
    'config_id', v_config.id,
    'strategy_type', v_type,
    'config_json', v_config.config_json,
    'market_time', public.market_now(),
    'instruments', private.instruments_of(
      v_config, (public.market_now() at time zone 'Asia/Kolkata')::date
    )
  );
end
$$;

comment on function public.indicator_config is
  'A config of the caller''s with the instruments that its symbols mean today.';


-- With the caller's rights: who may read candles may read them in bulk.
create function public.stored_candles(p_wanted jsonb, p_until timestamptz) returns jsonb
  language plpgsql stable
  set search_path = ''
as $$
declare
  c_most constant integer := 30000;
  v_asked integer;
begin
  select sum(greatest(wanted.count, 0)) into v_asked
  from jsonb_to_recordset(p_wanted) as wanted (count integer);
  if v_asked > c_most then
    raise exception using errcode = 'TB422',
      message = format('at most %s candles are read at once, not %s', c_most, v_asked);
  end if;
  return (
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
          limit greatest(wanted.count, 0)
        ) as candle
      )
    )), '[]')
    from jsonb_to_recordset(p_wanted)
      as wanted (instrument_key text, timeframe text, count integer)
  );
end
$$;

comment on function public.stored_candles is
  'The last candles before an instant, oldest first; at most 30,000 of all that are asked for.';

revoke execute on function
  public.indicator_config(uuid, uuid),
  public.stored_candles(jsonb, timestamptz)
from public, anon, authenticated;
grant execute on function
  public.indicator_config(uuid, uuid),
  public.stored_candles(jsonb, timestamptz)
to authenticated;
