/*
  Worker events: the ids of events that were applied, so that a batch sent twice counts once.

  Written by   worker_write
  Depends on   create_schemas
*/

create table public.worker_events (
  id          uuid        primary key,
  shard       text        not null,
  kind        text        not null,
  applied_at  timestamptz not null default now()
);

comment on table  public.worker_events is
  'Ids of applied events: a batch sent twice counts once.';
comment on column public.worker_events.id         is 'The worker''s event id.';
comment on column public.worker_events.shard      is 'Shard that sent it.';
comment on column public.worker_events.kind       is 'Kind of event.';
comment on column public.worker_events.applied_at is 'When it was applied.';

-- Serves the deletion of old ids.
create index worker_events_applied_at_idx on public.worker_events using brin (applied_at);

alter table public.worker_events enable row level security;
revoke all on public.worker_events from anon, authenticated, service_role;
grant select on public.worker_events to service_role;
