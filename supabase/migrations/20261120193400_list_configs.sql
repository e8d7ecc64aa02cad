/*
  What the lists and the page of a strategy show, each in one call, with the reader's own rights:
  list_configs, available_strategies, config_details, and what they are made of.

  Money in an answer is text, because JavaScript reads JSON numbers as floating point.

  Called by    web (authenticated)
  Depends on   create_strategy_commands, create_strategy_metrics, archive_strategy
*/

create function public.last_commands(p_config_id uuid, p_limit integer default 10) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(given) order by given.created_at desc, given.id), '[]')
  from (
    select id, command, parameters, status, error_message, result, created_at, executed_at
    from public.strategy_commands
    where strategy_config_id = p_config_id
    order by created_at desc, id
    limit least(greatest(p_limit, 0), 100)
  ) as given;
$$;

comment on function public.last_commands is
  'The last commands of a config, newest first; 100 at most.';


create function public.last_metrics(p_config_id uuid, p_limit integer default 24) returns jsonb
  language sql stable
  set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(metric) order by metric.timestamp desc), '[]')
  from (
    select
      timestamp, pnl::text as pnl, positions_count, orders_count, success_rate::text as success_rate,
      metrics_json
    from public.strategy_metrics
    where strategy_config_id = p_config_id
    order by timestamp desc
    limit least(greatest(p_limit, 0), 100)
  ) as metric;
$$;

comment on function public.last_metrics is
  'The last metrics of a config, newest first, money as text; 100 at most.';


create function public.list_configs(
  p_status public.config_status default null,
  p_limit  integer              default 10,
  p_cursor uuid                 default null
)
  returns table (
    id               uuid,
    name             text,
    is_default       boolean,
    status           public.config_status,
    trade_mode       public.trade_mode,
    runner           public.config_runner,
    auto_start       boolean,
    portfolio_id     uuid,
    error_message    text,
    started_at       timestamptz,
    stopped_at       timestamptz,
    created_at       timestamptz,
    updated_at       timestamptz,
    allowed_commands public.strategy_command[],
    strategy_id      uuid,
    strategy         jsonb,
    commands         jsonb,
    metric           jsonb
  )
  language plpgsql stable
  set search_path = ''
as $$
#variable_conflict use_column
declare
  v_after timestamptz;
begin
  if p_limit is null or p_limit not between 1 and 100 then
    raise exception using errcode = 'TB422',
      message = format('a page has 1 to 100 configs, not %s', coalesce(p_limit::text, 'null'));
  end if;
  if p_cursor is not null then
    select config.created_at into v_after
    from public.strategy_configs as config
    where config.id = p_cursor;
    if not found then
      raise exception using errcode = 'TB422',
        message = format('cursor %s is not the id of a config of yours', p_cursor);
    end if;
  end if;

  return query
  select
    config.id,
    config.name,
    config.is_default,
    config.status,
    config.trade_mode,
    config.runner,
    config.auto_start,
    coalesce(config.portfolio_id, strategy.portfolio_id),
    config.error_message,
    config.started_at,
    config.stopped_at,
    config.created_at,
    config.updated_at,
    public.allowed_commands(config.status),
    strategy.id,
    jsonb_build_object(
      'id', strategy.id,
      'name', strategy.name,
      'strategy_type', strategy.strategy_type,
      'status', strategy.status,
      'symbols', strategy.symbols,
      'asset_class', strategy.asset_class,
      'timeframes', strategy.timeframes,
      'total_pnl', strategy.total_pnl::text,
      'total_trades', strategy.total_trades,
      'win_rate', strategy.win_rate::text
    ),
    public.last_commands(config.id, 3),
    public.last_metrics(config.id, 1) -> 0
  from public.strategy_configs as config
  inner join public.strategies as strategy
    on strategy.id = config.strategy_id and strategy.archived_at is null
  -- The policy says so, too; said here, the index serves the order.
  where config.user_id = (select auth.uid())
    and (p_status is null or config.status = p_status)
    and (p_cursor is null or (config.created_at, config.id) < (v_after, p_cursor))
  order by config.created_at desc, config.id desc
  limit p_limit;
end
$$;

comment on function public.list_configs is
  'A page of the caller''s configs, newest first, each with its strategy, last 3 commands and '
  'last metric; p_cursor is the last id of the page before.';


create function public.available_strategies()
  returns table (
    id                   uuid,
    name                 text,
    description          text,
    strategy_type        text,
    status               public.strategy_status,
    is_simulation_active boolean,
    is_live_mode         boolean,
    symbols              text[],
    asset_class          text,
    timeframes           text[],
    max_positions        integer,
    capital_allocated    text,
    portfolio_id         uuid,
    total_pnl            text,
    total_trades         integer,
    win_rate             text,
    configs              integer,
    active_configs       integer,
    created_at           timestamptz
  )
  language sql stable
  set search_path = ''
as $$
  select
    strategy.id,
    strategy.name,
    strategy.description,
    strategy.strategy_type,
    strategy.status,
    strategy.is_simulation_active,
    strategy.is_live_mode,
    strategy.symbols,
    strategy.asset_class,
    strategy.timeframes,
    strategy.max_positions,
    strategy.capital_allocated::text,
    strategy.portfolio_id,
    strategy.total_pnl::text,
    strategy.total_trades,
    strategy.win_rate::text,
    count(config.id)::integer,
    (count(config.id) filter (where config.status = 'ACTIVE'))::integer,
    strategy.created_at
  from public.strategies as strategy
  left join public.strategy_configs as config on config.strategy_id = strategy.id
  where strategy.user_id = (select auth.uid()) and strategy.archived_at is null
  group by strategy.id
  order by strategy.created_at desc, strategy.id desc;
$$;

comment on function public.available_strategies is
  'The caller''s strategies that are not archived, newest first, with how many configs they have.';


create function public.config_details(p_config_id uuid)
  returns table (
    id               uuid,
    name             text,
    is_default       boolean,
    status           public.config_status,
    trade_mode       public.trade_mode,
    runner           public.config_runner,
    auto_start       boolean,
    module_path      text,
    class_name       text,
    config_json      jsonb,
    portfolio        jsonb,
    code_digest      text,
    pid              integer,
    error_message    text,
    started_at       timestamptz,
    stopped_at       timestamptz,
    created_at       timestamptz,
    updated_at       timestamptz,
    allowed_commands public.strategy_command[],
    strategy_id      uuid,
    strategy         jsonb,
    commands         jsonb,
    metrics          jsonb
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
    config.is_default,
    config.status,
    config.trade_mode,
    config.runner,
    config.auto_start,
    config.module_path,
    config.class_name,
    config.config_json,
    case when portfolio.id is not null then jsonb_build_object(
      'id', portfolio.id,
      'name', portfolio.name,
      'mode', portfolio.mode,
      'initial_capital', portfolio.initial_capital::text,
      'balance', portfolio.balance::text
    ) end,
    config.code_digest,
    config.pid,
    config.error_message,
    config.started_at,
    config.stopped_at,
    config.created_at,
    config.updated_at,
    case
      when strategy.archived_at is null then public.allowed_commands(config.status)
      else '{}'
    end,
    strategy.id,
    to_jsonb(strategy) - '{user_id,performance_metrics,python_code}'::text[] || jsonb_build_object(
      'capital_allocated', strategy.capital_allocated::text,
      'total_pnl', strategy.total_pnl::text,
      'win_rate', strategy.win_rate::text
    ),
    public.last_commands(config.id, 10),
    public.last_metrics(config.id, 24)
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  left join public.portfolios as portfolio
    on portfolio.id = coalesce(config.portfolio_id, strategy.portfolio_id)
  where config.id = p_config_id and config.user_id = (select auth.uid());

  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy config %s does not exist', coalesce(p_config_id::text, 'null'));
  end if;
end
$$;

comment on function public.config_details is
  'One config of the caller''s with its strategy, portfolio, last 10 commands and last 24 metrics.';

revoke execute on function
  public.last_commands(uuid, integer),
  public.last_metrics(uuid, integer),
  public.list_configs(public.config_status, integer, uuid),
  public.available_strategies(),
  public.config_details(uuid)
from public, anon;
grant execute on function
  public.last_commands(uuid, integer),
  public.last_metrics(uuid, integer),
  public.list_configs(public.config_status, integer, uuid),
  public.available_strategies(),
  public.config_details(uuid)
to authenticated;

-- Serves the number of configs of a strategy, and whatever asks for a strategy's configs.
create index strategy_configs_strategy_id_idx on public.strategy_configs (strategy_id);
