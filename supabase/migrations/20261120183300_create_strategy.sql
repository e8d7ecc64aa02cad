/*
  create_strategy: a strategy with its default config, in one call.

  Called by    web, functions (authenticated)
  Depends on   create_strategy_commands
*/

create function private.own_portfolio(p_user_id uuid, p_portfolio_id uuid) returns uuid
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_portfolio_id uuid;
begin
  if p_portfolio_id is null then
    select id into v_portfolio_id
    from public.portfolios
    where user_id = p_user_id and mode = 'paper'
    order by created_at, id
    limit 1;
    return v_portfolio_id;
  end if;

  select id into v_portfolio_id
  from public.portfolios
  where id = p_portfolio_id and user_id = p_user_id;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('portfolio %s does not exist', p_portfolio_id);
  end if;
  return v_portfolio_id;
end
$$;

comment on function private.own_portfolio is
  'The portfolio if it is the user''s; for null the user''s oldest paper portfolio, or null.';


create function private.deployment_of(p_strategy public.strategies) returns jsonb
  language sql immutable
  set search_path = ''
as $$
  select jsonb_build_object(
    'parameters', p_strategy.config,
    'risk_parameters', p_strategy.risk_parameters,
    'symbols', p_strategy.symbols,
    'asset_class', p_strategy.asset_class,
    'timeframes', p_strategy.timeframes,
    'max_positions', p_strategy.max_positions,
    'capital', p_strategy.capital_allocated::text
  );
$$;

comment on function private.deployment_of is 'The config_json that deploys a design as it is.';


create function private.timeframes_of(p_strategy_type text) returns text[]
  language sql immutable
  set search_path = ''
as $$
  -- What each type needs with its default parameters; all others are content with minutes.
  select case p_strategy_type when 'pva' then '{1m,5m}'::text[] else '{1m}'::text[] end;
$$;

comment on function private.timeframes_of is
  'The candles a type of strategy is given when its maker names none.';


create function public.create_strategy(
  p_name              text,
  p_strategy_type     text,
  p_config            jsonb   default '{}',
  p_risk_parameters   jsonb   default '{}',
  p_symbols           text[]  default '{}',
  p_timeframes        text[]  default null,
  p_asset_class       text    default 'index_future',
  p_max_positions     integer default 3,
  p_capital_allocated numeric default 100000,
  p_portfolio_id      uuid    default null,
  p_description       text    default '',
  p_python_code       text    default null,
  p_auto_start        boolean default false,
  p_module_path       text    default null,
  p_class_name        text    default null,
  p_runner            public.config_runner default 'worker'
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id    uuid := (select auth.uid());
  v_strategy   public.strategies;
  v_config_id  uuid;
  v_command_id uuid;
begin
  perform private.lock_users(array[v_user_id]);

  insert into public.strategies (
    user_id, name, description, strategy_type, config, risk_parameters, python_code, symbols,
    asset_class, timeframes, max_positions, capital_allocated, portfolio_id
  )
  values (
    v_user_id, p_name, p_description, p_strategy_type, p_config, p_risk_parameters, p_python_code,
    p_symbols, p_asset_class, coalesce(p_timeframes, private.timeframes_of(p_strategy_type)),
    p_max_positions, p_capital_allocated,
    private.own_portfolio(v_user_id, p_portfolio_id)
  )
  returning * into v_strategy;

  insert into public.strategy_configs (
    user_id, strategy_id, name, is_default, module_path, class_name, config_json, auto_start,
    runner
  )
  values (
    v_user_id, v_strategy.id, 'default', true,
    coalesce(p_module_path, 'strategies.' || p_strategy_type),
    coalesce(p_class_name, replace(initcap(replace(p_strategy_type, '_', ' ')), ' ', '')),
    private.deployment_of(v_strategy),
    p_auto_start,
    p_runner
  )
  returning id into v_config_id;

  if p_auto_start then
    insert into public.strategy_commands (strategy_config_id, command)
    values (v_config_id, 'START')
    returning id into v_command_id;
  end if;

  return jsonb_build_object(
    'strategy_id', v_strategy.id, 'config_id', v_config_id, 'command_id', v_command_id
  );
end
$$;

comment on function public.create_strategy is
  'Makes a strategy of the caller with its default config; auto-start also queues START.';

revoke execute on function
  private.own_portfolio(uuid, uuid),
  private.deployment_of(public.strategies),
  private.timeframes_of(text),
  public.create_strategy(
    text, text, jsonb, jsonb, text[], text[], text, integer, numeric, uuid, text, text, boolean,
    text, text, public.config_runner
  )
from public, anon, authenticated;
grant execute on function public.create_strategy(
  text, text, jsonb, jsonb, text[], text[], text, integer, numeric, uuid, text, text, boolean,
  text, text, public.config_runner
) to authenticated;
