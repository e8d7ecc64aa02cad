/*
  Worker leases: one active worker per shard.

  The token grows with each acquisition and is checked by every write, under a lock that a takeover
  must wait for: a worker that lost its lease without noticing writes nothing any more (fencing).
  Leases go by the database's clock.

  A lease that has expired is still its holder's, unless the holder allows a standby: then another
  may take it over ten seconds later. A dead holder that does not is let go by the operator alone,
  because it may still be sending exits of live trades.

  Written by   worker_acquire_lease, worker_renew_lease, worker_release_lease, worker_free_lease
               (service role)
  Read by      worker_write, health, the end-of-day exit
  Depends on   create_schemas
*/

create table public.worker_leases (
  shard        text        primary key check (shard ~ '^[a-z0-9_-]{1,50}$'),
  holder       text        check (char_length(holder) between 1 and 200),
  token        bigint      not null check (token > 0),
  acquired_at  timestamptz not null,
  renewed_at   timestamptz not null,
  expires_at   timestamptz not null,
  standby      boolean     not null default false,
  last_holder  text        not null,
  tenure       bigint      not null check (tenure between 1 and token)
);

comment on table  public.worker_leases             is 'One active worker per shard.';
comment on column public.worker_leases.shard       is 'Share of the configs that one worker runs.';
comment on column public.worker_leases.holder      is 'Who has it; null after a release.';
comment on column public.worker_leases.token is
  'Grows with each acquisition; a write with an older one is refused.';
comment on column public.worker_leases.acquired_at is 'When the holder got it.';
comment on column public.worker_leases.renewed_at  is 'When it was last renewed.';
comment on column public.worker_leases.expires_at  is 'Until when nobody else can have it.';
comment on column public.worker_leases.standby is
  'Whether another may take it over ten seconds after it has expired.';
comment on column public.worker_leases.last_holder is 'Who had it last, kept after a release.';
comment on column public.worker_leases.tenure      is
  'Token with which the last holder began: nobody else has had the shard since.';

alter table public.worker_leases enable row level security;
revoke all on public.worker_leases from anon, authenticated, service_role;
grant select on public.worker_leases to service_role;


create function private.lease_ttl(p_seconds integer) returns interval
  language plpgsql immutable
  set search_path = ''
as $$
begin
  if p_seconds is null or p_seconds not between 1 and 300 then
    raise exception using errcode = 'TB422',
      message = format('a lease lasts 1 to 300 seconds, not %s', coalesce(p_seconds::text, 'null'));
  end if;
  return make_interval(secs => p_seconds);
end
$$;

comment on function private.lease_ttl is 'The length of a lease, refused outside its limits.';

revoke execute on function private.lease_ttl(integer) from public;


create function public.worker_acquire_lease(
  p_shard text, p_holder text, p_ttl_seconds integer, p_standby boolean default false
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_now    timestamptz := clock_timestamp();
  v_until  timestamptz := v_now + private.lease_ttl(p_ttl_seconds);
  v_token  bigint;
  v_tenure bigint;
begin
  -- Who stands by asks twice a second: the row, which every write shares, is locked only when it
  -- can be had.
  perform
  from public.worker_leases
  where shard = p_shard
    and holder <> p_holder
    and not (standby and expires_at + interval '10 seconds' <= v_now);
  if found then
    return null;
  end if;

  insert into public.worker_leases as lease (
    shard, holder, token, acquired_at, renewed_at, expires_at, standby, last_holder, tenure
  )
  values (p_shard, p_holder, 1, v_now, v_now, v_until, p_standby, p_holder, 1)
  on conflict (shard) do update
    set holder      = excluded.holder,
        token       = lease.token + 1,
        acquired_at = excluded.acquired_at,
        renewed_at  = excluded.renewed_at,
        expires_at  = excluded.expires_at,
        standby     = excluded.standby,
        last_holder = excluded.last_holder,
        tenure      = case when lease.last_holder = excluded.last_holder
          then lease.tenure else lease.token + 1
        end
    where lease.holder is null
       or lease.holder = excluded.holder
       or (lease.standby and lease.expires_at + interval '10 seconds' <= clock_timestamp())
  returning token, tenure into v_token, v_tenure;

  return case when v_token is not null
    then jsonb_build_object('token', v_token, 'tenure', v_tenure, 'expires_at', v_until)
  end;
end
$$;

comment on function public.worker_acquire_lease is
  'Takes the shard, with a new token; null while somebody else holds it.';


create function public.worker_renew_lease(
  p_shard text, p_holder text, p_token bigint, p_ttl_seconds integer
) returns jsonb
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_now   timestamptz := clock_timestamp();
  v_until timestamptz := v_now + private.lease_ttl(p_ttl_seconds);
begin
  -- An expired lease can be renewed too: the token says that nobody had it in between.
  update public.worker_leases
  set renewed_at = v_now, expires_at = v_until
  where shard = p_shard and holder = p_holder and token = p_token;

  return case when found
    then jsonb_build_object('token', p_token, 'expires_at', v_until)
  end;
end
$$;

comment on function public.worker_renew_lease is
  'Holds the shard for longer; null when it is lost.';


create function public.worker_release_lease(p_shard text, p_holder text, p_token bigint)
  returns boolean
  language plpgsql
  security definer set search_path = ''
as $$
begin
  update public.worker_leases
  set holder = null, expires_at = clock_timestamp()
  where shard = p_shard and holder = p_holder and token = p_token;
  return found;
end
$$;

comment on function public.worker_release_lease is
  'Lets the shard go; false when it was lost before.';


create function public.worker_free_lease(p_shard text) returns text
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_lease public.worker_leases;
begin
  select * into v_lease from public.worker_leases where shard = p_shard for update;
  if v_lease.holder is null then
    return 'free';
  end if;
  if v_lease.expires_at > clock_timestamp() then
    return 'alive';
  end if;
  -- The token stays: if the holder was not dead, it notices, and that nobody had the shard since.
  update public.worker_leases set holder = null where shard = p_shard;
  return 'freed';
end
$$;

comment on function public.worker_free_lease is
  'The operator lets the shard of a dead worker go: freed, free before, or alive (nothing done).';


create function private.require_lease(p_shard text, p_holder text, p_token bigint) returns void
  language plpgsql
  set search_path = ''
as $$
begin
  -- Locked until commit, so that nobody can take the shard over while this transaction writes.
  perform
  from public.worker_leases
  where shard = p_shard and holder = p_holder and token = p_token
  for share;

  if not found then
    raise exception using errcode = 'TB423',
      message = format('%s does not hold shard %s with token %s', p_holder, p_shard, p_token),
      hint = 'Send nothing more; acquire the lease anew or end.';
  end if;
end
$$;

comment on function private.require_lease is 'Refuses a writer whose lease was taken over.';

revoke execute on function
  public.worker_acquire_lease(text, text, integer, boolean),
  public.worker_renew_lease(text, text, bigint, integer),
  public.worker_release_lease(text, text, bigint),
  public.worker_free_lease(text),
  private.require_lease(text, text, bigint)
from public, anon, authenticated;
grant execute on function
  public.worker_acquire_lease(text, text, integer, boolean),
  public.worker_renew_lease(text, text, bigint, integer),
  public.worker_release_lease(text, text, bigint),
  public.worker_free_lease(text)
to service_role;
