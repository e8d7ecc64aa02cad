/*
  Code runs: how the minute cron stands with each config that it evaluates, one row per config.

  The row is what makes a run exactly-once: a minute that was written, or an earlier one, is not
  written again, whoever was late.

  Written by   write_code_runs, run_cron_command
  Read by      the owner (authenticated), functions (service role)
  Depends on   create_strategy_configs
*/

create table public.code_runs (
  strategy_config_id  uuid        primary key,
  user_id             uuid        not null references auth.users (id) on delete cascade,
  last_minute         timestamptz check (last_minute = date_trunc('minute', last_minute, 'UTC')),
  failures            integer     not null default 0 check (failures >= 0),
  close_positions     boolean     not null default false,
  updated_at          timestamptz not null default now(),
  foreign key (strategy_config_id, user_id)
    references public.strategy_configs (id, user_id) on delete cascade
);

comment on table  public.code_runs is
  'How the minute cron stands with each config that it evaluates.';
comment on column public.code_runs.strategy_config_id is 'The config.';
comment on column public.code_runs.user_id            is 'Owner of the config.';
comment on column public.code_runs.last_minute is
  'Newest minute of the market that was written; null before the first since the last start.';
comment on column public.code_runs.failures is
  'Failed evaluations in a row; the third switches the config off.';
comment on column public.code_runs.close_positions is
  'It was stopped: what it holds is closed by the next run.';
comment on column public.code_runs.updated_at         is 'When the row was last changed.';

-- Serves policies.
create index code_runs_user_id_idx on public.code_runs (user_id);

alter table public.code_runs enable row level security;
revoke all on public.code_runs from anon, authenticated, service_role;
grant select on public.code_runs to authenticated, service_role;

create policy "A user reads how their own code runs stand"
  on public.code_runs for select to authenticated
  using ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.code_runs
  for each row execute function private.touch_updated_at();
