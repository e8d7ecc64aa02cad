/*
  analyse_strategy: a strategy's performance, day by day and as a whole, made anew from its closed
  trades. Nothing is added up from an earlier run, so that it may be repeated at any time.

  It is computed here, not by whoever calls it, because a user may ask for it and must not be able
  to write figures of their own making. What only a calendar knows is given: a day without trades
  counts as 0 when a config reported metrics on it and it is among p_sessions; days found so in an
  earlier run stay.

  Called by    functions (the owner; every strategy with the secret key)
  Depends on   create_strategy_performance, create_strategy_metrics, create_system_overview
*/

-- The most days that one call looks back for metrics: what it costs is bounded.
create function private.ran_without_trades(p_strategy_id uuid, p_sessions date[])
  returns setof date
  language sql stable
  set search_path = ''
as $$
  select session.day
  from (
    select distinct unnest(p_sessions) as day
    order by day desc
    limit 400
  ) as session
  where exists (
    select from public.strategy_configs as config
    inner join public.strategy_metrics as metric on metric.strategy_config_id = config.id
    where config.strategy_id = p_strategy_id
      and metric.timestamp >= public.market_day_start(session.day)
      and metric.timestamp < public.market_day_start(session.day + 1)
  )
  union
  select performance.date
  from public.strategy_performance as performance
  where performance.strategy_id = p_strategy_id;
$$;

comment on function private.ran_without_trades is
  'Session days on which a config of the strategy reported metrics, and days known before.';


-- Each mode's record: one row per day, beginning for LIVE with the day of the first live trade.
create function private.daily_record(p_strategy_id uuid, p_capital numeric, p_days date[])
  returns table (
    mode          public.trade_mode,
    day           date,
    pnl           numeric,
    trades        bigint,
    equity        numeric,
    win_rate      double precision,
    drawdown      double precision,
    sharpe_ratio  double precision,
    sortino_ratio double precision,
    profit_factor double precision,
    payoff_ratio  double precision,
    expectancy    numeric
  )
  language sql stable
  set search_path = ''
as $$
  with
  closed as materialized (
    select
      trade_mode                                          as mode,
      -- As market_day says it; called for each trade it would take most of the time.
      (exit_time at time zone 'Asia/Kolkata')::date       as day,
      sum(pnl)                                            as pnl,
      count(*)                                            as trades,
      count(*) filter (where pnl > 0)                     as wins,
      count(*) filter (where pnl < 0)                     as losses,
      coalesce(sum(pnl) filter (where pnl > 0), 0)        as gained,
      coalesce(sum(-pnl) filter (where pnl < 0), 0)       as lost
    from public.trades
    where strategy_id = p_strategy_id and status = 'CLOSED'
    group by 1, 2
  ),
  calendar as (
    select kind.mode, ran.day
    from (select unnest(p_days) as day union select closed.day from closed) as ran
    cross join unnest(enum_range(null::public.trade_mode)) as kind (mode)
    where kind.mode = 'VIRTUAL'
      or ran.day >= (select min(closed.day) from closed where closed.mode = 'LIVE')
  ),
  by_day as (
    select
      calendar.mode,
      calendar.day,
      coalesce(closed.pnl, 0)    as pnl,
      coalesce(closed.trades, 0) as trades,
      coalesce(closed.wins, 0)   as wins,
      coalesce(closed.losses, 0) as losses,
      coalesce(closed.gained, 0) as gained,
      coalesce(closed.lost, 0)   as lost
    from calendar
    left join closed on closed.mode = calendar.mode and closed.day = calendar.day
  ),
  running as (
    select
      mode,
      day,
      pnl,
      trades,
      p_capital + sum(pnl) over so_far       as equity,
      p_capital + sum(pnl) over so_far - pnl as before,
      sum(trades) over so_far                as all_trades,
      sum(wins) over so_far                  as wins,
      sum(losses) over so_far                as losses,
      sum(gained) over so_far                as gained,
      sum(lost) over so_far                  as lost
    from by_day
    window so_far as (partition by mode order by day)
  ),
  measured as (
    select
      *,
      case when before > 0 then (pnl / before)::double precision end        as profit,
      greatest(p_capital, max(equity) over so_far)                           as peak
    from running
    window so_far as (partition by mode order by day)
  )
  select
    mode,
    day,
    pnl,
    trades,
    equity,
    (wins / nullif(wins + losses, 0))::double precision,
    min(least(0, equity / peak - 1)) over so_far::double precision,
    -- Equal days are compared, because their deviation may come out as a rounding error. Nothing
    -- is defined once the equity was lost.
    case
      when min(before) over so_far > 0
        and min(profit) over so_far < max(profit) over so_far
        then avg(profit) over so_far / stddev_samp(profit) over so_far * sqrt(252::double precision)
    end,
    case
      when min(before) over so_far > 0 and min(profit) over so_far < 0
        then avg(profit) over so_far
          / sqrt(avg(least(profit, 0) ^ 2) over so_far)
          * sqrt(252::double precision)
    end,
    (gained / nullif(lost, 0))::double precision,
    (nullif(gained, 0) / nullif(wins, 0) / (nullif(lost, 0) / nullif(losses, 0)))::double precision,
    round(sum(pnl) over so_far / nullif(all_trades, 0), 4)
  from measured
  window so_far as (partition by mode order by day);
$$;

comment on function private.daily_record is
  'What each mode had earned by the end of each day, with the ratios of its record so far.';


create function private.trade_figures(
  p_strategy_id uuid, p_mode public.trade_mode, p_capital numeric
) returns jsonb
  language sql stable
  set search_path = ''
as $$
  with
  running as (
    select
      exit_time,
      id,
      pnl,
      p_capital + sum(pnl) over (order by exit_time, id) as equity
    from public.trades
    where strategy_id = p_strategy_id and trade_mode = p_mode and status = 'CLOSED'
  ),
  measured as (
    select
      pnl,
      equity,
      greatest(p_capital, max(equity) over (order by exit_time, id)) as peak
    from running
  )
  select jsonb_build_object(
    'net_profit', coalesce(sum(pnl), 0)::text,
    'gross_profit', coalesce(sum(pnl) filter (where pnl > 0), 0)::text,
    'gross_loss', coalesce(sum(pnl) filter (where pnl < 0), 0)::text,
    'final_equity', (p_capital + coalesce(sum(pnl), 0))::text,
    'total_return', (coalesce(sum(pnl), 0) / p_capital)::double precision,
    'trades', count(*),
    'wins', count(*) filter (where pnl > 0),
    'losses', count(*) filter (where pnl < 0),
    'break_even', count(*) filter (where pnl = 0),
    'average_win', round(avg(pnl) filter (where pnl > 0), 4)::text,
    'average_loss', round(avg(pnl) filter (where pnl < 0), 4)::text,
    'drawdown_by_trade', coalesce(min(least(0, equity / peak - 1)), 0)::double precision,
    'drawdown_rupees', coalesce(min(least(0, equity - peak)), 0)::text
  )
  from measured;
$$;

comment on function private.trade_figures is
  'Figures of all closed trades of a strategy in one mode; money as text.';


create function private.write_performance(p_strategy public.strategies, p_sessions date[])
  returns jsonb
  language sql
  set search_path = ''
as $$
  with
  record as materialized (
    select *
    from private.daily_record(
      p_strategy.id,
      p_strategy.capital_allocated,
      array(select private.ran_without_trades(p_strategy.id, p_sessions))
    )
  ),
  written as (
    insert into public.strategy_performance as performance (
      user_id, strategy_id, date, virtual_pnl, live_pnl, virtual_trades, live_trades,
      virtual_equity, live_equity, measured, win_rate, max_drawdown, sharpe_ratio, profit_factor,
      payoff_ratio, expectancy, updated_at
    )
    select
      p_strategy.user_id, p_strategy.id, virtual.day,
      virtual.pnl, coalesce(live.pnl, 0), virtual.trades, coalesce(live.trades, 0),
      virtual.equity, live.equity,
      best.mode, best.win_rate, best.drawdown, best.sharpe_ratio, best.profit_factor,
      best.payoff_ratio, best.expectancy, now()
    from record as virtual
    left join record as live on live.mode = 'LIVE' and live.day = virtual.day
    inner join record as best
      on best.day = virtual.day and best.mode = coalesce(live.mode, 'VIRTUAL')
    where virtual.mode = 'VIRTUAL'
    on conflict (strategy_id, date) do update
      set virtual_pnl    = excluded.virtual_pnl,
          live_pnl       = excluded.live_pnl,
          virtual_trades = excluded.virtual_trades,
          live_trades    = excluded.live_trades,
          virtual_equity = excluded.virtual_equity,
          live_equity    = excluded.live_equity,
          measured       = excluded.measured,
          win_rate       = excluded.win_rate,
          max_drawdown   = excluded.max_drawdown,
          sharpe_ratio   = excluded.sharpe_ratio,
          profit_factor  = excluded.profit_factor,
          payoff_ratio   = excluded.payoff_ratio,
          expectancy     = excluded.expectancy,
          updated_at     = excluded.updated_at
  ),
  newest as materialized (
    select distinct on (mode) record.*, count(*) over (partition by mode) as days
    from record
    order by mode, day desc
  ),
  figures as (
    select
      mode,
      private.trade_figures(p_strategy.id, mode, p_strategy.capital_allocated)
      || jsonb_build_object(
        'days', days,
        'win_rate', win_rate,
        'profit_factor', profit_factor,
        'payoff_ratio', payoff_ratio,
        'expectancy', expectancy::text,
        'sharpe_ratio', sharpe_ratio,
        'sortino_ratio', sortino_ratio,
        'drawdown_by_day', drawdown
      ) as found
    from newest
  )
  select jsonb_build_object(
    'analysed_at', now(),
    'as_of', (select max(day) from record),
    'capital', p_strategy.capital_allocated::text,
    'trades', (select coalesce(sum(trades), 0) from record),
    'virtual', (select found from figures where mode = 'VIRTUAL'),
    'live', (select found from figures where mode = 'LIVE')
  );
$$;

comment on function private.write_performance is
  'Writes a strategy''s days and returns the figures of its whole record, each mode apart.';


create function public.analyse_strategy(p_strategy_id uuid, p_sessions date[] default '{}')
  returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id  uuid := (select auth.uid());
  v_strategy public.strategies;
  v_figures  jsonb;
begin
  if coalesce(auth.role() = 'service_role', false) then
    select user_id into v_user_id from public.strategies where id = p_strategy_id;
  end if;
  perform private.lock_users(array_remove(array[v_user_id], null));
  v_strategy := private.own_strategy(v_user_id, p_strategy_id);

  v_figures := private.write_performance(v_strategy, p_sessions);
  update public.strategies set performance_metrics = v_figures where id = p_strategy_id;
  return v_figures || jsonb_build_object('strategy_id', p_strategy_id);
end
$$;

comment on function public.analyse_strategy is
  'Writes the performance of a strategy of the caller''s (with the secret key: of any) and returns '
  'its figures.';


create function public.strategies_to_analyse(
  p_sessions date[], p_after uuid default null, p_limit integer default 500
) returns table (strategy_id uuid)
  language sql stable
  security definer set search_path = ''
as $$
  select strategy.id
  from public.strategies as strategy
  where (p_after is null or strategy.id > p_after)
    and (
      -- A closed trade is final: as many as were counted are the same ones.
      strategy.total_trades
      is distinct from coalesce((strategy.performance_metrics ->> 'trades')::integer, 0)
      or strategy.total_trades > 0
      and strategy.capital_allocated
      is distinct from (strategy.performance_metrics ->> 'capital')::numeric
      or exists (
        select from unnest(p_sessions) as day
        inner join public.strategy_configs as config on config.strategy_id = strategy.id
        where day > coalesce((strategy.performance_metrics ->> 'as_of')::date, '-infinity')
          and exists (
            select from public.strategy_metrics as metric
            where metric.strategy_config_id = config.id
              and metric.timestamp >= public.market_day_start(day)
              and metric.timestamp < public.market_day_start(day + 1)
          )
      )
    )
  order by strategy.id
  limit least(greatest(p_limit, 0), 1000);
$$;

comment on function public.strategies_to_analyse is
  'A page of the strategies whose figures are not those of their trades and days any more.';

revoke execute on function
  private.ran_without_trades(uuid, date[]),
  private.daily_record(uuid, numeric, date[]),
  private.trade_figures(uuid, public.trade_mode, numeric),
  private.write_performance(public.strategies, date[]),
  public.analyse_strategy(uuid, date[]),
  public.strategies_to_analyse(date[], uuid, integer)
from public, anon, authenticated;
grant execute on function public.analyse_strategy(uuid, date[]) to authenticated, service_role;
grant execute on function public.strategies_to_analyse(date[], uuid, integer) to service_role;
