/*
  archive_strategy: what a user calls delete. The strategy is hidden, its configs are stopped and
  their positions closed, and its name is free again; its rows stay.

  It is safe to repeat. A command that still waited is not carried out; a config that comes up in
  spite of it, because its start was under way, is stopped as soon as it says so.

  Called by    web, functions (authenticated)
  Depends on   create_strategy_commands, broadcast_user_events
*/

create function private.own_strategy(p_user_id uuid, p_strategy_id uuid) returns public.strategies
  language plpgsql
  set search_path = ''
as $$
declare
  v_strategy public.strategies;
begin
  select * into v_strategy
  from public.strategies
  where id = p_strategy_id and user_id = p_user_id
  for no key update;
  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy %s does not exist', coalesce(p_strategy_id::text, 'null'));
  end if;
  return v_strategy;
end
$$;

comment on function private.own_strategy is
  'A strategy of the user''s, locked until the end of the transaction.';


create function private.open_strategy(p_user_id uuid, p_strategy_id uuid) returns public.strategies
  language plpgsql
  set search_path = ''
as $$
declare
  v_strategy public.strategies := private.own_strategy(p_user_id, p_strategy_id);
begin
  if v_strategy.archived_at is not null then
    raise exception using errcode = 'TB409',
      message = format('strategy %s is archived', p_strategy_id);
  end if;
  return v_strategy;
end
$$;

comment on function private.open_strategy is 'As own_strategy, refusing one that is archived.';


create function private.queue_stop(p_config_id uuid) returns uuid
  language plpgsql
  set search_path = ''
as $$
declare
  v_command_id uuid;
begin
  select id into v_command_id
  from public.strategy_commands
  where strategy_config_id = p_config_id and status = 'PENDING' and command = 'STOP'
  limit 1;
  if not found then
    insert into public.strategy_commands (strategy_config_id, command)
    values (p_config_id, 'STOP')
    returning id into v_command_id;
  end if;
  return v_command_id;
end
$$;

comment on function private.queue_stop is
  'The STOP that waits for a config, queued if there is none.';


create function public.archive_strategy(p_strategy_id uuid) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_user_id  uuid := (select auth.uid());
  v_strategy public.strategies;
  v_stops    jsonb;
begin
  perform private.lock_users(array[v_user_id]);
  v_strategy := private.own_strategy(v_user_id, p_strategy_id);

  if v_strategy.archived_at is null then
    v_strategy.archived_at := now();
    update public.strategy_commands
    set status        = 'FAILED',
        error_message = 'the strategy was archived before this was carried out',
        executed_at   = clock_timestamp()
    where status = 'PENDING'
      and command <> 'STOP'
      and strategy_config_id in (
        select id from public.strategy_configs where strategy_id = p_strategy_id
      );
    update public.strategies
    set archived_at = v_strategy.archived_at, status = 'archived'
    where id = p_strategy_id;
    perform private.queue_stop(id)
    from public.strategy_configs
    where strategy_id = p_strategy_id and status <> 'STOPPED';
  end if;

  select coalesce(jsonb_agg(command.id order by command.created_at, command.id), '[]') into v_stops
  from public.strategy_commands as command
  inner join public.strategy_configs as config on config.id = command.strategy_config_id
  where config.strategy_id = p_strategy_id
    and command.status = 'PENDING'
    and command.command = 'STOP';

  return jsonb_build_object(
    'strategy_id', p_strategy_id, 'archived_at', v_strategy.archived_at, 'command_ids', v_stops
  );
end
$$;

comment on function public.archive_strategy is
  'Hides a strategy of the caller''s and stops its configs; command_ids: the stops on their way.';


create function private.stop_archived_config() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
begin
  if exists (
    select from public.strategies where id = new.strategy_id and archived_at is not null
  ) then
    perform private.queue_stop(new.id);
  end if;
  return null;
end
$$;

comment on function private.stop_archived_config is
  'Trigger: what runs although its strategy is archived is stopped.';

create trigger stop_archived_config
  after update of status on public.strategy_configs
  for each row when (new.status in ('ACTIVE', 'PAUSED'))
  execute function private.stop_archived_config();

revoke execute on function
  private.own_strategy(uuid, uuid),
  private.open_strategy(uuid, uuid),
  private.queue_stop(uuid),
  private.stop_archived_config(),
  public.archive_strategy(uuid)
from public, anon, authenticated;
grant execute on function public.archive_strategy(uuid) to authenticated;
