/*
  toggle_strategy: simulation on or off, safe to repeat.

  It says what should be, not what to do: nothing is queued when it is so already, or when the
  command that makes it so is on its way.

  Called by    web, functions (authenticated)
  Depends on   create_strategy_commands
*/

create function private.own_config(p_user_id uuid, p_strategy_id uuid, p_config_id uuid)
  returns public.strategy_configs
  language plpgsql stable
  set search_path = ''
as $$
declare
  v_config public.strategy_configs;
begin
  select config.* into v_config
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  where strategy.id = p_strategy_id
    and strategy.user_id = p_user_id
    and strategy.archived_at is null
    and case when p_config_id is null then config.is_default else config.id = p_config_id end;
  if not found then
    raise exception using errcode = 'TB404',
      message = case
        when p_config_id is null then format('strategy %s does not exist', p_strategy_id)
        else format('strategy %s has no config %s', p_strategy_id, p_config_id)
      end;
  end if;
  return v_config;
end
$$;

comment on function private.own_config is
  'A config of the user''s strategy; for null its default config.';


create function public.toggle_strategy(
  p_strategy_id uuid, p_active boolean, p_config_id uuid default null
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id    uuid := (select auth.uid());
  v_config     public.strategy_configs;
  v_command    public.strategy_command;
  v_command_id uuid;
begin
  if p_active is null then
    raise exception using errcode = 'TB422', message = 'p_active is true or false, not null';
  end if;
  -- The lock makes two simultaneous calls take turns, so that the second sees the first's command.
  perform private.lock_users(array[v_user_id]);
  v_config := private.own_config(v_user_id, p_strategy_id, p_config_id);

  v_command := case
    when p_active and v_config.status = 'PAUSED'               then 'RESUME'
    when p_active and v_config.status in ('STOPPED', 'ERROR')  then 'START'
    when not p_active and v_config.status <> 'STOPPED'         then 'STOP'
  end;

  if v_command is not null then
    select id into v_command_id
    from public.strategy_commands
    where strategy_config_id = v_config.id and status = 'PENDING' and command = v_command
    order by created_at desc
    limit 1;

    if not found then
      insert into public.strategy_commands (strategy_config_id, command)
      values (v_config.id, v_command)
      returning id into v_command_id;
    end if;
  end if;

  return jsonb_build_object(
    'strategy_id', p_strategy_id,
    'config_id', v_config.id,
    'active', p_active,
    'status', v_config.status,
    'command', v_command,
    'command_id', v_command_id
  );
end
$$;

comment on function public.toggle_strategy is
  'Queues what makes a config run or stop, unless it does or is about to.';

revoke execute on function
  private.own_config(uuid, uuid, uuid),
  public.toggle_strategy(uuid, boolean, uuid)
from public, anon, authenticated;
grant execute on function public.toggle_strategy(uuid, boolean, uuid) to authenticated;
