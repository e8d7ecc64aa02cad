/*
  Strategy commands: the one road by which a user acts on a running strategy.

  A command is refused at once, with a sentence, unless the config's present status allows it.
  The worker executes it and says how it went.

  Written by   the user, create_strategy, toggle_strategy; worker_write (outcome)
  Read by      worker (service role; Realtime and a poll), web (authenticated)
  Depends on   create_strategy_configs, create_user_events
*/

create table public.strategy_commands (
  id                  uuid        primary key default gen_random_uuid(),
  user_id             uuid        not null default auth.uid()
                      references auth.users (id) on delete cascade,
  strategy_config_id  uuid        not null,
  command             public.strategy_command not null,
  parameters          jsonb       not null default '{}'
                        check (jsonb_typeof(parameters) = 'object')
                        check (octet_length(parameters::text) <= 65536),
  status              public.command_status not null default 'PENDING',
  error_message       text,
  result              jsonb,
  created_at          timestamptz not null default clock_timestamp(),
  executed_at         timestamptz,
  foreign key (strategy_config_id, user_id) references public.strategy_configs (id, user_id),
  check ((status = 'PENDING') = (executed_at is null)),
  check (status <> 'FAILED' or error_message is not null)
);

comment on table  public.strategy_commands is
  'What users ask of their running strategies.';
comment on column public.strategy_commands.id is
  'Key; the caller may choose it, so that a repeated insert fails.';
comment on column public.strategy_commands.user_id is
  'Owner of the config; set by a trigger.';
comment on column public.strategy_commands.strategy_config_id is 'The config it is for.';
comment on column public.strategy_commands.command            is 'What to do.';
comment on column public.strategy_commands.parameters is
  'STOP: keep_positions; UPDATE_CONFIG: the part of config_json that changes.';
comment on column public.strategy_commands.status is
  'PENDING until the worker has dealt with it.';
comment on column public.strategy_commands.error_message      is 'Why it FAILED.';
comment on column public.strategy_commands.result             is 'What the worker has to tell.';
comment on column public.strategy_commands.created_at         is 'When it was given.';
comment on column public.strategy_commands.executed_at        is 'When the worker dealt with it.';

-- Serves policies and the last commands of a user.
create index strategy_commands_user_idx on public.strategy_commands (user_id, created_at desc);
-- Serves the last commands of a config.
create index strategy_commands_config_idx
  on public.strategy_commands (strategy_config_id, created_at desc);
-- Serves the worker's poll.
create index strategy_commands_pending_idx
  on public.strategy_commands (created_at) where status = 'PENDING';

alter table public.strategy_commands enable row level security;
revoke all on public.strategy_commands from anon, authenticated, service_role;
grant select on public.strategy_commands to authenticated, service_role;
grant insert (id, strategy_config_id, command, parameters)
  on public.strategy_commands to authenticated;

create policy "A user reads their own commands"
  on public.strategy_commands for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user commands their own configs"
  on public.strategy_commands for insert to authenticated
  with check ((select auth.uid()) = user_id);


create function public.allowed_commands(p_status public.config_status)
  returns public.strategy_command[]
  language sql immutable
  set search_path = ''
as $$
  select (case p_status
    when 'ACTIVE'  then '{PAUSE,STOP,RESTART,UPDATE_CONFIG}'
    when 'PAUSED'  then '{RESUME,STOP,RESTART,UPDATE_CONFIG}'
    when 'ERROR'   then '{START,STOP}'
    when 'STOPPED' then '{START,UPDATE_CONFIG}'
  end)::public.strategy_command[];
$$;

comment on function public.allowed_commands is 'The commands a config accepts in a status.';

revoke execute on function public.allowed_commands(public.config_status) from public, anon;
grant execute on function public.allowed_commands(public.config_status)
  to authenticated, service_role;


create function private.check_command() returns trigger
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_config  record;
  v_allowed public.strategy_command[];
begin
  select
    config.user_id,
    config.status,
    config.runner,
    coalesce(config.portfolio_id, strategy.portfolio_id) as portfolio_id,
    strategy.archived_at
  into v_config
  from public.strategy_configs as config
  inner join public.strategies as strategy on strategy.id = config.strategy_id
  where config.id = new.strategy_config_id
    and config.user_id = coalesce((select auth.uid()), config.user_id);

  if not found then
    raise exception using errcode = 'TB404',
      message = format('strategy config %s does not exist', new.strategy_config_id);
  end if;
  -- What runs although it is archived may be stopped.
  if v_config.archived_at is not null and new.command <> 'STOP' then
    raise exception using errcode = 'TB409',
      message = format('%s is not possible: the strategy is archived', new.command);
  end if;

  v_allowed := public.allowed_commands(v_config.status);
  if new.command <> all (v_allowed) then
    raise exception using errcode = 'TB409',
      message = format(
        '%s is not possible while the config is %s; possible now: %s',
        new.command, v_config.status, array_to_string(v_allowed, ', ')
      );
  end if;
  -- On the minute cron a config without a portfolio signals and trades nothing.
  if new.command = 'START' and v_config.portfolio_id is null and v_config.runner = 'worker' then
    raise exception using errcode = 'TB422',
      message = 'START is not possible: neither the config nor its strategy has a portfolio';
  end if;

  new.user_id       := v_config.user_id;
  new.status        := 'PENDING';
  new.error_message := null;
  new.result        := null;
  new.created_at    := clock_timestamp();
  new.executed_at   := null;
  return new;
end
$$;

comment on function private.check_command is
  'Trigger: refuses a command that the config''s present status does not allow.';

revoke execute on function private.check_command() from public;

create trigger check_command
  before insert on public.strategy_commands
  for each row execute function private.check_command();
