/*
  What the profit curves are drawn of: by day for months, by trade within a day; of one strategy or
  of all. Virtual and live apart; totals are made here, in numeric, so that no browser adds money.

  Called by    web, functions (authenticated)
  Depends on   create_strategy_performance, create_system_overview
*/

create function public.pnl_by_day(
  p_strategy_id uuid default null, p_from date default null, p_to date default null
)
  returns table (
    date           date,
    virtual_pnl    text,
    live_pnl       text,
    virtual_trades integer,
    live_trades    integer,
    virtual_total  text,
    live_total     text
  )
  language plpgsql stable
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_to   constant date := coalesce(p_to, public.market_day());
  v_from constant date := coalesce(p_from, v_to - 89);
begin
  if p_strategy_id is not null and not exists (
    select from public.strategies
    where id = p_strategy_id and user_id = (select auth.uid())
  ) then
    raise exception using errcode = 'TB404',
      message = format('strategy %s does not exist', p_strategy_id);
  end if;
  if v_to - v_from not between 0 and 999 then
    raise exception using errcode = 'TB422',
      message = format(
        'a series has 1 to 1000 days; %s to %s are %s', v_from, v_to, v_to - v_from + 1
      );
  end if;

  return query
  with
  by_day as (
    select
      -- As market_day says it; called for each trade it would take most of the time.
      (exit_time at time zone 'Asia/Kolkata')::date               as day,
      coalesce(sum(pnl) filter (where trade_mode = 'VIRTUAL'), 0) as virtual_pnl,
      coalesce(sum(pnl) filter (where trade_mode = 'LIVE'), 0)    as live_pnl,
      count(*) filter (where trade_mode = 'VIRTUAL')              as virtual_trades,
      count(*) filter (where trade_mode = 'LIVE')                 as live_trades
    from public.trades
    where user_id = (select auth.uid())
      and status = 'CLOSED'
      and (p_strategy_id is null or strategy_id = p_strategy_id)
    group by 1
    union all
    -- Days on which it ran without closing a trade.
    select distinct performance.date, 0, 0, 0, 0
    from public.strategy_performance as performance
    where performance.user_id = (select auth.uid())
      and (p_strategy_id is null or performance.strategy_id = p_strategy_id)
  ),
  days as (
    select
      day,
      sum(virtual_pnl)    as virtual_pnl,
      sum(live_pnl)       as live_pnl,
      sum(virtual_trades) as virtual_trades,
      sum(live_trades)    as live_trades
    from by_day
    group by day
  ),
  series as (
    select
      days.*,
      sum(virtual_pnl) over (order by day) as virtual_total,
      sum(live_pnl) over (order by day)    as live_total
    from days
  )
  select
    day,
    virtual_pnl::text,
    live_pnl::text,
    virtual_trades::integer,
    live_trades::integer,
    virtual_total::text,
    live_total::text
  from series
  where day between v_from and v_to
  order by day;
end
$$;

comment on function public.pnl_by_day is
  'Profit after charges by day in India, oldest first, of one strategy of the caller''s or of all, '
  'with totals since the beginning; 90 days up to today unless said otherwise.';


create function public.pnl_by_trade(p_strategy_id uuid default null, p_day date default null)
  returns table (
    trade_id           uuid,
    exit_time          timestamptz,
    strategy_id        uuid,
    strategy_config_id uuid,
    trade_mode         public.trade_mode,
    symbol             text,
    pnl                text,
    virtual_total      text,
    live_total         text
  )
  language plpgsql stable
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_day constant date := coalesce(p_day, public.market_day());
begin
  if p_strategy_id is not null and not exists (
    select from public.strategies
    where id = p_strategy_id and user_id = (select auth.uid())
  ) then
    raise exception using errcode = 'TB404',
      message = format('strategy %s does not exist', p_strategy_id);
  end if;

  return query
  select
    id,
    exit_time,
    strategy_id,
    strategy_config_id,
    trade_mode,
    symbol,
    pnl::text,
    coalesce(sum(pnl) filter (where trade_mode = 'VIRTUAL') over so_far, 0)::text,
    coalesce(sum(pnl) filter (where trade_mode = 'LIVE') over so_far, 0)::text
  from public.trades
  where user_id = (select auth.uid())
    and status = 'CLOSED'
    and (p_strategy_id is null or strategy_id = p_strategy_id)
    and exit_time >= public.market_day_start(v_day)
    and exit_time < public.market_day_start(v_day + 1)
  window so_far as (order by exit_time, id)
  order by exit_time desc, id desc;
end
$$;

comment on function public.pnl_by_trade is
  'Profit after charges of each trade closed on a day in India, newest first, of one strategy of '
  'the caller''s or of all, with totals since the day began; today unless said otherwise.';

revoke execute on function
  public.pnl_by_day(uuid, date, date),
  public.pnl_by_trade(uuid, date)
from public, anon;
grant execute on function
  public.pnl_by_day(uuid, date, date),
  public.pnl_by_trade(uuid, date)
to authenticated;
