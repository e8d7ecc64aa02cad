/*
  Commands of configs that the minute cron runs. There is no process to start, so they are carried
  out where they arrive, at once; what needs a price (closing what a stopped config holds) is left
  to the next run.

  Depends on   create_code_runs, create_strategy_commands, broadcast_user_events
*/

create function private.patched_settings(p_settings jsonb, p_patch jsonb) returns jsonb
  language plpgsql immutable
  set search_path = ''
as $$
declare
  v_known  constant text[] := '{parameters,risk_parameters,symbols,asset_class,timeframes,max_positions,capital}';
  v_key    text;
  v_value  jsonb;
  v_result jsonb := p_settings;
begin
  for v_key, v_value in select key, value from jsonb_each(p_patch) loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'TB422',
        message = format('a config has no %s; it has %s', v_key, array_to_string(v_known, ', '));
    end if;
    -- Groups key by key, everything else whole: as the worker does.
    v_result := v_result || jsonb_build_object(
      v_key,
      case
        when jsonb_typeof(v_result -> v_key) = 'object' and jsonb_typeof(v_value) = 'object'
          then (v_result -> v_key) || v_value
        else v_value
      end
    );
  end loop;
  return v_result;
end
$$;

comment on function private.patched_settings is
  'A config_json with the patch of UPDATE_CONFIG laid over it.';


create function private.started_code_run(p_config public.strategy_configs) returns void
  language sql
  set search_path = ''
as $$
  insert into public.code_runs (strategy_config_id, user_id)
  values (p_config.id, p_config.user_id)
  on conflict (strategy_config_id) do update
    set last_minute = null, failures = 0, close_positions = false;
$$;

comment on function private.started_code_run is
  'Forgets failures and minutes of a config: somebody has looked at it and started it.';


create function private.carry_out(
  p_config public.strategy_configs, p_command public.strategy_commands
) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_now    timestamptz := clock_timestamp();
  v_status public.config_status;
begin
  v_status := case p_command.command
    when 'PAUSE' then 'PAUSED'
    when 'STOP'  then 'STOPPED'
    when 'UPDATE_CONFIG' then p_config.status
    else 'ACTIVE'
  end;

  if p_command.command in ('START', 'RESTART') then
    perform private.started_code_run(p_config);
  elsif p_command.command = 'STOP' then
    insert into public.code_runs (strategy_config_id, user_id, close_positions)
    values (
      p_config.id, p_config.user_id,
      (p_command.parameters -> 'keep_positions') is distinct from 'true'::jsonb
    )
    on conflict (strategy_config_id) do update
      set close_positions = excluded.close_positions, failures = 0;
  end if;

  update public.strategy_configs
  set status         = v_status,
      status_version = status_version + 1,
      error_message  = case when v_status = p_config.status then error_message end,
      started_at     = case
                         when p_command.command in ('START', 'RESTART') then v_now
                         else started_at
                       end,
      stopped_at     = case when p_command.command = 'STOP' then v_now else stopped_at end,
      config_json    = case
                         when p_command.command = 'UPDATE_CONFIG'
                           then private.patched_settings(config_json, p_command.parameters)
                         else config_json
                       end
  where id = p_config.id;
end
$$;

comment on function private.carry_out is 'Does what a command says to a config of the minute cron.';


create function private.run_cron_command() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_config public.strategy_configs;
  v_error  text;
begin
  select * into v_config
  from public.strategy_configs
  where id = new.strategy_config_id and runner = 'cron'
  for no key update;
  if not found then
    return null;
  end if;

  -- What two callers asked at once: the second finds the config changed since it was checked.
  if new.command <> all (public.allowed_commands(v_config.status)) then
    v_error := format('%s is not possible while the config is %s', new.command, v_config.status);
  else
    begin
      perform private.carry_out(v_config, new);
    exception when sqlstate 'TB422' or check_violation then
      v_error := sqlerrm;
    end;
  end if;

  update public.strategy_commands
  set status        = case when v_error is null then 'EXECUTED' else 'FAILED' end::public.command_status,
      error_message = v_error,
      executed_at   = clock_timestamp()
  where id = new.id;
  return null;
end
$$;

comment on function private.run_cron_command is
  'Trigger: carries out a command of a config that the minute cron runs.';

revoke execute on function
  private.patched_settings(jsonb, jsonb),
  private.started_code_run(public.strategy_configs),
  private.carry_out(public.strategy_configs, public.strategy_commands),
  private.run_cron_command()
from public;

-- By its name after announce_command: created is told before executed.
create trigger run_cron_command
  after insert on public.strategy_commands
  for each row execute function private.run_cron_command();
