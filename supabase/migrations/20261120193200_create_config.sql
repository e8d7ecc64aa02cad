/*
  create_strategy_config, create_config_from_strategy: one more deployment of a strategy.

  The first is given its settings whole and starts by itself unless told otherwise; the second takes
  the strategy's design as it now is, lays overrides over it, and starts only when told to.

  Called by    web, functions (authenticated)
  Depends on   check_deployments, archive_strategy
*/

create function private.add_config(
  p_user_id      uuid,
  p_strategy     public.strategies,
  p_name         text,
  p_config_json  jsonb,
  p_portfolio_id uuid,
  p_runner       public.config_runner,
  p_auto_start   boolean
) returns jsonb
  language plpgsql
  set search_path = ''
as $$
declare
  v_config_id  uuid;
  v_command_id uuid;
begin
  insert into public.strategy_configs (
    user_id, strategy_id, name, module_path, class_name, config_json, portfolio_id, runner,
    auto_start
  )
  select
    p_user_id,
    p_strategy.id,
    p_name,
    original.module_path,
    original.class_name,
    p_config_json,
    case when p_portfolio_id is not null then private.own_portfolio(p_user_id, p_portfolio_id) end,
    p_runner,
    p_auto_start
  from public.strategy_configs as original
  where original.strategy_id = p_strategy.id and original.is_default
  returning id into v_config_id;

  if p_auto_start then
    insert into public.strategy_commands (strategy_config_id, command)
    values (v_config_id, 'START')
    returning id into v_command_id;
  end if;
  return jsonb_build_object(
    'strategy_id', p_strategy.id, 'config_id', v_config_id, 'command_id', v_command_id
  );
end
$$;

comment on function private.add_config is
  'Deploys a strategy once more, with the class of its default config; auto-start queues START.';


create function public.create_strategy_config(
  p_strategy_id  uuid,
  p_name         text,
  p_config_json  jsonb,
  p_portfolio_id uuid                 default null,
  p_runner       public.config_runner default 'worker',
  p_auto_start   boolean              default true
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id  uuid := (select auth.uid());
  v_strategy public.strategies;
begin
  perform private.lock_users(array[v_user_id]);
  v_strategy := private.open_strategy(v_user_id, p_strategy_id);
  perform private.check_deployment(p_config_json);
  if not p_config_json ?& '{symbols,capital}' then
    raise exception using errcode = 'TB422',
      message = 'a config names its symbols and its capital';
  end if;
  return private.add_config(
    v_user_id,
    v_strategy,
    p_name,
    private.merged_deployment(
      '{
        "parameters": {}, "risk_parameters": {}, "asset_class": "index_future",
        "timeframes": ["1m"], "max_positions": 3
      }',
      p_config_json
    ),
    p_portfolio_id, p_runner, p_auto_start
  );
end
$$;

comment on function public.create_strategy_config is
  'Deploys a strategy of the caller''s once more with settings of its own, and starts it.';


create function public.create_config_from_strategy(
  p_strategy_id  uuid,
  p_name         text,
  p_overrides    jsonb                default '{}',
  p_portfolio_id uuid                 default null,
  p_runner       public.config_runner default 'worker',
  p_auto_start   boolean              default false
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id  uuid := (select auth.uid());
  v_strategy public.strategies;
begin
  perform private.lock_users(array[v_user_id]);
  v_strategy := private.open_strategy(v_user_id, p_strategy_id);
  perform private.check_deployment(p_overrides);
  return private.add_config(
    v_user_id,
    v_strategy,
    p_name,
    private.merged_deployment(private.deployment_of(v_strategy), p_overrides),
    p_portfolio_id, p_runner, p_auto_start
  );
end
$$;

comment on function public.create_config_from_strategy is
  'Deploys a strategy of the caller''s once more as it is designed, with overrides laid over it.';

revoke execute on function
  private.add_config(
    uuid, public.strategies, text, jsonb, uuid, public.config_runner, boolean
  ),
  public.create_strategy_config(uuid, text, jsonb, uuid, public.config_runner, boolean),
  public.create_config_from_strategy(uuid, text, jsonb, uuid, public.config_runner, boolean)
from public, anon, authenticated;
grant execute on function
  public.create_strategy_config(uuid, text, jsonb, uuid, public.config_runner, boolean),
  public.create_config_from_strategy(uuid, text, jsonb, uuid, public.config_runner, boolean)
to authenticated;
