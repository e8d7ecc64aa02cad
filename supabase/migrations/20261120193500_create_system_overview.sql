/*
  The whole system at a glance, and one config as it lives: system_overview, strategies_today,
  live_status, config_metrics, each with the reader's own rights.

  "Today" is the market's day in India, by market_now(); money in an answer is text.

  Called by    web, functions (authenticated)
  Depends on   list_configs, create_positions, create_orders, create_worker_heartbeats
*/

-- Serve today's profit and the series of profits: closed trades by when they were closed.
create index trades_user_exit_time_idx
  on public.trades (user_id, exit_time desc, id desc) include (trade_mode, pnl)
  where status = 'CLOSED';
create index trades_strategy_exit_time_idx
  on public.trades (strategy_id, exit_time desc, id desc) where status = 'CLOSED';


create function public.market_day(p_at timestamptz default null) returns date
  language sql stable
  set search_path = ''
as $$
  select (coalesce(p_at, public.market_now()) at time zone 'Asia/Kolkata')::date;
$$;

comment on function public.market_day is 'The date in India at a time; without one, today''s.';


create function public.market_day_start(p_day date default null) returns timestamptz
  language sql stable
  set search_path = ''
as $$
  select coalesce(p_day, public.market_day())::timestamp at time zone 'Asia/Kolkata';
$$;

comment on function public.market_day_start is
  'Midnight in India at which a date begins; without one, today.';


create function public.system_overview()
  returns table (
    market_time          timestamptz,
    market_date          date,
    simulated            boolean,
    configs_by_status    jsonb,
    strategies_by_status jsonb,
    active_configs       jsonb,
    recent_commands      jsonb,
    pnl_today            text,
    pnl_total            text,
    virtual_pnl_today    text,
    live_pnl_today       text,
    virtual_pnl_total    text,
    live_pnl_total       text,
    trades_today         integer,
    open_positions       integer,
    open_trades          integer,
    unrealised_pnl       text,
    orders_today         integer
  )
  language sql stable
  set search_path = ''
as $$
  with
  config as (
    select
      config.id,
      config.name,
      config.status,
      config.trade_mode,
      config.started_at,
      config.strategy_id,
      strategy.name as strategy_name,
      public.last_metrics(config.id, 1) -> 0 as metric
    from public.strategy_configs as config
    inner join public.strategies as strategy on strategy.id = config.strategy_id
    where config.user_id = (select auth.uid()) and strategy.archived_at is null
  ),
  closed as (
    select
      trade_mode,
      sum(pnl)                                                              as total,
      sum(pnl) filter (where exit_time >= (select public.market_day_start())) as today,
      count(*) filter (where exit_time >= (select public.market_day_start())) as trades
    from public.trades
    where user_id = (select auth.uid()) and status = 'CLOSED'
    group by trade_mode
  ),
  held as (
    select count(*) as trades, coalesce(sum(unrealised_pnl), 0) as profit
    from public.positions
    where user_id = (select auth.uid())
  )
  select
    public.market_now(),
    public.market_day(),
    (select clock.simulated from public.market_clock as clock),
    (
      select jsonb_object_agg(kind.status, (
        select count(*) from config where config.status = kind.status
      ))
      from unnest(enum_range(null::public.config_status)) as kind (status)
    ),
    (
      select jsonb_object_agg(kind.status, (
        select count(*) from public.strategies as strategy
        where strategy.user_id = (select auth.uid()) and strategy.status = kind.status
      ))
      from unnest(enum_range(null::public.strategy_status)) as kind (status)
    ),
    (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', config.id,
        'name', config.name,
        'strategy_id', config.strategy_id,
        'strategy_name', config.strategy_name,
        'trade_mode', config.trade_mode,
        'started_at', config.started_at,
        'metric', config.metric
      ) order by config.started_at desc nulls last, config.id), '[]')
      from config
      where config.status = 'ACTIVE'
    ),
    (
      select coalesce(jsonb_agg(to_jsonb(given) order by given.created_at desc, given.id), '[]')
      from (
        select
          command.id, command.strategy_config_id, config.name as config_name,
          strategy.name as strategy_name, command.command, command.status, command.error_message,
          command.created_at, command.executed_at
        from public.strategy_commands as command
        inner join public.strategy_configs as config on config.id = command.strategy_config_id
        inner join public.strategies as strategy on strategy.id = config.strategy_id
        where command.user_id = (select auth.uid())
        order by command.created_at desc, command.id
        limit 20
      ) as given
    ),
    (select coalesce(sum(today), 0)::text from closed),
    (select coalesce(sum(total), 0)::text from closed),
    (select coalesce(sum(today), 0)::text from closed where trade_mode = 'VIRTUAL'),
    (select coalesce(sum(today), 0)::text from closed where trade_mode = 'LIVE'),
    (select coalesce(sum(total), 0)::text from closed where trade_mode = 'VIRTUAL'),
    (select coalesce(sum(total), 0)::text from closed where trade_mode = 'LIVE'),
    (select coalesce(sum(trades), 0)::integer from closed),
    (select coalesce(sum((metric ->> 'positions_count')::integer), 0)::integer from config),
    (select trades::integer from held),
    (select profit::text from held),
    (
      select count(*)::integer from public.orders
      where user_id = (select auth.uid()) and placed_at >= (select public.market_day_start())
    );
$$;

comment on function public.system_overview is
  'One row: the caller''s configs, strategies, last 20 commands, profit after charges, positions, '
  'orders; open_positions is the sum of each config''s last metric, open_trades what is held.';


create function public.strategies_today()
  returns table (
    strategy_id     uuid,
    name            text,
    status          public.strategy_status,
    virtual_pnl     text,
    live_pnl        text,
    virtual_trades  integer,
    live_trades     integer,
    open_trades     integer
  )
  language sql stable
  set search_path = ''
as $$
  select
    strategy.id,
    strategy.name,
    strategy.status,
    coalesce(sum(trade.pnl) filter (where trade.trade_mode = 'VIRTUAL'), 0)::text,
    coalesce(sum(trade.pnl) filter (where trade.trade_mode = 'LIVE'), 0)::text,
    (count(trade.id) filter (where trade.trade_mode = 'VIRTUAL'))::integer,
    (count(trade.id) filter (where trade.trade_mode = 'LIVE'))::integer,
    (
      select count(*)::integer from public.trades as held
      where held.user_id = strategy.user_id
        and held.strategy_id = strategy.id
        and held.status = 'OPEN'
    )
  from public.strategies as strategy
  left join public.trades as trade
    on trade.user_id = strategy.user_id
    and trade.strategy_id = strategy.id
    and trade.status = 'CLOSED'
    and trade.exit_time >= (select public.market_day_start())
  where strategy.user_id = (select auth.uid()) and strategy.archived_at is null
  group by strategy.id
  order by strategy.created_at desc, strategy.id desc;
$$;

comment on function public.strategies_today is
  'What each of the caller''s strategies that is not archived did today, newest strategy first.';


create function public.live_status(p_config_id uuid)
  returns table (
    id                    uuid,
    name                  text,
    strategy_id           uuid,
    status                public.config_status,
    trade_mode            public.trade_mode,
    runner                public.config_runner,
    allowed_commands      public.strategy_command[],
    error_message         text,
    pid                   integer,
    started_at            timestamptz,
    heartbeat_age_seconds double precision,
    cpu_percent           double precision,
    memory_bytes          bigint,
    feed_age_seconds      double precision,
    market_time           timestamptz,
    open_trades           integer,
    metrics               jsonb,
    commands              jsonb
  )
  language plpgsql stable
  set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
  select
    config.id,
    config.name,
    config.strategy_id,
    config.status,
    config.trade_mode,
    config.runner,
    case
      when strategy.archived_at is null then public.allowed_commands(config.status)
      else '{}'
    end,
    config.error_message,
    config.pid,
    config.started_at,
    extract(epoch from clock_timestamp() - beat.beat_at)::double precision,
    beat.cpu_percent,
    beat.memory_bytes,
    beat.feed_age_seconds,
    public.market_now(),
    (
      select count(*)::integer from public.trades as trade
      where trade.strategy_config_id = config.id and trade.status = 'OPEN'
    ),
    public.last_metrics(config.id, 5),
    public.last_commands(config.id, 5)
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  left join lateral (
    select heartbeat.* from public.worker_heartbeats as heartbeat
    where heartbeat.strategy_config_id = config.id
    order by heartbeat.beat_at desc
    limit 1
  ) as beat on true
  where config.id = p_config_id and config.user_id = (select auth.uid());

  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy config %s does not exist', coalesce(p_config_id::text, 'null'));
  end if;
end
$$;

comment on function public.live_status is
  'How one config of the caller''s is now: state, process, age of its last sign of life, last '
  'metrics and commands.';


-- A bare timestamp would be read as a type.
create function public.config_metrics(p_config_id uuid, p_hours integer default 24)
  returns table (
    "timestamp"     timestamptz, -- noqa: RF06
    pnl             text,
    positions_count integer,
    orders_count    integer,
    success_rate    text,
    metrics_json    jsonb
  )
  language plpgsql stable
  set search_path = ''
as $$
#variable_conflict use_column
declare
  -- A page of PostgREST has 1,000 rows: one row per stretch of time, so that nothing is cut off.
  v_seconds constant numeric := greatest(60, ceil(p_hours * 3600 / 999.0));
begin
  if p_hours is null or p_hours not between 1 and 720 then
    raise exception using errcode = 'TB422',
      message = format('metrics are shown of 1 to 720 hours, not %s', coalesce(p_hours::text, 'null'));
  end if;
  if not exists (
    select from public.strategy_configs as config
    where config.id = p_config_id and config.user_id = (select auth.uid())
  ) then
    raise exception using errcode = 'TB404',
      message = format('strategy config %s does not exist', coalesce(p_config_id::text, 'null'));
  end if;

  return query
  select distinct on (floor(extract(epoch from metric.timestamp) / v_seconds))
    metric.timestamp,
    metric.pnl::text,
    metric.positions_count,
    metric.orders_count,
    metric.success_rate::text,
    metric.metrics_json
  from public.strategy_metrics as metric
  where metric.strategy_config_id = p_config_id
    and metric.timestamp > public.market_now() - make_interval(hours => p_hours)
  order by floor(extract(epoch from metric.timestamp) / v_seconds), metric.timestamp desc;
end
$$;

comment on function public.config_metrics is
  'Metrics of the last hours by the market''s time, oldest first: the last of each minute, or of '
  'each longer stretch where there would be more than 1,000.';

revoke execute on function
  public.market_day(timestamptz),
  public.market_day_start(date),
  public.system_overview(),
  public.strategies_today(),
  public.live_status(uuid),
  public.config_metrics(uuid, integer)
from public, anon;
grant execute on function
  public.market_day(timestamptz),
  public.market_day_start(date)
to authenticated, service_role;
grant execute on function
  public.system_overview(),
  public.strategies_today(),
  public.live_status(uuid),
  public.config_metrics(uuid, integer)
to authenticated;
