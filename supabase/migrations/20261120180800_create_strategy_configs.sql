/*
  Strategy configs: one deployment of a strategy each, with its own parameters, process and state.
  status and trade_mode here are the truth; the strategy's own columns are a view of them.

  Written by   create_strategy, create_config and update_strategy, the user (name, auto_start,
               portfolio), worker_write (state)
  Read by      web, functions (authenticated), worker (service role)
  Depends on   create_strategies
*/

create table public.strategy_configs (
  id              uuid        primary key default gen_random_uuid(),
  user_id         uuid        not null references auth.users (id) on delete cascade,
  strategy_id     uuid        not null,
  name            text        not null
                    check (name = btrim(name) and char_length(name) between 1 and 100),
  is_default      boolean     not null default false,

  -- What runs, and with what.
  module_path     text        not null check (module_path ~ '^strategies(\.[a-z_][a-z0-9_]*)+$'),
  class_name      text        not null check (class_name ~ '^[A-Z][A-Za-z0-9]{0,99}$'),
  config_json     jsonb       not null default '{}'
                    check (jsonb_typeof(config_json) = 'object')
                    check (octet_length(config_json::text) <= 65536),
  portfolio_id    uuid,
  runner          public.config_runner not null default 'worker',
  trade_mode      public.trade_mode    not null default 'VIRTUAL',
  auto_start      boolean     not null default false,
  shard           text        not null default 'main' check (shard ~ '^[a-z0-9_-]{1,50}$'),

  -- State, reported by the worker.
  status          public.config_status not null default 'STOPPED',
  status_version  bigint      not null default 0,
  code_digest     text,
  pid             integer,
  started_at      timestamptz,
  stopped_at      timestamptz,
  error_message   text,

  edited_at       timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  unique (strategy_id, name),
  -- What other tables refer to, so that a row cannot name one user and another's config.
  unique (id, user_id),
  unique (id, strategy_id, user_id),
  foreign key (strategy_id, user_id) references public.strategies (id, user_id),
  foreign key (portfolio_id, user_id) references public.portfolios (id, user_id),
  -- The minute cron is simulation only.
  check (runner = 'worker' or trade_mode = 'VIRTUAL')
);

comment on table  public.strategy_configs is
  'One deployment of a strategy each, with its own parameters, process and state.';
comment on column public.strategy_configs.id             is 'Key.';
comment on column public.strategy_configs.user_id        is 'Owner; the strategy''s.';
comment on column public.strategy_configs.strategy_id    is 'The design that is deployed.';
comment on column public.strategy_configs.name           is 'Name, unique per strategy.';
comment on column public.strategy_configs.is_default is
  'The one that routes with a strategy id act on.';
comment on column public.strategy_configs.module_path is
  'Python module below strategies; the worker loads registered ones only.';
comment on column public.strategy_configs.class_name     is 'Class in that module.';
comment on column public.strategy_configs.config_json is
  'parameters, risk_parameters, symbols, asset_class, timeframes, max_positions, capital.';
comment on column public.strategy_configs.portfolio_id is
  'Portfolio it trades with; null: the strategy''s.';
comment on column public.strategy_configs.runner is
  'worker: tick by tick; cron: once a minute, simulation only.';
comment on column public.strategy_configs.trade_mode is
  'VIRTUAL: simulated; LIVE: real orders.';
comment on column public.strategy_configs.auto_start     is 'The worker starts it when it boots.';
comment on column public.strategy_configs.shard          is 'Which worker runs it.';
comment on column public.strategy_configs.status         is 'What the worker last reported.';
comment on column public.strategy_configs.status_version is
  'Grows with each report; an older report is not applied.';
comment on column public.strategy_configs.code_digest is
  'Digest of the code and parameters that run.';
comment on column public.strategy_configs.pid            is 'Process id while it runs.';
comment on column public.strategy_configs.started_at     is 'When it was last started.';
comment on column public.strategy_configs.stopped_at     is 'When it last stopped.';
comment on column public.strategy_configs.error_message  is 'Why it is in state ERROR.';
comment on column public.strategy_configs.edited_at is
  'When its settings were last changed while it did not run.';
comment on column public.strategy_configs.created_at     is 'When it was made.';
comment on column public.strategy_configs.updated_at     is 'When the row was last changed.';

create unique index strategy_configs_default_key
  on public.strategy_configs (strategy_id) where is_default;
-- Serves policies and the list: newest first, for one user.
create index strategy_configs_user_created_at_idx
  on public.strategy_configs (user_id, created_at desc, id desc);
-- Serves the worker's boot.
create index strategy_configs_shard_idx on public.strategy_configs (shard, runner);
-- Serves the foreign key.
create index strategy_configs_portfolio_id_idx on public.strategy_configs (portfolio_id);

alter table public.strategy_configs enable row level security;
revoke all on public.strategy_configs from anon, authenticated, service_role;
grant select on public.strategy_configs to authenticated, service_role;
grant update (name, auto_start, portfolio_id) on public.strategy_configs to authenticated;

create policy "A user reads their own configs"
  on public.strategy_configs for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user edits their own configs"
  on public.strategy_configs for update to authenticated
  using ((select auth.uid()) = user_id)
  with check ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.strategy_configs
  for each row execute function private.touch_updated_at();
