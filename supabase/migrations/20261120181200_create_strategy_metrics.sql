/*
  Strategy metrics: how a config does, once a minute.

  Written by   worker_write (kind metric)
  Read by      web (authenticated)
  Depends on   create_strategy_configs
*/

create table public.strategy_metrics (
  id                  uuid        primary key,
  user_id             uuid        not null references auth.users (id) on delete cascade,
  strategy_config_id  uuid        not null,
  timestamp           timestamptz not null,
  pnl                 numeric     not null check (pnl = round(pnl, 2)),
  positions_count     integer     not null default 0 check (positions_count >= 0),
  orders_count        integer     not null default 0 check (orders_count >= 0),
  success_rate        numeric     check (success_rate between 0 and 100),
  metrics_json        jsonb       not null default '{}',
  foreign key (strategy_config_id, user_id) references public.strategy_configs (id, user_id)
);

comment on table  public.strategy_metrics                    is 'How a config does, once a minute.';
comment on column public.strategy_metrics.id                 is 'Key: the worker''s event id.';
comment on column public.strategy_metrics.user_id            is 'Owner of the config.';
comment on column public.strategy_metrics.strategy_config_id is 'The config measured.';
comment on column public.strategy_metrics.timestamp          is 'Market time of the measurement.';
comment on column public.strategy_metrics.pnl is
  'Profit so far today, open trades included, rupees after charges.';
comment on column public.strategy_metrics.positions_count    is 'Open positions.';
comment on column public.strategy_metrics.orders_count       is 'Orders so far today.';
comment on column public.strategy_metrics.success_rate is
  'Percent of wins among today''s wins and losses; null before the first.';
comment on column public.strategy_metrics.metrics_json       is 'What else the strategy reports.';

-- Serves policies.
create index strategy_metrics_user_idx on public.strategy_metrics (user_id, timestamp desc);
-- Serves the last metrics of a config.
create index strategy_metrics_config_idx
  on public.strategy_metrics (strategy_config_id, timestamp desc);

alter table public.strategy_metrics enable row level security;
revoke all on public.strategy_metrics from anon, authenticated, service_role;
grant select on public.strategy_metrics to authenticated, service_role;

create policy "A user reads their own metrics"
  on public.strategy_metrics for select to authenticated
  using ((select auth.uid()) = user_id);
