/*
  update_strategy: other parameters, risk parameters, symbols, timeframes, limits or capital.

  Without a config it changes the design and its default config, with one only that config. The next
  decision uses it: what runs, or is about to, gets UPDATE_CONFIG and reports the change when it is
  in force; what does not run is changed at once. Open positions keep their levels.

  Called by    web, functions (authenticated)
  Depends on   check_deployments, archive_strategy
*/

create function private.redesign(p_strategy_id uuid, p_changes jsonb) returns void
  language sql
  set search_path = ''
as $$
  update public.strategies
  set config            = config || coalesce(p_changes -> 'parameters', '{}'),
      risk_parameters   = risk_parameters || coalesce(p_changes -> 'risk_parameters', '{}'),
      symbols           = case
                            when p_changes ? 'symbols'
                              then array(select jsonb_array_elements_text(p_changes -> 'symbols'))
                            else symbols
                          end,
      asset_class       = coalesce(p_changes ->> 'asset_class', asset_class),
      timeframes        = case
                            when p_changes ? 'timeframes'
                              then array(select jsonb_array_elements_text(p_changes -> 'timeframes'))
                            else timeframes
                          end,
      max_positions     = coalesce((p_changes ->> 'max_positions')::numeric::integer, max_positions),
      capital_allocated = coalesce((p_changes ->> 'capital')::numeric, capital_allocated)
  where id = p_strategy_id;
$$;

comment on function private.redesign is 'Lays changes over a strategy''s design.';


create function private.reconfigure(p_config public.strategy_configs, p_changes jsonb) returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_starting   boolean;
  v_command_id uuid;
begin
  select exists (
    select from public.strategy_commands
    where strategy_config_id = p_config.id and status = 'PENDING'
  )
  into v_starting;

  if p_config.status in ('ACTIVE', 'PAUSED') or v_starting and p_config.status = 'STOPPED' then
    insert into public.strategy_commands (strategy_config_id, command, parameters)
    values (p_config.id, 'UPDATE_CONFIG', p_changes)
    returning id into v_command_id;
    return v_command_id;
  end if;

  if v_starting then
    raise exception using errcode = 'TB409',
      message = format(
        'config %s cannot be changed now: a command of it is being carried out', p_config.id
      );
  end if;
  perform private.require_symbol_quota(p_config.user_id, p_config.id, p_changes -> 'symbols');
  update public.strategy_configs
  set config_json = private.merged_deployment(config_json, p_changes),
      edited_at   = clock_timestamp()
  where id = p_config.id;
  return null;
end
$$;

comment on function private.reconfigure is
  'Changes a config that does not run; for one that does, queues UPDATE_CONFIG and returns its id.';


-- A worker that starts a failed process again by itself starts what it knew.
create function private.tell_edit_after_error() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  insert into public.strategy_commands (strategy_config_id, command)
  values (new.id, 'UPDATE_CONFIG');
  return null;
end
$$;

comment on function private.tell_edit_after_error is
  'Trigger: has the worker read a config anew that was changed while it was in ERROR.';

create trigger tell_edit_after_error
  after update of status on public.strategy_configs
  for each row when (
    old.status = 'ERROR'
    and new.status in ('ACTIVE', 'PAUSED')
    and new.runner = 'worker'
    and new.edited_at > coalesce(old.started_at, '-infinity')
  )
  execute function private.tell_edit_after_error();


create function public.update_strategy(
  p_strategy_id uuid, p_changes jsonb, p_config_id uuid default null
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id    uuid := (select auth.uid());
  v_strategy   public.strategies;
  v_config     public.strategy_configs;
  v_command_id uuid;
begin
  perform private.lock_users(array[v_user_id]);
  v_strategy := private.open_strategy(v_user_id, p_strategy_id);
  v_config := private.own_config(v_user_id, p_strategy_id, p_config_id);
  perform private.check_deployment(p_changes);
  if p_changes = '{}' then
    raise exception using errcode = 'TB422', message = 'nothing is to be changed: p_changes is empty';
  end if;

  if v_config.is_default then
    perform private.redesign(p_strategy_id, p_changes);
  end if;
  v_command_id := private.reconfigure(v_config, p_changes);

  return jsonb_build_object(
    'strategy_id', p_strategy_id,
    'config_id', v_config.id,
    'status', v_config.status,
    'command_id', v_command_id
  );
end
$$;

comment on function public.update_strategy is
  'Changes a design of the caller''s and its default config, or one config; without a command_id '
  'it is done.';

revoke execute on function
  private.redesign(uuid, jsonb),
  private.reconfigure(public.strategy_configs, jsonb),
  private.tell_edit_after_error(),
  public.update_strategy(uuid, jsonb, uuid)
from public, anon, authenticated;
grant execute on function public.update_strategy(uuid, jsonb, uuid) to authenticated;
