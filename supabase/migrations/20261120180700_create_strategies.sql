/*
  Strategies: what a user designed. A strategy runs through its configs (next file).

  Written by   create_strategy, update_strategy, the user (names, code, portfolio), triggers (state
               and totals)
  Read by      web, functions (authenticated), worker (service role)
  Depends on   create_portfolios
*/

create table public.strategies (
  id                    uuid        primary key default gen_random_uuid(),
  user_id               uuid        not null default auth.uid()
                          references auth.users (id) on delete cascade,
  name                  text        not null
                          check (name = btrim(name) and char_length(name) between 1 and 100),
  description           text        not null default '' check (char_length(description) <= 2000),
  -- A name in the registry of strategies/; not an enum, so that adding a type needs no migration.
  strategy_type         text        not null check (strategy_type ~ '^[a-z][a-z0-9_]{0,49}$'),

  -- The design.
  config                jsonb       not null default '{}'
                          check (jsonb_typeof(config) = 'object')
                          check (octet_length(config::text) <= 65536),
  risk_parameters       jsonb       not null default '{}'
                          check (jsonb_typeof(risk_parameters) = 'object')
                          check (octet_length(risk_parameters::text) <= 65536),
  python_code           text        check (octet_length(python_code) <= 65536),
  symbols               text[]      not null default '{}'
                          check (cardinality(symbols) <= 50)
                          check (array_position(symbols, null) is null),
  asset_class           text        not null default 'index_future'
                          check (asset_class ~ '^[a-z][a-z_]{0,49}$'),
  timeframes            text[]      not null default '{1m}'
                          check (cardinality(timeframes) >= 1)
                          check (timeframes <@ '{1m,5m,15m,1h,4h,1d}'::text[]),
  max_positions         integer     not null default 3 check (max_positions between 1 and 100),
  capital_allocated     numeric     not null default 100000
                          check (capital_allocated > 0 and capital_allocated <= 10000000000)
                          check (capital_allocated = round(capital_allocated, 2)),
  portfolio_id          uuid,

  -- State, kept by triggers from the configs.
  status                public.strategy_status not null default 'draft',
  is_simulation_active  boolean     not null default false,
  is_live_mode          boolean     not null default false,
  live_mode_enabled_at  timestamptz,
  error_message         text,
  archived_at           timestamptz,

  -- Results, kept by triggers from the trades.
  total_pnl             numeric     not null default 0,
  total_trades          integer     not null default 0,
  winning_trades        integer     not null default 0,
  losing_trades         integer     not null default 0,
  win_rate              numeric     generated always as (
                          round(
                            100.0 * winning_trades / nullif(winning_trades + losing_trades, 0), 2
                          )
                        ) stored,
  performance_metrics   jsonb       not null default '{}',
  last_run_at           timestamptz,
  last_signal_at        timestamptz,

  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),

  unique (id, user_id),
  foreign key (portfolio_id, user_id) references public.portfolios (id, user_id)
);

comment on table  public.strategies is
  'What a user designed; it runs through its configs.';
comment on column public.strategies.id                   is 'Key.';
comment on column public.strategies.user_id              is 'Owner.';
comment on column public.strategies.name is
  'Name, unique per user among those not archived.';
comment on column public.strategies.description          is 'What it is for, in the user''s words.';
comment on column public.strategies.strategy_type is
  'Name in the registry: momentum, pva, mean_reversion, arbitrage, code ...';
comment on column public.strategies.config is
  'Parameters, as the type''s JSON schema describes them.';
comment on column public.strategies.risk_parameters      is 'Limits that risk checks apply.';
comment on column public.strategies.python_code          is 'The user''s code, for type code.';
comment on column public.strategies.symbols is
  'What to trade, as rules: NIFTY-FUT is the near-month future, RELIANCE the share.';
comment on column public.strategies.asset_class is
  'Kind of instrument: index_future, index_option, equity ...';
comment on column public.strategies.timeframes           is 'Candle intervals it looks at.';
comment on column public.strategies.max_positions        is 'Most trades open at once.';
comment on column public.strategies.capital_allocated    is 'Rupees it sizes its trades by.';
comment on column public.strategies.portfolio_id is
  'Default portfolio; a config''s own wins.';
comment on column public.strategies.status is
  'Sum of its configs'' states: draft until the first start.';
comment on column public.strategies.is_simulation_active is 'A config is ACTIVE.';
comment on column public.strategies.is_live_mode         is 'A config trades LIVE.';
comment on column public.strategies.live_mode_enabled_at is 'Since when a config trades LIVE.';
comment on column public.strategies.error_message        is 'What the config in state ERROR says.';
comment on column public.strategies.archived_at is
  'When the user deleted it; it stays, hidden.';
comment on column public.strategies.total_pnl is
  'Sum of pnl over closed trades, rupees after charges.';
comment on column public.strategies.total_trades         is 'Number of closed trades.';
comment on column public.strategies.winning_trades       is 'Closed trades with pnl above zero.';
comment on column public.strategies.losing_trades        is 'Closed trades with pnl below zero.';
comment on column public.strategies.win_rate is
  'Percent of wins among wins and losses; null before the first.';
comment on column public.strategies.performance_metrics  is 'Figures of the daily analysis.';
comment on column public.strategies.last_run_at          is 'Last evaluation by the minute cron.';
comment on column public.strategies.last_signal_at       is 'Market time of the last signal.';
comment on column public.strategies.created_at           is 'When it was made.';
comment on column public.strategies.updated_at           is 'When the row was last changed.';

-- A name becomes free again when its strategy is archived.
create unique index strategies_name_key
  on public.strategies (user_id, name) where archived_at is null;
-- Serves policies and the list: newest first, for one user.
create index strategies_user_created_at_idx
  on public.strategies (user_id, created_at desc, id desc);
-- Serves the foreign key.
create index strategies_portfolio_id_idx on public.strategies (portfolio_id);

alter table public.strategies enable row level security;
revoke all on public.strategies from anon, authenticated, service_role;
grant select on public.strategies to authenticated, service_role;
-- What a config of it runs with is changed by update_strategy, which sees to it that it is used.
grant update (name, description, python_code, portfolio_id)
  on public.strategies to authenticated;

create policy "A user reads their own strategies"
  on public.strategies for select to authenticated
  using ((select auth.uid()) = user_id);

create policy "A user edits their own strategies until they are archived"
  on public.strategies for update to authenticated
  using ((select auth.uid()) = user_id and archived_at is null)
  with check ((select auth.uid()) = user_id);

create trigger touch_updated_at
  before update on public.strategies
  for each row execute function private.touch_updated_at();
