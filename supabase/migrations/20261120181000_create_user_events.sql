/*
  User events: what a user's screen must not miss, in one sequence per user without gaps.

  The sequence is a counter row, updated in the transaction that writes the event: the row stays
  locked until commit, so numbers become visible in their order. An identity column would not do,
  because transactions commit in another order than they take numbers.

  Rule for every function that writes for several users, or locks a user's rows before an event is
  written: call private.lock_users first. Then no two of them wait for each other.

  Written by   triggers on trades, orders, configs and commands (broadcast_user_events)
  Read by      web (authenticated): live on the private topic user:<id>, and here to catch up
  Depends on   create_schemas
*/

create table public.user_event_counters (
  user_id        uuid   primary key references auth.users (id) on delete cascade,
  last_sequence  bigint not null default 0 check (last_sequence >= 0)
)
with (fillfactor = 50);

comment on table  public.user_event_counters is
  'The last number used in each user''s sequence of events.';
comment on column public.user_event_counters.user_id       is 'Whose sequence.';
comment on column public.user_event_counters.last_sequence is
  'Last number used; 0 before the first event.';

alter table public.user_event_counters enable row level security;
revoke all on public.user_event_counters from anon, authenticated, service_role;
grant select on public.user_event_counters to authenticated, service_role;

create policy "A user reads their own counter"
  on public.user_event_counters for select to authenticated
  using ((select auth.uid()) = user_id);


create table public.user_events (
  user_id     uuid        not null references auth.users (id) on delete cascade,
  sequence    bigint      not null check (sequence > 0),
  kind        text        not null,
  entity      text        not null,
  entity_id   uuid        not null,
  row         jsonb       not null,
  created_at  timestamptz not null default now(),
  primary key (user_id, sequence)
);

comment on table  public.user_events is
  'What a user''s screen must not miss, numbered per user without gaps.';
comment on column public.user_events.user_id    is 'Whose event.';
comment on column public.user_events.sequence   is '1, 2, 3 ... in the order of commits.';
comment on column public.user_events.kind is
  'What happened: trade_opened, order_updated, config_changed, command_executed ...';
comment on column public.user_events.entity     is 'Table of the row it happened to.';
comment on column public.user_events.entity_id  is 'Key of that row.';
comment on column public.user_events.row is
  'That row as it then was; money and prices as text.';
comment on column public.user_events.created_at is 'When it was written.';

-- Serves the deletion of old events.
create index user_events_created_at_idx on public.user_events using brin (created_at);

alter table public.user_events enable row level security;
revoke all on public.user_events from anon, authenticated, service_role;
grant select on public.user_events to authenticated, service_role;

create policy "A user reads their own events"
  on public.user_events for select to authenticated
  using ((select auth.uid()) = user_id);


create function private.lock_users(p_users uuid[]) returns void
  language plpgsql
  set search_path = ''
as $$
begin
  insert into public.user_event_counters (user_id)
  select distinct candidate
  from unnest(p_users) as candidate
  order by candidate
  on conflict do nothing;

  perform
  from public.user_event_counters
  where user_id = any (p_users)
  order by user_id
  for update;
end
$$;

comment on function private.lock_users is
  'Takes the users'' counters in sorted order: to be called before other rows are locked.';

revoke execute on function private.lock_users(uuid[]) from public;


create function private.record_user_event(
  p_user_id uuid, p_kind text, p_entity text, p_entity_id uuid, p_row jsonb
) returns void
  language plpgsql
  set search_path = ''
as $$
declare
  v_sequence bigint;
begin
  insert into public.user_event_counters as counter (user_id, last_sequence)
  values (p_user_id, 1)
  on conflict (user_id) do update set last_sequence = counter.last_sequence + 1
  returning last_sequence into v_sequence;

  insert into public.user_events (user_id, sequence, kind, entity, entity_id, row)
  values (p_user_id, v_sequence, p_kind, p_entity, p_entity_id, p_row);

  perform realtime.send(
    jsonb_build_object(
      'sequence', v_sequence,
      'kind', p_kind,
      'entity', p_entity,
      'id', p_entity_id,
      'at', now(),
      'row', p_row
    ),
    p_kind,
    'user:' || p_user_id,
    true
  );
end
$$;

comment on function private.record_user_event is
  'Stores an event under its user''s next number and broadcasts it on user:<id>.';

revoke execute on function private.record_user_event(uuid, text, text, uuid, jsonb) from public;


-- Only the owner hears the topic; without a policy for insert nobody but the database speaks there.
create policy "A user listens to their own topic"
  on realtime.messages for select to authenticated
  using (
    extension = 'broadcast'
    and (select realtime.topic()) = 'user:' || (select auth.uid())::text
  );
