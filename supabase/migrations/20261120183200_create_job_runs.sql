/*
  Job runs: one row per job and minute, so that a cron which fires twice, late or on two machines
  runs once. A run that dies lets go when its lease ends, and its late finish is refused.

  Written by   claim_job, finish_job (service role)
  Depends on   create_schemas
*/

create type public.job_status as enum ('running', 'ok', 'failed');

comment on type public.job_status is 'How a job run stands.';

create table public.job_runs (
  job          text        not null check (job ~ '^[a-z][a-z0-9-]{0,49}$'),
  slot         timestamptz not null check (slot = date_trunc('minute', slot, 'UTC')),
  status       public.job_status not null default 'running',
  attempt      integer     not null default 1 check (attempt > 0),
  token        uuid        not null default gen_random_uuid(),
  started_at   timestamptz not null default clock_timestamp(),
  lease_until  timestamptz not null,
  finished_at  timestamptz,
  detail       jsonb,
  primary key (job, slot),
  check ((status = 'running') = (finished_at is null))
);

comment on table  public.job_runs is
  'One row per job and minute: what fires twice runs once.';
comment on column public.job_runs.job         is 'Name of the job.';
comment on column public.job_runs.slot        is 'The minute it is for.';
comment on column public.job_runs.status      is 'running, ok or failed.';
comment on column public.job_runs.attempt     is 'Number of the attempt, from 1.';
comment on column public.job_runs.token       is 'Proof of the claim: finish_job must show it.';
comment on column public.job_runs.started_at  is 'When this attempt began.';
comment on column public.job_runs.lease_until is 'When a silent run counts as dead.';
comment on column public.job_runs.finished_at is 'When it ended.';
comment on column public.job_runs.detail      is 'What it has to tell.';

create unique index job_runs_one_running_key on public.job_runs (job) where status = 'running';

alter table public.job_runs enable row level security;
revoke all on public.job_runs from anon, authenticated, service_role;
grant select on public.job_runs to service_role;


create function public.claim_job(
  p_job text, p_slot timestamptz, p_lease_seconds integer default 90, p_attempts integer default 3
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_now   timestamptz;
  v_token uuid;
begin
  if p_lease_seconds is null or p_lease_seconds not between 1 and 3600 then
    raise exception using errcode = 'TB422',
      message = format(
        'a job''s lease lasts 1 to 3600 seconds, not %s', coalesce(p_lease_seconds::text, 'null')
      );
  end if;

  perform pg_advisory_xact_lock(hashtextextended('job:' || p_job, 0));
  v_now := clock_timestamp();

  update public.job_runs
  set status = 'failed', finished_at = v_now, detail = '{"error": "lease expired"}'
  where job = p_job and status = 'running' and lease_until < v_now;

  if exists (select from public.job_runs where job = p_job and status = 'running') then
    return '{"outcome": "busy", "token": null}';
  end if;

  insert into public.job_runs as run (job, slot, lease_until)
  values (p_job, p_slot, v_now + make_interval(secs => p_lease_seconds))
  on conflict (job, slot) do update
    set status      = 'running',
        attempt     = run.attempt + 1,
        token       = gen_random_uuid(),
        started_at  = v_now,
        lease_until = excluded.lease_until,
        finished_at = null,
        detail      = null
    where run.status = 'failed' and run.attempt < p_attempts
  returning token into v_token;

  return jsonb_build_object(
    'outcome', case when v_token is null then 'done' else 'claimed' end, 'token', v_token
  );
end
$$;

comment on function public.claim_job is
  'Claims a job''s minute: claimed with a token, busy while it runs, done when it has run.';


create function public.finish_job(
  p_job text, p_slot timestamptz, p_token uuid, p_ok boolean, p_detail jsonb default '{}'
) returns boolean
  language plpgsql
  security definer set search_path = ''
as $$
begin
  update public.job_runs
  set status      = case when p_ok then 'ok' else 'failed' end::public.job_status,
      finished_at = clock_timestamp(),
      detail      = p_detail
  where job = p_job and slot = p_slot and token = p_token and status = 'running';
  return found;
end
$$;

comment on function public.finish_job is
  'Says how a claimed run ended; false when its lease had ended before.';

revoke execute on function
  public.claim_job(text, timestamptz, integer, integer),
  public.finish_job(text, timestamptz, uuid, boolean, jsonb)
from public, anon, authenticated;
grant execute on function
  public.claim_job(text, timestamptz, integer, integer),
  public.finish_job(text, timestamptz, uuid, boolean, jsonb)
to service_role;
