/*
  The end-of-day exit when no worker is there to do it, however often and late it is called.

  Which trades are due is the caller's question to the session calendar; at which price and with
  which charges follows from last_prices and the charges table, both in the caller's hands.

  Called by    functions (service role), once a minute after 15:15
  Depends on   close_paper_trades
*/

create function public.open_paper_trades() returns table (
  trade_id           uuid,
  user_id            uuid,
  strategy_id        uuid,
  strategy_config_id uuid,
  portfolio_id       uuid,
  strategy_type      text,
  settings           jsonb,
  instrument_key     text,
  segment            text,
  instrument_kind    text,
  symbol             text,
  trade_type         public.direction,
  side               public.order_side,
  open_quantity      integer,
  entry_time         timestamptz,
  entry_price        text,
  charges            text,
  last_price         text,
  last_price_at      timestamptz,
  worker_alive       boolean
)
  language sql stable
  security definer set search_path = ''
as $$
  select
    trade.id,
    trade.user_id,
    trade.strategy_id,
    trade.strategy_config_id,
    trade.portfolio_id,
    strategy.strategy_type,
    -- What the limits of an expiring contract follow from.
    jsonb_build_object(
      'parameters', config.config_json -> 'parameters',
      'risk_parameters', config.config_json -> 'risk_parameters'
    ),
    trade.instrument_key,
    split_part(trade.instrument_key, ':', 1),
    instrument.kind,
    trade.symbol,
    trade.trade_type,
    trade.side,
    private.held_quantity(trade),
    trade.entry_time,
    trade.entry_price::text,
    trade.charges::text,
    last.price::text,
    last.traded_at,
    private.worker_is_alive(trade.strategy_config_id)
  from public.trades as trade
  inner join public.strategy_configs as config on config.id = trade.strategy_config_id
  inner join public.strategies as strategy on strategy.id = trade.strategy_id
  left join public.instruments as instrument on instrument.instrument_key = trade.instrument_key
  left join public.last_prices as last on last.instrument_key = trade.instrument_key
  where trade.status = 'OPEN' and trade.trade_mode = 'VIRTUAL'
  order by trade.id;
$$;

comment on function public.open_paper_trades is
  'Every open paper trade with its last price, for the end-of-day exit.';


create function public.eod_exit_without_worker(p_exits jsonb) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_exit    jsonb;
  v_results jsonb[] := '{}';
begin
  if jsonb_typeof(p_exits) is distinct from 'array' then
    raise exception using errcode = 'TB422', message = 'p_exits is not an array';
  end if;

  -- In the order of worker_write, so that neither waits for the other in a circle: leases (no
  -- worker can take a shard over meanwhile), users, trades by id.
  perform from public.worker_leases order by shard for share;
  perform private.lock_users(array(
    select distinct trade.user_id
    from public.trades as trade
    inner join jsonb_array_elements(p_exits) as exit
      on trade.id = case
        when pg_input_is_valid(exit ->> 'trade_id', 'uuid') then (exit ->> 'trade_id')::uuid
      end
  ));

  for v_exit in
    select element from jsonb_array_elements(p_exits) as element order by element ->> 'trade_id'
  loop
    v_results := v_results || private.exit_one(v_exit);
  end loop;
  return to_jsonb(v_results);
end
$$;

comment on function public.eod_exit_without_worker is
  'Closes the paper trades named, each once, at the prices and charges given; says how each went.';

revoke execute on function
  public.open_paper_trades(),
  public.eod_exit_without_worker(jsonb)
from public, anon, authenticated;
grant execute on function
  public.open_paper_trades(),
  public.eod_exit_without_worker(jsonb)
to service_role;
