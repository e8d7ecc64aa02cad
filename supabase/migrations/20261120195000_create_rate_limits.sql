/*
  Rate limits: how many requests of the functions a user has made in the present minute.

  One row per user, not per minute: it begins again at 1 when the minute has changed. What is lost
  in a crash is a count of seconds, therefore unlogged.

  Written by   begin_request
  Depends on   create_operator_policy
*/

create unlogged table public.rate_limits (
  user_id  uuid        primary key references auth.users (id) on delete cascade,
  minute   timestamptz not null check (minute = date_trunc('minute', minute, 'UTC')),
  requests integer     not null check (requests > 0)
) with (fillfactor = 50);

comment on table  public.rate_limits          is
  'Requests of a user in the minute of their last one.';
comment on column public.rate_limits.user_id  is 'Who asks.';
comment on column public.rate_limits.minute   is 'The minute that is counted.';
comment on column public.rate_limits.requests is 'Requests in it so far.';

alter table public.rate_limits enable row level security;
revoke all on public.rate_limits from anon, authenticated, service_role;
grant select on public.rate_limits to service_role;


create function private.count_request(p_user_id uuid, p_now timestamptz) returns integer
  language sql
  set search_path = ''
as $$
  insert into public.rate_limits as seen (user_id, minute, requests)
  values (p_user_id, date_trunc('minute', p_now, 'UTC'), 1)
  on conflict (user_id) do update
    -- A request that waited for the one before may be of an earlier minute: it counts in the later.
    set minute   = greatest(seen.minute, excluded.minute),
        requests = case when seen.minute < excluded.minute then 1 else seen.requests + 1 end
  returning requests
$$;

comment on function private.count_request is
  'Counts a request of a user and returns how many there are in this minute.';

revoke execute on function private.count_request(uuid, timestamptz) from public;
