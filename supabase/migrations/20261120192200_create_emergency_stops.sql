/*
  Emergency stops, the flattenings they order, and incidents: what a human must look at.

  A stop is in force from its commit until it is lifted: no config of its user, or of anybody, goes
  or trades live meanwhile. Who closes what is open at the broker is settled by a claim row per
  user, so that worker and function do not both do it; how it ended is stored, never assumed.

  Written by   trigger_emergency_stop, emergency_stop_everybody, claim_flattening,
               finish_flattening, lift_emergency_stop, worker_write (what it refused)
  Read by      web (the owner), functions and worker (service role)
  Depends on   create_strategy_configs
*/

create table public.emergency_stops (
  id                   uuid        primary key default gen_random_uuid(),
  user_id              uuid        references auth.users (id) on delete cascade,
  triggered_by         text        not null check (triggered_by in ('user', 'operator', 'cron')),
  reason               text        not null check (char_length(reason) <= 500),
  affected_strategies  uuid[]      not null default '{}',
  stopped_at           timestamptz not null default clock_timestamp(),
  lifted_at            timestamptz check (lifted_at >= stopped_at),
  lift_reason          text        check (char_length(lift_reason) <= 500),
  check ((lifted_at is null) = (lift_reason is null))
);

comment on table  public.emergency_stops is
  'Halts of live trading, each in force until it is lifted.';
comment on column public.emergency_stops.id                  is 'Key.';
comment on column public.emergency_stops.user_id             is
  'Whose strategies it halts; null: everybody''s, which users see in live_trading_status.';
comment on column public.emergency_stops.triggered_by        is
  'user: with one click; operator: an admin; cron: whoever has CRON_SECRET.';
comment on column public.emergency_stops.reason              is 'In the words of who stopped.';
comment on column public.emergency_stops.affected_strategies is
  'Strategies that traded live until then.';
comment on column public.emergency_stops.stopped_at          is 'Wall clock of the halt.';
comment on column public.emergency_stops.lifted_at           is
  'When live trading was allowed again; null while in force.';
comment on column public.emergency_stops.lift_reason         is 'Why it was lifted.';

-- At most one in force per user, and one for everybody.
create unique index emergency_stops_in_force_key
  on public.emergency_stops (user_id) nulls not distinct where lifted_at is null;
-- Serves policies and the list.
create index emergency_stops_user_idx on public.emergency_stops (user_id, stopped_at desc);

alter table public.emergency_stops enable row level security;
revoke all on public.emergency_stops from anon, authenticated, service_role;
grant select on public.emergency_stops to authenticated, service_role;

create policy "A user reads their own emergency stops"
  on public.emergency_stops for select to authenticated
  using ((select auth.uid()) = user_id);


create type public.flattening_status as enum ('pending', 'running', 'flat', 'failed');

comment on type public.flattening_status is
  'flat: nothing open and nothing resting, as read back from the broker; failed: not known to be.';

create table public.flattenings (
  id                 uuid        primary key default gen_random_uuid(),
  user_id            uuid        not null references auth.users (id) on delete cascade,
  emergency_stop_id  uuid        not null
                       references public.emergency_stops (id) on delete cascade,
  status             public.flattening_status not null default 'pending',
  requested_at       timestamptz not null default clock_timestamp(),
  claimed_by         text        check (char_length(claimed_by) between 1 and 200),
  token              uuid,
  lease_until        timestamptz,
  outcome            text        check (char_length(outcome) <= 50),
  verification       jsonb       check (jsonb_typeof(verification) = 'object'),
  finished_at        timestamptz,
  check ((status in ('flat', 'failed')) = (finished_at is not null)),
  check ((status = 'running') <= (num_nulls(claimed_by, token, lease_until) = 0)),
  check ((finished_at is null) = (outcome is null))
);

comment on table  public.flattenings is
  'One row per user and request to close everything at the broker: who does it, how it ended.';
comment on column public.flattenings.id                is 'Key.';
comment on column public.flattenings.user_id           is 'Whose account is to be flat.';
comment on column public.flattenings.emergency_stop_id is 'The stop that ordered it.';
comment on column public.flattenings.status            is 'pending until somebody claims it.';
comment on column public.flattenings.requested_at      is 'When it was ordered.';
comment on column public.flattenings.claimed_by        is 'Worker or function that does it.';
comment on column public.flattenings.token             is
  'Proof of the claim: finish_flattening must show it.';
comment on column public.flattenings.lease_until       is 'When a silent claim counts as dead.';
comment on column public.flattenings.outcome           is
  'flat, no_live_broker, not_flat, unknown ...: what the broker side answered.';
comment on column public.flattenings.verification      is
  'What was read back from the broker, and open live trades of ours.';
comment on column public.flattenings.finished_at       is 'When it ended.';

-- At most one under way per user.
create unique index flattenings_under_way_key
  on public.flattenings (user_id) where status in ('pending', 'running');
-- Serves policies and the list.
create index flattenings_user_idx on public.flattenings (user_id, requested_at desc);
-- Serves the foreign key.
create index flattenings_stop_idx on public.flattenings (emergency_stop_id);

alter table public.flattenings enable row level security;
revoke all on public.flattenings from anon, authenticated, service_role;
grant select on public.flattenings to authenticated, service_role;

create policy "A user reads their own flattenings"
  on public.flattenings for select to authenticated
  using ((select auth.uid()) = user_id);


create table public.incidents (
  id                  uuid        primary key default gen_random_uuid(),
  user_id             uuid        references auth.users (id) on delete cascade,
  strategy_config_id  uuid        references public.strategy_configs (id) on delete cascade,
  kind                text        not null check (kind ~ '^[a-z][a-z_]{0,49}$'),
  message             text        not null check (char_length(message) <= 2000),
  detail              jsonb       not null default '{}' check (jsonb_typeof(detail) = 'object'),
  event_id            uuid        unique,
  occurred_at         timestamptz not null default clock_timestamp(),
  resolved_at         timestamptz
);

comment on table  public.incidents is
  'What went wrong around live trading and wants a human.';
comment on column public.incidents.id                 is 'Key.';
comment on column public.incidents.user_id            is 'Whom it concerns; null: the system.';
comment on column public.incidents.strategy_config_id is 'Which config, where it is one.';
comment on column public.incidents.kind               is
  'flattening_failed, live_event_refused ...';
comment on column public.incidents.message            is 'One sentence for a person.';
comment on column public.incidents.detail             is 'The facts; nothing of them is lost.';
comment on column public.incidents.event_id           is
  'The worker''s event it is about: the same one is told once.';
comment on column public.incidents.occurred_at        is 'When it was noticed.';
comment on column public.incidents.resolved_at        is 'When somebody said that it is settled.';

-- Serves policies and the list.
create index incidents_user_idx on public.incidents (user_id, occurred_at desc);
-- Serves the foreign key.
create index incidents_config_idx on public.incidents (strategy_config_id);

alter table public.incidents enable row level security;
revoke all on public.incidents from anon, authenticated, service_role;
grant select on public.incidents to authenticated, service_role;

create policy "A user reads their own incidents"
  on public.incidents for select to authenticated
  using ((select auth.uid()) = user_id);


create function private.stop_in_force(p_user_id uuid) returns public.emergency_stops
  language sql stable
  set search_path = ''
as $$
  select stop
  from public.emergency_stops as stop
  where stop.lifted_at is null and (stop.user_id = p_user_id or stop.user_id is null)
  order by stop.user_id nulls first
  limit 1;
$$;

comment on function private.stop_in_force is
  'The stop that halts a user: everybody''s before their own; null when there is none.';


create function private.open_incident(
  p_user_id   uuid,
  p_config_id uuid,
  p_kind      text,
  p_message   text,
  p_detail    jsonb,
  p_event_id  uuid default null
) returns void
  language sql
  set search_path = ''
as $$
  insert into public.incidents (user_id, strategy_config_id, kind, message, detail, event_id)
  values (p_user_id, p_config_id, p_kind, left(p_message, 2000), p_detail, p_event_id)
  on conflict (event_id) do nothing;
$$;

comment on function private.open_incident is
  'Notes what a human must look at; what is told twice of one event is noted once.';

revoke execute on function
  private.stop_in_force(uuid),
  private.open_incident(uuid, uuid, text, text, jsonb, uuid)
from public;
