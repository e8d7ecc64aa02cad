/*
  What nobody but the clock notices: a worker that is silent, a broker's token that ends.

  Called by    housekeeping (service role)
  Depends on   notify, create_worker_heartbeats; at run time on create_broker_accounts
*/

create function private.silent_workers(p_seconds integer)
  returns table (user_id uuid, shard text, beat_at timestamptz, configs bigint)
  language sql stable
  set search_path = ''
as $$
  select config.user_id, beat.shard, beat.beat_at, count(*)
  from public.worker_heartbeats as beat
  inner join public.strategy_configs as config
    on config.shard = beat.shard
    and config.runner = 'worker'
    and config.status in ('ACTIVE', 'PAUSED')
  where beat.process = 'supervisor'
    and beat.beat_at < clock_timestamp() - make_interval(secs => p_seconds)
  group by config.user_id, beat.shard, beat.beat_at;
$$;

comment on function private.silent_workers is
  'Workers without a sign of life for so long, with the users whose configs they should run.';


create function private.in_india(p_moment timestamptz) returns text
  language sql stable
  set search_path = ''
as $$
  select to_char(
    p_moment at time zone 'UTC' + interval '5 hours 30 minutes', 'DD Mon HH24:MI:SS "IST"'
  );
$$;

comment on function private.in_india is 'An instant as people in India write it.';


create function public.notify_of_silent_workers(p_seconds integer default 60) returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_told integer;
begin
  perform private.lock_users(array(
    select silent.user_id from private.silent_workers(p_seconds) as silent
  ));
  -- Once per outage: the last sign of life names it.
  select count(told.id) into v_told
  from private.silent_workers(p_seconds) as silent
  cross join lateral private.notify_once(
    format('worker_down:%s:%s', silent.shard, extract(epoch from silent.beat_at)),
    silent.user_id, 'worker_down', 'The worker is silent',
    format(
      'no sign of life since %s; strategies that it should run: %s',
      private.in_india(silent.beat_at), silent.configs
    ),
    'worker_heartbeats', null,
    jsonb_build_object('shard', silent.shard, 'beat_at', silent.beat_at)
  ) as told (id);
  return v_told;
end
$$;

comment on function public.notify_of_silent_workers is
  'Tells users whose configs should run that their worker is silent, once per outage; returns how '
  'many were told.';


create function private.ending_tokens(p_hours integer)
  returns table (id uuid, user_id uuid, broker text, token_expires_at timestamptz)
  language plpgsql stable
  set search_path = ''
as $$
begin
  return query
  select account.id, account.user_id, account.broker::text, account.token_expires_at
  from public.broker_accounts as account
  where account.disconnected_at is null
    and account.token_expires_at < clock_timestamp() + make_interval(hours => p_hours);
end
$$;

comment on function private.ending_tokens is
  'Connected accounts whose token ends within so many hours, or has ended.';


create function public.notify_of_ending_tokens(p_hours integer default 2) returns integer
  language plpgsql
  security definer set search_path = ''
as $$
declare
  v_told integer;
begin
  perform private.lock_users(array(
    select account.user_id from private.ending_tokens(p_hours) as account
  ));
  select count(told.id) into v_told
  from private.ending_tokens(p_hours) as account
  cross join lateral private.notify_once(
    format('token_expiring:%s:%s', account.id, extract(epoch from account.token_expires_at)),
    account.user_id, 'token_expiring',
    format('The access token of %s ends', initcap(account.broker)),
    format(
      'it is valid until %s; connect the account again before',
      private.in_india(account.token_expires_at)
    ),
    'broker_accounts', account.id,
    jsonb_build_object('broker', account.broker, 'expires_at', account.token_expires_at)
  ) as told (id);
  return v_told;
end
$$;

comment on function public.notify_of_ending_tokens is
  'Tells users whose broker''s token ends soon, once per token; returns how many were told.';

revoke execute on function
  private.silent_workers(integer),
  private.in_india(timestamptz),
  private.ending_tokens(integer),
  public.notify_of_silent_workers(integer),
  public.notify_of_ending_tokens(integer)
from public, anon, authenticated;
grant execute on function
  public.notify_of_silent_workers(integer),
  public.notify_of_ending_tokens(integer)
to service_role;
