/*
  Worker heartbeats: the newest sign of life of each process of each worker.

  Written by   worker_write (kind heartbeat), every 5 s
  Read by      health; web (authenticated: the processes of the own configs)
  Depends on   create_strategy_configs
*/

create table public.worker_heartbeats (
  shard               text        not null,
  process             text        not null check (char_length(process) between 1 and 100),
  user_id             uuid        references auth.users (id) on delete cascade,
  strategy_config_id  uuid,
  holder              text        not null,
  pid                 integer,
  status              text,
  started_at          timestamptz,
  beat_at             timestamptz not null default now(),
  cpu_percent         double precision check (cpu_percent >= 0),
  memory_bytes        bigint      check (memory_bytes >= 0),
  feed_age_seconds    double precision,
  market_time         timestamptz,
  figures             jsonb       not null default '{}',
  primary key (shard, process),
  foreign key (strategy_config_id, user_id) references public.strategy_configs (id, user_id)
)
with (fillfactor = 50);

comment on table  public.worker_heartbeats is
  'Newest sign of life of each process of each worker.';
comment on column public.worker_heartbeats.shard              is 'Shard of the worker.';
comment on column public.worker_heartbeats.process is
  'supervisor, or the config id of a strategy process.';
comment on column public.worker_heartbeats.user_id is
  'Owner of the config; null for the supervisor.';
comment on column public.worker_heartbeats.strategy_config_id is
  'The config the process runs; null for the supervisor.';
comment on column public.worker_heartbeats.holder             is 'The worker, as in worker_leases.';
comment on column public.worker_heartbeats.pid                is 'Process id.';
comment on column public.worker_heartbeats.status             is 'How the process says it is.';
comment on column public.worker_heartbeats.started_at         is 'When the process began.';
comment on column public.worker_heartbeats.beat_at is
  'When the beat came in, by the database''s clock.';
comment on column public.worker_heartbeats.cpu_percent        is 'Share of one core.';
comment on column public.worker_heartbeats.memory_bytes       is 'Private memory.';
comment on column public.worker_heartbeats.feed_age_seconds is
  'Wall seconds since the last packet of market data.';
comment on column public.worker_heartbeats.market_time        is 'Market time then.';
comment on column public.worker_heartbeats.figures is
  'Counters: ticks, candles, dropped, restarts, outbox ...';

-- Serves policies.
create index worker_heartbeats_user_idx on public.worker_heartbeats (user_id);
-- Serves the foreign key.
create index worker_heartbeats_config_idx on public.worker_heartbeats (strategy_config_id);

alter table public.worker_heartbeats enable row level security;
revoke all on public.worker_heartbeats from anon, authenticated, service_role;
grant select on public.worker_heartbeats to authenticated, service_role;

create policy "A user sees the processes of their own configs"
  on public.worker_heartbeats for select to authenticated
  using ((select auth.uid()) = user_id);
