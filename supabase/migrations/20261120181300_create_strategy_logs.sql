/*
  Strategy logs: what a strategy did and why, in words.

  Written by   worker_write (kind log)
  Read by      web (authenticated)
  Depends on   create_strategy_configs
*/

create table public.strategy_logs (
  id                  uuid        primary key,
  user_id             uuid        not null references auth.users (id) on delete cascade,
  strategy_id         uuid        not null,
  strategy_config_id  uuid        not null,
  level               public.log_level not null,
  message             text        not null check (char_length(message) between 1 and 4000),
  data                jsonb       not null default '{}',
  logged_at           timestamptz not null,
  created_at          timestamptz not null default now(),
  foreign key (strategy_config_id, strategy_id, user_id)
    references public.strategy_configs (id, strategy_id, user_id)
);

comment on table  public.strategy_logs is
  'What strategies did and why, in words.';
comment on column public.strategy_logs.id                 is 'Key: the worker''s event id.';
comment on column public.strategy_logs.user_id            is 'Owner of the config.';
comment on column public.strategy_logs.strategy_id        is 'The config''s strategy.';
comment on column public.strategy_logs.strategy_config_id is 'The config that speaks.';
comment on column public.strategy_logs.level is
  'debug, info, signal, trade, warning, error.';
comment on column public.strategy_logs.message            is 'One sentence, or a traceback.';
comment on column public.strategy_logs.data               is 'Facts beside the sentence.';
comment on column public.strategy_logs.logged_at          is 'Market time it is about.';
comment on column public.strategy_logs.created_at         is 'When it was written.';

-- Serves policies.
create index strategy_logs_user_idx on public.strategy_logs (user_id, logged_at desc);
-- Serves the log of a config.
create index strategy_logs_config_idx on public.strategy_logs (strategy_config_id, logged_at desc);

alter table public.strategy_logs enable row level security;
revoke all on public.strategy_logs from anon, authenticated, service_role;
grant select on public.strategy_logs to authenticated, service_role;

create policy "A user reads their own logs"
  on public.strategy_logs for select to authenticated
  using ((select auth.uid()) = user_id);
