/*
  Orphaned events: what a worker still simulated after somebody else had taken its shard over.

  It happened, so it is kept; it happened beside the books, so no table of trading counts it: a
  trade here may have been ended differently by the successor.

  Written by   worker_write_orphans (service role)
  Read by      web (authenticated)
  Depends on   create_emergency_stops (incidents), create_worker_write
*/

create table public.orphaned_events (
  id                  uuid        primary key,
  user_id             uuid        references auth.users (id) on delete cascade,
  strategy_config_id  uuid,
  shard               text        not null,
  holder              text        not null,
  token               bigint      not null,
  kind                text        not null check (char_length(kind) between 1 and 50),
  market_time         timestamptz,
  event               jsonb       not null check (jsonb_typeof(event) = 'object'),
  stored_at           timestamptz not null default clock_timestamp(),
  foreign key (strategy_config_id, user_id) references public.strategy_configs (id, user_id)
);

comment on table  public.orphaned_events is
  'What a worker still simulated after another had taken its shard over; no table counts it.';
comment on column public.orphaned_events.id                 is 'Key: the worker''s event id.';
comment on column public.orphaned_events.user_id            is
  'Owner of the config; null for the market''s own.';
comment on column public.orphaned_events.strategy_config_id is 'The config it is about.';
comment on column public.orphaned_events.shard              is 'Shard that was lost.';
comment on column public.orphaned_events.holder             is 'The worker that had lost it.';
comment on column public.orphaned_events.token              is 'The lease it had then.';
comment on column public.orphaned_events.kind               is 'Kind of event, as in worker_write.';
comment on column public.orphaned_events.market_time        is 'Market time of the event.';
comment on column public.orphaned_events.event              is
  'The event, as it would have been written.';
comment on column public.orphaned_events.stored_at          is 'When it came in.';

-- Serves policies and the list.
create index orphaned_events_user_idx on public.orphaned_events (user_id, stored_at desc);
-- Serves the foreign key.
create index orphaned_events_config_idx on public.orphaned_events (strategy_config_id);
-- Serves the deletion of old rows.
create index orphaned_events_stored_at_idx on public.orphaned_events using brin (stored_at);

alter table public.orphaned_events enable row level security;
revoke all on public.orphaned_events from anon, authenticated, service_role;
grant select on public.orphaned_events to authenticated, service_role;

create policy "A user reads their own orphaned events"
  on public.orphaned_events for select to authenticated
  using ((select auth.uid()) = user_id);


create function public.worker_write_orphans(
  p_shard text, p_holder text, p_token bigint, p_events jsonb
) returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_count integer;
  v_told  record;
begin
  perform private.check_batch(p_events);

  -- Whose it is comes from the config. What was applied after all, before an answer was lost, is
  -- no orphan. What belongs to a config that is gone belongs to nobody.
  insert into public.orphaned_events (
    id, user_id, strategy_config_id, shard, holder, token, kind, market_time, event
  )
  select
    (event ->> 'id')::uuid, config.user_id, config.id, p_shard, p_holder, p_token,
    event ->> 'kind', (event ->> 'at')::timestamptz, event
  from jsonb_array_elements(p_events) as event
  left join public.strategy_configs as config on config.id::text = event ->> 'config_id'
  where not exists (
    select from public.worker_events as applied where applied.id = (event ->> 'id')::uuid
  )
  on conflict (id) do nothing;
  get diagnostics v_count = row_count;

  for v_told in
    select orphan.user_id, orphan.strategy_config_id, config.name
    from public.orphaned_events as orphan
    inner join public.strategy_configs as config on config.id = orphan.strategy_config_id
    where orphan.shard = p_shard and orphan.holder = p_holder and orphan.token = p_token
    group by orphan.user_id, orphan.strategy_config_id, config.name
  loop
    perform private.open_incident(
      v_told.user_id, v_told.strategy_config_id, 'orphaned_events',
      format(
        '%s was still simulated by a worker whose shard another had taken over; those events are in '
        'orphaned_events and count nowhere else', v_told.name
      ),
      jsonb_build_object('shard', p_shard, 'holder', p_holder, 'token', p_token),
      md5(concat_ws('/', p_shard, p_holder, p_token, v_told.strategy_config_id))::uuid
    );
  end loop;
  return v_count;
end
$$;

comment on function public.worker_write_orphans is
  'Keeps up to 500 events that were simulated without the shard, each once; says how many are new.';

revoke execute on function public.worker_write_orphans(text, text, bigint, jsonb)
from public, anon, authenticated;
grant execute on function public.worker_write_orphans(text, text, bigint, jsonb) to service_role;
